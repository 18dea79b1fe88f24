"""ID Tokens, access tokens, and what they say about a user.

May know: model, provider, faults, refresh_faults.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any, Final

from admit.dev_provider import faults, refresh_faults
from admit.dev_provider.model import Grant, Issued, User
from admit.dev_provider.provider import ID_TOKEN_SECONDS, Provider, Server

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


@dataclass(frozen=True, slots=True)
class Answered:
    """What a token request is given.

    Attributes:
        scopes: The scopes of the access token.
        refresh_token: The one to use next, or None where nothing changes about it.
        first: Whether a code is redeemed: the ID Token then repeats the nonce.
    """

    grant: Grant
    scopes: tuple[str, ...]
    refresh_token: str | None = field(repr=False)
    first: bool = False


def token_response(provider: Provider, server: Server, given: Answered) -> dict[str, Any]:
    """Return the token response. Spec: RFC 6749 5.1, OIDC Core 3.1.3.3 and 12.2."""
    now = provider.now()
    seconds = provider.access_token_seconds
    jti = f"AT.{secrets.token_urlsafe(32)}"
    issued = Issued(given.grant, given.scopes, jti, now, now + seconds)
    access_token = server.access_keys.sign(_access_claims(server, issued))
    provider.access_tokens.put(access_token, issued)
    response = {
        "token_type": "Bearer",
        "expires_in": seconds,
        "access_token": access_token,
        # Sorted: no client may rely on the order it asked in.
        "scope": " ".join(sorted(given.scopes)),
    }
    if given.refresh_token is not None:
        response["refresh_token"] = given.refresh_token
    if "openid" in given.scopes:
        response["id_token"] = _id_token(provider, server, issued, access_token, first=given.first)
    if not given.first:
        for change in provider.faults.take(refresh_faults.REFRESHED):
            change(response)
    return response


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
        "exp": issued.issued_at + ID_TOKEN_SECONDS,
        "jti": f"ID.{secrets.token_urlsafe(32)}",
        "amr": ["pwd"],
        "idp": ORGANIZATION,
        "auth_time": grant.auth_time,
        "sid": grant.sid,
        "at_hash": at_hash(access_token),
    }
    if first and grant.request.nonce is not None:
        claims["nonce"] = grant.request.nonce
    refreshed = {} if first else refresh_faults.REFRESHED_ID_TOKEN
    for change in [*provider.faults.take(faults.ID_TOKEN), *provider.faults.take(refreshed)]:
        change(claims)
    resigned = {} if first else refresh_faults.REFRESHED_SIGNATURE
    for forge in [*provider.faults.take(faults.SIGNATURE), *provider.faults.take(resigned)]:
        return forge(server.keys, claims)
    return server.keys.sign(claims)


def at_hash(access_token: str) -> str:
    """Return the left half of the SHA-256 in base64url. Spec: OIDC Core 3.1.3.6."""
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return urlsafe_b64encode(half).rstrip(b"=").decode("ascii")
