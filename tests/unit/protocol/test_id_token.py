"""The rules of the ID Token: each has a row that breaks it, and its own code."""

from __future__ import annotations

import hashlib
import hmac
import json
import warnings
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

from admit.base64url import to_base64url as base64url
from admit.errors import ResponseRejected
from admit.jose import ALGORITHMS, KeySet, read_key_set
from admit.model import AuthorizationRequest, Client, IDToken
from admit.protocol.id_token import verify_id_token
from admit.testing.provider import signing_key
from material import (
    ACCESS_TOKEN,
    CLIENT,
    ISSUER,
    MISSING,
    NOW,
    PROVIDER,
    REQUEST,
    id_token,
    keys,
    refused,
)

DAY = 86_400
LEEWAY = CLIENT.leeway


def verify(
    raw: str,
    *,
    key_set: KeySet | None = None,
    client: Client = CLIENT,
    request: AuthorizationRequest = REQUEST,
    access_token: str = ACCESS_TOKEN,
) -> IDToken:
    return verify_id_token(
        raw,
        keys=keys() if key_set is None else key_set,
        client=client,
        request=request,
        access_token=access_token,
        now=NOW,
    )


def unsigned(header: dict[str, Any], signature: bytes = b"") -> str:
    payload = id_token().split(".")[1]
    head = base64url(repr(header).replace("'", '"').encode())
    return f"{head}.{payload}.{base64url(signature)}"


def signed_with(algorithm: str) -> tuple[KeySet, str]:
    """Return an ID Token signed with *algorithm*, and the key set that verifies it."""
    kty, crv = ALGORITHMS[algorithm]
    key: RSAKey | ECKey | OKPKey
    if kty == "RSA":
        key = RSAKey.import_key(signing_key())
    else:
        key = ECKey.generate_key(crv) if kty == "EC" else OKPKey.generate_key("Ed25519")
    size = int(algorithm[-3:]) if algorithm[-3:].isdigit() else 512
    digest = hashlib.new(f"sha{size}", ACCESS_TOKEN.encode()).digest()
    claims = {
        "iss": ISSUER,
        "aud": "client",
        "sub": "00u1",
        "iat": NOW,
        "exp": NOW + 300,
        "nonce": REQUEST.nonce,
        "at_hash": base64url(digest[: size // 16]),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # of the name EdDSA
        raw = jws.serialize_compact(
            {"alg": algorithm}, json.dumps(claims), key, algorithms=[algorithm]
        )
    return read_key_set({"keys": [key.as_dict(private=False)]}), raw


def test_a_good_token_gives_its_claims_and_itself() -> None:
    raw = id_token({"email": "a@example.com"})
    verified = verify(raw)
    assert verified.sub == "00u1"
    assert verified.claims["email"] == "a@example.com"
    assert verified.raw == raw
    assert raw not in repr(verified)
    assert "a@example.com" not in repr(verified)


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"aud": ["client"]}, id="aud is a list of us alone"),
        pytest.param({"azp": "client"}, id="azp is us"),
        pytest.param({"at_hash": None}, id="no at_hash"),
        pytest.param({"exp": 10**30}, id="exp in the far future"),
        pytest.param({"exp": NOW + 0.5}, id="exp is a float"),
        pytest.param({"exp": NOW - LEEWAY + 1}, id="exp just within the leeway"),
        pytest.param({"iat": NOW + LEEWAY}, id="iat just within the leeway"),
        pytest.param({"iat": NOW + 20}, id="the provider is 20 s ahead"),
        pytest.param({"iat": NOW + 30, "exp": NOW + 330}, id="the provider is 30 s ahead"),
        pytest.param({"iat": NOW - 330, "exp": NOW - 30}, id="the provider is 30 s behind"),
        pytest.param({"iat": NOW - DAY}, id="an old iat with a good exp"),
        pytest.param({"nbf": NOW + LEEWAY}, id="nbf just within the leeway"),
        pytest.param({"sub": "x" * 255}, id="the longest sub"),
        pytest.param({"acr": "whatever"}, id="an acr that nobody asked for"),
        pytest.param({"auth_time": "text"}, id="an auth_time that nobody asked for"),
        pytest.param({"_claim_sources": {"a": {"JWT": "e30.e30."}}}, id="aggregated claims"),
        pytest.param({"unknown": [{"deep": None}]}, id="an unknown claim"),
    ],
)
def test_a_token_that_breaks_no_rule_passes(claims: dict[str, Any]) -> None:
    assert verify(id_token(claims)).claims["iss"] == ISSUER


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"typ": "JWT"}, id="typ JWT"),
        pytest.param({"typ": "application/jwt"}, id="typ as a media type"),
        pytest.param({"typ": "jwt"}, id="typ in lower case"),
        pytest.param({"kid": None}, id="no kid, one key"),
    ],
)
def test_a_header_that_breaks_no_rule_passes(header: dict[str, Any]) -> None:
    assert verify(id_token(header=header)).sub == "00u1"


