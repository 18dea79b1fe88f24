"""The rules of the logout token: each has a row that breaks it, and its own code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from admit.errors import ResponseRejected
from admit.jose import KeySet
from admit.model import LogoutToken
from admit.protocol.claims import LONGEST_AGE
from admit.protocol.logout import EVENT, verify_logout_token
from material import CLIENT, ISSUER, MISSING, NOW, PROVIDER, id_token, keys, refused

LEEWAY = CLIENT.leeway
CLAIMS = {
    "iss": ISSUER,
    "aud": "client",
    "iat": NOW,
    "exp": NOW + 120,
    "jti": "logout-1",
    "sub": "00u1",
    "sid": "session-1",
    "events": {EVENT: {}},
}


def token(
    claims: Mapping[str, Any] | None = None,
    header: Mapping[str, Any] | None = None,
    key: int = 0,
) -> str:
    signer = replace(PROVIDER, header={"typ": "logout+jwt", **(header or {})}, key=key)
    merged = {**CLAIMS, **(claims or {})}
    return signer.sign({name: value for name, value in merged.items() if value is not MISSING})


def verify(raw: object, key_set: KeySet | None = None) -> LogoutToken:
    found = keys() if key_set is None else key_set
    return verify_logout_token(raw, keys=found, client=CLIENT, now=NOW)


@pytest.mark.parametrize(
    ("claims", "sub", "sid"),
    [
        pytest.param({}, "00u1", "session-1", id="sub and sid"),
        pytest.param({"sub": MISSING}, None, "session-1", id="sid alone"),
        pytest.param({"sid": MISSING}, "00u1", None, id="sub alone"),
        pytest.param({"sid": "x" * 2048}, "00u1", "x" * 2048, id="the longest sid"),
        pytest.param({"aud": ["client"]}, "00u1", "session-1", id="aud is a list of us alone"),
        pytest.param({"events": {EVENT: {"a": 1}, "b": {}}}, "00u1", "session-1", id="more events"),
        pytest.param({"unknown": [1]}, "00u1", "session-1", id="an unknown claim"),
    ],
)
def test_a_good_token_names_whose_sessions_end(
    claims: dict[str, Any], sub: str | None, sid: str | None
) -> None:
    found = verify(token(claims))
    assert (found.jti, found.sub, found.sid) == ("logout-1", sub, sid)


@pytest.mark.parametrize(
    "typ", ["logout+jwt", "application/logout+jwt", "Logout+JWT", "JWT", "jwt", MISSING]
)
def test_the_type_may_be_the_plain_one_or_absent(typ: str | None) -> None:
    assert verify(token(header={"typ": typ})).sub == "00u1"


@pytest.mark.parametrize(
    ("claims", "expires_at"),
    [
        pytest.param({}, NOW + 120, id="two minutes"),
        pytest.param({"exp": NOW + 0.5}, NOW + 1, id="a fraction of a second"),
        pytest.param({"exp": MISSING}, NOW + 300, id="no exp"),
        pytest.param({"exp": MISSING, "iat": NOW - 299}, NOW + 1, id="no exp, five minutes ago"),
        pytest.param({"exp": NOW - LEEWAY + 1}, NOW - LEEWAY + 1, id="just within the leeway"),
        pytest.param({"exp": 10**30}, NOW + LONGEST_AGE, id="exp in the far future"),
        pytest.param({"exp": 10**30, "iat": NOW - LONGEST_AGE}, NOW, id="issued an hour ago"),
        pytest.param({"iat": NOW + LEEWAY}, NOW + 120, id="iat just within the leeway"),
        pytest.param({"nbf": NOW + LEEWAY}, NOW + 120, id="nbf just within the leeway"),
    ],
)
def test_a_token_is_remembered_until_it_would_be_refused_anyway(
    claims: dict[str, Any], expires_at: int
) -> None:
    raw = token(claims)
    found = verify(raw)
    assert found.expires_at == expires_at + LEEWAY
    with pytest.raises(ResponseRejected):
        verify_logout_token(raw, keys=keys(), client=CLIENT, now=found.expires_at)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        pytest.param({"iss": "https://evil.example"}, "iss_mismatch", id="another iss"),
        pytest.param({"iss": ISSUER + "/"}, "iss_mismatch", id="iss with a slash more"),
        pytest.param({"iss": MISSING}, "iss_mismatch", id="no iss"),
        pytest.param({"iss": [ISSUER]}, "iss_mismatch", id="iss is a list"),
        pytest.param({"aud": "other"}, "aud_mismatch", id="another aud"),
        pytest.param({"aud": MISSING}, "aud_mismatch", id="no aud"),
        pytest.param({"aud": []}, "aud_mismatch", id="an empty aud"),
        pytest.param({"aud": ["client", "other"]}, "aud_mismatch", id="one audience too many"),
        pytest.param({"events": MISSING}, "event_missing", id="no events"),
        pytest.param({"events": {}}, "event_missing", id="no event"),
        pytest.param({"events": {"http://other": {}}}, "event_missing", id="another event"),
        pytest.param({"events": {EVENT: None}}, "event_missing", id="an event that is null"),
        pytest.param({"events": {EVENT: "x"}}, "event_missing", id="an event that is text"),
        pytest.param({"events": [EVENT]}, "event_missing", id="a list of events"),
        pytest.param({"events": EVENT}, "event_missing", id="events is text"),
        pytest.param({"nonce": "n"}, "nonce_present", id="a nonce"),
        pytest.param({"nonce": ""}, "nonce_present", id="an empty nonce"),
        pytest.param({"sub": MISSING, "sid": MISSING}, "subject_missing", id="neither"),
        pytest.param({"sub": ""}, "sub_invalid", id="sub is empty"),
        pytest.param({"sub": 7}, "sub_invalid", id="sub is a number"),
        pytest.param({"sub": "x" * 256}, "sub_invalid", id="sub is a character too long"),
        pytest.param({"sid": ""}, "sid_invalid", id="sid is empty"),
        pytest.param({"sid": "x" * 2049}, "sid_invalid", id="sid is too long"),
        pytest.param({"sid": ["session-1"]}, "sid_invalid", id="sid is a list"),
        pytest.param({"sid": "a\x00b"}, "sid_invalid", id="sid has a control character"),
        pytest.param({"iat": MISSING}, "iat_invalid", id="no iat"),
        pytest.param({"iat": MISSING, "exp": MISSING}, "iat_invalid", id="neither time"),
        pytest.param({"iat": str(NOW)}, "iat_invalid", id="iat is text"),
        pytest.param({"iat": 0}, "iat_too_old", id="from 1970"),
        pytest.param({"iat": 0, "exp": MISSING}, "expired", id="from 1970 without exp"),
        pytest.param({"iat": NOW - LONGEST_AGE - LEEWAY}, "iat_too_old", id="from an hour ago"),
        pytest.param({"iat": 8_583_926_400}, "iat_in_future", id="from 2242"),
        pytest.param({"iat": NOW + LEEWAY + 1}, "iat_in_future", id="iat beyond the leeway"),
        pytest.param({"exp": NOW - LEEWAY}, "expired", id="exp beyond the leeway"),
        pytest.param({"exp": 1}, "expired", id="exp in 1970"),
        pytest.param({"exp": "soon"}, "exp_invalid", id="exp is text"),
        pytest.param({"exp": True}, "exp_invalid", id="exp is a truth value"),
        pytest.param({"nbf": NOW + LEEWAY + 1}, "nbf_in_future", id="nbf beyond the leeway"),
        pytest.param({"nbf": "now"}, "nbf_invalid", id="nbf is text"),
        pytest.param({"jti": MISSING}, "jti_invalid", id="no jti"),
        pytest.param({"jti": ""}, "jti_invalid", id="jti is empty"),
        pytest.param({"jti": 7}, "jti_invalid", id="jti is a number"),
        pytest.param({"jti": "x" * 256}, "jti_invalid", id="jti is a character too long"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(claims: dict[str, Any], code: str) -> None:
    with refused(f"logout_token.{code}") as caught:
        verify(token(claims))
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("header", "key", "code"),
    [
        pytest.param({"alg": "none"}, 0, "alg", id="alg none"),
        pytest.param({"alg": "HS256"}, 0, "alg", id="alg HS256"),
        pytest.param({"crit": ["exp"]}, 0, "crit", id="crit"),
        pytest.param({"typ": "at+jwt"}, 0, "typ", id="an access token"),
        pytest.param({"typ": "secevent+jwt"}, 0, "typ", id="another event"),
        pytest.param({"typ": "global-token-revocation+jwt"}, 0, "typ", id="a revocation"),
        pytest.param({"kid": 7}, 0, "kid", id="kid is a number"),
        pytest.param({"kid": "key-9"}, 0, "unknown_key", id="kid that nobody knows"),
        pytest.param({"kid": "key-0"}, 1, "signature", id="a stranger's key"),
        pytest.param({"kid": "key-0", "jwk": PROVIDER.jwk(1)}, 1, "signature", id="key in header"),
    ],
)
def test_a_token_with_a_wrong_header_is_refused(
    header: dict[str, Any], key: int, code: str
) -> None:
    with refused(f"logout_token.{code}"):
        verify(token(header=header, key=key))


def test_an_id_token_is_no_logout_token() -> None:
    with refused("logout_token.event_missing"):
        verify(id_token())


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param("", "malformed", id="empty"),
        pytest.param(None, "malformed", id="nothing"),
        pytest.param("word", "malformed", id="a word"),
        pytest.param("a.b.c.d.e", "encrypted", id="five parts"),
        pytest.param(PROVIDER.sign(b"[]"), "malformed", id="a signed list"),
    ],
)
def test_what_is_no_signed_token_is_refused(raw: object, code: str) -> None:
    with refused(f"logout_token.{code}"):
        verify(raw)
