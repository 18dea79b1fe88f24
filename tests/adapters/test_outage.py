"""What users see while the provider is away, and what they do not notice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from adapters.site import Browser, Clock, Site
from admit.errors import ProviderError
from admit.ports import HttpRequest, HttpResponse
from admit.testing import MemoryProvider, MemoryStore

DISCOVERY, KEYS = "/.well-known/openid-configuration", "/v1/keys"
TOKEN, USERINFO = "/v1/token", "/v1/userinfo"
DOWN = HttpResponse(status=503, body=b"<html>down for maintenance")
UNREACHABLE = ProviderError("provider.unreachable", "no route", status=503)
BUSY = HttpResponse(status=429, headers={"retry-after": "40"})


def fail(browser: Browser, times: int) -> TestResponse:
    """Bring so many answers of the provider's back; return what the browser gets for the last."""
    urls = [browser.site.provider.callback(browser.begin()) for _ in range(times)]
    return [browser.get(url) for url in urls][-1]


def assert_away(answer: TestResponse, seconds: int) -> None:
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == str(seconds)
    assert "Sign-in is not available right now" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("failure", [DOWN, UNREACHABLE])
def test_a_sign_in_that_could_not_be_finished_does_not_begin(
    site: Site, browser: Browser, failure: Any
) -> None:
    browser.sign_in()
    site.provider.answers[TOKEN] = failure
    other = site.browser()
    fail(other, 5)
    site.clock.now += 3
    for page in ("/signin", "/signin?next=/profile"):
        assert_away(other.get(page), 7)
    assert site.events[-1].name == "provider.unavailable"
    asked = site.provider.requests[TOKEN]
    assert browser.is_signed_in()
    site.clock.now += 7
    del site.provider.answers[TOKEN]
    other.sign_in()
    assert other.is_signed_in()
    assert site.provider.requests[TOKEN] == asked + 1


def test_a_sign_in_under_way_is_told_at_once_and_the_provider_is_not_asked(
    site: Site, browser: Browser
) -> None:
    late = browser.begin()
    site.provider.answers[TOKEN] = DOWN
    fail(site.browser(), 5)
    asked = site.provider.requests[TOKEN]
    assert_away(browser.get(site.provider.callback(late)), 10)
    assert site.provider.requests[TOKEN] == asked


def test_a_provider_that_limits_us_is_left_alone_for_as_long_as_it_says(
    site: Site, browser: Browser
) -> None:
    url = site.provider.callback(browser.begin())
    site.provider.answers[TOKEN] = BUSY
    assert_away(fail(site.browser(), 1), 40)
    site.clock.now += 15
    assert_away(browser.get(url), 25)
    assert_away(browser.get("/signin"), 25)
    assert {event.fields["code"] for event in site.events[-2:]} == {"provider.rate_limited"}
    assert site.provider.requests[TOKEN] == 1


@pytest.mark.parametrize("path", [DISCOVERY, KEYS, TOKEN, USERINFO])
@pytest.mark.parametrize(
    "failure",
    [
        DOWN,
        UNREACHABLE,
        ProviderError("provider.timeout", "silence", status=504),
        ProviderError("provider.tls", "no"),
        HttpResponse(status=200, body=b"<html>"),
        HttpResponse(status=429),
    ],
    ids=range(6),
)
def test_each_answer_that_says_the_provider_is_away_says_when_to_come_back(
    path: str, failure: Any
) -> None:
    site = Site(userinfo="always")
    site.provider.answers[path] = failure
    browser = site.browser()
    answer = browser.get("/signin")
    if path != DISCOVERY:
        answer = browser.get(site.provider.callback(answer.location))
    assert answer.status_code in {502, 503, 504}
    assert answer.headers["Retry-After"] == "5"
    assert "Sign-in is not available right now" in answer.text


def test_what_people_must_mend_says_nothing_of_coming_back(site: Site, browser: Browser) -> None:
    site.provider.metadata["issuer"] = "https://other.test"
    answer = browser.get("/signin")
    assert answer.status_code == 502
    assert "Retry-After" not in answer.headers


@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
def test_a_logout_token_that_nobody_can_check_now_is_to_come_again(path: str) -> None:
    clock = Clock()
    site = Site(store=MemoryStore(clock), clock=clock)
    site.provider.answers[path] = ProviderError("provider.timeout", "silence", status=504)
    token = site.provider.logout_token(sub="00u1")
    answer = site.browser().post("/backchannel-logout", {}, data={"logout_token": token})
    assert answer.status_code == 504
    assert answer.headers["Retry-After"] == "5"
    assert answer.json == {
        "error": "temporarily_unavailable",
        "error_description": "provider.timeout",
    }