def test_without_a_kid_each_fitting_key_is_tried() -> None:
    assert verify(id_token(header={"kid": None}, key=1), key_set=keys(0, 1)).sub == "00u1"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        pytest.param({"iss": "https://evil.example"}, "iss_mismatch", id="iss of another"),
        pytest.param({"iss": ISSUER + "/"}, "iss_mismatch", id="iss with a slash more"),
        pytest.param({"iss": ISSUER[:-1]}, "iss_mismatch", id="iss with a letter less"),
        pytest.param({"iss": ISSUER + "1"}, "iss_mismatch", id="iss with a 1 more"),
        pytest.param({"iss": ISSUER.upper()}, "iss_mismatch", id="iss in capitals"),
        pytest.param({"iss": MISSING}, "iss_mismatch", id="no iss"),
        pytest.param({"iss": [ISSUER]}, "iss_mismatch", id="iss is a list"),
        pytest.param({"aud": "another"}, "aud_mismatch", id="aud of another"),
        pytest.param({"aud": "client1"}, "aud_mismatch", id="aud with a 1 more"),
        pytest.param({"aud": MISSING}, "aud_mismatch", id="no aud"),
        pytest.param({"aud": []}, "aud_mismatch", id="aud is empty"),
        pytest.param({"aud": ["client", "other"]}, "aud_mismatch", id="one audience too many"),
        pytest.param(
            {"aud": ["client", "evil"], "azp": "evil"}, "azp_mismatch", id="aud of two, foreign azp"
        ),
        pytest.param({"aud": {"client": 1}}, "aud_mismatch", id="aud is an object"),
        pytest.param({"aud": [["client"]]}, "aud_mismatch", id="aud is a nested list"),
        pytest.param({"azp": "another"}, "azp_mismatch", id="azp of another"),
        pytest.param({"azp": ["client"]}, "azp_mismatch", id="azp is a list"),
        pytest.param({"azp": ""}, "azp_mismatch", id="azp is empty"),
        pytest.param({"sub": MISSING}, "sub_invalid", id="no sub"),
        pytest.param({"sub": ""}, "sub_invalid", id="sub is empty"),
        pytest.param({"sub": "x" * 256}, "sub_invalid", id="sub is a character too long"),
        pytest.param({"sub": "x" * 40_000}, "sub_invalid", id="sub of 40 KB"),
        pytest.param({"sub": 7}, "sub_invalid", id="sub is a number"),
        pytest.param({"sub": ["00u1"]}, "sub_invalid", id="sub is a list"),
        pytest.param({"sub": "j\u00f6rg"}, "sub_invalid", id="sub is not ASCII"),
        pytest.param({"sub": "a\nb"}, "sub_invalid", id="sub has a control character"),
        pytest.param({"exp": MISSING}, "exp_invalid", id="no exp"),
        pytest.param({"exp": str(NOW + 60)}, "exp_invalid", id="exp is text"),
        pytest.param({"exp": True}, "exp_invalid", id="exp is a truth value"),
        pytest.param({"exp": [NOW + 60]}, "exp_invalid", id="exp is a list"),
        pytest.param({"exp": 10**400}, "exp_invalid", id="exp is more than a float holds"),
        pytest.param({"exp": NOW - 3600}, "expired", id="exp an hour ago"),
        pytest.param({"exp": NOW - LEEWAY}, "expired", id="exp just beyond the leeway"),
        pytest.param({"exp": 0}, "expired", id="exp in 1970"),
        pytest.param({"exp": -(10**30)}, "expired", id="exp long before 1970"),
        pytest.param({"exp": NOW - 7200}, "expired", id="the provider is two hours behind"),
        pytest.param({"iat": MISSING}, "iat_invalid", id="no iat"),
        pytest.param({"iat": "today"}, "iat_invalid", id="iat is text"),
        pytest.param({"iat": False}, "iat_invalid", id="iat is a truth value"),
        pytest.param({"iat": 10**400}, "iat_invalid", id="iat is more than a float holds"),
        pytest.param({"iat": NOW + DAY}, "iat_in_future", id="iat tomorrow"),
        pytest.param({"iat": NOW + 7200}, "iat_in_future", id="the provider is two hours ahead"),
        pytest.param({"iat": NOW + LEEWAY + 1}, "iat_in_future", id="iat just beyond the leeway"),
        pytest.param({"iat": 10**30}, "iat_in_future", id="iat in the far future"),
        pytest.param({"nbf": NOW + DAY}, "nbf_in_future", id="nbf tomorrow"),
        pytest.param({"nbf": NOW + LEEWAY + 1}, "nbf_in_future", id="nbf just beyond the leeway"),
        pytest.param({"nbf": "now"}, "nbf_invalid", id="nbf is text"),
        pytest.param({"nonce": MISSING}, "nonce_missing", id="no nonce"),
        pytest.param({"nonce": "null"}, "nonce_mismatch", id="nonce null as text"),
        pytest.param({"nonce": REQUEST.nonce + "1"}, "nonce_mismatch", id="nonce with a 1 more"),
        pytest.param({"nonce": ""}, "nonce_mismatch", id="nonce is empty"),
        pytest.param({"nonce": [REQUEST.nonce]}, "nonce_mismatch", id="nonce is a list"),
        pytest.param({"at_hash": "AAAA"}, "at_hash_mismatch", id="another at_hash"),
        pytest.param({"at_hash": ""}, "at_hash_mismatch", id="at_hash is empty"),
        pytest.param({"at_hash": 7}, "at_hash_mismatch", id="at_hash is a number"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(claims: dict[str, Any], code: str) -> None:
    with refused(f"id_token.{code}") as caught:
        verify(id_token(claims))
    assert REQUEST.nonce not in str(caught.value)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": NOW - 100}, "100 s ago"),
        ({"iat": NOW + 100}, "100 s from now"),
        ({"nbf": NOW + 100}, "100 s from now"),
        ({"iat": 1e300}, "10000000000 s from now"),
        ({"nonce": MISSING}, "no nonce"),
        ({"nonce": "x"}, "another attempt's"),
    ],
)
def test_what_is_wrong_is_told_in_words(claims: dict[str, Any], words: str) -> None:
    with pytest.raises(ResponseRejected) as caught:
        verify(id_token(claims))
    assert words in caught.value.detail


