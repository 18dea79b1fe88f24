"""Tokens that nobody honest signs.

May know: base64url, testing.bends, testing.faults.fault, testing.issuing for a type,
testing.signing.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from admit.base64url import to_base64url
from admit.testing.bends import Forge
from admit.testing.faults.fault import STRANGER
from admit.testing.signing import compact, encoded, public_jwk, signed, signing_key

if TYPE_CHECKING:
    from admit.testing.issuing import Issuing

Secret = Callable[["Issuing"], str]
#: Deflated, it takes less room than a token may.
BOMB = 30 << 20


def fixed(token: str) -> Forge:
    """Return what gives *token*."""
    return lambda _header, _claims, _provider: token


def parts(change: Callable[[str, str, str], str]) -> Forge:
    """Return what takes an honest token apart, and gives what *change* makes of the parts."""
    return lambda header, claims, provider: change(*signed(header, claims, provider).split("."))


def payload(content: object) -> Forge:
    """Return what signs *content* in place of the claims."""
    return lambda header, _claims, provider: signed(header, content, provider)


def payload_with(more: str) -> Forge:
    """Return what signs the claims in JSON with *more* before the brace that closes it."""

    def forge(header: dict[str, Any], claims: dict[str, Any], provider: Issuing) -> str:
        text = json.dumps(claims).removesuffix("}")
        return signed(header, f"{text}, {more}}}".encode(), provider)

    return forge


def headed(header: object) -> Forge:
    """Return what signs the claims under *header*, which may be no header."""
    return lambda _header, claims, provider: signed(header, claims, provider)


def hmac_signed(secret: Secret) -> Forge:
    """Return what signs with HS256 and a secret that everybody knows."""

    def forge(header: dict[str, Any], claims: dict[str, Any], provider: Issuing) -> str:
        said = {**header, "alg": "HS256"}
        return compact(said, claims, alg="HS256", secret=secret(provider))

    return forge


def public_pem(provider: Issuing) -> str:
    """Return the public key as PEM."""
    key = signing_key(provider.key).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def public_json(provider: Issuing) -> str:
    """Return the public key as a JWK."""
    return json.dumps(public_jwk(provider.key))


def spliced(header: dict[str, Any], claims: dict[str, Any], provider: Issuing) -> str:
    """Return one token with the signature of another."""
    other = signed(header, {**claims, "sub": "00u-other"}, provider)
    return f"{signed(header, claims, provider).rpartition('.')[0]}.{other.rpartition('.')[2]}"


def by_stranger(header: dict[str, Any], claims: dict[str, Any], provider: Issuing) -> str:
    """Return a token that a stranger signed under whatever name the header has."""
    return compact(header, claims, key=STRANGER, alg=provider.alg, secret=provider.client_secret)


def with_key_in_header(header: dict[str, Any], claims: dict[str, Any], provider: Issuing) -> str:
    """Return a token that a stranger signed, whose key its header brings along."""
    said = {**header, "jwk": public_jwk(STRANGER)}
    return by_stranger(said, claims, provider)


def encrypted_by_password(header: dict[str, Any], claims: dict[str, Any], provider: Issuing) -> str:
    """Return a JWE whose key takes 2^31 rounds to derive."""
    said = {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2s": "c2FsdA", "p2c": 2**31 - 1}
    return _jwe(said, signed(header, claims, provider).encode(), provider)


def encrypted_bomb(header: dict[str, Any], claims: dict[str, Any], provider: Issuing) -> str:
    """Return a JWE that grows when it is read."""
    del header, claims
    packer = zlib.compressobj(wbits=-15)
    content = packer.compress(b" " * BOMB) + packer.flush()
    return _jwe({"alg": "dir", "enc": "A256GCM", "zip": "DEF"}, content, provider)


def _jwe(header: object, content: bytes, provider: Issuing) -> str:
    """Return a JWE by the key that the client's secret stands for (OIDC Core 10.2)."""
    key = hashlib.sha256(provider.client_secret.encode()).digest()
    said, nonce = to_base64url(encoded(header)), bytes(12)
    sealed = AESGCM(key).encrypt(nonce, content, said.encode())
    body, tag = to_base64url(sealed[:-16]), to_base64url(sealed[-16:])
    return f"{said}..{to_base64url(nonce)}.{body}.{tag}"
