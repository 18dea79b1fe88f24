"""Keys and signatures of the provider that tests use.

May know: base64url, testing.issuing for a type.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from admit.base64url import to_base64url

if TYPE_CHECKING:
    from admit.testing.issuing import Issuing

HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


@cache
def signing_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Return the process's RSA key of that number: 2048 bits, made once."""
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(number: int) -> dict[str, str]:
    """Return the public key of that number as a JWK."""
    numbers = signing_key(number).public_key().public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": f"key-{number}",
        "n": to_base64url(numbers.n.to_bytes(256, "big")),
        "e": "AQAB",
    }


def encoded(value: object) -> bytes:
    """Return *value* as JSON; bytes stay as they are."""
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def present(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return *members* less those of None."""
    return {name: value for name, value in members.items() if value is not None}


def signed(header: object, claims: object, provider: Issuing) -> str:
    """Return the token as an honest provider signs it, whatever stands in it."""
    secret = provider.client_secret
    return compact(header, claims, key=provider.key, alg=provider.alg, secret=secret)


def compact(
    header: object, claims: object, *, key: int = 0, alg: str = "RS256", secret: str
) -> str:
    """Return a compact JWS.

    Args:
        header: As it is written: nothing is added.
        claims: What is no bytes is written as JSON.
        key: The number of the key that signs.
        alg: How it really signs, whatever *header* says: RS* or PS*, HS* by *secret*; or ``none``,
            in any spelling, which leaves the signature empty.
        secret: Of the client.

    Raises:
        ValueError: *alg* is another.
    """
    signed = f"{to_base64url(encoded(header))}.{to_base64url(encoded(claims))}"
    return f"{signed}.{to_base64url(_signature(signed.encode(), key, alg, secret))}"


def _signature(signed: bytes, key: int, alg: str, secret: str) -> bytes:
    family, size = alg[:2], alg[2:]
    if alg.lower() == "none":
        return b""
    if size not in HASHES or family not in {"RS", "PS", "HS"}:
        raise ValueError(f"no signature is made with {alg}")
    if family == "HS":
        return hmac.digest(secret.encode(), signed, getattr(hashlib, f"sha{size}"))
    digest = HASHES[size]
    if family == "RS":
        return signing_key(key).sign(signed, padding.PKCS1v15(), digest)
    pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
    return signing_key(key).sign(signed, pss, digest)
