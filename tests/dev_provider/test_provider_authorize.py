from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from dev_provider.visitor import DEFAULT, REDIRECT_URI, Browser, asked


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"client_id": "unknown"}, "Invalid value for &#39;client_id&#39; parameter."),
        ({"client_id": None}, "Invalid value for &#39;client_id&#39; parameter."),
        ({"redirect_uri": None}, "must be a Login redirect URI"),
        ({"redirect_uri": REDIRECT_URI + "/"}, "must be a Login redirect URI"),
        ({"redirect_uri": REDIRECT_URI.upper()}, "must be a Login redirect URI"),
        ({"redirect_uri": REDIRECT_URI.replace("5000", "5001")}, "must be a Login redirect URI"),
        ({"redirect_uri": "https://evil.example/"}, "must be a Login redirect URI"),
        ({"redirect_uri": "<script>alert(1)</script>"}, "&lt;script&gt;"),
    ],
)
def test_an_unknown_client_or_redirect_uri_gets_a_page_and_never_a_redirect(
    browser: Browser, changes: dict[str, Any], text: str
) -> None:
    answer = browser.authorize(**changes)
    assert answer.status == 400
    assert not answer.location
    assert text in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_repeated_client_or_redirect_uri_gets_a_page_too(browser: Browser, name: str) -> None:
    query = f"{urlencode(asked())}&{urlencode({name: 'again'})}"
    answer = browser.get(f"{DEFAULT}/v1/authorize?{query}")
    assert (answer.status, answer.location) == (400, "")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"response_mode": "okta_post_message"}, "unsupported_response_mode"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid unknown"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"prompt": "unknown"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none", "max_age": "0"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "2147483648"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "urn:x"}, "request_uri_not_supported"),
    ],
)
def test_any_other_mistake_goes_to_the_app_with_error_and_state(
    browser: Browser, changes: dict[str, Any], error: str
) -> None:
    callback = browser.authorize(state="state-1", **changes).callback
    assert (callback["error"], callback["state"]) == (error, "state-1")
    assert callback["error_description"]


@pytest.mark.parametrize("state", [None, "", "a b", "ünsafe", "<x>"])
def test_a_state_that_is_missing_or_unsafe_is_refused_and_not_returned(
    browser: Browser, state: str | None
) -> None:
    callback = browser.authorize(state=state).callback
    assert callback == {
        "error": "invalid_request",
        "error_description": "The authentication request has an invalid 'state' parameter.",
    }


def test_a_user_without_the_app_is_denied(browser: Browser) -> None:
    callback = browser.sign_in(browser.authorize(), "dave").callback
    assert callback["error"] == "access_denied"
    assert callback["error_description"] == "User is not assigned to the client application."


def test_who_is_signed_in_at_the_provider_is_not_asked_again(browser: Browser) -> None:
    browser.tokens()
    assert browser.authorize().callback["code"]
    assert browser.authorize(prompt="none").callback["code"]


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [({"prompt": "login"}, 0), ({"max_age": "0"}, 0), ({"max_age": "60"}, 61)],
)
def test_a_signed_in_user_is_asked_again_when_the_app_wants_it(
    browser: Browser, changes: dict[str, Any], seconds: int
) -> None:
    browser.tokens()
    browser.provider.forward(seconds)
    assert 'name="password"' in browser.authorize(**changes).text


def test_a_young_session_satisfies_max_age(browser: Browser) -> None:
    browser.tokens()
    browser.provider.forward(30)
    assert browser.authorize(max_age="60").callback["code"]


def test_the_login_hint_is_filled_in(browser: Browser) -> None:
    assert browser.authorize(login_hint='bob"><i>').inputs["username"] == 'bob"><i>'


@pytest.mark.parametrize("username", ["alice", "ALICE@example.com", " alice@example.com "])
def test_the_login_and_its_short_name_are_accepted(browser: Browser, username: str) -> None:
    answer = browser.sign_in(browser.authorize(), username, "alice-password")
    assert answer.callback["code"]


@pytest.mark.parametrize(
    ("username", "password"),
    [("alice", "zzzz-wrong"), ("nobody", "qqqq-wrong"), ("bob", "alice-password")],
)
def test_a_wrong_password_stays_on_the_page_and_keeps_the_username(
    browser: Browser, username: str, password: str
) -> None:
    page = browser.authorize()
    answer = browser.sign_in(page, username, password)
    assert answer.status == 400
    assert 'role="alert"' in answer.text
    assert "Unable to sign in" in answer.text
    assert answer.inputs["username"] == username
    assert password not in answer.text
    assert "idx" not in browser.cookies
    assert browser.sign_in(page, "alice").callback["code"]


def test_a_demo_user_is_one_click_away(browser: Browser) -> None:
    form: dict[str, Any] = {
        "transaction": browser.authorize().inputs["transaction"],
        "demo": "alice@example.com",
    }
    assert browser.send("POST", "/signin", form).callback["code"]


def test_a_form_of_another_browser_or_a_used_one_signs_nobody_in(browser: Browser) -> None:
    page = browser.authorize()
    stranger = Browser(browser.provider)
    stranger.authorize()
    assert stranger.sign_in(page).status == 400
    assert "idx" not in stranger.cookies
    assert browser.sign_in(page).callback["code"]
    assert browser.sign_in(page).status == 400


@pytest.mark.parametrize("form", [{}, {"transaction": "x"}, {"transaction": "ü", "demo": "alice"}])
def test_a_form_without_a_transaction_signs_nobody_in(
    browser: Browser, form: dict[str, str]
) -> None:
    assert browser.send("POST", "/signin", form).status == 400
    assert "idx" not in browser.cookies


def test_a_page_that_was_open_for_more_than_an_hour_starts_over(browser: Browser) -> None:
    page = browser.authorize()
    browser.provider.forward(3601)
    callback = browser.sign_in(page).callback
    assert callback["error"] == "login_required"
    assert callback["error_description"].startswith("Request expired")


def test_the_pages_run_no_script_and_may_not_be_framed(browser: Browser) -> None:
    page = browser.authorize()
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy
    assert "style=" not in page.text
    assert "<title>Sign in</title>" in page.text
    assert browser.get("/assets/provider.css").status == 200
