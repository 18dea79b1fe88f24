"""The door to signatures: which keys count, and which of them may verify what."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OKPKey

from admit.base64url import to_base64url as base64url
from admit.jose import (
    ALGORITHMS,
    LONGEST_TOKEN,
    CompactJws,
    candidates,
    read_compact,
    read_key_set,
    verify,
)
from material import PROVIDER, keys, refused

GOOD = PROVIDER.jwk(0)
EC = ECKey.generate_key("P-256").as_dict(private=False)
ED25519 = OKPKey.generate_key("Ed25519").as_dict(private=False)


def signed() -> CompactJws:
    return read_compact(PROVIDER.sign(b"payload"), what="id_token", algorithm="RS256")


def unsigned(header: dict[str, Any]) -> str:
    return f"{base64url(json.dumps(header).encode())}.cGF5bG9hZA.c2ln"


def rsa_jwk(bits: int) -> dict[str, str]:
    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    octets = numbers.n.to_bytes((bits + 7) // 8, "big")
    return {"kty": "RSA", "kid": f"rsa-{bits}", "n": base64url(octets), "e": "AQAB"}


def test_keys_of_every_known_kind_are_read() -> None:
    secp256k1 = ECKey.generate_key("secp256k1").as_dict(private=False)
    found = read_key_set({"keys": [GOOD, EC, ED25519, secp256k1]})
    assert [(key.kty, key.crv) for key in found[:3]] == [
        ("RSA", None),
        ("EC", "P-256"),
        ("OKP", "Ed25519"),
    ]
    assert not any(key.fits(algorithm) for key in found[3:] for algorithm in ALGORITHMS)


@pytest.mark.parametrize(
    "change",
    [
        {"use": "sig"},
        {"key_ops": ["verify"]},
        {"key_ops": ["sign", "verify"]},
        {"alg": None},
        {"kid": None},
        {"use": "sig", "x5c": ["nonsense"], "x5t": 7, "unknown": {}},
    ],
)
def test_a_key_for_signatures_counts(change: dict[str, Any]) -> None:
    assert len(read_key_set({"keys": [{**GOOD, **change}]})) == 1


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({**GOOD, "use": "enc"}, id="for encryption"),
        pytest.param({**GOOD, "use": ["sig"]}, id="a list as use"),
        pytest.param({**GOOD, "use": None}, id="null as use"),
        pytest.param({**GOOD, "key_ops": ["encrypt"]}, id="other operations"),
        pytest.param({**GOOD, "key_ops": "verify"}, id="a word as operations"),
        pytest.param({**GOOD, "key_ops": []}, id="no operations"),
        pytest.param({**GOOD, "kid": 7}, id="a number as kid"),
        pytest.param({**GOOD, "alg": ["RS256"]}, id="a list as alg"),
        pytest.param({**GOOD, "kty": "oct"}, id="a secret key"),
        pytest.param({**GOOD, "kty": ["RSA"]}, id="a list as kty"),
        pytest.param({**GOOD, "kty": None}, id="null as kty"),
        pytest.param({**GOOD, "n": ""}, id="an empty modulus"),
        pytest.param({**GOOD, "n": 7}, id="a number as modulus"),
        pytest.param({**GOOD, "e": "AA"}, id="an exponent of 0"),
        pytest.param({**GOOD, "e": None}, id="no exponent"),
        pytest.param({"kty": "RSA"}, id="nothing but a kind"),
        pytest.param({**EC, "crv": "P-512"}, id="an unknown curve"),
        pytest.param({**EC, "crv": []}, id="a list as curve"),
        pytest.param({**EC, "x": EC["y"]}, id="a point off the curve"),
        pytest.param({**ED25519, "x": "AA"}, id="a short Ed25519 key"),
        pytest.param("word", id="a word"),
        pytest.param(None, id="null"),
        pytest.param(rsa_jwk(1024), id="RSA of 1024 bits"),
        pytest.param(rsa_jwk(2047), id="RSA of 2047 bits"),
    ],
)
def test_a_key_that_cannot_or_may_not_verify_is_left_out(entry: object) -> None:
    assert read_key_set({"keys": [entry]}) == ()


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {}}, {"keys": "word"}])
def test_a_set_without_a_list_of_keys_is_no_set(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="keys"):
        read_key_set(document)


def test_the_private_part_of_a_key_is_not_kept() -> None:
    private: dict[str, Any] = dict(ECKey.generate_key("P-256").as_dict(private=True))
    (key,) = read_key_set({"keys": [private]})
    assert key.native.is_private is False
    assert private["d"] not in repr(key)


@pytest.mark.parametrize(
    ("jwk", "fitting"),
    [
        ({**GOOD, "alg": None}, {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
        (GOOD, {"RS256"}),
        ({**GOOD, "alg": "RSA-OAEP"}, set()),
        (EC, {"ES256"}),
        (ED25519, {"EdDSA"}),
    ],
)
def test_a_key_fits_by_kind_curve_and_its_own_algorithm(
    jwk: dict[str, Any], fitting: set[str]
) -> None:
    (key,) = read_key_set({"keys": [jwk]})
    assert {algorithm for algorithm in ALGORITHMS if key.fits(algorithm)} == fitting


def test_a_decoy_with_the_same_kid_and_another_kind_does_not_matter() -> None:
    key_set = read_key_set({"keys": [{**EC, "kid": "key-0"}, GOOD, {**ED25519, "kid": "key-0"}]})
    jws = signed()
    assert [key.kty for key in candidates(jws, key_set, "RS256")] == ["RSA"]
    assert verify(jws, key_set, "RS256") == b"payload"


def test_two_keys_of_one_kid_are_both_tried() -> None:
    key_set = read_key_set({"keys": [{**PROVIDER.jwk(1), "kid": "key-0"}, GOOD]})
    jws = signed()
    assert verify(jws, key_set, "RS256") == b"payload"


def test_a_token_is_taken_apart_and_not_shown() -> None:
    jws = signed()
    assert (jws.kid, jws.payload) == ("key-0", b"payload")
    assert jws.raw not in repr(jws)
    assert "payload=" not in repr(jws)


@pytest.mark.parametrize("raw", [None, 7, [], {}, b"e30.e30.e30", True])
def test_what_is_no_string_is_malformed(raw: object) -> None:
    with refused("id_token.malformed"):
        read_compact(raw, what="id_token", algorithm="RS256")


def test_a_token_may_have_256_kib_and_no_more() -> None:
    head = unsigned({"alg": "RS256"}).rpartition(".")[0]
    assert LONGEST_TOKEN == 256 << 10
    longest = f"{head}." + "A" * (LONGEST_TOKEN - len(head) - 1)
    assert read_compact(longest, what="id_token", algorithm="RS256").raw == longest
    with refused("id_token.malformed"):
        read_compact(longest + "A", what="id_token", algorithm="RS256")


@pytest.mark.parametrize("what", ["id_token", "userinfo"])
def test_the_codes_name_the_token(what: str) -> None:
    with refused(f"{what}.alg"):
        read_compact(unsigned({"alg": "none"}), what=what, algorithm="RS256")


@pytest.mark.parametrize(
    ("typ", "types", "passes"),
    [
        pytest.param("JWT", ("jwt",), True, id="the plain type"),
        pytest.param("application/JWT", ("jwt",), True, id="the plain type as a media type"),
        pytest.param("Logout+JWT", ("logout+jwt",), True, id="a type of its own"),
        pytest.param("application/logout+jwt", ("logout+jwt",), True, id="it as a media type"),
        pytest.param("jwt", ("logout+jwt", "jwt"), True, id="one of two"),
        pytest.param("logout+jwt", ("jwt",), False, id="another type"),
        pytest.param("jwt", ("logout+jwt",), False, id="the plain type where it says too little"),
        pytest.param(None, ("logout+jwt",), False, id="no type where one is asked"),
        pytest.param("text/logout+jwt", ("logout+jwt",), False, id="another tree"),
        pytest.param("application/application/jwt", ("jwt",), False, id="a prefix twice"),
        pytest.param("", ("jwt",), False, id="an empty type"),
    ],
)
def test_a_token_is_of_one_of_the_types_that_were_asked(
    typ: str | None, types: tuple[str, ...], passes: bool
) -> None:
    raw = replace(PROVIDER, header={"typ": typ}).sign(b"{}")
    if passes:
        assert read_compact(raw, what="id_token", algorithm="RS256", types=types).payload == b"{}"
        return
    with refused("id_token.typ"):
        read_compact(raw, what="id_token", algorithm="RS256", types=types)


def test_no_key_at_all_is_an_unknown_key() -> None:
    jws = signed()
    with refused("id_token.unknown_key"):
        verify(jws, (), "RS256")


@pytest.mark.parametrize("signature", ["", "AAAA", "!", "A" * 342, "\u00e9"])
def test_a_signature_of_any_other_shape_is_refused(signature: str) -> None:
    raw = signed().raw.rpartition(".")[0] + "." + signature
    with refused("id_token.signature"):
        verify(read_compact(raw, what="id_token", algorithm="RS256"), keys(), "RS256")


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 600])
def test_a_signature_of_another_length_is_refused(algorithm: str, length: int) -> None:
    key_set = read_key_set({"keys": [EC, ED25519]})
    raw = f"{unsigned({'alg': algorithm}).rpartition('.')[0]}.{base64url(bytes(length))}"
    with refused("id_token.signature"):
        verify(read_compact(raw, what="id_token", algorithm=algorithm), key_set, algorithm)
