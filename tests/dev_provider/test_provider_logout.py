from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from dev_provider.visitor import DEFAULT, Browser

HOME = "http://localhost:5000"


def test_signing_out_ends_the_session_at_the_provider_and_returns_state(browser: Browser) -> None:
    hint = browser.tokens()["id_token"]
    query = {"id_token_hint": hint, "post_logout_redirect_uri": HOME, "state": "s&1"}
    answer = browser.get(f"{DEFAULT}/v1/logout?{urlencode(query)}")
    assert (answer.status, answer.location) == (302, f"{HOME}?state=s%261")
    assert "idx" not in browser.cookies
    assert browser.authorize(prompt="none").callback["error"] == "login_required"


def test_signing_out_by_a_form_of_another_site_ends_the_session_without_its_cookie(
    browser: Browser,
) -> None:
    hint = browser.tokens()["id_token"]
    elsewhere = Browser(browser.provider)
    form = {"id_token_hint": hint, "post_logout_redirect_uri": HOME}
    assert elsewhere.send("POST", f"{DEFAULT}/v1/logout", form).location == HOME
    assert browser.authorize(prompt="none").callback["error"] == "login_required"


def test_signing_out_without_a_redirect_uri_shows_a_page(browser: Browser) -> None:
    hint = browser.tokens()["id_token"]
    answer = browser.get(f"{DEFAULT}/v1/logout?{urlencode({'id_token_hint': hint})}")
    assert answer.status == 200
    assert "You are signed out" in answer.text


def test_an_expired_hint_is_accepted(browser: Browser) -> None:
    hint = browser.tokens()["id_token"]
    browser.provider.forward(7200)
    browser.provider.rotate()
    query = {"id_token_hint": hint, "post_logout_redirect_uri": HOME}
    assert browser.get(f"{DEFAULT}/v1/logout?{urlencode(query)}").location == HOME


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"id_token_hint": ""}, "id_token_hint"),
        ({"id_token_hint": "e30.e30.e30"}, "id_token_hint"),
        ({"id_token_hint": "x" * 4000}, "id_token_hint"),
        ({"post_logout_redirect_uri": HOME + "/"}, "must be a Logout redirect URI"),
        ({"post_logout_redirect_uri": "https://evil.example"}, "must be a Logout redirect URI"),
        ({"post_logout_redirect_uri": ""}, "must be a Logout redirect URI"),
    ],
)
def test_a_bad_hint_or_uri_gets_a_page_and_ends_nothing(
    browser: Browser, changes: dict[str, Any], text: str
) -> None:
    query = {
        "id_token_hint": browser.tokens()["id_token"],
        "post_logout_redirect_uri": HOME,
        **changes,
    }
    answer = browser.get(f"{DEFAULT}/v1/logout?{urlencode(query)}")
    assert (answer.status, answer.location) == (400, "")
    assert text in answer.text
    assert browser.authorize(prompt="none").callback["code"]


def test_the_hint_of_somebody_else_ends_nothing(browser: Browser) -> None:
    hint = Browser(browser.provider).tokens("bob")["id_token"]
    browser.tokens("alice")
    answer = browser.get(f"{DEFAULT}/v1/logout?{urlencode({'id_token_hint': hint})}")
    assert answer.status == 400
    assert "id_token_does_not_match_session" in answer.text
    assert browser.authorize(prompt="none").callback["code"]


def test_an_access_token_is_no_hint(browser: Browser) -> None:
    query = {"id_token_hint": browser.tokens()["access_token"]}
    assert browser.get(f"{DEFAULT}/v1/logout?{urlencode(query)}").status == 400
