"""Targets: tokens that the provider signed, and texts that look like some."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress

from admit.base64url import from_base64url
from admit.errors import SignInError
from admit.model import IDToken
from admit.ports import HttpResponse
from admit.protocol.global_token_revocation import (
    parse_revocation_subject,
    verify_revocation_authorization,
)
from admit.protocol.id_token import verify_id_token, verify_refreshed_id_token
from admit.protocol.logout import verify_logout_token
from admit.protocol.userinfo import parse_userinfo_response
from fuzz.registry import target
from fuzz.signer import CLIENT, KEYS, signed_as
from material import ACCESS_TOKEN, ISSUER, NOW, REQUEST

ENDPOINT = "https://app.test/universal-logout"
FORMER = {"iss": ISSUER, "sub": "00u1", "aud": "client", "auth_time": NOW, "nonce": "n"}


def _id_token(raw: str) -> None:
    with suppress(SignInError):
        verified = verify_id_token(
            raw, keys=KEYS, client=CLIENT, request=REQUEST, access_token=ACCESS_TOKEN, now=NOW
        )
        claims = json.loads(from_base64url(raw.split(".")[1]))
        assert verified.claims == claims
        assert (claims["iss"], claims["nonce"]) == (ISSUER, REQUEST.nonce)
        assert claims["aud"] in ("client", ["client"])
        assert 1 <= len(claims["sub"]) <= 255
        assert NOW - CLIENT.leeway < claims["exp"]
        assert claims["iat"] <= NOW + CLIENT.leeway


def _refreshed(raw: str) -> None:
    with suppress(SignInError):
        verified = verify_refreshed_id_token(
            raw, keys=KEYS, client=CLIENT, former=FORMER, access_token=ACCESS_TOKEN, now=NOW
        )
        assert (verified.sub, verified.claims["iss"]) == ("00u1", ISSUER)
        assert verified.claims.get("nonce", "n") == "n"


def _logout(raw: str) -> None:
    with suppress(SignInError):
        found = verify_logout_token(raw, keys=KEYS, client=CLIENT, now=NOW)
        assert found.sub or found.sid
        assert 1 <= len(found.jti) <= 255
        assert NOW < found.expires_at <= NOW + 3600 + 2 * CLIENT.leeway


def _universal(raw: str) -> None:
    try:
        _, expires_at = verify_revocation_authorization(
            f"Bearer {raw}", keys=KEYS, client=CLIENT, endpoint=ENDPOINT, now=NOW
        )
        assert NOW < expires_at <= NOW + 3600 + 2 * CLIENT.leeway
    except SignInError as error:
        assert error.status == 401  # noqa: PT017 - any other is a defect


def _userinfo(raw: str) -> None:
    answer = HttpResponse(
        status=200, headers={"content-type": "application/jwt"}, body=raw.encode("utf-8", "replace")
    )
    id_token = IDToken("raw", {"sub": "00u1"})
    with suppress(SignInError):
        info = parse_userinfo_response(answer, id_token=id_token, client=CLIENT, keys=KEYS)
        assert "sub" not in info.claims


DOORS: tuple[Callable[[str], None], ...] = (_id_token, _refreshed, _logout, _universal, _userinfo)


@target
def raw_token(data: bytes) -> None:
    """Any text, where a token belongs: what was not signed so passes nowhere."""
    text = data.decode("utf-8", "surrogateescape")
    for door in DOORS:
        door(text)


@target
def signed_id_token(data: bytes) -> None:
    raw = signed_as(data)
    _id_token(raw)
    _refreshed(raw)


@target
def signed_logout_token(data: bytes) -> None:
    _logout(signed_as(data, typ="logout+jwt"))


@target
def signed_universal_logout(data: bytes) -> None:
    _universal(signed_as(data, typ="global-token-revocation+jwt"))


@target
def signed_userinfo(data: bytes) -> None:
    _userinfo(signed_as(data))


@target
def universal_logout_body(data: bytes) -> None:
    with suppress(SignInError):
        parse_revocation_subject(data, client=CLIENT)
