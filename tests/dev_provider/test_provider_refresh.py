from __future__ import annotations

from typing import Any

import pytest

from admit.dev_provider import Running
from dev_provider.test_provider_refresh_faults import slow
from dev_provider.visitor import DEFAULT, REDIRECT_URI, Browser, part

OFFLINE = "openid profile offline_access"


def test_a_refresh_keeps_what_the_sign_in_said_and_repeats_no_nonce(browser: Browser) -> None:
    first = browser.tokens(scope=OFFLINE)
    browser.provider.forward(60)
    second = browser.refresh(first["refresh_token"]).json()
    assert second["scope"] == "offline_access openid profile"
    assert second["expires_in"] == 3600
    before, after = part(first["id_token"], 1), part(second["id_token"], 1)
    for name in ("iss", "sub", "aud", "auth_time", "sid"):
        assert before[name] == after[name], name
    assert "nonce" not in after
    assert after["iat"] >= before["iat"] + 60
    assert before["sid"] not in browser.cookies.values()


@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (28, 200), (30, 400), (3600, 400)])
def test_a_replaced_refresh_token_is_good_inside_the_leeway_and_then_ends_its_family(
    browser: Browser, seconds: int, status: int
) -> None:
    first = browser.tokens(scope=OFFLINE)
    second = browser.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    browser.provider.forward(seconds)
    again = browser.refresh(first["refresh_token"])
    assert again.status == status
    assert browser.refresh(second["refresh_token"]).status == status
    if status == 200:
        assert again.json()["refresh_token"] not in {
            first["refresh_token"],
            second["refresh_token"],
        }
    else:
        assert again.json()["error_description"] == "The refresh token is invalid or expired."
        assert browser.userinfo(second["access_token"]).status == 401


def test_without_a_leeway_the_second_use_ends_the_family(browser: Browser) -> None:
    browser.provider.register(leeway=0, redirect_uris=[REDIRECT_URI])
    first = browser.tokens(scope=OFFLINE)
    second = browser.refresh(first["refresh_token"]).json()
    statuses = [browser.refresh(one["refresh_token"]).status for one in (first, second)]
    assert statuses == [400, 400]


def test_a_static_refresh_token_stays_and_no_answer_repeats_it(browser: Browser) -> None:
    browser.provider.register(rotation="STATIC", redirect_uris=[REDIRECT_URI])
    token = browser.tokens(scope=OFFLINE)["refresh_token"]
    for _ in range(2):
        browser.provider.forward(3600)
        answer = browser.refresh(token)
        assert answer.status == 200
        assert "refresh_token" not in answer.json()


def test_a_token_that_was_not_replaced_stays_good(browser: Browser) -> None:
    token = browser.tokens(scope=OFFLINE)["refresh_token"]
    browser.provider.arm("refreshed_no_refresh_token")
    assert browser.refresh(token).status == 200
    browser.provider.forward(3600)
    assert browser.refresh(token).status == 200


def test_a_replaced_token_does_not_live_longer_than_the_first(browser: Browser) -> None:
    token = browser.tokens(scope=OFFLINE)["refresh_token"]
    browser.provider.forward(6 * 86400)
    second = browser.refresh(token).json()["refresh_token"]
    assert browser.is_active(second)
    browser.provider.forward(86400)
    assert not browser.is_active(second)
    assert browser.refresh(second).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("scope", "status", "present", "absent"),
    [
        ("openid offline_access", 200, {"id_token", "refresh_token"}, set[str]()),
        ("profile offline_access", 200, {"refresh_token"}, {"id_token"}),
        ("openid", 200, {"id_token"}, {"refresh_token"}),
        ("openid email", 400, {"error"}, {"access_token"}),
    ],
)
def test_a_refresh_may_ask_for_less_and_never_for_more(
    browser: Browser, scope: str, status: int, present: set[str], absent: set[str]
) -> None:
    token = browser.tokens(scope=OFFLINE)["refresh_token"]
    answer = browser.refresh(token, scope=scope)
    assert answer.status == status
    assert present <= answer.json().keys()
    assert not absent & answer.json().keys()


def test_no_refresh_token_is_given_when_offline_access_was_not_asked(browser: Browser) -> None:
    assert "refresh_token" not in browser.tokens()


def test_a_client_without_the_grant_is_refused_offline_access(browser: Browser) -> None:
    token = browser.tokens(scope=OFFLINE)["refresh_token"]
    browser.provider.register(refresh_token=False, redirect_uris=[REDIRECT_URI])
    answer = browser.authorize(scope=OFFLINE).callback
    assert answer["error"] == "unauthorized_client"
    assert answer["error_description"].endswith("Configured grant types: [authorization_code].")
    assert browser.refresh(token).json()["error"] == "unauthorized_client"
    assert "code" in browser.authorize(scope="openid").callback


@pytest.mark.parametrize("client_id", ["0oa2webpost00Local5d7", "0oa3public000Local5d7"])
def test_the_refresh_token_of_another_client_is_refused(browser: Browser, client_id: str) -> None:
    token = browser.tokens(scope=OFFLINE)["refresh_token"]
    form: dict[str, Any] = {"grant_type": "refresh_token", "refresh_token": token}
    form["client_id"] = client_id
    if client_id.startswith("0oa2"):
        form["client_secret"] = browser.provider.client_secret
    answer = browser.send("POST", f"{DEFAULT}/v1/token", form)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    assert browser.refresh(token).status == 200


def test_the_token_requests_are_counted_by_grant_type(browser: Browser) -> None:
    token = browser.tokens(scope=OFFLINE)["refresh_token"]
    browser.refresh(token)
    browser.refresh("unknown")
    assert browser.provider.grants() == {"authorization_code": 1, "refresh_token": 2}
    counted = browser.get("/__dev/counts").json()
    assert counted["grants"] == {"authorization_code": 1, "refresh_token": 2}
    assert counted["requests"]["token"] == 3
    browser.provider.reset()
    assert browser.provider.grants() == {}


@pytest.mark.parametrize(("seconds", "status"), [(3, 200), (5, 401)])
def test_access_tokens_live_as_long_as_was_set(browser: Browser, seconds: int, status: int) -> None:
    answer = browser.send("POST", "/__dev/access-token-lifetime?seconds=5")
    assert (answer.status, answer.json()) == (200, {"seconds": 5})
    tokens = browser.tokens()
    assert tokens["expires_in"] == 5
    claims = part(tokens["access_token"], 1)
    assert claims["exp"] - claims["iat"] == 5
    browser.provider.forward(seconds)
    assert browser.userinfo(tokens["access_token"]).status == status
    assert browser.is_active(tokens["access_token"]) is (status == 200)


@pytest.mark.parametrize("seconds", ["0", "86401", "x", "-1", ""])
def test_no_other_lifetime_is_taken(browser: Browser, seconds: str) -> None:
    answer = browser.send("POST", f"/__dev/access-token-lifetime?seconds={seconds}")
    assert answer.status == 400
    assert browser.tokens()["expires_in"] == 3600


def test_how_slow_slow_is_can_be_set_until_the_reset(provider: Running) -> None:
    browser = Browser(provider)
    assert browser.send("POST", "/__dev/slow?seconds=0").status == 200
    provider.arm("refresh_slow")
    assert not slow(browser)
    assert browser.send("POST", "/__dev/slow?seconds=601").status == 400
    provider.reset()
    provider.arm("refresh_slow")
    assert slow(browser)
