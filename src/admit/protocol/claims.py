"""What the provider's signed tokens have in common: signature, JSON, times, use once.

What is wrong comes out as ``<what>.<reason>``, where *what* names the token: ``id_token.expired``.

May know: errors, jose, model, strict_json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, TypeGuard

from admit import jose
from admit.errors import ResponseRejected, shown
from admit.jose import PLAIN_TYPES, KeySet
from admit.model import Client
from admit.strict_json import parse_object

LONGEST_NAME = 255
LATEST = 1e300
#: Seconds after its issue in which a token that is good once is taken. Providers give such tokens
#: minutes, and try again where the first delivery failed; an old one is a replay.
LONGEST_AGE = 3600


def verified_claims(
    raw: object, *, what: str, keys: KeySet, client: Client, types: Sequence[str] = PLAIN_TYPES
) -> dict[str, Any]:
    """Return the claims of a token that one of *keys* signed with the algorithm of *client*.

    Raises:
        ResponseRejected: ``<what>.malformed`` and the other codes of `jose.read_compact` and
            `jose.verify`.

    Spec: RFC 7519 7.2.
    """
    algorithm = client.id_token_signed_response_alg
    jws = jose.read_compact(raw, what=what, algorithm=algorithm, types=types)
    payload = jose.verify(jws, keys, algorithm)
    try:
        return parse_object(payload)
    except ValueError:
        raise ResponseRejected(
            f"{what}.malformed", "its payload is no JSON object", spec="RFC 7519 7.2"
        ) from None


def is_plain(value: object, longest: int = LONGEST_NAME) -> TypeGuard[str]:
    """Tell whether *value* can be a name: 1 to *longest* printable characters of ASCII."""
    return (
        isinstance(value, str)
        and 1 <= len(value) <= longest
        and value.isascii()
        and value.isprintable()
    )


def check_audience(claims: Mapping[str, Any], expected: str, *, what: str, spec: str) -> None:
    """Check that *claims* are meant for *expected* and for nobody else.

    Raises:
        ResponseRejected: ``<what>.aud_mismatch``.
    """
    audience = claims.get("aud")
    members = audience if isinstance(audience, list) else [audience]
    if members != [expected]:
        raise ResponseRejected(
            f"{what}.aud_mismatch",
            f"expected {shown(expected)} alone, got {shown(audience)}",
            hint="the token is meant for somebody else: compare the client id and the addresses",
            spec=spec,
        )


def numeric_date(claims: Mapping[str, Any], name: str, *, what: str) -> float:
    """Return a NumericDate: some providers give floats, which RFC 7519 2 allows.

    Raises:
        ResponseRejected: ``<what>.<name>_invalid``.
    """
    value = claims.get(name)
    # Compared, not asked for isfinite(): an integer may be larger than any float.
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LATEST:
        raise ResponseRejected(
            f"{what}.{name}_invalid", f"{name} is missing or no number", spec="RFC 7519 2"
        )
    return value


def check_times(claims: Mapping[str, Any], *, what: str, leeway: int, now: int) -> None:
    """Check ``exp``, ``iat`` and, where it is present, ``nbf``.

    Raises:
        ResponseRejected: ``<what>.expired``, ``.iat_in_future``, ``.nbf_in_future``, or the name
            of a claim and ``_invalid``.

    Spec: OIDC Core 3.1.3.7 (9), (10); RFC 7519 4.1.4 to 4.1.6.
    """
    expires, issued = (numeric_date(claims, name, what=what) for name in ("exp", "iat"))
    if now - leeway >= expires:
        raise ResponseRejected(
            f"{what}.expired",
            f"it ended {ago(now, expires)}; the leeway is {leeway} s",
            spec="RFC 7519 4.1.4",
        )
    if issued > now + leeway:
        raise ResponseRejected(
            f"{what}.iat_in_future",
            f"it was issued {ago(now, issued)}; the leeway is {leeway} s",
            spec="RFC 7519 4.1.6",
        )
    if "nbf" in claims and numeric_date(claims, "nbf", what=what) > now + leeway:
        raise ResponseRejected(
            f"{what}.nbf_in_future",
            f"it is valid from {ago(now, claims['nbf'])}; the leeway is {leeway} s",
            spec="RFC 7519 4.1.5",
        )


def check_once(claims: Mapping[str, Any], *, what: str, leeway: int, now: int) -> tuple[str, int]:
    """Return what a token that is good once must be remembered by, after `check_times`.

    Returns:
        Its ``jti``, and the second from which on the token is refused even if it is forgotten:
        leeway included, and bounded, so that a distant ``exp`` fills no memory.

    Raises:
        ResponseRejected: The codes of `check_times`, ``<what>.iat_too_old`` or ``.jti_invalid``.

    Spec: RFC 7519 4.1.7.
    """
    check_times(claims, what=what, leeway=leeway, now=now)
    end = claims["iat"] + LONGEST_AGE
    if now - leeway >= end:
        raise ResponseRejected(
            f"{what}.iat_too_old",
            f"it was issued {ago(now, claims['iat'])}; at most {LONGEST_AGE} s are allowed",
            spec="RFC 7519 4.1.6",
        )
    jti = claims.get("jti")
    if not is_plain(jti):
        raise ResponseRejected(
            f"{what}.jti_invalid", "jti is not 1 to 255 ASCII characters", spec="RFC 7519 4.1.7"
        )
    return jti, ceil(min(claims["exp"], end)) + leeway


def ago(now: int, time: float) -> str:
    """Return how far *time* is from *now*, in words."""
    seconds = min(abs(now - time), 10**10)
    return f"{seconds:.0f} s {'ago' if time <= now else 'from now'} by this host's clock"
