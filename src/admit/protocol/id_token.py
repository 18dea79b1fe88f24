"""The ID Token: every rule of OIDC Core 3.1.3.7, each with a code of its own.

May know: errors, jose, model, providers, strict_json.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from admit import jose
from admit.base64url import to_base64url
from admit.errors import ResponseRejected, shown
from admit.jose import KeySet
from admit.model import AuthorizationRequest, Client, IDToken
from admit.providers import issuer_variant
from admit.strict_json import parse_object

WHAT = "id_token"
SPEC = "OIDC Core 3.1.3.7"
LONGEST_SUB = 255
LATEST = 1e300
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
    algorithm = client.id_token_signed_response_alg
    jws = jose.read_compact(raw, what=WHAT, algorithm=algorithm)
    try:
        claims = parse_object(jose.verify(jws, keys, algorithm))
    except ValueError:
        raise ResponseRejected(
            "id_token.malformed", "its payload is no JSON object", spec="RFC 7519 7.2"
        ) from None
    _check_parties(claims, client)
    _check_times(claims, client.leeway, now)
    if claims.get("nonce") != request.nonce:
        missing = "nonce" not in claims
        raise ResponseRejected(
            "id_token.nonce_missing" if missing else "id_token.nonce_mismatch",
            "no nonce came back" if missing else "the nonce is another attempt's",
            hint="a token made for another sign-in was brought here, or the provider drops nonce",
            spec=f"{SPEC} (11)",
        )
    _check_at_hash(claims.get("at_hash"), algorithm, access_token)
    _check_authentication(claims, request, client.leeway, now)
    return IDToken(jws.raw, claims)


def _check_parties(claims: Mapping[str, Any], client: Client) -> None:
    """Check ``iss``, ``sub``, ``aud`` and ``azp``."""
    if claims.get("iss") != client.issuer:
        raise ResponseRejected(
            "id_token.iss_mismatch",
            f"expected {shown(client.issuer)}, got {shown(claims.get('iss'))}",
            hint="at Okta, the org server, each custom server and a custom domain are different"
            " issuers: configure the one that signs your tokens",
            spec=f"{SPEC} (2)",
            cause=issuer_variant(client.issuer, claims.get("iss")),
        )
    sub = claims.get("sub")
    if not isinstance(sub, str) or not 1 <= len(sub) <= LONGEST_SUB or not _is_plain(sub):
        raise ResponseRejected(
            "id_token.sub_invalid", "sub is not 1 to 255 ASCII characters", spec="OIDC Core 2"
        )
    audience = claims.get("aud")
    members = audience if isinstance(audience, list) else [audience]
    if members != [client.client_id]:
        raise ResponseRejected(
            "id_token.aud_mismatch",
            f"expected {shown(client.client_id)} alone, got {shown(audience)}",
            hint="the token is meant for another application: compare the client id",
            spec=f"{SPEC} (3)",
        )
    if claims.get("azp", client.client_id) != client.client_id:
        raise ResponseRejected(
            "id_token.azp_mismatch",
            f"expected {shown(client.client_id)}, got {shown(claims['azp'])}",
            spec=f"{SPEC} (4), (5)",
        )


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _check_times(claims: Mapping[str, Any], leeway: int, now: int) -> None:
    """Check ``exp``, ``iat`` and ``nbf``."""
    expires, issued = _time(claims, "exp"), _time(claims, "iat")
    if now - leeway >= expires:
        raise ResponseRejected(
            "id_token.expired",
            f"it ended {_ago(now, expires)}; the leeway is {leeway} s",
            spec=f"{SPEC} (9)",
        )
    if issued > now + leeway:
        raise ResponseRejected(
            "id_token.iat_in_future",
            f"it was issued {_ago(now, issued)}; the leeway is {leeway} s",
            spec=f"{SPEC} (10)",
        )
    if "nbf" in claims and _time(claims, "nbf") > now + leeway:
        raise ResponseRejected(
            "id_token.nbf_in_future",
            f"it is valid from {_ago(now, claims['nbf'])}; the leeway is {leeway} s",
            spec="RFC 7519 4.1.5",
        )


def _ago(now: int, time: float) -> str:
    seconds = min(abs(now - time), 10**10)
    return f"{seconds:.0f} s {'ago' if time <= now else 'from now'} by this host's clock"


def _time(claims: Mapping[str, Any], name: str) -> float:
    """Return a NumericDate: some providers give floats, which RFC 7519 2 allows."""
    value = claims.get(name)
    # Compared, not asked for isfinite(): an integer may be larger than any float.
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LATEST:
        raise ResponseRejected(
            f"id_token.{name}_invalid", f"{name} is missing or no number", spec="OIDC Core 2"
        )
    return value


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
        if _time(claims, "auth_time") < asked - leeway:
            raise ResponseRejected(
                "id_token.auth_time_too_old",
                f"max_age={request.max_age} was asked; the user signed in"
                f" {_ago(now, claims['auth_time'])}",
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
