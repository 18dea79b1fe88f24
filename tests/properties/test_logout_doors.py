"""Whatever comes in where a session is refreshed or ended, only a SignInError comes out."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from admit.errors import SignInError
from admit.ports import HttpResponse
from admit.protocol.global_token_revocation import (
    parse_revocation_subject,
    verify_revocation_authorization,
)
from admit.protocol.id_token import verify_refreshed_id_token
from admit.protocol.logout import EVENT, parse_frontchannel_logout, verify_logout_token
from admit.protocol.revocation import check_revocation_response
from admit.protocol.third_party_login import parse_third_party_login
from admit.protocol.token import LONGEST_LIFETIME, parse_refresh_response
from admit.testing import MemoryProvider
from material import ACCESS_TOKEN, CLIENT, ISSUER, NOW, PROVIDER, answer, keys

settings.register_profile(
    "logout doors",
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("logout doors")

ORIGIN = "https://app.test"
ENDPOINT = f"{ORIGIN}/universal-logout"
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
WORDS = st.sampled_from(
    [ISSUER, "https://provider.test", "client", "00u1", "sid-1", "email", "iss_sub", "Bearer",
     "logout+jwt", "global-token-revocation+jwt", "JWT", "invalid_grant", ENDPOINT, ORIGIN,
     ORIGIN + "/", "a@example.com", "//evil.example", "RS256", "none", "key-0", EVENT]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -(10**30), 10**400, NOW, NOW + 600, 0, 1e300, 1e308])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | WORDS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def objects(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects that have some of *names*, with any values."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, VALUES))


def one_bent(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects that bend some of *names*, mostly one."""
    return st.dictionaries(st.sampled_from(names), VALUES, max_size=1) | objects(*names)


def parameters(*names: str) -> st.SearchStrategy[dict[str, list[str]]]:
    values = st.lists(ANY_TEXT | WORDS, max_size=2)
    return st.dictionaries(st.sampled_from(names) | ANY_TEXT, values, max_size=4)


def answers(*names: str) -> st.SearchStrategy[HttpResponse]:
    body = objects(*names).map(lambda document: json.dumps(document).encode())
    return st.builds(
        answer,
        body | body | st.binary(max_size=80) | VALUES.map(lambda v: json.dumps(v).encode()),
        st.sampled_from([200, 200, 200, 302, 400, 401, 429, 500]) | st.integers(100, 999),
    )


TOKENS = ("access_token", "id_token", "refresh_token", "token_type", "expires_in", "scope", "error")


GOOD = {"token_type": "Bearer", "access_token": "at"}


@given(answers(*TOKENS) | one_bent(*TOKENS).map(lambda bent: answer({**GOOD, **bent})))
def test_a_refresh_gives_tokens_or_a_refusal(response: HttpResponse) -> None:
    with suppress(SignInError):
        tokens = parse_refresh_response(response)
        assert tokens.access_token
        assert tokens.id_token is None or tokens.id_token
        assert tokens.refresh_token is None or tokens.refresh_token
        assert tokens.expires_in is None or 1 <= tokens.expires_in <= LONGEST_LIFETIME


@given(answers("error", "error_description"))
def test_an_answer_to_a_revocation_is_200_or_a_refusal(response: HttpResponse) -> None:
    with suppress(SignInError):
        check_revocation_response(response)
        assert response.status == 200


FORMER = {"iss": ISSUER, "sub": "00u1", "aud": "client", "auth_time": NOW, "nonce": "n"}
ID_TOKEN = ("iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash", "auth_time")


@given(one_bent(*ID_TOKEN))
def test_a_refreshed_token_with_any_claims_is_of_the_same_user_or_refused(
    claims: dict[str, Any],
) -> None:
    raw = MemoryProvider(issuer=ISSUER, claims=claims).id_token({"nonce": "n"}, ACCESS_TOKEN)
    with suppress(SignInError):
        verified = verify_refreshed_id_token(
            raw, keys=keys(), client=CLIENT, former=FORMER, access_token=ACCESS_TOKEN, now=NOW
        )
        assert (verified.sub, verified.claims["iss"]) == ("00u1", ISSUER)
        assert verified.claims.get("nonce", "n") == "n"


