"""What is peculiar to a provider and needs a name here.

The list is closed: no hook loosens a check.

May know: errors.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from admit.errors import shown

#: Hosts of Okta orgs end in one of these; ``-admin`` before it is the Admin Console.
OKTA_SUFFIXES = (
    "okta.com",
    "oktapreview.com",
    "okta-emea.com",
    "okta-gov.com",
    "okta.mil",
    "okta-miltest.com",
    "trex-govcloud.com",
    "trex-gov.com",
)


def okta_issuer(domain: str, authorization_server: str = "default") -> str:
    """Return the issuer of an Okta authorization server.

    Args:
        domain: The org's host, or its URL: ``acme.okta.com``, ``https://acme.okta.com/``.
        authorization_server: The id of a custom server; empty is the org's own.

    >>> okta_issuer("https://acme.okta.com/")
    'https://acme.okta.com/oauth2/default'
    >>> okta_issuer("acme.okta.com", "")
    'https://acme.okta.com'
    """
    url = domain if "://" in domain else f"https://{domain}"
    org = url.rstrip("/")
    return f"{org}/oauth2/{authorization_server}" if authorization_server else org


def is_okta(host: str) -> bool:
    """Tell whether *host* is under a domain of Okta's (a custom domain is not)."""
    return host.lower().endswith(tuple("." + suffix for suffix in OKTA_SUFFIXES))


def okta_admin_fix(host: str) -> str | None:
    """Return the org's host where *host* is its Admin Console's, else None.

    >>> okta_admin_fix("acme-admin.okta.com")
    'acme.okta.com'
    >>> okta_admin_fix("my-admin.example.com")
    """
    for suffix in OKTA_SUFFIXES:
        admin = f"-admin.{suffix}"
        if host.lower().endswith(admin):
            return host.lower().removesuffix(admin) + "." + suffix
    return None


def is_okta_server(issuer: str) -> bool:
    """Tell whether *issuer* has a path as Okta's servers have: none, or ``/oauth2/{id}``."""
    path = urlsplit(issuer).path
    return path == "" or (path.startswith("/oauth2/") and path.count("/") == 2)  # noqa: PLR2004


def issuer_variant(configured: str, got: object) -> str:
    """Return how another issuer differs from the configured one, where that is recognised."""
    if not isinstance(got, str) or not got.startswith(("http://", "https://")):
        return ""
    try:
        ours, theirs = urlsplit(configured), urlsplit(got)
    except ValueError:
        return ""
    if configured.rstrip("/") == got.rstrip("/"):
        return "the two differ by a slash at the end"
    if ours.netloc != theirs.netloc and ours.path == theirs.path:
        return f"the same server by another host: {shown(theirs.netloc)}, perhaps a custom domain"
    if ours.path != theirs.path and ours.netloc == theirs.netloc and "/oauth2/" in configured + got:
        kinds = [p.rpartition("/")[2] or "the org's own" for p in (ours.path, theirs.path)]
        return f"two servers of one Okta org: configured {shown(kinds[0])}, got {shown(kinds[1])}"
    return ""
