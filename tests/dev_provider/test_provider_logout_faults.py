from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from dev_provider.app import App
from dev_provider.visitor import DEFAULT, Browser, is_signed, part

EVENT = "http://schemas.openid.net/event/backchannel-logout"
Claims = dict[str, Any]
Seen = Callable[[Browser, App], bool]


def token(browser: Browser, app: App) -> str:
    """Sign out at the provider, and return the logout token that the app got."""
    hint = browser.tokens()["id_token"]
    app.got.clear()
    browser.get(f"{DEFAULT}/v1/logout?{urlencode({'id_token_hint': hint})}")
    browser.provider.deliveries()
    [got] = app.got
    return got.logout_token


def said(rule: Callable[[Claims], bool]) -> Seen:
    return lambda browser, app: rule(part(token(browser, app), 1))


def header(rule: Callable[[Claims], bool]) -> Seen:
    return lambda browser, app: rule(part(token(browser, app), 0))


def badly_signed(browser: Browser, app: App) -> bool:
    return not is_signed(browser, token(browser, app))


def unknown_kid(browser: Browser, app: App) -> bool:
    kids = {key["kid"] for key in browser.get(f"{DEFAULT}/v1/keys").json()["keys"]}
    return part(token(browser, app), 0)["kid"] not in kids


def same_jti(browser: Browser, app: App) -> bool:
    browser.provider.send_logout_token(sub="a", sid="b", fault="logout_aud_list")
    before = part(app.got[-1].logout_token, 1)["jti"]
    return bool(part(token(browser, app), 1)["jti"] == before)


def garbage(browser: Browser, app: App) -> bool:
    return token(browser, app) == "this.is-no.token"


SEEN: dict[str, Seen] = {
    "logout_alg_none": header(lambda said: said["alg"] == "none"),
    "logout_alg_hs256": header(lambda said: said["alg"] == "HS256"),
    "logout_bad_signature": badly_signed,
    "logout_unknown_kid": unknown_kid,
    "logout_key_in_header": header(lambda said: "jwk" in said),
    "logout_iss": said(lambda claims: claims["iss"] == "https://other.example"),
    "logout_aud": said(lambda claims: claims.get("aud") == "0oa9another0Local5d7"),
    "logout_no_aud": said(lambda claims: "aud" not in claims),
    "logout_aud_list": said(lambda claims: claims.get("aud") == ["0oa1webbasic0Local5d7"]),
    "logout_no_iat": said(lambda claims: "iat" not in claims),
    "logout_iat_1970": said(lambda claims: claims["iat"] < 100),
    "logout_iat_future": said(lambda claims: claims["iat"] > time.time() + 9e8),
    "logout_expired": said(lambda claims: claims.get("exp", 0) < time.time()),
    "logout_no_exp": said(lambda claims: "exp" not in claims),
    "logout_no_jti": said(lambda claims: "jti" not in claims),
    "logout_same_jti": same_jti,
    "logout_no_events": said(lambda claims: "events" not in claims),
    "logout_other_event": said(lambda claims: EVENT not in claims["events"]),
    "logout_nonce": said(lambda claims: "nonce" in claims),
    "logout_no_subject": said(lambda claims: not {"sub", "sid"} & claims.keys()),
    "logout_typ_jwt": header(lambda said: said.get("typ") == "JWT"),
    "logout_typ_absent": header(lambda said: "typ" not in said),
    "logout_typ_at_jwt": header(lambda said: said.get("typ") == "at+jwt"),
    "logout_id_token": said(lambda claims: "auth_time" in claims and "events" not in claims),
    "logout_access_token": said(lambda claims: claims["aud"] == "api://default"),
    "logout_garbage": garbage,
}


@pytest.mark.parametrize("name", SEEN)
def test_a_fault_is_in_the_next_logout_token_alone(browser: Browser, app: App, name: str) -> None:
    browser.provider.arm(name)
    assert SEEN[name](browser, app)
    assert browser.provider.provider.faults.left() == {}
    assert not SEEN[name](browser, app)


def test_the_jti_before_is_sent_again_on_request(browser: Browser, app: App) -> None:
    browser.tokens()
    for fault in ("", "logout_same_jti", ""):
        browser.provider.send_logout_token(fault=fault)
    jtis = [part(got.logout_token, 1)["jti"] for got in app.got]
    assert jtis[0] == jtis[1] != jtis[2]
