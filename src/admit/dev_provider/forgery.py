"""Tokens that a relying party must refuse, for the faults.

May know: keys.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

from joserfc import jwe, jws
from joserfc.jwk import RSAKey

from admit.dev_provider.keys import KeyRing, new_key

Claims = Mapping[str, Any]


@cache
def _stranger() -> RSAKey:
    return new_key()


def _base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _input(header: Claims, claims: Claims) -> str:
    return ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))


def _typ(typ: str | None) -> Claims:
    return {"typ": typ} if typ else {}


def bad_signature(keys: KeyRing, claims: Claims, typ: str | None = None) -> str:
    """Return a token with the signature of another one."""
    signed = keys.sign(claims, typ).rpartition(".")[0]
    return f"{signed}.{keys.sign({}).rpartition('.')[2]}"


def unknown_kid(_keys: KeyRing, claims: Claims, typ: str | None = None) -> str:
    """Return a token that a key signed which is published nowhere."""
    header = {"kid": _stranger().kid, "alg": "RS256", **_typ(typ)}
    return jws.serialize_compact(header, json.dumps(claims), _stranger())


def key_in_header(_keys: KeyRing, claims: Claims, typ: str | None = None) -> str:
    """Return a token that says itself which key is right. Spec: RFC 7515 4.1.3."""
    key = _stranger()
    header = {"kid": key.kid, "alg": "RS256", "jwk": key.as_dict(private=False), **_typ(typ)}
    return jws.serialize_compact(header, json.dumps(claims), key)


def garbage(_keys: KeyRing, _claims: Claims, _typ: str | None = None) -> str:
    """Return what is no token at all."""
    return "this.is-no.token"


def alg_none(keys: KeyRing, claims: Claims, typ: str | None = None) -> str:
    """Return a token without a signature. Spec: RFC 7515 appendix A.5."""
    return _input({"kid": keys.keys()[0].kid, "alg": "none", **_typ(typ)}, claims) + "."


def alg_hs256(keys: KeyRing, claims: Claims, typ: str | None = None) -> str:
    """Return a token whose HMAC key is the published key. Spec: RFC 8725 2.1."""
    key = keys.keys()[0]
    signed = _input({"kid": key.kid, "alg": "HS256", **_typ(typ)}, claims)
    code = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{_base64url(code)}"


def encrypted(keys: KeyRing, claims: Claims) -> str:
    """Return a nested token for a key that the relying party does not have."""
    header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT"}
    registry = jwe.JWERegistry(algorithms=["RSA-OAEP-256", "A256GCM"])
    return jwe.encrypt_compact(header, keys.sign(claims), _encryption_key(), registry=registry)


@cache
def _encryption_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "enc"})
