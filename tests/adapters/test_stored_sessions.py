"""Sessions in a store, through Flask: what changes for users, and what does not."""

from __future__ import annotations

import re
from typing import Any

import pytest

from adapters.site import NOW, OWN, PAGE, Browser, Clock, Site, passed_on
from admit.errors import AuthorizationDenied, StoreUnavailable
from admit.testing import MemoryStore

#: What the port asks of a store, from outside: what it asks itself is not counted.
ASKED = {"load", "save", "replace", "touch", "delete", "find", "end", "mark", "marks", "use",
         "is_used", "hold", "release", "label"}  # fmt: skip
COOKIE = 59


class Store(MemoryStore):
    """A store that can be away, and counts what it is asked."""

    def __init__(self) -> None:
        self.clock = Clock()
        super().__init__(lambda: self.clock())  # noqa: PLW0108 - it is put in later
        self.away = False
        self.away_for: set[str] = set()
        self.calls: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name in ASKED:
            self.calls.append(name)
            if self.away or name in self.away_for:
                raise StoreUnavailable("it is away")
        return super().__getattribute__(name)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def site(store: Store) -> Site:
    site = Site(store=store)
    store.clock = site.clock
    return site


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser()


def test_a_user_signs_in_and_out(site: Site, browser: Browser, store: Store) -> None:
    browser.sign_in()
    assert browser.get("/profile").text == "Alice Example|a@example.com|00u1"
    assert re.fullmatch(r"[A-Za-z0-9_-]{59}", browser.cookies()["admit"])
    _, fields = passed_on(browser.sign_out())
    assert fields["id_token_hint"].count(".") == 2
    assert not browser.is_signed_in()
    assert store._kept == {}


def test_a_sign_in_takes_three_steps_and_a_page_reads_once(browser: Browser, store: Store) -> None:
    browser.sign_in()
    assert store.calls == ["use", "save", "marks"]
    browser.get("/profile")
    store.calls.clear()
    browser.get("/profile")
    assert store.calls == ["load"]
    store.calls.clear()
    browser.get("/plain")
    assert store.calls == [], "a page that does not ask for the user asks no store"


def test_a_copied_cookie_is_dead_everywhere_after_sign_out(store: Store) -> None:
    one, two = Site(store=store), Site(store=store)
    browser = one.browser()
    browser.sign_in()
    copy = browser.cookies()["admit"]
    thief = two.browser()
    thief.client.set_cookie("admit", copy, domain="localhost")
    assert thief.is_signed_in()
    browser.post("/signout", OWN)
    assert not thief.is_signed_in()


def test_use_keeps_it_alive_without_a_new_cookie_and_not_for_ever(
    site: Site, browser: Browser, store: Store
) -> None:
    browser.sign_in()
    for _ in range(11):
        site.clock.now += 3599
        answer = browser.get("/profile")
        assert answer.status_code == 200
        assert "admit=" not in "".join(answer.headers.getlist("Set-Cookie"))
    site.clock.now = NOW + 43_200
    assert not browser.is_signed_in()

    browser.sign_in()
    site.clock.now += 3600
    assert not browser.is_signed_in(), "nor when nobody uses it"


@pytest.mark.parametrize("days", [-10, 10])
def test_the_limits_go_by_the_stores_clock_whatever_the_machines_think(
    store: Store, days: int
) -> None:
    true, wrong = Clock(), Clock()
    store.clock = true
    sites = [Site(store=store, clock=clock, absolute_timeout=7200) for clock in (true, wrong)]
    wrong.now += days * 86_400
    browser = sites[0].browser()
    browser.sign_in()
    other = sites[1].browser()
    other.client.set_cookie("admit", browser.cookies()["admit"], domain="localhost")
    for seconds in range(600, 7200, 600):
        true.now = NOW + seconds
        wrong.now = NOW + seconds + days * 86_400
        assert other.is_signed_in(), f"after {seconds} s"
    true.now = NOW + 7200
    assert not other.is_signed_in()


def test_ends_for_everybody_outlive_all_sessions(store: Store) -> None:
    """Whoever ended them may have other limits than whoever keeps them."""
    week = 7 * 86_400
    clock = Clock()
    store.clock = clock
    long = Site(store=store, clock=clock, idle_timeout=week, absolute_timeout=week)
    short = Site(store=store, clock=clock)
    browser = long.browser()
    browser.sign_in()
    with short.app.app_context():
        short.sign_in.end_all_sessions()
    for days in range(1, 7):
        clock.now = NOW + days * 86_400
        assert not browser.is_signed_in()


def test_the_store_hears_of_a_use_once_in_an_eighth_of_the_idle_time(
    site: Site, browser: Browser, store: Store
) -> None:
    browser.sign_in()
    store.calls.clear()
    for _ in range(90):
        site.clock.now += 10
        browser.get("/profile")
    assert store.calls.count("touch") == 2


def test_a_session_larger_than_a_cookie_is_no_problem(site: Site, browser: Browser) -> None:
    site.provider.user = {"sub": "00u1", "groups": [f"group-number-{n}" for n in range(400)]}
    browser.sign_in()
    assert browser.is_signed_in()
    assert len(browser.cookies()["admit"]) == COOKIE


