"""What a refusal tells the developer: who answered, what was expected and what came."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from admit.errors import ProviderError, ResponseRejected, SignInError
from admit.model import IDToken
from admit.ports import HttpResponse
from admit.protocol import discovery, jwks, revocation, token, userinfo
from admit.protocol.answers import redirected
from admit.protocol.authorization import parse_authorization_response
from admit.protocol.claims import ago
from admit.protocol.global_token_revocation import (
    parse_revocation_subject,
    verify_revocation_authorization,
)
from admit.protocol.id_token import verify_id_token, verify_refreshed_id_token
from admit.protocol.logout import EVENT, parse_frontchannel_logout, verify_logout_token
from admit.protocol.third_party_login import parse_third_party_login
from material import (
    ACCESS_TOKEN,
    CLIENT,
    ISSUER,
    METADATA,
    NOW,
    PROVIDER,
    REQUEST,
    answer,
    id_token,
    keys,
    refused,
)

EVIL = "https://evil.example"
USER = IDToken("raw", {"iss": ISSUER, "sub": "00u1"})
TIMES = {"iat": NOW, "exp": NOW + 300, "jti": "1"}

Answered = Callable[[HttpResponse], object]


def read_discovery(response: HttpResponse) -> object:
    return discovery.parse_discovery_response(response, ISSUER)


def read_userinfo(response: HttpResponse) -> object:
    return userinfo.parse_userinfo_response(response, id_token=USER, client=CLIENT, keys=keys())


ENDPOINTS = [
    pytest.param(read_discovery, discovery.WHAT, id="discovery"),
    pytest.param(jwks.parse_jwks_response, jwks.WHAT, id="the keys"),
    pytest.param(token.parse_token_response, token.WHAT, id="the tokens"),
    pytest.param(token.parse_refresh_response, token.WHAT, id="a refresh"),
    pytest.param(read_userinfo, userinfo.WHAT, id="UserInfo"),
    pytest.param(revocation.check_revocation_response, revocation.WHAT, id="a revocation"),
]


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize(("read", "what"), ENDPOINTS)
def test_an_endpoint_that_is_busy_is_named_with_its_status(
    read: Answered, what: str, status: int
) -> None:
    with pytest.raises(ProviderError) as caught:
        read(answer({}, status))
    assert caught.value.detail == f"{what} answered {status}"


@pytest.mark.parametrize(("read", "what"), ENDPOINTS[:-1])
def test_an_endpoint_that_answers_with_a_page_is_named(read: Answered, what: str) -> None:
    with pytest.raises(ProviderError) as caught:
        read(answer(b"<html>", content_type="text/html"))
    assert caught.value.detail.startswith(f"{what} answered 200 with 'text/html'")


@pytest.mark.parametrize(
    ("read", "what"),
    [
        pytest.param(read_discovery, discovery.discovery_url(ISSUER), id="discovery"),
        ENDPOINTS[1],
        ENDPOINTS[4],
        ENDPOINTS[5],
    ],
)
def test_an_endpoint_that_is_not_there_is_named_with_its_status(read: Answered, what: str) -> None:
    with pytest.raises(ProviderError) as caught:
        read(answer({}, 404))
    assert caught.value.detail == f"{what} answered 404"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("body", [b"", b"{}"], ids=["no body", "JSON"])
@pytest.mark.parametrize(("read", "what"), ENDPOINTS)
def test_an_endpoint_that_leads_elsewhere_is_told_with_the_host(
    read: Answered, what: str, body: bytes, status: int
) -> None:
    del what
    location = {"location": f"{EVIL}/path?code=c"}
    response = HttpResponse(status=status, headers=location, body=body)
    with pytest.raises(ProviderError) as caught:
        read(response)
    assert caught.value.cause == redirected(response)
    assert "'evil.example'" in caught.value.cause


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("text/html", "'text/html'"),
        ("text/html; charset=utf-8", "'text/html; charset=utf-8'"),
        ("t\u00e9xt/html", "an odd content type"),
        ("a-token-in-its-place", "an odd content type"),
    ],
)
def test_what_is_no_media_type_is_not_quoted(kind: str, told: str) -> None:
    with pytest.raises(ProviderError) as caught:
        jwks.parse_jwks_response(answer(b"<html>", content_type=kind))
    assert caught.value.detail.startswith(f"{jwks.WHAT} answered 200 with {told}: ")


@pytest.mark.parametrize(
    ("token_type", "told"),
    [
        ("t" * 12, repr("t" * 12)),
        ("t" * 13, "13 characters"),
        (["Bearer"], "list"),
        (None, "NoneType"),
        (12, "int"),
    ],
)
def test_an_odd_token_type_is_told_unless_it_may_be_a_token(token_type: Any, told: str) -> None:
    document = {"access_token": "at", "id_token": "it", "token_type": token_type}
    with refused("token.token_type") as caught:
        token.parse_token_response(answer(document))
    assert told in caught.value.detail


@pytest.mark.parametrize("document", [{}, {"keys": {}}, {"keys": "word"}])
def test_a_key_set_that_is_none_is_told_with_what_it_lacks(document: dict[str, Any]) -> None:
    with refused("jwks.malformed", ProviderError) as caught:
        jwks.parse_jwks_response(answer(document))
    assert "keys" in caught.value.detail
    assert caught.value.spec == "RFC 7517 5"


@pytest.mark.parametrize("payload", [b"[]", b"word", b'{"sub":"00u1","sub":"00u1"}'])
def test_a_token_whose_payload_is_no_object_is_told_with_its_section(payload: bytes) -> None:
    with refused("logout_token.malformed") as caught:
        verify_logout_token(PROVIDER.sign(payload), keys=keys(), client=CLIENT, now=NOW)
    assert caught.value.spec == "RFC 7519 7.2"


def test_a_code_of_other_characters_is_told_with_the_section_that_names_them() -> None:
    with refused("response.code_missing") as caught:
        redirect_uri(code="\u00e9")
    assert caught.value.spec == "RFC 6749 A.11"


def redirect_uri(**parameters: str) -> object:
    given = {"state": REQUEST.state, "code": "c", **parameters}
    return parse_authorization_response(
        {name: [value] for name, value in given.items()}, request=REQUEST, metadata=METADATA
    )


def at_sign_in(acr_values: tuple[str, ...] = (), **claims: Any) -> object:
    return verify_id_token(
        id_token(claims),
        keys=keys(),
        client=CLIENT,
        request=replace(REQUEST, acr_values=acr_values),
        access_token=ACCESS_TOKEN,
        now=NOW,
    )


def at_refresh(**claims: Any) -> object:
    return verify_refreshed_id_token(
        id_token(claims),
        keys=keys(),
        client=CLIENT,
        former={"sub": "00u1", "nonce": REQUEST.nonce, "auth_time": NOW - 300},
        access_token=ACCESS_TOKEN,
        now=NOW,
    )


def logout_token(**claims: Any) -> object:
    merged = {"iss": ISSUER, "aud": "client", "sub": "00u1", "events": {EVENT: {}}, **TIMES}
    raw = PROVIDER.sign({**merged, **claims})
    return verify_logout_token(raw, keys=keys(), client=CLIENT, now=NOW)


def revocation_token(**claims: Any) -> object:
    signer = replace(PROVIDER, header={"typ": "global-token-revocation+jwt"})
    raw = signer.sign({"iss": ISSUER, "sub": "client", "aud": "here", **TIMES, **claims})
    return verify_revocation_authorization(
        f"Bearer {raw}", keys=keys(), client=CLIENT, endpoint="here", now=NOW
    )


def subject(**named: Any) -> object:
    body = json.dumps({"sub_id": {"sub": "00u1", **named}}).encode()
    return parse_revocation_subject(body, client=CLIENT)


def signed_userinfo(**claims: Any) -> object:
    raw = PROVIDER.sign({"sub": "00u1", **claims}).encode()
    return read_userinfo(answer(raw, content_type="application/jwt"))


def metadata(**changes: Any) -> object:
    return read_discovery(answer({"issuer": ISSUER, **changes}))


def tokens(**changes: Any) -> object:
    return token.parse_token_response(answer({"access_token": "a", "id_token": "i", **changes}))


@pytest.mark.parametrize(
    ("code", "bring", "came", "expected"),
    [
        ("discovery.issuer_mismatch", metadata, {"issuer": EVIL}, [ISSUER]),
        ("discovery.bad_endpoint", metadata, {"authorization_endpoint": "/x"}, []),
        ("response.iss_mismatch", redirect_uri, {"iss": EVIL}, [ISSUER]),
        ("token.token_type", tokens, {"token_type": "mac"}, []),
        ("id_token.iss_mismatch", at_sign_in, {"iss": EVIL}, [ISSUER]),
        ("id_token.aud_mismatch", at_sign_in, {"aud": "other"}, ["client"]),
        ("id_token.azp_mismatch", at_sign_in, {"azp": "other"}, ["client"]),
        (
            "id_token.acr_unsatisfied",
            lambda acr: at_sign_in(("urn:a", "urn:b"), acr=acr),
            {"acr": "urn:c"},
            ["urn:a urn:b"],
        ),
        ("refresh.iss_mismatch", at_refresh, {"iss": EVIL}, [ISSUER]),
        ("refresh.auth_time_mismatch", at_refresh, {"auth_time": NOW}, [NOW - 300]),
        ("userinfo.party_mismatch", signed_userinfo, {"iss": EVIL, "aud": "other"}, []),
        ("logout_token.iss_mismatch", logout_token, {"iss": EVIL}, [ISSUER]),
        ("universal_logout.iss_mismatch", revocation_token, {"iss": EVIL}, [ISSUER]),
        ("universal_logout.sub_mismatch", revocation_token, {"sub": "00u1"}, ["client"]),
        ("universal_logout.unknown_format", subject, {"format": "opaque"}, []),
        (
            "universal_logout.unknown_issuer",
            lambda iss: subject(format="iss_sub", iss=iss),
            {"iss": EVIL},
            [ISSUER],
        ),
    ],
)
def test_what_came_is_shown_beside_what_was_expected(
    code: str, bring: Callable[..., object], came: dict[str, Any], expected: list[object]
) -> None:
    with pytest.raises(SignInError) as caught:
        bring(**came)
    assert caught.value.code == code
    for value in [*came.values(), *expected]:
        assert repr(value) in caught.value.detail


@pytest.mark.parametrize(
    ("code", "read"),
    [
        (
            "frontchannel.iss_mismatch",
            lambda given: parse_frontchannel_logout(given, client=CLIENT),
        ),
        (
            "third_party_login.iss_mismatch",
            lambda given: parse_third_party_login(given, client=CLIENT, origin="https://app.test"),
        ),
    ],
)
def test_an_issuer_in_a_query_is_shown_beside_ours(
    code: str, read: Callable[[dict[str, list[str]]], object]
) -> None:
    with refused(code, ResponseRejected) as caught:
        read({"iss": [EVIL], "sid": ["s"]})
    assert repr(EVIL) in caught.value.detail
    assert repr(ISSUER) in caught.value.detail


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (NOW, "0 s ago"),
        (NOW - 1, "1 s ago"),
        (NOW - 0.4, "0 s ago"),
        (NOW + 90, "90 s from now"),
        (10**400, f"{10**10} s from now"),
        (-(10**400), f"{10**10} s ago"),
    ],
)
def test_a_time_is_told_from_here_and_bounded(time: float, words: str) -> None:
    assert ago(NOW, time).startswith(f"{words} by")
