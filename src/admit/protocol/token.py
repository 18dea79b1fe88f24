"""The token request and its response.

Spec: RFC 6749 4.1.3, 4.1.4, 5; OIDC Core 3.1.3.

May know: errors, model, ports, protocol.answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from admit.errors import ProviderError, ResponseRejected, SignInError, shown
from admit.model import AuthorizationResponse, Client, ProviderMetadata, TokenResponse
from admit.ports import HttpRequest, HttpResponse
from admit.protocol.answers import OK, check_available, json_object

WHAT = "the token endpoint"


def token_request(
    client: Client, metadata: ProviderMetadata, response: AuthorizationResponse
) -> HttpRequest:
    """Return the request that redeems the code, with the verifier and the same redirect URI.

    Spec: RFC 6749 4.1.3, RFC 7636 4.5.
    """
    headers, form = client.authentication.sign(
        client.client_id,
        {
            "grant_type": "authorization_code",
            "code": response.code,
            "redirect_uri": response.request.redirect_uri,
            "code_verifier": response.request.code_verifier,
        },
    )
    return HttpRequest(
        method="POST",
        url=metadata.token_endpoint,
        headers={
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            **headers,
        },
        body=urlencode(form).encode("ascii"),
    )


def parse_token_response(response: HttpResponse) -> TokenResponse:
    """Return the tokens.

    Raises:
        ProviderError: ``provider.unavailable``, ``provider.rate_limited``, ``token.malformed``,
            ``token.invalid_client`` or ``token.refused``.
        ResponseRejected: ``token.invalid_grant``, ``token.token_type``,
            ``token.access_token_missing`` or ``token.id_token_missing``.

    Spec: RFC 6749 5.1 and 5.2; OIDC Core 3.1.3.3.
    """
    # The status goes before the error code: a rate limit may come dressed as invalid_grant.
    check_available(response, WHAT)
    document = json_object(response, WHAT, "token.malformed")
    if response.status != OK or "error" in document:
        raise _refusal(response, document)
    token_type = document.get("token_type")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise ResponseRejected(
            "token.token_type",
            f"expected Bearer, got {shown(token_type)}",
            spec="OIDC Core 3.1.3.3, RFC 6749 7.1",
        )
    return TokenResponse(
        id_token=_token(document, "id_token"),
        access_token=_token(document, "access_token"),
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


def _refusal(response: HttpResponse, document: Mapping[str, Any]) -> SignInError:
    """Return the error that an error response stands for (RFC 6749 5.2)."""
    error = document.get("error", document.get("errorCode"))
    description = document.get("error_description", document.get("errorSummary"))
    detail = str(response.status)
    said = (str(error), description if isinstance(description, str) else "")
    if error == "invalid_grant":
        return ResponseRejected(
            "token.invalid_grant",
            detail,
            hint="a code lives for minutes and works once: sign in again",
            spec="RFC 6749 5.2",
            said=said,
        )
    if error in ("invalid_client", "unauthorized_client"):  # a tuple: it may be unhashable
        return ProviderError(
            "token.invalid_client",
            detail,
            hint="compare client id, client secret and ADMIT_TOKEN_ENDPOINT_AUTH_METHOD with the"
            " provider's; a secret may have been rotated, or be the wrong application's",
            spec="RFC 6749 5.2",
            said=said,
        )
    return ProviderError("token.refused", detail, spec="RFC 6749 5.2", said=said)
