"""ID Tokens, access tokens, and what they say about a user.

May know: model, provider, faults.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from typing import Any, Final

from admit.dev_provider import faults
from admit.dev_provider.model import Grant, Issued, User
from admit.dev_provider.provider import REFRESH_SECONDS, TOKEN_SECONDS, Provider, Server

ORGANIZATION: Final = "00o1localorg0000Dev7"
# What Okta puts into an ID Token that comes with an access token; UserInfo has the rest.
THIN: Final = ("name", "preferred_username", "email", "groups")


def user_claims(user: User, scopes: tuple[str, ...]) -> dict[str, Any]:
    """Return the claims about a user that the scopes ask for. Spec: OIDC Core 5.4."""
    claims: dict[str, Any] = {}
    if "profile" in scopes:
        claims |= {
            "name": user.name,
            "given_name": user.given_name,
            "family_name": user.family_name,
            "preferred_username": user.login,
            "locale": "en_US",
            "zoneinfo": "America/Los_Angeles",
            "updated_at": 1_780_000_000,
        }
    if "email" in scopes and user.email is not None:
        claims |= {"email": user.email, "email_verified": True}
    if "groups" in scopes:
        claims["groups"] = list(user.groups)
    return {name: value for name, value in claims.items() if value is not None}


def token_response(
    provider: Provider, server: Server, grant: Grant, scopes: tuple[str, ...], *, first: bool
) -> dict[str, Any]:
    """Return the token response for a grant.

    Args:
        provider: Keeps what is issued.
        server: Signs.
        grant: What the tokens are for.
        scopes: The scopes of the access token.
        first: Whether a code is redeemed: the ID Token then repeats the nonce.

    Spec: RFC 6749 5.1, OIDC Core 3.1.3.3 and 12.2.
    """
    issued = _issued(provider, grant, scopes, "AT", TOKEN_SECONDS)
    access_token = server.access_keys.sign(_access_claims(server, issued))
    provider.access_tokens.put(access_token, issued)
    response = {
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "access_token": access_token,
        # Sorted: no client may rely on the order it asked in.
        "scope": " ".join(sorted(scopes)),
    }
    if "offline_access" in grant.request.scopes:
        refresh_token = secrets.token_urlsafe(32)
        kept = _issued(provider, grant, grant.request.scopes, "RT", REFRESH_SECONDS)
        provider.refresh_tokens.put(refresh_token, kept)
        response["refresh_token"] = refresh_token
    if "openid" in scopes:
        response["id_token"] = _id_token(provider, server, issued, access_token, first=first)
    return response


def _issued(
    provider: Provider, grant: Grant, scopes: tuple[str, ...], prefix: str, seconds: int
) -> Issued:
    now = provider.now()
    return Issued(grant, scopes, f"{prefix}.{secrets.token_urlsafe(32)}", now, now + seconds)


def _access_claims(server: Server, issued: Issued) -> dict[str, Any]:
    grant = issued.grant
    return {
        "ver": 1,
        "jti": issued.jti,
        "iss": server.issuer,
        "aud": "api://default" if server.name == "default" else server.issuer,
        "iat": issued.issued_at,
        "exp": issued.expires_at,
        "cid": grant.request.client_id,
        "uid": grant.user.sub,
        "scp": list(issued.scopes),
        "auth_time": grant.auth_time,
        "sub": grant.user.login,
    }


def _id_token(
    provider: Provider, server: Server, issued: Issued, access_token: str, *, first: bool
) -> str:
    grant = issued.grant
    said = user_claims(grant.user, issued.scopes)
    fat = provider.config.fat_id_tokens
    claims = {
        **{name: value for name, value in said.items() if fat or name in THIN},
        "sub": grant.user.sub,
        "ver": 1,
        "iss": server.issuer,
        "aud": grant.request.client_id,
        "iat": issued.issued_at,
        "exp": issued.issued_at + TOKEN_SECONDS,
        "jti": f"ID.{secrets.token_urlsafe(32)}",
        "amr": ["pwd"],
        "idp": ORGANIZATION,
        "auth_time": grant.auth_time,
        "at_hash": at_hash(access_token),
    }
    if first and grant.request.nonce is not None:
        claims["nonce"] = grant.request.nonce
    provider.signed_in_by.put(claims["jti"], grant.session_id)
    for change in provider.faults.take(faults.ID_TOKEN):
        change(claims)
    for forge in provider.faults.take(faults.SIGNATURE):
        return forge(server.keys, claims)
    return server.keys.sign(claims)


def at_hash(access_token: str) -> str:
    """Return the left half of the SHA-256 in base64url. Spec: OIDC Core 3.1.3.6."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return urlsafe_b64encode(half).rstrip(b"=").decode("ascii")
