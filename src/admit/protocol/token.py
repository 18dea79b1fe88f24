"""The requests to the token endpoint, for a code and for a refresh, and their responses.

Spec: RFC 6749 4.1.3, 4.1.4, 5, 6; OIDC Core 3.1.3, 12.

May know: errors, model, ports, protocol.answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from admit.errors import ProviderError, ResponseRejected, SignInError, shown
from admit.model import AuthorizationResponse, Client, ProviderMetadata, TokenResponse
from admit.ports import HttpRequest, HttpResponse
from admit.protocol.answers import (
    OK,
    check_available,
    client_request,
    json_object,
    redirected,
)

WHAT = "the token endpoint"
#: Seconds in a leap year: a longer life than this says no more, and may be no number for a store.
LONGEST_LIFETIME = 31_622_400
#: Code to what to do about it, where the provider answers invalid_grant.
DEAD_CODE = ("token.invalid_grant", "a code lives for minutes and works once: sign in again")
LONGEST_TYPE = 12
DEAD_REFRESH_TOKEN = (
    "refresh.invalid_grant",
    "the refresh token was revoked, used twice or left unused for too long: sign in again",
)


def token_request(
    client: Client, metadata: ProviderMetadata, response: AuthorizationResponse
) -> HttpRequest:
    """Return the request that redeems the code, with the verifier and the same redirect URI.

    Spec: RFC 6749 4.1.3, RFC 7636 4.5.
    """
    form = {
        "grant_type": "authorization_code",
        "code": response.code,
        "redirect_uri": response.request.redirect_uri,
        "code_verifier": response.request.code_verifier,
    }
    return client_request(client, metadata.token_endpoint, form)


def refresh_request(
    client: Client, metadata: ProviderMetadata, *, refresh_token: str, scope: Sequence[str]
) -> HttpRequest:
    """Return the request for new tokens.

    Args:
        client: To whom the refresh token was issued.
        metadata: Names the endpoint.
        refresh_token: The newest one that the provider gave.
        scope: At most what was granted; empty leaves it as it was granted.

    Spec: RFC 6749 6, OIDC Core 12.1.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    if scope:
        form["scope"] = " ".join(scope)
    return client_request(client, metadata.token_endpoint, form)


def parse_token_response(response: HttpResponse) -> TokenResponse:
    """Return the tokens of a sign-in, an ID Token among them.

    Raises:
        ProviderError: ``provider.unavailable``, ``provider.rate_limited``, ``token.malformed``,
            ``token.invalid_client`` or ``token.refused``.
        ResponseRejected: ``token.invalid_grant``, ``token.token_type``,
            ``token.access_token_missing`` or ``token.id_token_missing``.

    Spec: RFC 6749 5.1 and 5.2; OIDC Core 3.1.3.3.
    """
    document = _success(response, DEAD_CODE)
    return _tokens(document, _token(document, "id_token"))


def parse_refresh_response(response: HttpResponse) -> TokenResponse:
    """Return the tokens of a refresh; an ID Token is among them only where the provider sent one.

    Raises:
        ProviderError: As `parse_token_response`: the refresh token may live on.
        ResponseRejected: ``refresh.invalid_grant``: the refresh token is dead. Or
            ``token.token_type``, ``token.access_token_missing`` or ``token.id_token_missing``,
            the last where what came as an ID Token is no string.

    Spec: RFC 6749 6, OIDC Core 12.2.
    """
    document = _success(response, DEAD_REFRESH_TOKEN)
    absent = document.get("id_token") is None
    return _tokens(document, None if absent else _token(document, "id_token"))


def _success(response: HttpResponse, dead: tuple[str, str]) -> dict[str, Any]:
    """Return the document of a success response; *dead* is for invalid_grant."""
    # The status goes before the error code: a rate limit may come dressed as invalid_grant.
    check_available(response, WHAT)
    document = json_object(response, WHAT, "token.malformed")
    if response.status != OK or "error" in document:
        raise _refusal(response, document, dead)
    token_type = document.get("token_type")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise ResponseRejected(
            "token.token_type",
            f"expected Bearer, got {_named(token_type)}",
            spec="OIDC Core 3.1.3.3, RFC 6749 7.1",
        )
    return document


def _named(token_type: object) -> str:
    """Return the type for a detail; where a token stands in its place, it is not shown."""
    if isinstance(token_type, str) and len(token_type) > LONGEST_TYPE:
        return f"{len(token_type)} characters"
    return shown(token_type) if isinstance(token_type, str) else type(token_type).__name__


def _tokens(document: Mapping[str, Any], id_token: str | None) -> TokenResponse:
    refresh_token, scope = document.get("refresh_token"), document.get("scope")
    return TokenResponse(
        access_token=_token(document, "access_token"),
        id_token=id_token,
        refresh_token=refresh_token if isinstance(refresh_token, str) and refresh_token else None,
        expires_in=_lifetime(document.get("expires_in")),
        scope=tuple(scope.split()) if isinstance(scope, str) else None,
    )


def _token(document: Mapping[str, Any], name: str) -> str:
    token = document.get(name)
    if not isinstance(token, str) or not token:
        raise ResponseRejected(
            f"token.{name}_missing",
            f"{name} is missing or no string",
            hint="the scope must contain openid, and the client must be one of OpenID Connect",
            spec="OIDC Core 3.1.3.3",
        )
    return token


def _lifetime(value: object) -> int | None:
    """Return ``expires_in``, which some providers send as a string (RFC 6749 5.1)."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
        return None
    return int(min(value, LONGEST_LIFETIME))


def _refusal(
    response: HttpResponse, document: Mapping[str, Any], dead: tuple[str, str]
) -> SignInError:
    """Return the error that an error response stands for (RFC 6749 5.2)."""
    error = document.get("error", document.get("errorCode"))
    description = document.get("error_description", document.get("errorSummary"))
    detail = str(response.status)
    said = (str(error), description if isinstance(description, str) else "")
    if error == "invalid_grant":
        code, hint = dead
        return ResponseRejected(code, detail, hint=hint, spec="RFC 6749 5.2", said=said)
    if error in ("invalid_client", "unauthorized_client"):  # a tuple: it may be unhashable
        return ProviderError(
            "token.invalid_client",
            detail,
            hint="compare client id, client secret and ADMIT_TOKEN_ENDPOINT_AUTH_METHOD with the"
            " provider's; a secret may have been rotated, or be the wrong application's",
            spec="RFC 6749 5.2",
            said=said,
        )
    return ProviderError(
        "token.refused", detail, spec="RFC 6749 5.2", said=said, cause=redirected(response)
    )