LOGOUT = {
    "iss": ISSUER, "aud": "client", "sub": "00u1", "sid": "sid-1", "iat": NOW, "exp": NOW + 120,
    "jti": "j", "events": {EVENT: {}},
}  # fmt: skip
REVOCATION = {
    "iss": ISSUER, "aud": ENDPOINT, "sub": "client", "iat": NOW, "exp": NOW + 300, "jti": "j",
}  # fmt: skip
HEADERS = one_bent("typ", "kid", "alg", "crit", "jwk", "jku", "x5c", "b64")


@given(one_bent(*LOGOUT, "nonce", "nbf"), HEADERS)
@example({}, {})
@example({"exp": 10**400}, {})
def test_a_signed_logout_token_with_any_claims_ends_a_session_or_is_refused(
    claims: dict[str, Any], header: dict[str, Any]
) -> None:
    signer = MemoryProvider(issuer=ISSUER, header={"typ": "logout+jwt", **header})
    with suppress(SignInError):
        found = verify_logout_token(
            signer.sign({**LOGOUT, **claims}), keys=keys(), client=CLIENT, now=NOW
        )
        assert found.sub or found.sid
        assert 1 <= len(found.jti) <= 255
        assert NOW < found.expires_at <= NOW + 3600 + 2 * CLIENT.leeway


@given(ANY_TEXT | VALUES | st.binary(max_size=200).map(PROVIDER.sign))
def test_no_other_text_is_a_logout_token(raw: object) -> None:
    with pytest.raises(SignInError):
        verify_logout_token(raw, keys=keys(), client=CLIENT, now=NOW)


@given(one_bent(*REVOCATION, "nbf"), HEADERS)
@example({}, {})
def test_a_signed_authorization_with_any_claims_passes_or_is_a_401(
    claims: dict[str, Any], header: dict[str, Any]
) -> None:
    typ = {"typ": "global-token-revocation+jwt"}
    raw = MemoryProvider(issuer=ISSUER, header={**typ, **header}).sign({**REVOCATION, **claims})
    status = 401
    try:
        _, expires_at = verify_revocation_authorization(
            f"Bearer {raw}", keys=keys(), client=CLIENT, endpoint=ENDPOINT, now=NOW
        )
        assert NOW < expires_at <= NOW + 3600 + 2 * CLIENT.leeway
    except SignInError as error:
        status = error.status
    assert status == 401


@given(st.none() | ANY_TEXT | ANY_TEXT.map(lambda text: f"Bearer {text}"))
def test_any_other_authorization_is_a_401(header: str | None) -> None:
    with pytest.raises(SignInError) as caught:
        verify_revocation_authorization(
            header, keys=keys(), client=CLIENT, endpoint=ENDPOINT, now=NOW
        )
    assert caught.value.status == 401


SUBJECTS = objects("format", "email", "iss", "sub").map(lambda subject: {"sub_id": subject})


@given(st.binary(max_size=200) | (SUBJECTS | VALUES).map(lambda v: json.dumps(v).encode()))
@example(b"[" * 4000)
def test_a_body_names_a_user_or_is_refused(body: bytes) -> None:
    with suppress(SignInError):
        parse_revocation_subject(body, client=CLIENT)


@given(parameters("iss", "sid"))
@example({"iss": [ISSUER], "sid": ["sid-1"]})
def test_a_front_channel_logout_names_one_session_or_is_refused(
    given_: dict[str, list[str]],
) -> None:
    with suppress(SignInError):
        assert [parse_frontchannel_logout(given_, client=CLIENT)] == given_["sid"]
        assert given_["iss"] == [ISSUER]


@given(parameters("iss", "login_hint", "target_link_uri"), ANY_TEXT)
@example({}, "/a/..//evil.example")
@example({}, "@evil.example")
def test_a_sign_in_that_the_provider_starts_never_leads_elsewhere(
    given_: dict[str, list[str]], rest: str
) -> None:
    bent = {"target_link_uri": [ORIGIN + rest], **given_, "iss": [ISSUER]}
    with suppress(SignInError):
        wish = parse_third_party_login(bent, client=CLIENT, origin=ORIGIN)
        assert wish.login_hint is None or wish.login_hint.isprintable()
        if wish.target is not None:
            target = urlsplit(urljoin(f"{ORIGIN}/signin", wish.target))
            assert f"{target.scheme}://{target.netloc}" == ORIGIN
            assert wish.target.isascii()
