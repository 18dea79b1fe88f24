"""Provider metadata (OpenID Connect Discovery 1.0, section 4).

May know: errors, model, ports, providers, protocol.answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from admit.errors import ProviderError, shown
from admit.model import ProviderMetadata
from admit.ports import HttpRequest, HttpResponse
from admit.protocol.answers import OK, check_available, json_object, redirected
from admit.providers import issuer_variant

WHAT = "discovery"


def is_loopback(host: str | None) -> bool:
    """Tell whether *host* names this machine: ``localhost``, ``127.0.0.0/8`` or ``::1``."""
    if host is None:
        return False
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def discovery_url(issuer: str) -> str:
    """Return where *issuer* publishes its metadata (OIDC Discovery 4: less its last slash)."""
    return issuer.removesuffix("/") + "/.well-known/openid-configuration"


def discovery_request(issuer: str) -> HttpRequest:
    """Return the request for the metadata of *issuer*."""
    return HttpRequest(
        method="GET", url=discovery_url(issuer), headers={"Accept": "application/json"}
    )


def parse_discovery_response(response: HttpResponse, issuer: str) -> ProviderMetadata:
    """Return the metadata, whose ``issuer`` is *issuer* to the letter.

    Raises:
        ProviderError: ``provider.unavailable``, ``provider.rate_limited``,
            ``discovery.not_found``, ``discovery.malformed``, ``discovery.issuer_mismatch`` or
            ``discovery.bad_endpoint``.

    Spec: OIDC Discovery 4.2, 4.3.
    """
    check_available(response, WHAT)
    if response.status != OK:
        raise ProviderError(
            "discovery.not_found",
            f"{discovery_url(issuer)} answered {response.status}",
            hint="check the issuer: host, path, authorization server id; at Okta a custom"
            " authorization server (/oauth2/...) needs API Access Management",
            spec="OIDC Discovery 4",
            cause=redirected(response),
        )
    document = json_object(response, WHAT, "discovery.malformed")
    if document.get("issuer") != issuer:
        raise ProviderError(
            "discovery.issuer_mismatch",
            f"configured {shown(issuer)}, published {shown(document.get('issuer'))}",
            hint="set the issuer exactly as published, slashes included; or, with a custom domain"
            " at Okta, change Security > API > your server > Settings > Issuer",
            spec="OIDC Discovery 4.3",
            cause=issuer_variant(issuer, document.get("issuer")),
        )
    return ProviderMetadata(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint", issuer),
        token_endpoint=_endpoint(document, "token_endpoint", issuer),
        jwks_uri=_endpoint(document, "jwks_uri", issuer),
        userinfo_endpoint=_optional(document, "userinfo_endpoint", issuer),
        end_session_endpoint=_optional(document, "end_session_endpoint", issuer),
        revocation_endpoint=_optional(document, "revocation_endpoint", issuer),
        authorization_response_iss_parameter_supported=document.get(
            "authorization_response_iss_parameter_supported"
        )
        is True,
    )


def _optional(document: Mapping[str, object], name: str, issuer: str) -> str | None:
    return _endpoint(document, name, issuer) if document.get(name) is not None else None


def _endpoint(document: Mapping[str, object], name: str, issuer: str) -> str:
    """Return an endpoint, which may be plain http only when the issuer itself is, on loopback."""
    url = document.get(name)
    if not isinstance(url, str) or not is_usable_endpoint(url, issuer):
        raise ProviderError(
            "discovery.bad_endpoint",
            f"{name} is {shown(url)}",
            hint="the provider's metadata must give an https URL here",
            spec="OIDC Discovery 3",
        )
    return url


def is_usable_endpoint(url: str, issuer: str) -> bool:
    """Tell whether *url* is an absolute https URL, or http on loopback under such an issuer."""
    if not (url.isascii() and url.isprintable()) or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    plain_is_fine = issuer.startswith("http://") and is_loopback(parts.hostname)
    return (
        bool(parts.hostname)
        and "@" not in parts.netloc
        and "#" not in url
        and (parts.scheme == "https" or (parts.scheme == "http" and plain_is_fine))
    )
