"""Universal Logout: who may ask for it, and about whom."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from admit.errors import ResponseRejected
from admit.model import EmailSubject, IssSubSubject
from admit.protocol.claims import LONGEST_AGE
from admit.protocol.global_token_revocation import (
    LONGEST_BODY,
    parse_revocation_subject,
    verify_revocation_authorization,
)
from material import CLIENT, ISSUER, MISSING, NOW, PROVIDER, id_token, keys, refused

LEEWAY = CLIENT.leeway
ORIGIN = "https://provider.test"
ENDPOINT = "https://app.test/universal-logout"
TYPE = "global-token-revocation+jwt"
CLAIMS = {
    "iss": ISSUER,
    "sub": "client",
    "aud": ENDPOINT,
    "iat": NOW,
    "nbf": NOW - 300,
    "exp": NOW + 300,
    "jti": "revocation-1",
}


def token(
    claims: Mapping[str, Any] | None = None,
    header: Mapping[str, Any] | None = None,
    key: int = 0,
) -> str:
    signer = replace(PROVIDER, header={"typ": TYPE, **(header or {})}, key=key)
    merged = {**CLAIMS, **(claims or {})}
    return signer.sign({name: value for name, value in merged.items() if value is not MISSING})


def verify(authorization: str | None, now: int = NOW) -> tuple[str, int]:
    return verify_revocation_authorization(
        authorization, keys=keys(), client=CLIENT, endpoint=ENDPOINT, now=now
    )


@pytest.mark.parametrize(
    ("claims", "expires_at"),
    [
        pytest.param({}, NOW + 300, id="as Okta sends it"),
        pytest.param({"iss": ORIGIN}, NOW + 300, id="the issuer's origin"),
        pytest.param({"aud": [ENDPOINT]}, NOW + 300, id="aud is a list of us alone"),
        pytest.param({"nbf": MISSING}, NOW + 300, id="no nbf"),
        pytest.param({"exp": 10**30}, NOW + LONGEST_AGE, id="exp in the far future"),
        pytest.param({"exp": NOW - LEEWAY + 1}, NOW - LEEWAY + 1, id="just within the leeway"),
    ],
)
def test_a_good_token_is_remembered_until_it_would_be_refused_anyway(
    claims: dict[str, Any], expires_at: int
) -> None:
    authorization = f"Bearer {token(claims)}"
    assert verify(authorization) == ("revocation-1", expires_at + LEEWAY)
    with pytest.raises(ResponseRejected):
        verify(authorization, now=expires_at + LEEWAY)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_scheme_is_bearer_in_any_case(scheme: str) -> None:
    assert verify(f"{scheme} {token()}")[0] == "revocation-1"


@pytest.mark.parametrize("typ", [TYPE, f"application/{TYPE}", TYPE.upper()])
def test_the_type_is_that_of_a_revocation(typ: str) -> None:
    assert verify(f"Bearer {token(header={'typ': typ})}")[0] == "revocation-1"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        pytest.param({"iss": "https://evil.example"}, "iss_mismatch", id="another iss"),
        pytest.param({"iss": ORIGIN + "/"}, "iss_mismatch", id="the origin with a slash"),
        pytest.param({"iss": ORIGIN + "/oauth2/other"}, "iss_mismatch", id="another server"),
        pytest.param({"iss": MISSING}, "iss_mismatch", id="no iss"),
        pytest.param({"iss": [ISSUER]}, "iss_mismatch", id="iss is a list"),
        pytest.param({"sub": "other"}, "sub_mismatch", id="another client"),
        pytest.param({"sub": MISSING}, "sub_mismatch", id="no sub"),
        pytest.param({"aud": "client"}, "aud_mismatch", id="aud is the client"),
        pytest.param({"aud": ENDPOINT + "/"}, "aud_mismatch", id="aud with a slash more"),
        pytest.param({"aud": [ENDPOINT, "x"]}, "aud_mismatch", id="one audience too many"),
        pytest.param({"aud": MISSING}, "aud_mismatch", id="no aud"),
        pytest.param({"exp": MISSING}, "exp_invalid", id="no exp"),
        pytest.param({"exp": NOW - LEEWAY}, "expired", id="expired"),
        pytest.param({"iat": MISSING}, "iat_invalid", id="no iat"),
        pytest.param({"iat": NOW + LEEWAY + 1}, "iat_in_future", id="iat in the future"),
        pytest.param({"iat": NOW - LONGEST_AGE - LEEWAY}, "iat_too_old", id="an hour ago"),
        pytest.param({"nbf": NOW + LEEWAY + 1}, "nbf_in_future", id="not valid yet"),
        pytest.param({"nbf": "now"}, "nbf_invalid", id="nbf is text"),
        pytest.param({"jti": MISSING}, "jti_invalid", id="no jti"),
        pytest.param({"jti": "x" * 256}, "jti_invalid", id="jti is a character too long"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused(claims: dict[str, Any], code: str) -> None:
    with refused(f"universal_logout.{code}") as caught:
        verify(f"Bearer {token(claims)}")
    assert caught.value.status == 401


@pytest.mark.parametrize(
    ("header", "key", "code"),
    [
        pytest.param({"alg": "none"}, 0, "alg", id="alg none"),
        pytest.param({"crit": ["exp"]}, 0, "crit", id="crit"),
        pytest.param({"typ": "JWT"}, 0, "typ", id="the plain type"),
        pytest.param({"typ": MISSING}, 0, "typ", id="no type"),
        pytest.param({"typ": "logout+jwt"}, 0, "typ", id="a logout token"),
        pytest.param({"kid": 7}, 0, "kid", id="kid is a number"),
        pytest.param({"kid": "key-9"}, 0, "unknown_key", id="kid that nobody knows"),
        pytest.param({"kid": "key-0"}, 1, "signature", id="a stranger's key"),
    ],
)
def test_a_token_with_a_wrong_header_is_refused(
    header: dict[str, Any], key: int, code: str
) -> None:
    with refused(f"universal_logout.{code}") as caught:
        verify(f"Bearer {token(header=header, key=key)}")
    assert caught.value.status == 401


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        pytest.param(None, "token_missing", id="no header"),
        pytest.param("", "token_missing", id="an empty header"),
        pytest.param("Bearer", "token_missing", id="no token"),
        pytest.param("Bearer  ", "token_missing", id="blanks"),
        pytest.param("Basic YTpi", "token_missing", id="another scheme"),
        pytest.param(token(), "token_missing", id="no scheme"),
        pytest.param("Bearer word", "malformed", id="a word"),
        pytest.param("Bearer \u00e9.\u00e9.\u00e9", "malformed", id="not ASCII"),
        pytest.param("Bearer a.b.c.d.e", "encrypted", id="five parts"),
        pytest.param(f"Bearer {id_token()}", "typ", id="an ID Token"),
        pytest.param(f"Bearer {token()} {token()}", "encrypted", id="two tokens"),
    ],
)
def test_a_header_without_a_good_token_is_refused(authorization: str | None, code: str) -> None:
    with refused(f"universal_logout.{code}") as caught:
        verify(authorization)
    assert caught.value.status == 401


def subject(body: bytes | dict[str, Any]) -> EmailSubject | IssSubSubject:
    octets = body if isinstance(body, bytes) else json.dumps({"sub_id": body}).encode()
    return parse_revocation_subject(octets, client=CLIENT)


@pytest.mark.parametrize(
    "email",
    [
        pytest.param("a@example.com", id="plain"),
        pytest.param("j\u00f6rg@b\u00fccher.example", id="not ASCII"),
        pytest.param('"a@b"@c.d', id="an at sign in quotes"),
        pytest.param("a@" + "b" * 318, id="the longest"),
    ],
)
def test_a_user_is_named_by_e_mail_address(email: str) -> None:
    assert subject({"format": "email", "email": email}) == EmailSubject(email)


@pytest.mark.parametrize("iss", [ISSUER, ORIGIN])
def test_a_user_is_named_as_our_issuer_knows_them(iss: str) -> None:
    named = {"format": "iss_sub", "iss": iss, "sub": "00u1", "more": 1}
    assert subject(named) == IssSubSubject(ISSUER, "00u1")


@pytest.mark.parametrize("iss", ["https://evil.example", ISSUER + "/", ""])
def test_a_user_of_another_issuer_is_not_found(iss: str) -> None:
    with refused("universal_logout.unknown_issuer") as caught:
        subject({"format": "iss_sub", "iss": iss, "sub": "00u1"})
    assert caught.value.status == 404


@pytest.mark.parametrize("named", ["opaque", "Email", "", 7, ["email"], {}, MISSING])
def test_a_format_that_nobody_knows_is_refused(named: object) -> None:
    with refused("universal_logout.unknown_format") as caught:
        subject({"format": named, "email": "a@example.com"})
    assert caught.value.status == 400


EMAIL = {"format": "email", "email": "a@example.com"}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no subject"),
        pytest.param(b'{"sub_id":null}', id="null"),
        pytest.param(b'{"sub_id":["email"]}', id="a list as subject"),
        pytest.param(b'{"sub_id":{},"sub_id":{}}', id="a name given twice"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(json.dumps({"sub_id": EMAIL, "x": "x" * LONGEST_BODY}).encode(), id="long"),
        pytest.param({"format": "email"}, id="no email"),
        pytest.param({"format": "email", "email": ["a@example.com"]}, id="a list as email"),
        pytest.param({"format": "email", "email": "a.example.com"}, id="no at sign"),
        pytest.param({"format": "email", "email": "@example.com"}, id="nobody at a host"),
        pytest.param({"format": "email", "email": "a@"}, id="somebody at no host"),
        pytest.param({"format": "email", "email": "a@b@"}, id="nothing after the last at sign"),
        pytest.param({"format": "email", "email": "a\n@example.com"}, id="a line break"),
        pytest.param({"format": "email", "email": "a@" + "b" * 319}, id="a character too long"),
        pytest.param({"format": "iss_sub", "sub": "00u1"}, id="no iss"),
        pytest.param({"format": "iss_sub", "iss": 7, "sub": "00u1"}, id="a number as iss"),
        pytest.param({"format": "iss_sub", "iss": ISSUER}, id="no sub"),
        pytest.param({"format": "iss_sub", "iss": ISSUER, "sub": ""}, id="an empty sub"),
    ],
)
def test_a_body_that_names_nobody_is_refused(body: bytes | dict[str, Any]) -> None:
    with refused("universal_logout.body_malformed") as caught:
        subject(body)
    assert caught.value.status == 400


def test_a_body_may_have_4_kib() -> None:
    bare = len(json.dumps({"sub_id": EMAIL, "x": ""}))
    octets = json.dumps({"sub_id": EMAIL, "x": "x" * (LONGEST_BODY - bare)}).encode()
    assert len(octets) == LONGEST_BODY
    assert subject(octets) == EmailSubject("a@example.com")