def test_a_dump_of_the_store_opens_nothing_and_makes_no_cookie(
    site: Site, browser: Browser, store: Store
) -> None:
    browser.sign_in()
    [(key, kept)] = store._kept.items()
    value = kept.value
    cookie = browser.cookies()["admit"]
    for part in (b"Alice", b"00u1", b"example.com", b"provider.test", cookie.encode()):
        assert part not in value
        assert part not in key
    from admit.base64url import to_base64url  # noqa: PLC0415

    thief = site.browser()
    for guess in (key, key[:12] + value[:32], key[:12] + value[-32:], value[:44], value[-44:]):
        thief.client.set_cookie("admit", to_base64url(guess), domain="localhost")
        assert not thief.is_signed_in()

    # Even a record put under a key of the thief's own choice opens for nobody.
    other = site.browser()
    other.sign_in()
    [own] = [k for k in store._kept if k != key]
    store._kept[own] = kept
    assert not other.is_signed_in()


def test_another_secret_or_another_client_opens_no_record(browser: Browser, store: Store) -> None:
    browser.sign_in()
    for changes in ({"secret_keys": ["another-key-of-the-test-long-enough"]}, {"client_id": "c2"}):
        site = Site(store=store, **changes)
        thief = site.browser()
        thief.client.set_cookie("admit", browser.cookies()["admit"], domain="localhost")
        assert not thief.is_signed_in()


@pytest.mark.parametrize(
    "value", ["", "x", "A" * 59, "é" * 59, "A" * 43, "A" * 60, "=" * 59, "A" * 3900]
)
def test_a_cookie_that_is_not_ours_is_nobody(site: Site, browser: Browser, value: str) -> None:
    browser.client.set_cookie("admit", value, domain="localhost")
    assert browser.get("/profile").status_code == 303


# --- the store is away ---------------------------------------------------------------------------


def test_a_page_that_needs_the_user_says_503_and_nobody_is_signed_out(
    site: Site, browser: Browser, store: Store
) -> None:
    browser.sign_in()
    store.away = True

    answer = browser.get("/profile")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "You stay signed in" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert site.events[-1].name == "store.unavailable"
    script = browser.get("/profile", {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"})
    assert (script.status_code, script.mimetype) == (503, "application/json")
    assert browser.get("/plain").status_code == 200
    assert browser.get("/signin?next=/profile").status_code == 503
    assert browser.post("/signout", OWN).status_code == 503

    store.away = False
    assert browser.is_signed_in()


def test_a_page_that_needs_the_store_can_be_opened_again(
    site: Site, browser: Browser, store: Store
) -> None:
    browser.sign_in()
    other = site.browser()
    callback = site.provider.callback(other.begin())
    store.away = True
    again = '<a class="button" href="http://localhost:5000{}">Try again</a>'
    assert again.format("/profile?a=1&amp;b=2") in browser.get("/profile?a=1&b=2").text
    for answer in (other.get(callback), browser.post("/signout", OWN)):
        assert answer.status_code == 503
        assert "Try again" not in answer.text
        assert "Start again" in answer.text


def test_visitors_without_a_cookie_do_not_need_the_store(browser: Browser, store: Store) -> None:
    store.away = True
    assert browser.get("/").status_code == 200
    assert browser.get("/profile").status_code == 303
    assert browser.begin().startswith("https://provider.test/")


def test_a_sign_in_that_cannot_be_kept_is_refused(
    site: Site, browser: Browser, store: Store
) -> None:
    url = browser.begin()
    store.away = True
    assert browser.get(site.provider.callback(url)).status_code == 503
    store.away = False
    assert not browser.is_signed_in()
    assert browser.sign_in().status_code == 303


def test_a_page_that_is_made_already_is_served(site: Site, browser: Browser, store: Store) -> None:
    browser.sign_in()
    site.clock.now += 600

    store.away_for = {"touch"}
    answer = browser.get("/profile")
    assert answer.status_code == 200
    assert site.events[-1].name == "store.unavailable"


def test_protect_all_says_503_too(store: Store) -> None:
    site = Site(store=store, protect_all=True)
    browser = site.browser()
    browser.client.set_cookie("admit", "A" * 59, domain="localhost")
    store.away = True
    assert browser.get("/unmarked", PAGE).status_code == 503
    assert browser.get("/plain", PAGE).status_code == 200


def test_a_refused_user_leaves_nothing_in_the_store(
    site: Site, browser: Browser, store: Store
) -> None:
    @site.sign_in.on_sign_in
    def refuse(_user: object) -> None:
        raise AuthorizationDenied("app.blocked")

    assert browser.sign_in().status_code == 403
    assert store._kept == {}


# --- keys are rotated -----------------------------------------------------------------------------


@pytest.mark.parametrize("whom", [{"sub": "00u1"}, {"email": "a@example.com"}])
def test_what_a_process_with_the_old_key_ends_does_not_come_back_by_one_with_the_new(
    store: Store, whom: dict[str, Any]
) -> None:
    """The sign-in was begun before the end, and comes back where the new key seals already."""
    keys = ["the-old-key-of-the-test-long-enough", "the-new-key-of-the-test-long-enough"]
    old = Site(store=store, secret_keys=keys[:1], universal_logout_path="/universal-logout")
    new = Site(store=store, secret_keys=keys[::-1], universal_logout_path="/universal-logout",
               provider=old.provider)  # fmt: skip
    browser = old.browser()
    callback = old.provider.callback(browser.begin())
    with old.app.app_context():
        old.sign_in.end_sessions(**whom)
    browser.site, browser.client.application = new, new.app
    assert browser.get(callback).status_code == 400
    assert new.events[-1].fields["code"] == "session.ended_meanwhile"
    assert not browser.is_signed_in()
    assert store._kept == {}
