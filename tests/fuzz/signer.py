"""A provider's key that is the same in each process, so that what it signed can be kept."""

from __future__ import annotations

import json
from dataclasses import replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from admit.base64url import to_base64url
from admit.jose import read_key_set
from material import CLIENT as RS256_CLIENT

ALGORITHM = "ES256"
CLIENT = replace(RS256_CLIENT, id_token_signed_response_alg=ALGORITHM)
#: Any number will do: it protects nothing.
KEY = ec.derive_private_key(7, ec.SECP256R1())
_POINT = KEY.public_key().public_numbers()
JWK = {
    "kty": "EC",
    "crv": "P-256",
    "kid": "key-0",
    "alg": ALGORITHM,
    "use": "sig",
    "x": to_base64url(_POINT.x.to_bytes(32, "big")),
    "y": to_base64url(_POINT.y.to_bytes(32, "big")),
}
KEYS = read_key_set({"keys": [JWK]})


def signed(header: bytes, payload: bytes) -> str:
    """Return a compact JWS of any header and payload, whose signature is right."""
    told = f"{to_base64url(header)}.{to_base64url(payload)}"
    r, s = decode_dss_signature(KEY.sign(told.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{told}.{to_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def signed_as(data: bytes, **header: object) -> str:
    """Return what *data* says, signed: its header, a line break, its payload; or a payload alone.

    Args:
        data: As libFuzzer bends it.
        **header: Laid over the header of a payload that stands alone.
    """
    given, mark, payload = data.partition(b"\n")
    if mark:
        return signed(given, payload)
    return signed(json.dumps({"alg": ALGORITHM, "kid": "key-0", **header}).encode(), data)
