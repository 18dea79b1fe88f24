"""The ID Token: every rule of OIDC Core 3.1.3.7 and 12.2, each with a code of its own.

May know: base64url, errors, jose, model, providers, protocol.claims.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from admit.base64url import to_base64url
from admit.errors import ResponseRejected, shown
from admit.jose import KeySet
from admit.model import AuthorizationRequest, Client, IDToken
from admit.protocol.claims import (
    ago,
    check_audience,
    check_times,
    is_plain,
    numeric_date,
    verified_claims,
)
from admit.providers import issuer_variant

WHAT = "id_token"
SPEC = "OIDC Core 3.1.3.7"
REFRESH_SPEC = "OIDC Core 12.2"
#: The codes that a wrong clock on either side explains.
CLOCK_CODES = frozenset({"id_token.expired", "id_token.iat_in_future", "id_token.nbf_in_future"})


def verify_id_token(
    raw: str | None,
    *,
    keys: KeySet,
    client: Client,
    request: AuthorizationRequest,
    access_token: str,
    now: int,
) -> IDToken:
    """Return the ID Token after all its checks.

    Args:
        raw: As the token endpoint gave it; None is refused like any other that is no token.
        keys: The provider's.
        client: Whom the token must be meant for; names issuer, algorithm and leeway.
        request: The attempt that the token must answer.
        access_token: What came with it, for ``at_hash``.
        now: Seconds since the epoch.

    Raises:
        ResponseRejected: ``id_token.`` and the rule that failed; see ``docs/reference/errors.md``.

    Spec: OIDC Core 3.1.3.7, 3.1.3.8 and 2.
    """
    claims = verified_claims(raw, what=WHAT, keys=keys, client=client)
    _check_issuer(claims, client)
    if not is_plain(claims.get("sub")):
        raise ResponseRejected(
            "id_token.sub_invalid", "sub is not 1 to 255 ASCII characters", spec="OIDC Core 2"
        )
    _check_audience(claims, client)
    check_times(claims, what=WHAT, leeway=client.leeway, now=now)
    if claims.get("nonce") != request.nonce:
        missing = "nonce" not in claims
        raise ResponseRejected(
            "id_token.nonce_missing" if missing else "id_token.nonce_mismatch",
            "no nonce came back" if missing else "the nonce is another attempt's",
            hint="a token made for another sign-in was brought here, or the provider drops nonce",
            spec=f"{SPEC} (11)",
        )
    _check_at_hash(claims.get("at_hash"), client.id_token_signed_response_alg, access_token)
    _check_authentication(claims, request, client.leeway, now)
    return IDToken(str(raw), claims)


def verify_refreshed_id_token(
    raw: str,
    *,
    keys: KeySet,
    client: Client,
    former: Mapping[str, Any],
    access_token: str,
    now: int,
) -> IDToken:
    """Return the ID Token that came with a refresh, after all its checks.

    Args:
        raw: As the token endpoint gave it.
        keys: The provider's.
        client: Whom the token must be meant for.
        former: The claims of the ID Token that it replaces; user and sign-in must be the same.
        access_token: What came with it, for ``at_hash``.
        now: Seconds since the epoch.

    Raises:
        ResponseRejected: ``refresh.iss_mismatch``, ``refresh.sub_mismatch``,
            ``refresh.auth_time_mismatch`` or ``refresh.nonce_mismatch``; or, for a rule that holds
            at the sign-in as well, ``id_token.`` and its name.

    Spec: OIDC Core 12.2.
    """
    claims = verified_claims(raw, what=WHAT, keys=keys, client=client)
    if claims.get("iss") != client.issuer:
        raise ResponseRejected(
            "refresh.iss_mismatch",
            f"expected {shown(client.issuer)}, got {shown(claims.get('iss'))}",
            spec=REFRESH_SPEC,
        )
    _check_former(claims, former)
    _check_audience(claims, client)
    check_times(claims, what=WHAT, leeway=client.leeway, now=now)
    _check_at_hash(claims.get("at_hash"), client.id_token_signed_response_alg, access_token)
    return IDToken(raw, claims)


def _check_former(claims: Mapping[str, Any], former: Mapping[str, Any]) -> None:
    """Check that *claims* are about the user and the sign-in of *former*."""
    if not is_plain(claims.get("sub")) or claims["sub"] != former.get("sub"):
        raise ResponseRejected(
            "refresh.sub_mismatch",
            "the ID Token is about another user than the session",
            hint="the session must end; the provider, or something between, is broken",
            spec=REFRESH_SPEC,
        )
    authenticated, before = claims.get("auth_time"), former.get("auth_time")
    if authenticated is not None and before is not None and authenticated != before:
        raise ResponseRejected(
            "refresh.auth_time_mismatch",
            f"expected {shown(before)}, got {shown(authenticated)}",
            hint="a refresh is no sign-in: the time of the sign-in must stay",
            spec=REFRESH_SPEC,
        )
    if "nonce" in claims and claims["nonce"] != former.get("nonce"):
        raise ResponseRejected(
            "refresh.nonce_mismatch", "the nonce is another sign-in's", spec=REFRESH_SPEC
        )


def _check_issuer(claims: Mapping[str, Any], client: Client) -> None:
    if claims.get("iss") != client.issuer:
        raise ResponseRejected(
            "id_token.iss_mismatch",
            f"expected {shown(client.issuer)}, got {shown(claims.get('iss'))}",
            hint="at Okta, the org server, each custom server and a custom domain are different"
            " issuers: configure the one that signs your tokens",
            spec=f"{SPEC} (2)",
            cause=issuer_variant(client.issuer, claims.get("iss")),
        )


def _check_audience(claims: Mapping[str, Any], client: Client) -> None:
    """Check ``aud`` and ``azp``."""
    ours, audience = client.client_id, claims.get("aud")
    members = audience if isinstance(audience, list) else [audience]
    # Where we are one of several, azp tells more: for whom the token was made.
    if ours in members and claims.get("azp", ours) != ours:
        raise ResponseRejected(
            "id_token.azp_mismatch",
            f"expected {shown(ours)}, got {shown(claims['azp'])}",
            spec=f"{SPEC} (4), (5)",
        )
    check_audience(claims, ours, what=WHAT, spec=f"{SPEC} (3)")


def _check_at_hash(at_hash: object, algorithm: str, access_token: str) -> None:
    """Check ``at_hash`` where it is present (OIDC Core 3.1.3.8)."""
    if at_hash is None:
        return
    name = f"sha{algorithm[-3:]}" if algorithm[-3:].isdigit() else "sha512"
    digest = hashlib.new(name, access_token.encode("utf-8", "surrogatepass")).digest()
    half = to_base64url(digest[: len(digest) // 2])
    if at_hash != half:
        raise ResponseRejected(
            "id_token.at_hash_mismatch",
            "the access token that came is not the one that this ID Token was made with",
            spec="OIDC Core 3.1.3.8",
        )


def _check_authentication(
    claims: Mapping[str, Any], request: AuthorizationRequest, leeway: int, now: int
) -> None:
    """Check ``auth_time`` and ``acr`` against what was asked."""
    if request.max_age is not None:
        asked = request.started_at if request.max_age == 0 else now - request.max_age
        if numeric_date(claims, "auth_time", what=WHAT) < asked - leeway:
            raise ResponseRejected(
                "id_token.auth_time_too_old",
                f"max_age={request.max_age} was asked; the user signed in"
                f" {ago(now, claims['auth_time'])}",
                spec=f"{SPEC} (13)",
            )
    if request.acr_values and claims.get("acr") not in request.acr_values:
        raise ResponseRejected(
            "id_token.acr_unsatisfied",
            f"asked for {shown(' '.join(request.acr_values))}, got {shown(claims.get('acr'))}",
            hint="the provider ignores what it does not support: check its policy for this"
            " application",
            spec=f"{SPEC} (12)",
        )
