"""Faults of refreshes and of logout tokens: what comes when the user is signed in.

May know: testing.answers, testing.bends, testing.faults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from admit.testing.answers import Answer
from admit.testing.bends import LOGOUT_EVENT, Forge
from admit.testing.faults.fault import (
    ELSEWHERE,
    Fault,
    Row,
    answered,
    faults,
    laid,
    members,
    transport,
)
from admit.testing.faults.forgery import (
    by_stranger,
    fixed,
    headed,
    hmac_signed,
    parts,
    payload,
    public_pem,
    with_key_in_header,
)

EVENTS, ISS, AUD = (
    f"logout_token.{rule}" for rule in ("event_missing", "iss_mismatch", "aud_mismatch")
)
ALG, SIGNATURE = "logout_token.alg", "logout_token.signature"


def refresh() -> Iterator[Fault]:
    """Return the faults of the token endpoint at a refresh."""
    yield from transport("refresh", "refresh", "The token endpoint")
    yield from answered(
        "refresh",
        "refresh",
        ("invalid_grant", "The refresh token was revoked", "refresh.invalid_grant",
         Answer(status=400, body={"error": "invalid_grant"})),
        ("invalid_client", "The client secret is no longer good", "token.invalid_client",
         Answer(status=401, body={"error": "invalid_client"})),
        ("nothing", "The answer is empty", "token.malformed", Answer(body=b"")),
        ("redirect", "Leads to another host", "token.malformed", Answer(redirect=ELSEWHERE)),
        ("access_token_missing", "There is no access token", "token.access_token_missing",
         members(access_token=...)),
        ("refresh_token_missing", "No new refresh token comes, so that the old one stays", None,
         members(refresh_token=...)),
        ("id_token_list", "The ID Token is a list", "token.id_token_missing",
         members(id_token=["a.b.c"])),
    )  # fmt: skip
    claims: tuple[tuple[str, str, str | None, Mapping[str, Any] | None], ...] = (
        ("sub_other", "The ID Token is about another user", "refresh.sub_mismatch",
         {"sub": "00u-other"}),
        ("sub_missing", "The ID Token has no sub", "refresh.sub_mismatch", {"sub": None}),
        ("iss_other", "The ID Token is another provider's", "refresh.iss_mismatch",
         {"iss": ELSEWHERE}),
        ("aud_other", "The ID Token is for another client", "id_token.aud_mismatch",
         {"aud": "another"}),
        ("nonce_other", "The ID Token has another nonce", "refresh.nonce_mismatch",
         {"nonce": "n-0S6_WzA2Mj"}),
        ("auth_time_other", "The ID Token is of another sign-in", "refresh.auth_time_mismatch",
         {"auth_time": 1}),
        ("expired", "The ID Token ended long ago, or a clock is wrong", "provider.unavailable",
         {"exp": 1}),
        ("nonce_missing", "The ID Token has no nonce", None, {"nonce": None}),
        ("id_token_missing", "There is no ID Token", None, None),
    )  # fmt: skip
    rows: Iterator[Row] = (
        (name, text, code, {"refreshed": said}) for name, text, code, said in claims
    )
    yield from faults("refresh", *rows)


LOGOUT: tuple[tuple[str, str, str | None, Forge], ...] = (
    ("alg_none", "It is not signed", ALG,
     parts(lambda _, claims, __: f"eyJhbGciOiJub25lIn0.{claims}.")),
    ("hs256_public_pem", "It is signed with HS256 and the public key in PEM", ALG,
     hmac_signed(public_pem)),
    ("signature_stripped", "Its signature is empty", SIGNATURE,
     parts(lambda header, claims, _: f"{header}.{claims}.")),
    ("stranger", "Another key signed it, under the name of a known one", SIGNATURE, by_stranger),
    ("key_in_header", "Another key signed it, which its header brings along", SIGNATURE,
     with_key_in_header),
    ("typ_id_token", "It says that it is an ID Token", "logout_token.typ",
     headed({"alg": "RS256", "kid": "key-0", "typ": "id_token+jwt"})),
    ("typ_missing", "It does not say what it is", None,
     headed({"alg": "RS256", "kid": "key-0"})),
    ("kid_unknown", "Its key was never published", "logout_token.unknown_key",
     headed({"alg": "RS256", "kid": "unknown"})),
    ("word", "It is a word", "logout_token.malformed", fixed("no-token-at-all")),
    ("encrypted", "It is encrypted", "logout_token.encrypted", fixed("a.b.c.d.e")),
    ("payload_list", "Its payload is a list", "logout_token.malformed",
     payload(["sub"])),
)  # fmt: skip

LOGOUT_CLAIMS: tuple[tuple[str, str, str | None, Mapping[str, Any]], ...] = (
    ("iss_other", "It is another provider's", ISS, {"iss": ELSEWHERE}),
    ("aud_other", "It is for another client", AUD, {"aud": "another"}),
    ("aud_missing", "There is no aud", AUD, {"aud": None}),
    ("events_missing", "There are no events", EVENTS, {"events": None}),
    ("events_other", "The event is another", EVENTS, {"events": {f"{LOGOUT_EVENT}s": {}}}),
    ("events_list", "The events are a list", EVENTS, {"events": [LOGOUT_EVENT]}),
    ("nonce", "There is a nonce, as in an ID Token", "logout_token.nonce_present",
     {"nonce": "n-0S6_WzA2Mj"}),
    ("id_token", "It is an ID Token", EVENTS, {"events": None, "nonce": "n-0S6_WzA2Mj"}),
    ("subject_missing", "There is neither sub nor sid", "logout_token.subject_missing",
     {"sub": None, "sid": None}),
    ("sub_list", "sub is a list", "logout_token.sub_invalid", {"sub": ["00u1"]}),
    ("jti_missing", "There is no jti", "logout_token.jti_invalid", {"jti": None}),
    ("expired", "It ended in 1970", "logout_token.expired", {"exp": 1}),
    ("iat_missing", "There is no iat", "logout_token.iat_invalid", {"iat": None}),
    ("iat_text", "iat is a text", "logout_token.iat_invalid", {"iat": "now"}),
    ("iat_1970", "It is from 1970", "logout_token.iat_too_old", {"iat": 1}),
    ("iat_2242", "It is from 2242", "logout_token.iat_in_future", {"iat": 8_600_000_000}),
    ("exp_missing", "It has no end", None, {"exp": None}),
)  # fmt: skip


def logout_token() -> Iterator[Fault]:
    """Return the faults of logout tokens: of the next one that is made."""
    changed = ((name, text, code, laid(claims)) for name, text, code, claims in LOGOUT_CLAIMS)
    for name, text, code, forge in (*LOGOUT, *changed):
        yield from faults("logout_token", (name, text, code, {"logout_token": forge}))
