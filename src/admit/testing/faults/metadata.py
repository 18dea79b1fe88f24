"""Faults of discovery and of the keys.

May know: base64url, testing.answers, testing.faults, testing.signing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa

from admit.base64url import to_base64url
from admit.testing.answers import Answer
from admit.testing.faults.fault import (
    ELSEWHERE,
    HTML,
    MAINTENANCE,
    STRANGER,
    Document,
    Fault,
    answered,
    faults,
    members,
    transport,
)
from admit.testing.signing import public_jwk

MALFORMED, NOT_FOUND = "discovery.malformed", "discovery.not_found"
ISSUER, ENDPOINT = "discovery.issuer_mismatch", "discovery.bad_endpoint"
KEYS, UNKNOWN = "jwks.malformed", "id_token.unknown_key"
REQUIRED = frozenset({"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"})
#: What the document calls an endpoint, and how a name does.
ENDPOINTS = {
    "authorization": "authorization_endpoint",
    "token": "token_endpoint",
    "jwks": "jwks_uri",
    "userinfo": "userinfo_endpoint",
    "end_session": "end_session_endpoint",
    "revocation": "revocation_endpoint",
}


def discovery() -> Iterator[Fault]:
    """Return the faults of the metadata."""
    yield from transport("discovery", "discovery", "The metadata endpoint")
    yield from answered(
        "discovery",
        "discovery",
        ("redirect", "Leads to another host", NOT_FOUND, Answer(redirect=ELSEWHERE)),
        ("status_404", "There are no metadata", NOT_FOUND, Answer(status=404)),
        ("html", "A page for people, with 200", MALFORMED, Answer(body=MAINTENANCE, headers=HTML)),
        ("list", "The metadata are a list", MALFORMED, _as(lambda document: [document])),
        ("word", "The metadata are a word", MALFORMED, Answer(body='"metadata"')),
        ("null", "The metadata are null", MALFORMED, Answer(body="null")),
        ("nothing", "The metadata are empty", MALFORMED, Answer(body=b"")),
        ("issuer_other", "issuer is another provider", ISSUER, members(issuer=ELSEWHERE)),
        ("issuer_missing", "There is no issuer", ISSUER, members(issuer=...)),
        ("issuer_slash", "issuer has a slash more", ISSUER,
         _as(lambda document: {**document, "issuer": f"{document['issuer']}/"})),
        ("unknown", "There are metadata that nobody knows", None, members(unknown={"a": [1]})),
        ("required_alone", "There are the metadata alone that must be there", None,
         _as(lambda document: {name: document[name] for name in REQUIRED})),
        *((f"{name}_http", f"The {name} endpoint is plain http", ENDPOINT,
           members(**{member: "http://provider.test/endpoint"}))
          for name, member in ENDPOINTS.items()),
        *((f"{name}_missing", f"There is no {name} endpoint", ENDPOINT, members(**{member: ...}))
          for name, member in ENDPOINTS.items() if member in REQUIRED),
        ("endpoint_script", "The authorization endpoint is a script", ENDPOINT,
         members(authorization_endpoint="javascript:alert(1)")),
        ("endpoint_list", "The token endpoint is a list", ENDPOINT,
         members(token_endpoint=[ELSEWHERE])),
        ("endpoint_user", "The token endpoint's address hides its host", ENDPOINT,
         members(token_endpoint="https://provider.test@elsewhere.test/")),
    )  # fmt: skip


def keys() -> Iterator[Fault]:
    """Return the faults of the key set."""
    yield from transport("keys", "keys", "The key set")
    yield from answered(
        "keys",
        "keys",
        ("redirect", "Leads to another host", KEYS, Answer(redirect=ELSEWHERE)),
        ("status_404", "There is no key set", KEYS, Answer(status=404)),
        ("html", "A page for people, with 200", KEYS, Answer(body=MAINTENANCE, headers=HTML)),
        ("list", "The key set is a list", KEYS, _as(lambda document: document["keys"])),
        ("word", "The key set has a word for keys", KEYS, _as(lambda _: {"keys": "key"})),
        ("null", "The key set is null", KEYS, Answer(body="null")),
        ("nothing", "The key set is empty text", KEYS, Answer(body=b"")),
        ("empty", "The key set has no key", "jwks.empty", _as(lambda _: {"keys": []})),
        ("use_enc", "The key is for encryption", UNKNOWN, _key(use="enc")),
        ("key_ops_encrypt", "The key may encrypt alone", UNKNOWN, _key(key_ops=["encrypt"])),
        ("alg_rs512", "The key is for another algorithm", UNKNOWN, _key(alg="RS512")),
        ("weak", "The key has 1024 bits", UNKNOWN, _as(lambda _: {"keys": [_weak()]})),
        ("stranger", "Another key stands under the name of the one that signs",
         "id_token.signature",
         _as(lambda _: {"keys": [{**public_jwk(STRANGER), "kid": "key-0"}]})),
        ("same_kid", "Another key has the same name", None,
         _beside(lambda: {**public_jwk(STRANGER), "kid": "key-0"})),
        ("unknown_kty", "A key of a kind that nobody knows stands beside", None,
         _beside(lambda: {"kty": "XMSS", "kid": "post-quantum"})),
        ("malformed_key", "A broken key stands beside", None,
         _beside(lambda: {"kty": "RSA", "kid": "broken", "n": "!", "e": []})),
        ("empty_key", "An empty key stands beside", None, _beside(dict)),
        ("no_key", "What is no object stands beside", None, _beside(lambda: "key")),
    )  # fmt: skip
    yield from faults(
        "keys",
        ("rotated", "Another key signs, and it alone is published", None,
         {"key": 1, "keys": _as(lambda _: {"keys": [public_jwk(1)]})}),
        ("two_keys_no_kid", "There are two keys, and the ID Token names none", None,
         {"header": {"kid": None}, "keys": _beside(lambda: public_jwk(1))}),
    )  # fmt: skip


def _as(change: Callable[[Document], object]) -> Answer:
    return Answer(change=change)


def _key(**changes: object) -> Answer:
    return _as(lambda document: {"keys": [{**document["keys"][0], **changes}]})


def _beside(other: Callable[[], object]) -> Answer:
    return _as(lambda document: {"keys": [other(), *document["keys"]]})


@cache
def _weak() -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - it is to be refused
    number = key.public_key().public_numbers().n
    return {**public_jwk(0), "n": to_base64url(number.to_bytes(128, "big"))}
