"""The callback: how an attempt ends, what is left of it, and what the log is told."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from adapters.site import PAGE, Browser, Site
from admit.attempts import LIFETIME
from admit.errors import AuthorizationDenied
from admit.events import Event
from admit.testing import MemoryProvider
from admit.user import User, user_id

CALLBACK = "/authorization-code/callback"


def attempts(browser: Browser) -> dict[str, str]:
    """Return the cookies of the attempts that a browser holds."""
    return {name: value for name, value in browser.cookies().items() if "attempt" in name}


def swap(browser: Browser, name: str, value: str) -> None:
    browser.client.set_cookie(name, value, domain="localhost")


def set_cookies(answer: TestResponse) -> dict[str, str]:
    """Return the cookies that an answer sets: names and values."""
    pairs = [value.split(";")[0] for value in answer.headers.getlist("Set-Cookie")]
    return dict(pair.split("=", 1) for pair in pairs)


def last(site: Site) -> dict[str, Any]:
    """Return what the last event tells, but for its reference."""
    return {name: value for name, value in site.events[-1].fields.items() if name != "reference"}


def test_a_method_that_only_looks_gets_nothing(site: Site, browser: Browser) -> None:
    path = site.provider.callback(browser.begin())
    events = list(site.events)
    answer = browser.open(path, "HEAD")
    assert (answer.status_code, answer.data, set_cookies(answer)) == (204, b"", {})
    assert site.events == events
    assert attempts(browser)


def test_a_browser_that_looks_ahead_is_told_to_come_later(site: Site, browser: Browser) -> None:
    path = site.provider.callback(browser.begin())
    events = list(site.events)
    answer = browser.get(path, {**PAGE, "Sec-Purpose": "prefetch"})
    assert (answer.status_code, set_cookies(answer)) == (503, {})
    assert site.events == events
    assert attempts(browser)


@pytest.mark.parametrize(
    ("response", "seconds", "status"),
    [
        pytest.param({}, 0, 303, id="signed in"),
        pytest.param({"code": "", "error": "access_denied"}, 0, 403, id="denied"),
        pytest.param({"code": "", "error": "login_required"}, 0, 400, id="not signed in there"),
        pytest.param({"iss": "https://evil.example"}, 0, 400, id="refused"),
        pytest.param({}, LIFETIME, 400, id="too late"),
    ],
)
def test_an_attempt_ends_with_its_answer_and_the_others_go_on(
    site: Site, browser: Browser, response: dict[str, str], seconds: int, status: int
) -> None:
    path = site.provider.callback(browser.begin(), **response)
    [own] = attempts(browser)
    browser.begin()
    site.clock.now += seconds
    answer = browser.get(path)
    assert answer.status_code == status
    assert set_cookies(answer)[own] == ""
    assert len(attempts(browser)) == 1
    assert own not in attempts(browser)


def test_a_cookie_that_does_not_open_goes_too(site: Site, browser: Browser) -> None:
    path = site.provider.callback(browser.begin())
    [own] = attempts(browser)
    swap(browser, own, "word")
    assert set_cookies(browser.get(path)) == {own: ""}


@pytest.mark.parametrize(
    ("start", "again"),
    [
        ("/signin?next=/profile%3Fa=b", '"http://localhost:5000/signin?next=/profile%3Fa%3Db"'),
        ("/signin", '"http://localhost:5000/signin"'),
    ],
)
def test_a_refusal_leads_back_to_the_page_that_was_wanted(
    site: Site, browser: Browser, start: str, again: str
) -> None:
    answer = browser.get(site.provider.callback(browser.begin(start), iss="https://evil.example"))
    assert answer.status_code == 400
    assert f"href={again}" in answer.text


def test_a_refusal_without_an_attempt_leads_to_the_default_page(browser: Browser) -> None:
    answer = browser.get(f"{CALLBACK}?code=c&state=unknown")
    assert 'href="http://localhost:5000/signin"' in answer.text


def test_a_sign_in_without_a_page_in_mind_ends_where_the_settings_say() -> None:
    site = Site(after_sign_in="/profile")
    browser = site.browser()
    path = site.provider.callback(browser.begin())
    assert browser.get(path).location == "http://localhost:5000/profile"
    assert browser.get(path).location == "http://localhost:5000/profile", "seen twice"


def spoil(site: Site, browser: Browser, how: str) -> str:
    """Break the one attempt that a browser holds; return the callback to open."""
    path = site.provider.callback(browser.begin())
    [(name, value)] = attempts(browser).items()
    if how == "missing":
        browser.client.delete_cookie(name, domain="localhost")
    if how == "unreadable":
        swap(browser, name, value[:-8] + "AAAAAAAA")
    if how == "expired":
        site.clock.now += LIFETIME + 5
    if how == "other_issuer":
        other = MemoryProvider(issuer="https://other.test", now=site.clock)
        former = Site(provider=other).browser()
        path = other.callback(former.begin())
        [(name, value)] = attempts(former).items()
        swap(browser, name, value)
    if how == "used":
        browser.get(path)
        browser.client.delete_cookie("admit", domain="localhost")
        swap(browser, name, value)
    return path


@pytest.mark.parametrize(
    ("how", "told"),
    [
        pytest.param("missing", {"detail", "cause", "fix"}, id="missing"),
        pytest.param("unreadable", {"detail", "cause", "fix"}, id="unreadable"),
        pytest.param("expired", {"detail"}, id="expired"),
        pytest.param("other_issuer", {"detail"}, id="other_issuer"),
        pytest.param("used", {"detail"}, id="used"),
    ],
)
def test_an_attempt_that_is_no_good_is_refused_and_told(
    site: Site, browser: Browser, how: str, told: set[str]
) -> None:
    path = spoil(site, browser, how)
    asked = site.provider.requests["/v1/token"]
    assert browser.get(path).status_code == 400
    fields = last(site)
    assert fields.pop("code") == f"attempt.{how}"
    assert fields.pop("status") == 400
    assert fields.keys() == told
    assert all(fields.values())
    assert site.provider.requests["/v1/token"] == asked, "no code is redeemed"
    assert not browser.is_signed_in()


@pytest.mark.parametrize(("others", "cause"), [(0, "no attempt's cookie"), (2, "2 other attempts")])
def test_a_missing_attempt_is_told_with_the_others_that_are_there(
    site: Site, browser: Browser, others: int, cause: str
) -> None:
    path = spoil(site, browser, "missing")
    for _ in range(others):
        browser.begin()
    browser.get(path)
    assert cause in last(site)["cause"]


def test_an_attempt_that_is_too_old_is_told_with_its_age(site: Site, browser: Browser) -> None:
    browser.get(spoil(site, browser, "expired"))
    assert f" {LIFETIME + 5} s " in last(site)["detail"]
    assert f" {LIFETIME} s " in last(site)["detail"]


def test_a_response_whose_attempt_was_used_and_dropped_is_told_so(
    site: Site, browser: Browser
) -> None:
    path = site.provider.callback(browser.begin())
    browser.get(path)
    answer = site.browser().get(path)
    assert answer.status_code == 400
    assert last(site)["code"] == "attempt.used"
    assert last(site)["detail"]


@pytest.mark.parametrize("seconds", [0, LIFETIME])
def test_an_attempt_under_the_name_of_another_is_refused_for_its_state(
    site: Site, browser: Browser, seconds: int
) -> None:
    browser.begin()
    [(_, value)] = attempts(browser).items()
    other = site.browser()
    path = site.provider.callback(other.begin())
    [(name, _)] = attempts(other).items()
    swap(other, name, value)
    site.clock.now += seconds
    assert other.get(path).status_code == 400
    assert last(site)["code"] == "response.state_mismatch"


def test_the_log_is_told_who_signed_in(site: Site, browser: Browser) -> None:
    browser.sign_in()
    told = site.events[-1]
    assert (told.name, told.fields["user"]) == ("signin.ok", user_id(site.provider.issuer, "00u1"))


@pytest.fixture
def silent() -> Site:
    """A site that only asks whether somebody is signed in at the provider."""
    return Site(authorization_parameters={"prompt": "none"})


def test_the_log_is_told_that_nobody_is_signed_in_at_the_provider(silent: Site) -> None:
    browser = silent.browser()
    answer = browser.get(silent.provider.callback(browser.begin(), code="", error="login_required"))
    assert answer.status_code == 303
    assert silent.events[-1] == Event("signin.denied", {"code": "authorization.login_required"})


def test_each_sign_in_that_leads_nowhere_counts_one_round(silent: Site) -> None:
    now, browser = silent.clock.now, silent.browser()
    for number in (1, 2):
        answer = browser.sign_in()
        assert set_cookies(answer)["admit-rounds"] == f"s.{number}.{now}"
        browser.client.delete_cookie("admit", domain="localhost")
    path = silent.provider.callback(browser.begin(), code="", error="login_required")
    assert set_cookies(browser.get(path))["admit-rounds"] == f"s.3.{now}"


def test_a_silent_refusal_before_an_attempt_is_found_is_no_silent_one(silent: Site) -> None:
    path = silent.provider.callback(silent.browser().begin(), code="", error="login_required")
    assert silent.browser().get(path).status_code == 400
    assert last(silent)["code"] == "attempt.missing"


def test_the_hook_sees_the_groups_of_the_claim_that_is_configured() -> None:
    site = Site(groups_claim="roles")
    site.provider.claims = {"roles": ["staff"], "groups": ["other"]}
    seen: list[User] = []
    site.sign_in.on_sign_in(seen.append)
    site.browser().sign_in()
    assert seen[0].groups == ("staff",)


@pytest.mark.parametrize(
    ("raised", "status", "told"),
    [
        (RuntimeError("a mistake"), 500, {"code": "sign_in.hook_failed", "detail": "RuntimeError"}),
        (AuthorizationDenied("app.banned", "not wanted"), 403, {"code": "app.banned"}),
    ],
)
def test_a_hook_that_raises_leaves_one_trace_and_no_session(
    site: Site, browser: Browser, raised: Exception, status: int, told: dict[str, str]
) -> None:
    def fail(_user: User) -> None:
        raise raised

    site.sign_in.on_sign_in(fail)
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    assert browser.sign_in().status_code == status
    assert site.names() == ["signin.started", "signin.refused"]
    assert last(site).items() >= told.items()
    if status == 500:
        assert last(site)["user"] == user_id(site.provider.issuer, "00u1")
    assert not browser.is_signed_in()
