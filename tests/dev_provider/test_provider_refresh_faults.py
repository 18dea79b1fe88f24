from __future__ import annotations

import time
from collections.abc import Callable
from http.client import RemoteDisconnected

import pytest

from dev_provider.visitor import Answer, Browser, is_signed, part

OFFLINE = "openid profile offline_access"
Seen = Callable[[Browser], bool]


def refreshed(browser: Browser, timeout: float = 10) -> Answer:
    """Sign in, and refresh: the fault waits for the second."""
    tokens = browser.tokens(scope=OFFLINE, prompt="login")
    return browser.refresh(tokens["refresh_token"], timeout)


def answered(status: int, text: str) -> Seen:
    def seen(browser: Browser) -> bool:
        answer = refreshed(browser)
        return answer.status == status and text in answer.text

    return seen


def too_many(browser: Browser) -> bool:
    answer = refreshed(browser)
    given = (answer.status, answer.headers.get("retry-after"))
    return given == (429, "2") and answer.json()["error"] == "invalid_grant"


def slow(browser: Browser) -> bool:
    try:
        refreshed(browser, timeout=0.25)
    except TimeoutError:
        return True
    return False


def closed(browser: Browser) -> bool:
    try:
        refreshed(browser)
    except RemoteDisconnected:
        return True
    return False


def lacks(name: str) -> Seen:
    return lambda browser: name not in refreshed(browser).json()


def changes(*names: str) -> Seen:
    """The claims differ from those of the ID Token before; a missing one differs too."""

    def seen(browser: Browser) -> bool:
        first = browser.tokens(scope=OFFLINE, prompt="login")
        second = browser.refresh(first["refresh_token"]).json()
        before, after = part(first["id_token"], 1), part(second["id_token"], 1)
        return all(before.get(name) != after.get(name) for name in names)

    return seen


def nonce(browser: Browser) -> bool:
    return "nonce" in part(refreshed(browser).json()["id_token"], 1)


def expired(browser: Browser) -> bool:
    return bool(part(refreshed(browser).json()["id_token"], 1)["exp"] < time.time())


def badly_signed(browser: Browser) -> bool:
    return not is_signed(browser, refreshed(browser).json()["id_token"])


SEEN: dict[str, Seen] = {
    "refresh_invalid": answered(400, "invalid_grant"),
    "refresh_429": too_many,
    "refresh_500": answered(500, "E0000009"),
    "refresh_slow": slow,
    "refresh_closed": closed,
    "refreshed_no_refresh_token": lacks("refresh_token"),
    "refreshed_no_id_token": lacks("id_token"),
    "refreshed_iss": changes("iss"),
    "refreshed_sub": changes("sub"),
    "refreshed_no_sub": lambda browser: "sub" not in part(refreshed(browser).json()["id_token"], 1),
    "refreshed_aud": changes("aud"),
    "refreshed_auth_time": changes("auth_time"),
    "refreshed_sid": changes("sid"),
    "refreshed_nonce": nonce,
    "refreshed_expired": expired,
    "refreshed_bad_signature": badly_signed,
}


@pytest.mark.parametrize("name", SEEN)
def test_a_fault_waits_for_a_refresh_and_is_seen_once(browser: Browser, name: str) -> None:
    browser.provider.arm(name)
    assert SEEN[name](browser)
    assert browser.get("/__dev/state").json()["armed"] == {}
    assert not SEEN[name](browser)
