"""A bend holds for one sign-in, and leaves all others straight."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from admit.base64url import from_base64url
from admit.jose import read_compact, read_key_set, verify
from admit.strict_json import parse_object
from admit.testing import Answer
from testing.conftest import Asker, claims_of, header_of


def test_the_next_sign_in_is_bent_and_the_one_after_it_is_not(asker: Asker) -> None:
    asker.provider.bend(claims={"nonce": "other", "iat": None}, header={"kid": None, "x": 1})
    bent, straight = asker.tokens()["id_token"], asker.tokens()["id_token"]
    assert claims_of(bent)["nonce"] == "other"
    assert "iat" not in claims_of(bent)
    assert header_of(bent) == {"alg": "RS256", "x": 1}
    assert claims_of(straight)["nonce"] == "the-nonce"
    assert header_of(straight) == {"alg": "RS256", "kid": "key-0"}


def test_a_bend_is_taken_by_the_sign_in_that_begins_first(asker: Asker) -> None:
    asker.provider.bend(claims={"bent": True}, userinfo={"bent": True})
    first, second = asker.code(), asker.code()
    later = parse_object(asker.redeem(second).body)
    bent = parse_object(asker.redeem(first).body)
    assert "bent" not in claims_of(later["id_token"])
    assert claims_of(bent["id_token"])["bent"] is True
    assert b"bent" not in asker.get("/v1/userinfo", later["access_token"]).body
    assert b"bent" in asker.get("/v1/userinfo", bent["access_token"]).body


def test_two_bent_sign_ins_may_be_under_way_at_once(asker: Asker) -> None:
    codes = []
    for number in range(2):
        asker.provider.bend(claims={"number": number}, token=Answer(headers={"n": str(number)}))
        codes.append(asker.code())
    for number in (1, 0):
        answer = asker.redeem(codes[number])
        assert answer.headers["n"] == str(number)
        assert claims_of(parse_object(answer.body)["id_token"])["number"] == number


@pytest.mark.parametrize(("name", "path"), [("discovery", "/.well-known/openid-configuration"),
                                            ("keys", "/v1/keys")])  # fmt: skip
def test_metadata_and_keys_are_bent_until_the_next_sign_in(
    memory: Asker, name: str, path: str
) -> None:
    answer: dict[str, Any] = {name: Answer(status=418)}
    memory.provider.bend(**answer)
    assert memory.get(path).status == 418
    code = memory.code()
    assert memory.get(path).status == 418
    straight = memory.code()
    assert memory.get(path).status == 418, "the code of the bent one was not brought yet"
    memory.redeem(code)
    assert memory.get(path).status == 418, "keys are fetched after the code is redeemed"
    memory.redeem(straight)
    memory.code()
    assert memory.get(path).status == 200


def test_a_bend_of_nothing_is_straight_again(memory: Asker) -> None:
    memory.provider.bend(discovery=Answer(status=500), claims={"nonce": "other"})
    memory.provider.bend()
    assert memory.get("/.well-known/openid-configuration").status == 200
    assert claims_of(memory.tokens()["id_token"])["nonce"] == "the-nonce"


def test_a_user_is_one_in_all_that_is_said_of_them(memory: Asker) -> None:
    memory.provider.bend(user={"sub": "00u2", "name": None, "groups": ["staff"]})
    tokens = memory.tokens()
    fresh = parse_object(memory.refresh(tokens["refresh_token"]).body)
    said = parse_object(memory.get("/v1/userinfo", fresh["access_token"]).body)
    for claims in (claims_of(tokens["id_token"]), claims_of(fresh["id_token"]), said):
        assert (claims["sub"], claims["groups"]) == ("00u2", ["staff"])
        assert "name" not in claims
    assert claims_of(memory.tokens()["id_token"])["sub"] == "00u1"


def test_refreshes_and_revocations_are_those_of_their_sign_in(memory: Asker) -> None:
    memory.provider.bend(refresh=Answer(status=503), revocation=Answer(status=400))
    bent, straight = memory.tokens(), memory.tokens()
    assert memory.refresh(bent["refresh_token"]).status == 503
    assert memory.refresh(bent["refresh_token"]).status == 503, "the refresh token lives on"
    assert memory.refresh(straight["refresh_token"]).status == 200
    assert memory.post("/v1/revoke", token=bent["refresh_token"]).status == 400
    assert memory.post("/v1/revoke", token=straight["access_token"]).status == 200


@pytest.mark.parametrize(
    ("refreshed", "expected"), [({"sub": "00u9"}, "00u9"), ({}, "00u1"), (None, None)]
)
def test_refreshed_id_tokens_are_bent_alone(
    memory: Asker, refreshed: dict[str, Any] | None, expected: str | None
) -> None:
    memory.provider.bend(refreshed=refreshed, claims={"only": "at the sign-in"}, alg="none")
    tokens = memory.tokens()
    fresh = parse_object(memory.refresh(tokens["refresh_token"]).body)
    again = parse_object(memory.refresh(fresh["refresh_token"]).body)
    for answer in (fresh, again):
        claims = claims_of(answer["id_token"]) if "id_token" in answer else {}
        assert claims.get("sub") == expected
        assert "only" not in claims


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"iss": "x"}, {"iss": ["x"]}),
        ({"state": ["a", "b"]}, {"state": ["a", "b"]}),
        ({"state": None}, {}),
        ({"code": "", "error": "access_denied"}, {"error": ["access_denied"]}),
    ],
)
def test_the_parameters_of_the_callback_are_laid_over(
    memory: Asker, response: dict[str, Any], expected: dict[str, list[str]]
) -> None:
    memory.provider.bend(response=response)
    own = {"code": ["code-0"], "state": ["the-state"]}
    kept = {name: value for name, value in own.items() if name not in response}
    assert memory.provider.authorize(memory.url()) == {**kept, **expected}
    assert memory.provider.authorize(memory.url()) == {**own, "code": ["code-1"]}


def test_a_token_is_forged_from_the_honest_one(memory: Asker) -> None:
    seen: list[Any] = []

    def forge(header: dict[str, Any], claims: dict[str, Any], provider: object) -> str:
        seen.extend((header, claims, provider))
        return "a.b.c"

    memory.provider.bend(forge=forge)
    assert memory.tokens()["id_token"] == "a.b.c"
    assert seen[0] == {"alg": "RS256", "kid": "key-0"}
    assert seen[1]["nonce"] == "the-nonce"
    assert seen[2] is memory.provider
    assert "a.b.c" in memory.provider.secrets


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_a_token_is_signed_by_the_algorithm_that_it_names(memory: Asker, algorithm: str) -> None:
    memory.provider.bend(alg=algorithm, key=1)
    token = memory.tokens()["id_token"]
    keys = read_key_set({"keys": [{**memory.provider.jwk(1), "alg": algorithm}]})
    jws = read_compact(token, what="id_token", algorithm=algorithm)
    assert parse_object(verify(jws, keys, algorithm))["nonce"] == "the-nonce"


def test_a_token_is_signed_by_the_clients_secret(memory: Asker) -> None:
    memory.provider.bend(alg="HS256")
    signed, _, signature = memory.tokens()["id_token"].rpartition(".")
    secret = memory.provider.client_secret.encode()
    assert from_base64url(signature) == hmac.digest(secret, signed.encode(), hashlib.sha256)


@pytest.mark.parametrize("name", ["none", "nOnE"])
def test_a_token_may_have_no_signature(memory: Asker, name: str) -> None:
    memory.provider.bend(alg=name)
    token = memory.tokens()["id_token"]
    assert header_of(token)["alg"] == name
    assert token.endswith(".")


@pytest.mark.parametrize("name", ["RS", "RS999", "ES256"])
def test_an_algorithm_that_nobody_knows_is_a_mistake_of_the_test(memory: Asker, name: str) -> None:
    memory.provider.bend(alg=name)
    with pytest.raises(ValueError, match="no signature"):
        memory.tokens()


def test_what_holds_for_good_holds_beside_a_bend(memory: Asker) -> None:
    memory.provider.claims["always"] = 1
    memory.provider.answers["/v1/keys"] = Answer(status=418)
    memory.provider.bend(claims={"once": 2}, keys=Answer(status=419))
    assert memory.get("/v1/keys").status == 419
    bent, straight = claims_of(memory.tokens()["id_token"]), claims_of(memory.tokens()["id_token"])
    assert (bent["always"], bent["once"]) == (1, 2)
    assert straight["always"] == 1
    assert "once" not in straight
    memory.provider.bend()
    assert memory.get("/v1/keys").status == 418


def test_a_user_is_laid_under_what_bends_the_sign_in(memory: Asker) -> None:
    memory.provider.bend(claims={"nonce": "other"}, user={"email": "bent"}, keys=Answer(status=418))
    memory.provider.sign_in_as({"sub": "00u5", "email": "x"})
    assert memory.get("/v1/keys").status == 418
    claims = claims_of(memory.tokens()["id_token"])
    assert (claims["sub"], claims["email"], claims["nonce"]) == ("00u5", "bent", "other")
    assert claims_of(memory.tokens()["id_token"])["sub"] == "00u1"


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS384"])
def test_a_provider_may_sign_with_another_algorithm_for_good(memory: Asker, algorithm: str) -> None:
    memory.provider.alg = algorithm
    tokens = memory.tokens()
    keys = read_key_set(parse_object(memory.get("/v1/keys").body))
    for token in (tokens["id_token"], memory.provider.sign({"nonce": "the-nonce"})):
        jws = read_compact(token, what="id_token", algorithm=algorithm)
        assert parse_object(verify(jws, keys, algorithm))["nonce"] == "the-nonce"
    digest = hashlib.new(f"sha{algorithm[2:]}", tokens["access_token"].encode()).digest()
    at_hash = from_base64url(claims_of(tokens["id_token"])["at_hash"])
    assert at_hash == digest[: len(digest) // 2]