@pytest.mark.parametrize(
    ("failure", "code", "seconds"),
    [
        (DOWN, "provider.unavailable", 5),
        (UNREACHABLE, "provider.unreachable", 5),
        (HttpResponse(status=200, body=b"<html>"), "token.malformed", 5),
        (BUSY, "provider.rate_limited", 40),
    ],
    ids=range(4),
)
def test_a_refresh_that_fails_keeps_the_session_and_its_refresh_token(
    failure: Any, code: str, seconds: int
) -> None:
    clock = Clock()
    scope = "openid profile email offline_access"
    site = Site(store=MemoryStore(clock), clock=clock, scope=scope, idle_timeout=40_000)
    browser = site.browser()
    browser.sign_in()
    first = browser.get("/token").text
    site.clock.now += 4000
    site.provider.answers[TOKEN] = failure
    answer = browser.get("/token")
    assert answer.status_code in {502, 503}
    assert answer.headers["Retry-After"] == str(seconds)
    assert code in str(site.events[-1].fields)
    for _ in range(5):
        site.clock.now += 6
        assert browser.get("/token").status_code in {502, 503}
        assert browser.is_signed_in()
    del site.provider.answers[TOKEN]
    site.clock.now += 60
    assert browser.get("/token").text.startswith("access-")
    assert browser.get("/token").text != first


class Hung(MemoryProvider):
    """A provider of which one endpoint answers nobody until the test lets it."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(now=clock)
        self.path = ""
        self.reached = threading.Semaphore(0)
        self.go_on = threading.Event()

    async def send(self, request: HttpRequest) -> HttpResponse:
        if self.path and request.url.endswith(self.path):
            self.reached.release()
            assert self.go_on.wait(20)
        return await super().send(request)


@pytest.mark.parametrize("path", [DISCOVERY, KEYS, TOKEN])
@pytest.mark.parametrize("stored", [False, True], ids=["cookie", "store"])
def test_six_sign_ins_that_hang_hold_no_page_of_whoever_is_signed_in(
    path: str, stored: bool
) -> None:
    clock = Clock()
    provider = Hung(clock)
    store = MemoryStore(clock) if stored else None
    scope = "openid profile email offline_access" if stored else "openid profile email"
    site = Site(provider=provider, store=store, clock=clock, idle_timeout=40_000, scope=scope)
    browser = site.browser()
    browser.sign_in()
    clock.now += 3590
    others = [site.browser() for _ in range(6)]
    urls = [provider.callback(other.begin()) for other in others]
    clock.now += 10  # metadata and keys are to be fetched anew
    provider.path = path
    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(other.get, url) for other, url in zip(others, urls, strict=True)]
        # Of those who want metadata or keys one asks, and nobody waits for that one.
        for _ in range(6 if path == TOKEN else 1):
            assert provider.reached.acquire(timeout=10)
        assert browser.is_signed_in()
        assert browser.get("/signout").status_code == 200
        if stored and path != TOKEN:  # an access token that has ended is renewed meanwhile
            assert browser.get("/token").status_code == 200
        provider.go_on.set()
        for job in jobs:
            job.result()


def test_keys_serve_for_as_long_as_the_setting_says_and_then_nobody_is_signed_in() -> None:
    site = Site(stale_limit=600, idle_timeout=40_000)
    browser = site.browser()
    browser.sign_in()
    site.provider.answers[KEYS] = DOWN
    site.clock.now += 599
    other = site.browser()
    other.sign_in()
    assert other.is_signed_in()
    site.clock.now += 1
    assert_away(fail(site.browser(), 1), 5)
    assert "ADMIT_STALE_LIMIT" in str(site.events[-1].fields["cause"])
    assert browser.is_signed_in()


def test_sign_out_works_while_everything_is_away(site: Site, browser: Browser) -> None:
    browser.sign_in()
    for path in (DISCOVERY, KEYS, TOKEN, USERINFO):
        site.provider.answers[path] = UNREACHABLE
    site.clock.now += 90_000 - 86_400
    browser.sign_out()
    assert not browser.is_signed_in()


@pytest.mark.parametrize(("failures", "begins"), [(0, True), (2, False), (100, True)])
def test_the_settings_decide_after_how_many_failures(failures: int, begins: bool) -> None:
    site = Site(breaker_failures=failures, breaker_seconds=33)
    site.provider.answers[TOKEN] = DOWN
    browser = site.browser()
    fail(browser, 6)
    answer = browser.get("/signin")
    assert (answer.status_code == 303) is begins
    assert answer.headers.get("Retry-After") == (None if begins else "33")
