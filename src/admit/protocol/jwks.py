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
            ``jwks.empty``, when there is no key in the set. Where there are some, and none can
            check a signature, it is the token that no key fits.
    """
    check_available(response, WHAT)
    if response.status != OK:
        raise ProviderError(
            "jwks.malformed", f"{WHAT} answered {response.status}", cause=redirected(response)
        )
    document = json_object(response, WHAT, "jwks.malformed")
    try:
        keys = read_key_set(document)
    except ValueError as error:
        raise ProviderError("jwks.malformed", str(error), spec="RFC 7517 5") from None
    if not document["keys"]:
        raise ProviderError(
            "jwks.empty",
            "there is no key in the set",
            hint="the provider must publish the keys that it signs with",
            spec="RFC 7517 5",
        )
    return keys
