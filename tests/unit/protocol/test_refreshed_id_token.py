"""The ID Token of a refresh: the same user, the same sign-in, and all that holds of any."""

from __future__ import annotations

from typing import Any

import pytest

from admit.model import IDToken
from admit.protocol.id_token import verify_refreshed_id_token
from material import ACCESS_TOKEN, CLIENT, ISSUER, MISSING, NOW, REQUEST, id_token, keys, refused

HOUR = 3600
SIGNED_IN = NOW - HOUR
FORMER = {
    "iss": ISSUER,
    "sub": "00u1",
    "aud": "client",
    "iat": SIGNED_IN,
    "exp": NOW,
    "auth_time": SIGNED_IN,
    "nonce": REQUEST.nonce,
}


def verify(
    changes: dict[str, Any],
    former: dict[str, Any] = FORMER,
    access_token: str = ACCESS_TOKEN,
    **how: Any,
) -> IDToken:
    raw = id_token({"auth_time": SIGNED_IN, **changes}, **how)
    return verify_refreshed_id_token(
        raw, keys=keys(), client=CLIENT, former=former, access_token=access_token, now=NOW
    )


@pytest.mark.parametrize(
    ("changes", "former"),
    [
        pytest.param({}, FORMER, id="all the same"),
        pytest.param({"nonce": MISSING}, FORMER, id="no nonce"),
        pytest.param({"auth_time": MISSING}, FORMER, id="no auth_time"),
        pytest.param({}, {"sub": "00u1", "nonce": REQUEST.nonce}, id="no auth_time before"),
        pytest.param({"at_hash": MISSING}, FORMER, id="no at_hash"),
        pytest.param({"aud": ["client"], "azp": "client"}, FORMER, id="aud is a list, with azp"),
        pytest.param({"acr": "other"}, FORMER, id="another acr"),
    ],
)
def test_a_token_of_the_same_sign_in_replaces_the_former(
    changes: dict[str, Any], former: dict[str, Any]
) -> None:
    verified = verify({"email": "new@example.com", **changes}, former)
    assert (verified.sub, verified.claims["email"]) == ("00u1", "new@example.com")
    assert verified.raw.count(".") == 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"iss": "https://evil.example"}, "refresh.iss_mismatch", id="another iss"),
        pytest.param({"iss": MISSING}, "refresh.iss_mismatch", id="no iss"),
        pytest.param({"sub": "00u2"}, "refresh.sub_mismatch", id="another sub"),
        pytest.param({"sub": MISSING}, "refresh.sub_mismatch", id="no sub"),
        pytest.param({"sub": ["00u1"]}, "refresh.sub_mismatch", id="a list as sub"),
        pytest.param({"auth_time": NOW}, "refresh.auth_time_mismatch", id="another auth_time"),
        pytest.param({"auth_time": "x"}, "refresh.auth_time_mismatch", id="text as auth_time"),
        pytest.param({"nonce": "other"}, "refresh.nonce_mismatch", id="another nonce"),
        pytest.param({"nonce": ""}, "refresh.nonce_mismatch", id="an empty nonce"),
        pytest.param({"aud": "other"}, "id_token.aud_mismatch", id="another aud"),
        pytest.param({"aud": ["client", "x"]}, "id_token.aud_mismatch", id="one aud too many"),
        pytest.param({"azp": "other"}, "id_token.azp_mismatch", id="another azp"),
        pytest.param({"exp": NOW - HOUR}, "id_token.expired", id="expired"),
        pytest.param({"exp": MISSING}, "id_token.exp_invalid", id="no exp"),
        pytest.param({"iat": NOW + HOUR}, "id_token.iat_in_future", id="iat in the future"),
        pytest.param({"iat": MISSING}, "id_token.iat_invalid", id="no iat"),
        pytest.param({"nbf": NOW + HOUR}, "id_token.nbf_in_future", id="not valid yet"),
        pytest.param({"at_hash": "AAAA"}, "id_token.at_hash_mismatch", id="another at_hash"),
    ],
)
def test_a_token_that_breaks_a_rule_is_refused(changes: dict[str, Any], code: str) -> None:
    with refused(code) as caught:
        verify(changes)
    assert REQUEST.nonce not in str(caught.value)


@pytest.mark.parametrize(
    ("former", "code"),
    [
        pytest.param({**FORMER, "sub": MISSING}, "refresh.sub_mismatch", id="no sub before"),
        pytest.param({**FORMER, "nonce": MISSING}, "refresh.nonce_mismatch", id="no nonce before"),
    ],
)
def test_what_the_former_token_did_not_say_matches_nothing(
    former: dict[str, Any], code: str
) -> None:
    with refused(code):
        verify({}, former)


def test_no_sub_twice_is_no_match() -> None:
    with refused("refresh.sub_mismatch"):
        verify({"sub": MISSING}, {**FORMER, "sub": MISSING})


def test_the_access_token_must_be_the_one_of_at_hash() -> None:
    with refused("id_token.at_hash_mismatch"):
        verify({}, access_token="swapped")


@pytest.mark.parametrize(
    ("how", "code"),
    [
        pytest.param({"header": {"alg": "none"}}, "alg", id="alg none"),
        pytest.param({"header": {"typ": "logout+jwt"}}, "typ", id="a logout token"),
        pytest.param({"header": {"kid": "key-0"}, "key": 1}, "signature", id="another key"),
    ],
)
def test_the_signature_is_checked_as_at_the_sign_in(how: dict[str, Any], code: str) -> None:
    with refused(f"id_token.{code}"):
        verify({}, **how)
