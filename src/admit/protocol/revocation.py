"""The revocation request and its response (RFC 7009).

May know: errors, model, ports, strict_json, protocol.answers.
"""

from __future__ import annotations

from admit.errors import ProviderError
from admit.model import Client, ProviderMetadata
from admit.ports import HttpRequest, HttpResponse
from admit.protocol.answers import OK, check_available, client_request, redirected
from admit.strict_json import parse_object

WHAT = "the revocation endpoint"


def revocation_request(
    client: Client, metadata: ProviderMetadata, *, token: str, token_type_hint: str
) -> HttpRequest | None:
    """Return the request that makes *token* worthless, or None if the provider takes none.

    Args:
        client: To whom the token was issued.
        metadata: Names the endpoint.
        token: A refresh token or an access token.
        token_type_hint: ``refresh_token`` or ``access_token``.

    Spec: RFC 7009 2.1.
    """
    if metadata.revocation_endpoint is None:
        return None
    form = {"token": token, "token_type_hint": token_type_hint}
    return client_request(client, metadata.revocation_endpoint, form)


def check_revocation_response(response: HttpResponse) -> None:
    """Pass the answer that the token is worthless now, whatever it was before.

    Raises:
        ProviderError: ``provider.unavailable`` or ``provider.rate_limited``: the token lives on,
            try again. ``revocation.refused``: the provider did not take the request.

    Spec: RFC 7009 2.2.
    """
    check_available(response, WHAT)
    if response.status != OK:
        raise ProviderError(
            "revocation.refused",
            f"{WHAT} answered {response.status}",
            hint="compare the client's credentials with the provider's; it may not let this client"
            " revoke tokens",
            spec="RFC 7009 2.2.1",
            cause=redirected(response),
            said=_said(response),
        )


def _said(response: HttpResponse) -> tuple[str, str] | None:
    """Return the provider's words, where the answer has any (RFC 6749 5.2)."""
    try:
        document = parse_object(response.body)
    except ValueError:
        return None
    words = (document.get("error"), document.get("error_description"))
    error, description = (word if isinstance(word, str) else "" for word in words)
    return error, description
