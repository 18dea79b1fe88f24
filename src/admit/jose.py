"""The one door to joserfc: read a key set, check the signature of a compact JWS.

What joserfc leaves open is closed here: one algorithm, named by the configuration and never by the
token; keys only from the set that was handed in; a floor for key sizes; strict JSON. What is wrong
comes out as ``<what>.<reason>``, where *what* names the token: ``id_token.alg``.

joserfc is imported by the first use, which keeps the start of an application light.

May know: base64url, errors, strict_json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from admit.base64url import from_base64url
from admit.errors import ResponseRejected, shown
from admit.strict_json import parse_object

if TYPE_CHECKING:
    from joserfc.jwa import JWSAlgModel
    from joserfc.jwk import Key as JoseKey
    from joserfc.jws import JWSRegistry

#: Algorithm to key type and, where the algorithm demands one, curve (RFC 7518 3.1, RFC 8037 3.1).
ALGORITHMS: Mapping[str, tuple[str, str | None]] = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "PS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
SMALLEST_RSA_BITS = 2048
LONGEST_TOKEN = 262_144
SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
#: The ``typ`` of a token that says no more of itself than that it is one (RFC 7519 5.1).
PLAIN_TYPES = ("jwt",)


@dataclass(frozen=True, slots=True)
class Key:
    """One usable signing key of a set, with what the set says of it (RFC 7517 4)."""

    kid: str | None
    kty: str
    crv: str | None
    alg: str | None
    native: JoseKey = field(repr=False)

    def fits(self, algorithm: str) -> bool:
        """Tell whether the key may check a signature made by *algorithm*."""
        kty, crv = ALGORITHMS[algorithm]
        return (
            self.kty == kty
            and (crv is None or self.crv == crv)
            and (self.alg is None or self.alg == algorithm)
        )


KeySet = tuple[Key, ...]


def read_key_set(document: Mapping[str, object]) -> KeySet:
    """Return the signing keys of a JWK Set. What is unknown, unusable or weak is left out.

    Raises:
        ValueError: The document has no list ``keys``.

    Spec: RFC 7517 5: keys that are not understood are ignored.
    """
    entries = document.get("keys")
    if not isinstance(entries, list):
        message = "a list 'keys' was expected"
        raise ValueError(message)  # noqa: TRY004 - the one error that callers expect
    return tuple(key for entry in entries if (key := _read_key(entry)) is not None)


def _read_key(entry: object) -> Key | None:
    from joserfc.errors import JoseError  # noqa: PLC0415 - see the top of the file
    from joserfc.jwk import JWKRegistry  # noqa: PLC0415

    # A tuple: what comes from outside may be unhashable.
    if not isinstance(entry, dict) or entry.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    operations = entry.get("key_ops")
    if entry.get("use", "sig") != "sig" or (
        operations is not None and (not isinstance(operations, list) or "verify" not in operations)
    ):
        return None
    kid, alg = entry.get("kid"), entry.get("alg")
    if not isinstance(kid, str | None) or not isinstance(alg, str | None):
        return None
    public = {name: entry[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in entry}
    try:
        # Before joserfc sees it, which would import a weak key with a warning.
        if entry["kty"] == "RSA" and _bits(entry["n"]) < SMALLEST_RSA_BITS:
            return None
        native = JWKRegistry.import_key(public)
        _ = native.public_key
    except (JoseError, ValueError, TypeError, KeyError, ArithmeticError):
        return None
    crv = entry.get("crv")
    return Key(kid, entry["kty"], crv if isinstance(crv, str) else None, alg, native)


def _bits(number: object) -> int:
    """Return the length of a Base64urlUInt (RFC 7518 2); of what is no string, 0."""
    return int.from_bytes(from_base64url(number)).bit_length() if isinstance(number, str) else 0


@dataclass(frozen=True, slots=True)
class CompactJws:
    """A JWS taken apart; its signature is not checked yet."""

    what: str
    raw: str = field(repr=False)
    kid: str | None
    payload: bytes = field(repr=False)


def read_compact(
    raw: object, *, what: str, algorithm: str, types: Sequence[str] = PLAIN_TYPES
) -> CompactJws:
    """Take a compact JWS apart and check its header.

    Args:
        raw: The token as it came.
        what: Names the token in codes, such as ``id_token``.
        algorithm: The only ``alg`` that is accepted.
        types: Each ``typ`` that is accepted, in lower case and without ``application/``; a header
            without ``typ`` counts as ``jwt``.

    Raises:
        ResponseRejected: ``<what>.malformed``, ``.encrypted``, ``.alg``, ``.crit``, ``.typ``,
            ``.kid``.

    Spec: RFC 7515 3 and 4, RFC 8725 3.1.
    """
    # First of all: what is encrypted is often long, and its length is not what to mend.
    if isinstance(raw, str) and raw.count(".") == 4:  # noqa: PLR2004 - RFC 7516 3.1
        raise ResponseRejected(
            f"{what}.encrypted",
            "the token has five parts: it is encrypted",
            hint="switch token encryption off for this client at the provider",
            spec="RFC 7516 3.1",
        )
    if not isinstance(raw, str) or len(raw) > LONGEST_TOKEN:
        raise ResponseRejected(f"{what}.malformed", "a string of at most 256 KiB was expected")
    parts = raw.split(".")
    if len(parts) != 3 or not all(map(SEGMENT.fullmatch, parts[:2])):  # noqa: PLR2004 - RFC 7515 3.1
        raise ResponseRejected(f"{what}.malformed", "three base64url parts were expected")
    try:
        header, payload = parse_object(from_base64url(parts[0])), from_base64url(parts[1])
    except ValueError:
        raise ResponseRejected(f"{what}.malformed", "its header is not a JSON object") from None
    _check_header(header, what, algorithm, types)
    return CompactJws(what, raw, header.get("kid"), payload)


def _check_header(
    header: Mapping[str, Any], what: str, algorithm: str, types: Sequence[str]
) -> None:
    alg, kid, typ = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if alg != algorithm:
        raise ResponseRejected(
            f"{what}.alg",
            f"expected {algorithm}, got {shown(alg)}",
            hint="the algorithm is set by ADMIT_ID_TOKEN_SIGNED_RESPONSE_ALG, never by the token;"
            " make both sides agree",
            spec="OIDC Core 3.1.3.7 (7)",
        )
    if "crit" in header:
        raise ResponseRejected(f"{what}.crit", "no critical header parameter is understood")
    # A media type may leave application/ out (RFC 7515 4.1.9).
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in types:
        raise ResponseRejected(
            f"{what}.typ",
            f"expected {' or '.join(types)}, got {shown(header.get('typ'))}",
            spec="RFC 8725 3.11",
        )
    if not isinstance(kid, str | None):
        raise ResponseRejected(f"{what}.kid", "kid is not a string")


def candidates(jws: CompactJws, keys: KeySet, algorithm: str) -> Sequence[Key]:
    """Return the keys that may have signed: by ``kid``, or each fitting one where there is none.

    Spec: OIDC Core 10.1.
    """
    return [k for k in keys if k.fits(algorithm) and (jws.kid is None or k.kid == jws.kid)]


def verify(jws: CompactJws, keys: KeySet, algorithm: str) -> bytes:
    """Return the payload of *jws* after its signature was checked.

    Raises:
        ResponseRejected: ``<what>.unknown_key`` when no key of the set fits,
            ``<what>.signature`` when none of those that fit made it.
    """
    from joserfc import jws as joserfc_jws  # noqa: PLC0415 - see the top of the file
    from joserfc.errors import JoseError  # noqa: PLC0415

    fitting = candidates(jws, keys, algorithm)
    if not fitting:
        raise ResponseRejected(
            f"{jws.what}.unknown_key",
            f"no {algorithm} signing key {shown(jws.kid)} among the provider's {len(keys)}",
            hint="the provider publishes its keys at jwks_uri, and may be about to; keys for"
            " encryption, unknown kinds and RSA keys below 2048 bits do not count",
            spec="OIDC Core 10.1, RFC 7517 5, RFC 7518 3.3",
        )
    for key in fitting:
        try:
            return joserfc_jws.deserialize_compact(
                jws.raw, key.native, registry=_registry(algorithm)
            ).payload
        except (JoseError, ValueError, TypeError):
            continue
    raise ResponseRejected(
        f"{jws.what}.signature",
        f"no key {shown(jws.kid)} of the provider made this signature",
        spec="OIDC Core 3.1.3.7 (6)",
    )


@cache
def _registry(algorithm: str) -> JWSRegistry:
    from joserfc.jws import JWSRegistry  # noqa: PLC0415 - see the top of the file

    class OneAlgorithm(JWSRegistry):
        def get_alg(self, name: str) -> JWSAlgModel:
            # The base class warns of the name EdDSA (RFC 9864) each time.
            del name
            return self.algorithms[algorithm]

    registry = OneAlgorithm(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = registry.max_payload_length = LONGEST_TOKEN
    return registry
