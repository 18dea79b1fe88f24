"""ID Tokens that are encrypted, and keys that are weak or of another kind."""

from __future__ import annotations

import json
import zlib
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from admit.base64url import to_base64url
from admit.testing import Answer
from admit.testing.signing import public_jwk
from hostile.provider_side import growing_less_than, joined, public_pem, refused
from hostile.registry import case
from hostile.rows_id_token_form import Forge, said
from hostile.world import World

JWE = {"alg": "PBES2-HS256+A128KW", "enc": "A128CBC-HS256", "p2s": "c2FsdHNhbHQ"}


def five_parts(header: object, key: bytes, content: bytes) -> Forge:
    parts = (json.dumps(header).encode(), key, b"\0" * 16, content, b"\0" * 16)
    return said(".".join(map(to_base64url, parts)))


@case("IDT-89", "encrypted by a password, 2^31 rounds of it")
def endless_rounds(world: World) -> str:
    forge = five_parts({**JWE, "p2c": 2_147_483_647}, b"k" * 40, b"c" * 64)
    outcome = refused(world, "id_token.encrypted", forge=forge)
    slowest = max(answer.seconds for answer in world.watch.answers)
    assert slowest < 1
    return f"{outcome} in less than a second"


@case("IDT-90", "encrypted, 200 MB of it deflated")
def zip_bomb(world: World) -> str:
    packer = zlib.compressobj(9, wbits=-15)
    piece = b"\0" * (1 << 20)
    content = b"".join(packer.compress(piece) for _ in range(200)) + packer.flush()
    header = {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}
    with growing_less_than(60):
        outcome = refused(world, "id_token.encrypted", forge=five_parts(header, b"", content))
    return f"{outcome}; {len(content) >> 10} KB came, and nothing grew"


def numbers(key: rsa.RSAPublicKey) -> dict[str, str]:
    found = key.public_numbers()
    n = found.n.to_bytes((found.n.bit_length() + 7) // 8, "big")
    return {"kty": "RSA", "n": to_base64url(n), "e": to_base64url(found.e.to_bytes(3, "big"))}


@case("IDT-97", "an RSA key of 1024 bits in the JWKS")
def weak_key(world: World) -> str:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    jwk = {**numbers(weak.public_key()), "kid": "weak", "use": "sig", "alg": "RS256"}
    for company in ([], [public_jwk(0)]):
        world.serve()
        browser = world.browser()
        world.provider.bend(keys=Answer(body={"keys": [jwk, *company]}), forge=_by(weak))
        outcome = world.refused(browser.sign_in(), "id_token.unknown_key")
        assert not browser.is_signed_in()
    return outcome


def _by(key: rsa.RSAPrivateKey) -> Forge:
    def forge(header: Any, claims: Any, _provider: Any) -> str:
        text = joined({**header, "kid": "weak"}, claims, b"").rstrip(".")
        made = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{to_base64url(made)}"

    return forge


@case("IDT-x15", "confusion with keys of other kinds: ECDSA, Ed25519, a shared secret")
def other_kinds(world: World) -> str:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (to_base64url(number.to_bytes(32, "big")) for number in (point.x, point.y))
    kinds = [
        {"kty": "EC", "crv": "P-256", "x": x, "y": y},
        {"kty": "EC", "crv": "P-256", "x": x, "y": y, "alg": "RS256"},
        {"kty": "OKP", "crv": "Ed25519", "x": x},
        {"kty": "oct", "k": to_base64url(public_pem())},
        {**public_jwk(0), "kty": "EC"},
        {**public_jwk(0), "alg": "ES256"},
        {**public_jwk(0), "alg": "PS256"},
    ]
    for kind in kinds:
        world.serve()
        entries = [{**kind, "kid": "key-0"}, public_jwk(1)]
        world.provider.bend(keys=Answer(body={"keys": entries}))
        world.refused(world.browser().sign_in(), "id_token.unknown_key")
    return f"refused 400 id_token.unknown_key, each of {len(kinds)}"
