"""Faults of the token endpoint and of UserInfo.

May know: testing.answers, testing.faults, testing.signing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from admit.testing.answers import Answer
from admit.testing.faults.fault import (
    ELSEWHERE,
    HTML,
    MAINTENANCE,
    MARKUP,
    STRANGER,
    Document,
    Fault,
    answered,
    faults,
    members,
    transport,
)
from admit.testing.signing import compact

MALFORMED, REFUSED, TYPE = "token.malformed", "token.refused", "token.token_type"
NO_TOKEN, NO_ACCESS = "token.id_token_missing", "token.access_token_missing"
SAID, SUB = "userinfo.malformed", "userinfo.sub_mismatch"
#: For UserInfo to be asked: the ID Token lacks what the application wants.
THIN: Mapping[str, Any] = {"claims": {"name": None, "email": None}}
JWT = {"Content-Type": "application/jwt"}


def token() -> Iterator[Fault]:
    """Return the faults of the token endpoint when a code is redeemed."""
    yield from transport("token", "token", "The token endpoint")
    yield from answered(
        "token",
        "token",
        ("redirect_302", "Leads to another host", MALFORMED, Answer(redirect=ELSEWHERE)),
        ("redirect_303", "Leads to another host, by 303", MALFORMED,
         Answer(redirect=ELSEWHERE, status=303)),
        ("redirect_307", "Leads to another host, with the code", MALFORMED,
         Answer(redirect=ELSEWHERE, status=307)),
        ("status_404", "There is no token endpoint", MALFORMED, Answer(status=404)),
        ("html", "A page for people, with 200", MALFORMED, Answer(body=MAINTENANCE, headers=HTML)),
        ("list", "The answer is a list", MALFORMED, Answer(change=lambda document: [document])),
        ("word", "The answer is a word", MALFORMED, Answer(body='"token"')),
        ("null", "The answer is null", MALFORMED, Answer(body="null")),
        ("nothing", "The answer is empty", MALFORMED, Answer(body=b"")),
        ("half", "The answer is half of its JSON", MALFORMED, Answer(body='{"id_token": "')),
        ("no_utf8", "The answer is not UTF-8", MALFORMED, Answer(body=b'{"id_token": "\xff"}')),
        ("id_token_twice", "The answer has two ID Tokens", MALFORMED,
         Answer(body='{"id_token": "a.b.c", "id_token": "d.e.f"}')),
        ("invalid_grant", "The code is too old or was used", "token.invalid_grant",
         _error("invalid_grant", "The authorization code is invalid or has expired.")),
        ("pkce_failed", "The code is another browser's", "token.pkce_failed",
         _error("invalid_grant", "PKCE verification failed.")),
        ("invalid_client", "The client secret is wrong", "token.invalid_client",
         _error("invalid_client", "The client secret supplied for a confidential client is"
                " invalid.", status=401)),
        ("unauthorized_client", "The client may not redeem codes", "token.wrong_app_type",
         _error("unauthorized_client", "The client is not authorized to use the grant type.")),
        ("markup", "The error brings markup along", REFUSED,
         _error(MARKUP, f"{MARKUP}\r\nforged: line")),
        ("error_list", "The error is a list", REFUSED, _error(["invalid_grant"], {"a": 1})),
        ("error_200", "An error, with 200", REFUSED,
         Answer(body={"error": "server_error", "error_description": "sorry"})),
        ("grant_429", "Too many requests, dressed as invalid_grant", "provider.rate_limited",
         _error("invalid_grant", "API call exceeded rate limit due to too many requests.",
                status=429)),
        ("id_token_missing", "There is no ID Token", NO_TOKEN, members(id_token=...)),
        ("id_token_null", "The ID Token is null", NO_TOKEN, members(id_token=None)),
        ("id_token_empty", "The ID Token is empty", NO_TOKEN, members(id_token="")),
        ("id_token_list", "The ID Token is a list", NO_TOKEN, members(id_token=["a.b.c"])),
        ("id_token_object", "The ID Token is an object", NO_TOKEN, members(id_token={"sub": "x"})),
        ("id_token_number", "The ID Token is a number", NO_TOKEN, members(id_token=1)),
        ("access_token_missing", "There is no access token", NO_ACCESS, members(access_token=...)),
        ("access_token_list", "The access token is a list", NO_ACCESS, members(access_token=["a"])),
        ("access_token_other", "The access token is not that of the ID Token",
         "id_token.at_hash_mismatch", members(access_token="another")),
        ("token_type_mac", "The tokens are of the type mac", TYPE, members(token_type="mac")),
        ("token_type_missing", "The tokens have no type", TYPE, members(token_type=...)),
        ("token_type_list", "The tokens' type is a list", TYPE, members(token_type=["Bearer"])),
        ("token_type_small", "The tokens are of the type bearer, in small letters", None,
         members(token_type="bearer")),
        ("expires_in_text", 'The access token lives "3600" s, a text', None,
         members(expires_in="3600")),
        ("expires_in_word", 'The access token lives "soon"', None, members(expires_in="soon")),
        ("expires_in_negative", "The access token lives -5 s", None, members(expires_in=-5)),
        ("expires_in_zero", "The access token lives 0 s", None, members(expires_in=0)),
        ("expires_in_huge", "The access token lives 10^30 s", None, members(expires_in=10**30)),
        ("expires_in_missing", "Nobody says how long the access token lives", None,
         members(expires_in=...)),
        ("scope_list", "The scope is a list", None, members(scope=["openid"])),
        ("unknown", "There are members that nobody knows", None, members(unknown={"a": [1]})),
    )  # fmt: skip


def userinfo() -> Iterator[Fault]:
    """Return the faults of UserInfo. The ID Token lacks the name, so that it is asked."""
    yield from transport("userinfo", "userinfo_answer", "UserInfo", **THIN)
    answers: tuple[tuple[str, str, str | None, Answer], ...] = (
        ("redirect", "Leads to another host, with the token", "userinfo.refused",
         Answer(redirect=ELSEWHERE, status=307)),
        ("status_401", "The access token is refused", "userinfo.refused", Answer(status=401)),
        ("status_404", "There is no UserInfo", "userinfo.refused", Answer(status=404)),
        ("html", "A page for people, with 200", SAID, Answer(body=MAINTENANCE, headers=HTML)),
        ("list", "The answer is a list", SAID, Answer(change=lambda document: [document])),
        ("nothing", "The answer is empty", SAID, Answer(body=b"")),
        ("null", "The answer is null", SAID, Answer(body="null")),
        ("deep", "The answer is nested 5,000 times", SAID,
         Answer(body=f'{{"sub": {"[" * 5000}{"]" * 5000}}}')),
        ("alg_none", "The answer is a JWT that is not signed", "userinfo.alg",
         _signed(alg="none")),
        ("stranger", "The answer is a JWT that another key signed", "userinfo.signature",
         _signed(key=STRANGER)),
        ("kid_unknown", "The answer is a JWT by a key that was never published",
         "userinfo.unknown_key", _signed(key=STRANGER, kid=f"key-{STRANGER}")),
        ("encrypted", "The answer is encrypted", "userinfo.encrypted",
         Answer(body="a.b.c.d.e", headers=JWT)),
        ("jwt_word", "The answer says that it is a JWT, and is none", "userinfo.malformed",
         Answer(body="token", headers=JWT)),
        ("aud_other", "The answer is a JWT for another client", "userinfo.party_mismatch",
         _signed(claims={"aud": "another"})),
        ("iss_other", "The answer is a JWT of another provider", "userinfo.party_mismatch",
         _signed(claims={"iss": ELSEWHERE})),
        ("signed", "The answer is a JWT, rightly signed", None, _signed()),
    )  # fmt: skip
    yield from faults(
        "userinfo",
        *((name, text, code, {"userinfo_answer": answer, **THIN})
          for name, text, code, answer in answers),
        ("sub_other", "It is about another user", SUB, {"userinfo": {"sub": "00u-other"}, **THIN}),
        ("sub_missing", "It does not say whom it is about", SUB,
         {"userinfo": {"sub": None}, **THIN}),
        ("sub_list", "sub is a list", SUB, {"userinfo": {"sub": ["00u1"]}, **THIN}),
        ("claims_odd", "Its claims are of other types than expected", None,
         {"userinfo": {"name": 1, "email": ["a@example.com"], "groups": "staff"}, **THIN}),
        ("protocol_claims", "It has claims that the ID Token alone may have", None,
         {"userinfo": {"iss": ELSEWHERE, "aud": "another", "exp": 1, "sid": 5}, **THIN}),
    )  # fmt: skip


def _error(error: object, description: object, *, status: int = 400) -> Answer:
    return Answer(status=status, body={"error": error, "error_description": description})


def _signed(
    *,
    alg: str = "RS256",
    key: int = 0,
    kid: str = "key-0",
    claims: Mapping[str, object] | None = None,
) -> Answer:
    """Return what answers with a JWT."""

    def change(document: Document) -> bytes:
        said = {**document, **(claims or {})}
        header = {"alg": alg, "kid": kid}
        return compact(header, said, key=key, alg=alg, secret="").encode()

    return Answer(change=change, headers=JWT)