@pytest.mark.parametrize(
    "access_token",
    [
        pytest.param("swapped", id="another"),
        pytest.param("", id="none"),
        pytest.param("\u00e9", id="not ASCII"),
        pytest.param("\ud800", id="half a surrogate pair"),
    ],
)
def test_the_access_token_must_be_the_one_of_at_hash(access_token: str) -> None:
    with refused("id_token.at_hash_mismatch"):
        verify(id_token(), access_token=access_token)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        pytest.param({"alg": "none"}, "alg", id="alg none"),
        pytest.param({"alg": "nOnE"}, "alg", id="alg nOnE"),
        pytest.param({"alg": ""}, "alg", id="alg is empty"),
        pytest.param({"alg": MISSING}, "alg", id="no alg"),
        pytest.param({"alg": ["RS256"]}, "alg", id="alg is a list"),
        pytest.param({"alg": "rs256"}, "alg", id="alg in lower case"),
        pytest.param({"alg": "RS512"}, "alg", id="alg RS512"),
        pytest.param({"alg": "PS256"}, "alg", id="alg PS256"),
        pytest.param({"alg": "ES256"}, "alg", id="alg ES256"),
        pytest.param({"alg": "HS256"}, "alg", id="alg HS256"),
        pytest.param({"crit": ["exp"]}, "crit", id="crit"),
        pytest.param({"crit": []}, "crit", id="crit is empty"),
        pytest.param({"crit": ["b64"], "b64": False}, "crit", id="an unencoded payload"),
        pytest.param({"typ": "at+jwt"}, "typ", id="an access token"),
        pytest.param({"typ": "logout+jwt"}, "typ", id="a logout token"),
        pytest.param({"typ": ["JWT"]}, "typ", id="typ is a list"),
        pytest.param({"typ": ""}, "typ", id="typ is empty"),
        pytest.param({"kid": 7}, "kid", id="kid is a number"),
        pytest.param({"kid": ["key-0"]}, "kid", id="kid is a list"),
        pytest.param({"kid": "key-9"}, "unknown_key", id="kid that nobody knows"),
        pytest.param({"kid": ""}, "unknown_key", id="kid is empty"),
        pytest.param({"kid": "../../dev/null"}, "unknown_key", id="kid is a path"),
        pytest.param({"kid": "' UNION SELECT 1 --"}, "unknown_key", id="kid is SQL"),
        pytest.param({"kid": "x" * 20_000}, "unknown_key", id="kid of 20 KB"),
    ],
)
def test_a_token_with_a_wrong_header_is_refused(header: dict[str, Any], code: str) -> None:
    with refused(f"id_token.{code}") as caught:
        verify(id_token(header=header))
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"jwk": PROVIDER.jwk(1)}, id="the key itself"),
        pytest.param({"jku": "https://evil.example/keys"}, id="the address of a key set"),
        pytest.param({"x5u": "https://evil.example/cert"}, id="the address of a certificate"),
        pytest.param({"x5c": ["AAAA"]}, id="a certificate"),
        pytest.param({"jwk": 7, "jku": [], "x5c": "x"}, id="nonsense"),
        pytest.param({}, id="nothing"),
    ],
)
def test_a_key_that_the_token_brings_signs_nothing(header: dict[str, Any]) -> None:
    with refused("id_token.signature"):
        verify(id_token(header={"kid": "key-0", **header}, key=1))


