"""The provider's keys (RFC 7517, OIDC Core 10.1).

May know: errors, jose, model, ports, protocol.answers.
"""

from __future__ import annotations

from admit.errors import ProviderError
from admit.jose import KeySet, read_key_set
from admit.model import ProviderMetadata
from admit.ports import HttpRequest, HttpResponse
from admit.protocol.answers import OK, check_available, json_object, redirected

WHAT = "jwks_uri"


def jwks_request(metadata: ProviderMetadata) -> HttpRequest:
    """Return the request for the key set."""
    return HttpRequest(method="GET", url=metadata.jwks_uri, headers={"Accept": "application/json"})


def parse_jwks_response(response: HttpResponse) -> KeySet:
    """Return the keys that can check a signature.

    Raises:
        ProviderError: ``provider.unavailable``, ``provider.rate_limited``, ``jwks.malformed`` or
            ``jwks.empty``, when no key of the set is usable.
    """
    check_available(response, WHAT)
    if response.status != OK:
        raise ProviderError(
            "jwks.malformed", f"{WHAT} answered {response.status}", cause=redirected(response)
        )
    try:
        keys = read_key_set(json_object(response, WHAT, "jwks.malformed"))
    except ValueError as error:
        raise ProviderError("jwks.malformed", str(error), spec="RFC 7517 5") from None
    if not keys:
        raise ProviderError(
            "jwks.empty",
            "no key of the set can check a signature",
            hint="keys for encryption, unknown kinds and RSA keys below 2048 bits do not count",
            spec="RFC 7517 5, RFC 7518 3.3",
        )
    return keys
