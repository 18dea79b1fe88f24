"""Sessions: whose they are, and when they end."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from hostile.browser import Browser
from hostile.registry import case
from hostile.sites import Site
from hostile.wire import CALLBACK
from hostile.world import SECRET_KEYS, World

NOW = 1_800_000_000
IDLE, ABSOLUTE = 3600, 43_200
NEW_KEY = "another-sealing-key-of-the-suite-0123456789"
ALICE = {"sub": "00u1", "name": "Alice Example", "email": "a@example.com"}
BOB = {"sub": "00u2", "name": "Bob Example", "email": "b@example.com"}
PROTECTED = ("/profile", "/members", "/session")


def copy_of(world: World, browser: Browser) -> Browser:
    """Return another browser that holds the same cookies."""
    copy = world.browser()
    copy.cookies = dict(browser.cookies)
    return copy


def both(world: World) -> Iterator[Site]:
    """Yield a site that keeps sessions in cookies, then one that keeps them in a store."""
    yield world.serve()
    yield world.serve(store="sqlite")


@case("SES-01", "session fixation: cookies planted or copied before the sign-in")
def fixation(world: World) -> str:
    for _ in both(world):
        world.provider.user = ALICE
        victim, attacker = world.browser(), world.browser()
        url = victim.to_callback()
        copied = copy_of(world, victim)
        victim.get(url)
        assert victim.is_signed_in()
        assert not copied.is_signed_in()
        # The attacker's own session, planted where somebody else signs in.
        attacker.sign_in()
        planted = copy_of(world, attacker)
        world.provider.user = BOB
        planted.sign_in("/signin?prompt=login")
        assert planted.session != attacker.session
        assert BOB["name"] in planted.get("/profile").text
        assert BOB["name"] not in attacker.get("/profile").text
    assert not attacker.is_signed_in(), "in a store the former session is over"
    return "copies are not signed in; the id is a new one, in a store the old one is over"


@case("SES-17", "a cookie that was stolen, after sign-out")
def stolen_cookie(world: World) -> str:
    world.serve(store="sqlite")
    browser = world.browser()
    browser.sign_in()
    thief = copy_of(world, browser)
    assert thief.is_signed_in()
    browser.post("/signout")
    assert not thief.is_signed_in()
    # A session in a cookie alone ends by its timeouts: docs/why/security.md says so.
    return "not signed in, where a store keeps sessions"


@case("SES-18", "the Back button after sign-out")
def back_button(world: World) -> str:
    browser = world.browser()
    browser.sign_in()
    for path in PROTECTED:
        answer = browser.get(path)
        assert answer.status == 200
        assert "no-store" in answer.header("Cache-Control"), path
    return "no-store on each page behind sign-in"


@case("SES-19", "a cache that people share")
def shared_cache(world: World) -> str:
    for _ in both(world):
        browser = world.browser()
        browser.sign_in()
        for path in ("/", "/about", *PROTECTED, "/session/userinfo"):
            answer = browser.get(path)
            vary = {name.strip().lower() for name in answer.header("Vary").split(",")}
            kept_apart = {"private", "no-store"} & set(answer.header("Cache-Control").split(", "))
            assert kept_apart or "cookie" in vary, path
            assert kept_apart or not answer.set_cookies, path
    return "private, no-store or Vary: Cookie, everywhere"


@case("SES-24", "another user in the same browser")
def another_user(world: World) -> str:
    for _ in both(world):
        browser = world.browser()
        world.provider.user = ALICE
        browser.sign_in()
        former = copy_of(world, browser)
        world.provider.user = BOB
        browser.sign_in("/signin?prompt=login")
        for path in ("/", "/profile"):
            shown = browser.get(path).text
            assert BOB["name"] in shown
            assert ALICE["name"] not in shown
    assert not former.is_signed_in(), "in a store the former session is over"
    return "only the second one"


@case("SES-27", "Origin: https://evil.example")
def cors(world: World) -> str:
    browser = world.browser()
    browser.sign_in()
    paths = ("/", "/profile", "/session/userinfo", "/signin", "/signout", CALLBACK)
    for method in ("GET", "OPTIONS"):
        for path in paths:
            for origin in ("https://evil.example", "null"):
                asked = {"Access-Control-Request-Method": "POST"} if method == "OPTIONS" else {}
                answer = browser.send(method, path, {"Origin": origin, **asked})
                assert not [n for n, _ in answer.headers if n.startswith("access-control-")]
    return "no Access-Control header anywhere"


@case("SES-30", "session ids that can be guessed")
def guessable(world: World) -> str:
    world.serve(store="sqlite")
    cookies = []
    for _ in range(4):
        browser = world.browser()
        browser.sign_in()
        cookies.append(
            base64.urlsafe_b64decode(browser.session + "=" * (-len(browser.session) % 4))
        )
    assert len(set(cookies)) == 4
    # Of one user: what is the same in all is no secret.
    fresh = sum(len(set(column)) > 1 for column in zip(*cookies, strict=True))
    assert fresh * 8 >= 128
    return f"4 of one user, all different, {fresh * 8} bits"


@case("SES-u1", "idle and absolute timeouts")
def timeouts(world: World) -> str:
    for store in (None, "memory"):
        time = NOW
        world.provider.now = lambda: time  # noqa: B023
        world.serve(store=store, clock=lambda: time)  # noqa: B023
        idle, active = world.browser(), world.browser()
        idle.sign_in()
        active.sign_in()
        while time < NOW + ABSOLUTE - IDLE // 2:
            time += IDLE // 2
            assert active.is_signed_in(), time - NOW
        stale = copy_of(world, idle)
        assert not idle.is_signed_in()
        time = NOW + ABSOLUTE
        assert not active.is_signed_in()
        assert not stale.is_signed_in()
    assert world.watch.events("session.expired")
    return "gone after an idle hour, and after 12 hours in any case; session.expired"


@case("SES-u5", "the sealing key is replaced, and the old one retired")
def retired_key(world: World) -> str:
    for store in (None, "sqlite"):
        site = world.serve(store=store)
        sessions = None if store is None else world.sessions_of(site)
        browser = world.browser()
        browser.sign_in()
        port = int(site.url.rpartition(":")[2])
        stale = copy_of(world, browser)
        for keys, alive in ((f"{NEW_KEY} {SECRET_KEYS}", True), (NEW_KEY, False)):
            world.site.stop()
            world.serve(port=port, store=sessions, ADMIT_SECRET_KEYS=keys)
            assert stale.is_signed_in() == alive
        assert world.browser().sign_in().status == 303
    return "read during the overlap, gone afterwards"