@pytest.mark.parametrize("secret", ["PEM", "DER", "empty", "client secret"])
def test_a_mac_with_a_key_that_all_know_is_refused(secret: str) -> None:
    public = signing_key().public_key()
    form = PublicFormat.SubjectPublicKeyInfo
    key = {
        "PEM": public.public_bytes(Encoding.PEM, form),
        "DER": public.public_bytes(Encoding.DER, form),
        "empty": b"",
        "client secret": b"secret-of-the-client",
    }[secret]
    signed = unsigned({"alg": "HS256", "kid": "key-0"}).removesuffix(".")
    mac = base64url(hmac.digest(key, signed.encode(), "sha256"))
    with refused("id_token.alg"):
        verify(f"{signed}.{mac}")


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_a_token_without_a_signature_is_refused(alg: str) -> None:
    with refused("id_token.alg"):
        verify(unsigned({"alg": alg}))


@pytest.mark.parametrize(
    "how", ["stripped", "of another token", "changed", "other payload", "longer"]
)
def test_a_signature_that_was_not_made_for_the_token_is_refused(how: str) -> None:
    header, payload, signature = id_token().split(".")
    other = id_token({"sub": "00u2"}).split(".")
    first = "A" if signature[0] != "A" else "B"
    raw = {
        "stripped": f"{header}.{payload}.",
        "of another token": f"{header}.{payload}.{other[2]}",
        "changed": f"{header}.{payload}.{first}{signature[1:]}",
        "other payload": f"{header}.{other[1]}.{signature}",
        "longer": f"{header}.{payload}.{signature}!",
    }[how]
    with refused("id_token.signature"):
        verify(raw)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("", "malformed", id="empty"),
        pytest.param("word", "malformed", id="one word"),
        pytest.param("e30.e30", "malformed", id="two parts"),
        pytest.param("..", "malformed", id="three empty parts"),
        pytest.param("e30..e30", "malformed", id="an empty payload"),
        pytest.param("e3 0.e30.e30", "malformed", id="a blank inside"),
        pytest.param("\u00e9.e30.e30", "malformed", id="not ASCII"),
        pytest.param("e30.e30.e30.e30", "malformed", id="four parts"),
        pytest.param("a.e30.e30", "malformed", id="a header that is no base64url"),
        pytest.param("W10.e30.e30", "malformed", id="a header that is a list"),
        pytest.param("e30.e30." + "A" * 270_000, "malformed", id="longer than 256 KiB"),
        pytest.param("e30.e30.e30." + "A" * 270_000 + ".AA", "encrypted", id="a large JWE"),
        pytest.param("a.b.c.d.e", "encrypted", id="five parts"),
        pytest.param("a.b.c." + "d" * 270_000 + ".e", "encrypted", id="five long parts"),
        pytest.param(
            base64url(b'{"alg":"PBES2-HS512+A256KW","p2c":2147483647,"enc":"A256GCM"}')
            + ".a.b.c.d",
            "encrypted",
            id="2^31 rounds of PBES2",
        ),
        pytest.param(
            base64url(b'{"alg":"dir","enc":"A256GCM","zip":"DEF"}') + "..a." + "b" * 9000 + ".c",
            "encrypted",
            id="a zip bomb",
        ),
    ],
)
def test_what_is_no_signed_token_is_refused(raw: str, code: str) -> None:
    with refused(f"id_token.{code}"):
        verify(raw)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"text"', id="a text"),
        pytest.param(b"null", id="null"),
        pytest.param(b"\xff\xfe{}", id="no UTF-8"),
        pytest.param(b'{"sub":"a","sub":"b"}', id="a name given twice"),
        pytest.param(b'{"exp":NaN}', id="NaN"),
        pytest.param(b'{"exp":' + b"9" * 5000 + b"}", id="endless digits"),
        pytest.param(b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}", id="nested deeply"),
        pytest.param(b'{"name":"\\ud800"}', id="half a surrogate pair"),
        pytest.param(b"{", id="cut off"),
    ],
)
def test_a_signed_payload_that_is_no_strict_json_object_is_refused(payload: bytes) -> None:
    with refused("id_token.malformed"):
        verify(PROVIDER.sign(payload))


