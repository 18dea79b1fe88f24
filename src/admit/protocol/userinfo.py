"""The UserInfo request and its response (OIDC Core 5.3).

May know: errors, jose, model, ports, strict_json, protocol.answers.
"""

from __future__ import annotations

from typing import Any

from admit import jose
from admit.errors import ProviderError, ResponseRejected, shown
from admit.jose import KeySet
from admit.model import Client, IDToken, UserInfo
from admit.ports import HttpRequest, HttpResponse
from admit.protocol.answers import OK, check_available, json_object, redirected
from admit.strict_json import parse_object

WHAT = "the userinfo endpoint"
#: Claims about the sign-in itself: they come from the ID Token and from nowhere else.
PROTOCOL_CLAIMS = frozenset(
    {
        "acr", "amr", "at_hash", "aud", "auth_time", "azp", "c_hash", "exp", "iat", "idp", "iss",
        "jti", "nbf", "nonce", "sid", "sub", "ver",
    }
)  # fmt: skip


def is_signed(response: HttpResponse) -> bool:
    """Tell whether *response* is a JWT, so that keys are needed to read it (OIDC Core 5.3.2)."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/jwt"


def userinfo_request(userinfo_endpoint: str, access_token: str) -> HttpRequest:
    """Return the request, with the token in the Authorization header (RFC 6750 2.1)."""
    return HttpRequest(
        method="GET",
        url=userinfo_endpoint,
        headers={
            "Accept": "application/json, application/jwt",
            "Authorization": f"Bearer {access_token}",
        },
    )


def parse_userinfo_response(
    response: HttpResponse, *, id_token: IDToken, client: Client, keys: KeySet
) -> UserInfo:
    """Return what UserInfo adds to the ID Token.

    Args:
        response: JSON, or a JWT signed with the algorithm of the ID Token.
        id_token: Whose user it must be about.
        client: Whom a signed response must be meant for.
        keys: The provider's; needed only where `is_signed`.

    Raises:
        ProviderError: ``provider.unavailable``, ``provider.rate_limited``, ``userinfo.refused``
            or ``userinfo.malformed``.
        ResponseRejected: ``userinfo.sub_mismatch``, or ``userinfo.`` and the rule that a signed
            response broke.

    Spec: OIDC Core 5.3.2 to 5.3.4.
    """
    check_available(response, WHAT)
    if response.status != OK:
        raise ProviderError(
            "userinfo.refused",
            f"{WHAT} answered {response.status}",
            hint="the scope openid must be granted for UserInfo",
            spec="OIDC Core 5.3.3",
            cause=redirected(response),
        )
    if is_signed(response):
        claims = _verified(response, client, keys)
    else:
        claims = json_object(response, WHAT, "userinfo.malformed")
    if claims.get("sub") != id_token.sub:
        raise ResponseRejected(
            "userinfo.sub_mismatch",
            "UserInfo is about another user than the ID Token",
            hint="its claims must not be used; the provider or something between is broken",
            spec="OIDC Core 5.3.2",
        )
    return UserInfo({k: v for k, v in claims.items() if k not in PROTOCOL_CLAIMS})


def _verified(response: HttpResponse, client: Client, keys: KeySet) -> dict[str, Any]:
    algorithm = client.id_token_signed_response_alg
    raw = response.body.decode("latin-1").strip()
    try:
        jws = jose.read_compact(raw, what="userinfo", algorithm=algorithm)
    except ResponseRejected as error:
        if error.code == "userinfo.malformed":
            # As where it is no JSON: one code, one kind of fault.
            raise ProviderError(error.code, error.detail) from None
        raise
    try:
        claims = parse_object(jose.verify(jws, keys, algorithm))
    except ValueError:
        raise ProviderError("userinfo.malformed", "its payload is no JSON object") from None
    audience = claims.get("aud", client.client_id)
    members = audience if isinstance(audience, list) else [audience]
    if claims.get("iss", client.issuer) != client.issuer or client.client_id not in members:
        raise ResponseRejected(
            "userinfo.party_mismatch",
            f"iss {shown(claims.get('iss'))}, aud {shown(audience)}",
            spec="OIDC Core 5.3.2",
        )
    return claims
