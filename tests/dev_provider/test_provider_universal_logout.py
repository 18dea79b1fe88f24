from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from dev_provider.app import App, Got
from dev_provider.visitor import DEFAULT, Browser, is_signed, part

TYP = "global-token-revocation+jwt"
Claims = dict[str, Any]
Seen = Callable[[Browser, Got], bool]


def bearer(got: Got) -> str:
    scheme, _, token = got.headers["authorization"].partition(" ")
    assert scheme == "Bearer"
    return token


def said(rule: Callable[[Claims], bool]) -> Seen:
    return lambda _browser, got: rule(part(bearer(got), 1))


def header(rule: Callable[[Claims], bool]) -> Seen:
    return lambda _browser, got: rule(part(bearer(got), 0))


def body(rule: Callable[[Claims], bool]) -> Seen:
    return lambda _browser, got: rule(json.loads(got.body))


def unknown_kid(browser: Browser, got: Got) -> bool:
    kids = {key["kid"] for key in browser.get(f"{DEFAULT}/v1/keys").json()["keys"]}
    return part(bearer(got), 0)["kid"] not in kids


SEEN: dict[str, Seen] = {
    "universal_alg_none": header(lambda said: said["alg"] == "none"),
    "universal_bad_signature": lambda browser, got: not is_signed(browser, bearer(got)),
    "universal_unknown_kid": unknown_kid,
    "universal_iss": said(lambda claims: claims["iss"] == "https://other.example"),
    "universal_aud": said(lambda claims: claims["aud"].startswith("https://other.example")),
    "universal_sub": said(lambda claims: claims["sub"] == "0oa9another0Local5d7"),
    "universal_expired": said(lambda claims: claims["exp"] < time.time()),
    "universal_no_jti": said(lambda claims: "jti" not in claims),
    "universal_same_jti": said(lambda claims: claims["jti"] == "jti-of-a-token-before"),
    "universal_typ_absent": header(lambda said: "typ" not in said),
    "universal_typ_logout": header(lambda said: said.get("typ") == "logout+jwt"),
    "universal_garbage": lambda _browser, got: bearer(got) == "this.is-no.token",
    "universal_no_token": lambda _browser, got: "authorization" not in got.headers,
    "universal_unknown_format": body(
        lambda said: said.get("sub_id", {}).get("format") == "phone_number"
    ),
    "universal_unknown_user": body(
        lambda said: said.get("sub_id", {}).get("email") == "nobody@example.com"
    ),
    "universal_no_subject": body(lambda said: "sub_id" not in said),
}


@pytest.mark.parametrize("name", SEEN)
def test_a_fault_is_in_the_next_universal_logout_alone(
    browser: Browser, app: App, name: str
) -> None:
    browser.provider.arm(name)
    browser.provider.send_universal_logout()
    assert SEEN[name](browser, app.got[-1])
    assert browser.provider.provider.faults.left() == {}
    browser.provider.send_universal_logout()
    assert not SEEN[name](browser, app.got[-1])
    browser.provider.reset()


def test_the_jti_before_is_sent_again_on_request(browser: Browser, app: App) -> None:
    for fault in ("", "universal_same_jti", ""):
        browser.provider.send_universal_logout(fault=fault)
    jtis = [part(bearer(got), 1)["jti"] for got in app.got]
    assert jtis[0] == jtis[1] != jtis[2]


@pytest.mark.parametrize(
    ("subject_format", "told"),
    [
        ("email", {"format": "email", "email": "bob@example.com"}),
        ("iss_sub", {"format": "iss_sub", "iss": "", "sub": ""}),
    ],
)
def test_universal_logout_is_sent_as_okta_sends_it(
    browser: Browser, app: App, subject_format: str, told: Claims
) -> None:
    id_token = part(browser.tokens("bob")["id_token"], 1)
    answer = browser.send("POST", f"/__dev/universal-logout?format={subject_format}")
    assert (answer.json()["status"], answer.json()["body"]) == (200, "answer")
    [got] = app.got
    assert got.path == "/universal?from=provider"
    assert got.headers["content-type"] == "application/json"
    assert part(bearer(got), 0)["typ"] == TYP
    assert is_signed(browser, bearer(got))
    claims = part(bearer(got), 1)
    assert claims == {
        "iss": browser.provider.issuer,
        "sub": browser.provider.client_id,
        "aud": f"{app.url}/universal",
        "jti": claims["jti"],
        "iat": claims["iat"],
        "nbf": claims["iat"] - 300,
        "exp": claims["iat"] + 300,
    }
    known = {name: id_token[name] if value == "" else value for name, value in told.items()}
    assert json.loads(got.body) == {"sub_id": known}


@pytest.mark.parametrize(
    "query",
    [
        {"format": "phone"},
        {"fault": "logout_aud"},
        {"login": "nobody"},
        {"login": "carol"},
        {"client_id": "0oa2webpost00Local5d7"},
        {"kind": "sid"},
    ],
)
def test_a_wrong_order_is_explained(browser: Browser, app: App, query: dict[str, str]) -> None:
    answer = browser.send("POST", f"/__dev/universal-logout?{urlencode(query)}")
    assert answer.status == 400
    assert answer.json()["problem"]
    assert app.got == []
