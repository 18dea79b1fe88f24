"""UserInfo: whose claims they are, and which of them count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from admit.errors import ProviderError
from admit.model import IDToken, UserInfo
from admit.ports import HttpResponse
from admit.protocol.userinfo import (
    PROTOCOL_CLAIMS,
    is_signed,
    parse_userinfo_response,
    userinfo_request,
)
from material import CLIENT, ISSUER, MISSING, PROVIDER, answer, keys, refused

TOKEN = IDToken("raw", {"iss": ISSUER, "sub": "00u1"})
ADDRESS = "https://provider.test/userinfo"


def parse(response: HttpResponse) -> UserInfo:
    return parse_userinfo_response(response, id_token=TOKEN, client=CLIENT, keys=keys())


def signed(claims: object, header: dict[str, Any] | None = None, key: int = 0) -> HttpResponse:
    signer = replace(PROVIDER, header=header or {}, key=key)
    raw = signer.sign(claims).encode()
    return answer(raw, content_type="application/jwt; charset=utf-8")


def test_the_token_goes_into_the_header_and_nowhere_else() -> None:
    request = userinfo_request(ADDRESS, "at")
    assert (request.method, request.url, request.body) == ("GET", ADDRESS, None)
    assert request.headers == {
        "Accept": "application/json, application/jwt",
        "Authorization": "Bearer at",
    }
    assert "Bearer" not in repr(request)


def test_the_claims_of_the_same_user_are_taken() -> None:
    info = parse(answer({"sub": "00u1", "email": "a@example.com", "groups": ["a"]}))
    assert info.claims == {"email": "a@example.com", "groups": ["a"]}
    assert "a@example.com" not in repr(info)


@pytest.mark.parametrize("name", sorted(PROTOCOL_CLAIMS - {"sub", "iss", "aud"}))
def test_claims_about_the_sign_in_itself_are_dropped(name: str) -> None:
    assert parse(answer({"sub": "00u1", name: "evil", "email": "e"})).claims == {"email": "e"}


@pytest.mark.parametrize("sub", ["00u2", "00u1invalid", "00U1", "", MISSING, ["00u1"], 7, {}])
@pytest.mark.parametrize("with_signature", [True, False])
def test_claims_of_another_user_are_refused(sub: object, with_signature: bool) -> None:
    claims: dict[str, object] = {"email": "victim@example.com"}
    if sub is not MISSING:
        claims["sub"] = sub
    with refused("userinfo.sub_mismatch") as caught:
        parse(signed(claims) if with_signature else answer(claims))
    assert "victim" not in str(caught.value)


@pytest.mark.parametrize("status", [302, 307, 401, 403, 404])
def test_a_refusal_is_the_providers(status: int) -> None:
    with refused("userinfo.refused", ProviderError):
        parse(answer({"sub": "00u1"}, status))


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"<html>", b'{"a":' + b"[" * 90 + b"]" * 90 + b"}", b"\xff"]
)
def test_an_answer_that_is_no_object_is_the_providers_fault(body: bytes) -> None:
    with refused("userinfo.malformed", ProviderError):
        parse(answer(body))


def test_a_sick_endpoint_is_unavailable() -> None:
    with refused("provider.unavailable", ProviderError):
        parse(answer({"sub": "00u1"}, 500))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("application/jwt", True),
        ("Application/JWT; charset=utf-8", True),
        ("application/json", False),
        ("application/jwt-more", False),
        ("", False),
    ],
)
def test_the_content_type_tells_a_signed_answer(kind: str, expected: bool) -> None:
    assert is_signed(answer({}, content_type=kind)) is expected


def test_an_answer_without_a_content_type_is_not_signed() -> None:
    assert is_signed(HttpResponse(status=200)) is False


@pytest.mark.parametrize(
    "party",
    [
        {},
        {"iss": ISSUER},
        {"aud": "client"},
        {"aud": ["client", "other"]},
        {"iss": ISSUER, "aud": ["client"]},
    ],
)
def test_a_signed_answer_for_us_is_taken(party: dict[str, Any]) -> None:
    assert parse(signed({"sub": "00u1", "email": "e", **party})).claims == {"email": "e"}


@pytest.mark.parametrize(
    "party",
    [{"iss": ISSUER + "/"}, {"iss": 7}, {"aud": "other"}, {"aud": []}, {"aud": {"client": 1}}],
)
def test_a_signed_answer_for_somebody_else_is_refused(party: dict[str, Any]) -> None:
    with refused("userinfo.party_mismatch"):
        parse(signed({"sub": "00u1", **party}))


@pytest.mark.parametrize(
    ("header", "key", "code"),
    [
        ({"alg": "none"}, 0, "alg"),
        ({"alg": "HS256"}, 0, "alg"),
        ({"crit": ["x"]}, 0, "crit"),
        ({"typ": "at+jwt"}, 0, "typ"),
        ({"kid": 7}, 0, "kid"),
        ({"kid": "key-9"}, 0, "unknown_key"),
        ({"kid": "key-0"}, 1, "signature"),
    ],
)
def test_a_signed_answer_that_breaks_a_rule_is_refused(
    header: dict[str, Any], key: int, code: str
) -> None:
    with refused(f"userinfo.{code}"):
        parse(signed({"sub": "00u1"}, header, key))


@pytest.mark.parametrize("payload", [b"[]", b"null", b'{"sub":"00u1","sub":"00u1"}', b"\xff"])
def test_a_signed_payload_that_is_no_object_is_the_providers_fault(payload: bytes) -> None:
    with refused("userinfo.malformed", ProviderError):
        parse(signed(payload))


def test_an_encrypted_answer_is_told_apart() -> None:
    with refused("userinfo.encrypted"):
        parse(answer(b"a.b.c.d.e", content_type="application/jwt"))


@pytest.mark.parametrize("body", [b"\xff\xfe", b"", b"word", b"a.b", b"e30.e30." + b"A" * 270_000])
def test_a_signed_answer_that_is_no_token_is_the_providers_fault(body: bytes) -> None:
    with refused("userinfo.malformed", ProviderError) as caught:
        parse(answer(body, content_type="application/jwt"))
    assert caught.value.status == 502