@pytest.mark.parametrize("weak", ["use", "alg", "key_ops", "kty"])
def test_a_key_that_is_not_for_this_signature_is_no_key(weak: str) -> None:
    changes: dict[str, dict[str, Any]] = {
        "use": {"use": "enc"},
        "alg": {"alg": "RS512"},
        "key_ops": {"key_ops": ["encrypt"]},
        "kty": {"kty": "oct", "k": "AAAA"},
    }
    with refused("id_token.unknown_key"):
        verify(id_token(), key_set=read_key_set({"keys": [{**PROVIDER.jwk(0), **changes[weak]}]}))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_algorithm_is_the_configured_one_and_at_hash_follows_it(algorithm: str) -> None:
    key_set, raw = signed_with(algorithm)
    client = replace(CLIENT, id_token_signed_response_alg=algorithm)
    assert verify(raw, key_set=key_set, client=client).sub == "00u1"
    header, payload, signature = raw.split(".")
    changed = "A" if signature[0] != "A" else "B"
    with refused("id_token.signature"):
        verify(f"{header}.{payload}.{changed}{signature[1:]}", key_set=key_set, client=client)
    for other in ALGORITHMS.keys() - {algorithm}:
        with refused("id_token.alg"):
            verify(raw, key_set=key_set, client=replace(client, id_token_signed_response_alg=other))


@pytest.mark.parametrize(
    ("max_age", "auth_time", "code"),
    [
        pytest.param(300, NOW - 100, None, id="recent enough"),
        pytest.param(300, NOW - 300 - LEEWAY, None, id="just within the leeway"),
        pytest.param(300, NOW - 301 - LEEWAY, "auth_time_too_old", id="just beyond the leeway"),
        pytest.param(300, NOW - 3600, "auth_time_too_old", id="an hour ago"),
        pytest.param(300, MISSING, "auth_time_invalid", id="no auth_time"),
        pytest.param(300, "now", "auth_time_invalid", id="auth_time is text"),
        pytest.param(300, 10**400, "auth_time_invalid", id="auth_time is more than a float holds"),
        pytest.param(0, NOW, None, id="signed in again"),
        pytest.param(0, NOW - 30 - LEEWAY, None, id="signed in as the attempt began"),
        pytest.param(0, NOW - 31 - LEEWAY, "auth_time_too_old", id="signed in before the attempt"),
    ],
)
def test_max_age_is_verified_where_it_was_asked(
    max_age: int, auth_time: object, code: str | None
) -> None:
    request = replace(REQUEST, max_age=max_age)
    raw = id_token({"auth_time": auth_time})
    if code is None:
        assert verify(raw, request=request).sub == "00u1"
        return
    with refused(f"id_token.{code}"):
        verify(raw, request=request)


@pytest.mark.parametrize("acr", [MISSING, "urn:one", "urn:two urn:three", ["urn:two"], {}])
def test_an_acr_that_was_not_asked_is_refused(acr: object) -> None:
    with refused("id_token.acr_unsatisfied"):
        verify(id_token({"acr": acr}), request=replace(REQUEST, acr_values=("urn:two", "urn:3")))


def test_one_of_the_acr_values_that_were_asked_is_enough() -> None:
    request = replace(REQUEST, acr_values=("urn:two", "urn:3"))
    assert verify(id_token({"acr": "urn:3"}), request=request).claims["acr"] == "urn:3"


@pytest.mark.parametrize(
    ("iss", "cause"),
    [
        (ISSUER + "/", "slash"),
        ("https://login.example.com/oauth2/default", "custom domain"),
        ("https://provider.test", "two servers of one Okta org"),
        ("https://evil.example", ""),
    ],
)
def test_another_issuer_is_explained_where_it_is_recognised(iss: str, cause: str) -> None:
    with refused("id_token.iss_mismatch") as caught:
        verify(id_token({"iss": iss}))
    assert cause in caught.value.cause
    assert bool(cause) == bool(caught.value.cause)
