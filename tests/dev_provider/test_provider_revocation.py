from __future__ import annotations

import pytest

from dev_provider.visitor import DEFAULT, Browser

OFFLINE = "openid profile offline_access"


def test_a_revoked_access_token_is_dead_and_the_refresh_token_lives(browser: Browser) -> None:
    tokens = browser.tokens(scope=OFFLINE)
    assert browser.is_active(tokens["access_token"])
    assert browser.at_client("revoke", tokens["access_token"]).status == 200
    assert not browser.is_active(tokens["access_token"])
    assert browser.userinfo(tokens["access_token"]).status == 401
    assert browser.refresh(tokens["refresh_token"]).status == 200


def test_a_revoked_refresh_token_takes_its_access_tokens_along(browser: Browser) -> None:
    first = browser.tokens(scope=OFFLINE)
    second = browser.refresh(first["refresh_token"]).json()
    answer = browser.at_client("revoke", second["refresh_token"])
    assert (answer.status, answer.body) == (200, b"")
    for tokens in (first, second):
        assert browser.userinfo(tokens["access_token"]).status == 401
        assert browser.refresh(tokens["refresh_token"]).status == 400


@pytest.mark.parametrize("token", ["unknown", "x" * 5000, "ü"])
def test_revoking_what_is_no_token_is_no_error(browser: Browser, token: str) -> None:
    assert browser.at_client("revoke", token).status == 200


def test_revoking_nothing_is_an_error(browser: Browser) -> None:
    answer = browser.at_client("revoke", "")
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


def test_a_stranger_revokes_nothing(browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    form = {"token": token, "client_id": "0oa3public000Local5d7"}
    assert browser.send("POST", f"{DEFAULT}/v1/revoke", form).status == 200
    assert browser.is_active(token)
    assert browser.send("POST", f"{DEFAULT}/v1/revoke", {"token": token}).status == 401
    assert browser.is_active(token)


def test_a_replaced_refresh_token_is_inactive(browser: Browser) -> None:
    token = browser.tokens(scope=OFFLINE)["refresh_token"]
    assert browser.is_active(token)
    browser.refresh(token)
    assert not browser.is_active(token)
