"""Whom an ID Token signs in, how long that lasts, and what clocks do to it."""

from __future__ import annotations

from collections.abc import Callable
from time import time
from typing import Any

import flask

from hostile.browser import Browser
from hostile.provider_side import AGAIN, bent, refused, user_of
from hostile.registry import case, table
from hostile.sites import Site
from hostile.wire import Answer, parameters_of
from hostile.world import World

NOW = 1_800_000_000
ABSOLUTE, HOUR, YEAR = 43_200, 3600, 31_536_000
VICTIM = {"sub": "00u1", "name": "Victim", "email": "a@example.com", "preferred_username": "alice"}


@table(
    {
        "IDT-71": ("another sub with the victim's e-mail address", "email"),
        "IDT-75": ("another sub with the victim's preferred_username", "preferred_username"),
    }
)
def same_name(world: World, claim: str) -> str:
    world.provider.user = VICTIM
    world.serve(store="sqlite", ADMIT_BACKCHANNEL_LOGOUT_PATH="/backchannel")
    victim = world.browser()
    account = user_of(world, victim)
    world.provider.user = {"sub": "00u-evil", "name": "Mallory", claim: VICTIM[claim]}
    attacker = world.browser()
    assert user_of(world, attacker) != account
    assert "Mallory" in attacker.get("/profile").text
    # And who is signed out as the one is not signed out as the other.
    assert signed_out(world, attacker, "00u-evil").status == 200
    assert not attacker.is_signed_in()
    assert victim.is_signed_in()
    return "an account of its own"


def signed_out(world: World, browser: Browser, sub: str) -> Answer:
    """Let the provider sign *sub* out."""
    token = world.provider.logout_token(sub=sub)
    return world.browser().post("/backchannel", {"logout_token": token}, {"Origin": ""})


@case("IDT-78", "the same sub at another issuer, where two applications share a store")
def other_issuer(world: World) -> str:
    path: dict[str, Any] = {"ADMIT_BACKCHANNEL_LOGOUT_PATH": "/backchannel"}
    first = world.serve(store="sqlite", **path)
    store = world.sessions_of(first)
    one = world.browser()
    account = user_of(world, one)
    world.provider = world.new_provider()
    second = world.serve(store=store, **path)
    other = world.browser()
    assert user_of(world, other) != account
    # A session of the one is none of the other, though store and sealing key are the same.
    for site, cookie in ((first, other.session), (second, one.session)):
        assert not _with(world, site, cookie).is_signed_in()
    assert signed_out(world, other, "00u1").status == 200
    assert not other.is_signed_in()
    assert one.is_signed_in()
    return "an account of its own: other id, other sessions, signed out apart"


def _with(world: World, site: Site, session: str) -> Browser:
    browser = world.browser(site)
    browser.cookies["admit"] = session
    return browser


@case("IDT-59", "the nonce of an earlier sign-in")
def earlier_nonce(world: World) -> str:
    browser = world.browser()
    nonce = parameters_of(url := browser.begin())["nonce"]
    world.signed_in(browser, browser.get(browser.authorize(url)))
    return refused(world, "id_token.nonce_mismatch", claims={"nonce": nonce})


@case("IDT-61", "exp in 10^30 seconds")
def endless(world: World) -> str:
    now = NOW
    world.provider.now = lambda: now
    for store in (None, "memory"):
        now = NOW
        world.serve(store=store, clock=lambda: now)  # noqa: B023
        browser = world.browser()
        world.signed_in(browser, bent(world, browser, claims={"exp": 10**30}))
        while now < NOW + ABSOLUTE - HOUR // 2:
            now += HOUR // 2
            assert browser.is_signed_in()
        now = NOW + ABSOLUTE
        assert not browser.is_signed_in()
    return "signed in, for the session's own 12 hours"


@table(
    {
        "IDT-x16": (
            "an auth_time before all calendars, in the sample app",
            {"auth_time": -(10**30)},
        ),
        "IDT-x17": ("an updated_at after all calendars, in the sample app", {"updated_at": 10**30}),
    }
)
def no_time(world: World, claims: dict[str, Any]) -> str:
    browser = world.browser()
    outcome = world.signed_in(browser, bent(world, browser, claims=claims))
    assert "no time" in browser.get("/profile").text
    return outcome


@case("IDT-63", "the provider's clock is 20 s ahead")
def slightly_ahead(world: World) -> str:
    browser = world.browser()
    return world.signed_in(browser, bent(world, browser, claims={"iat": int(time()) + 20}))


# --- step-up


def ask(world: World, **parameters: Any) -> str:
    """Serve the sample app with a page that asks for a fresh sign-in; return its path."""
    site = world.serve()
    signin = site.app.view_functions["home"].__globals__["signin"]

    def step_up() -> flask.Response:
        return signin.start("/profile", **parameters)  # type: ignore[no-any-return]

    site.app.add_url_rule("/step-up", view_func=signin.public(step_up))
    return "/step-up"


@table(
    {
        "STU-01": ("max_age was asked, auth_time is missing", ("auth_time_invalid", lambda: None)),
        "STU-02": (
            "max_age was asked, auth_time is old",
            ("auth_time_too_old", lambda: int(time()) - HOUR),
        ),
        "STU-03": ("max_age was asked, auth_time is text", ("auth_time_invalid", lambda: "now")),
    }
)
def stale(world: World, way: tuple[str, Callable[[], object]]) -> str:
    code, auth_time = way
    path = ask(world, max_age=300)
    browser = world.browser()
    world.signed_in(browser, browser.sign_in())
    world.provider.bend(claims={"auth_time": auth_time()})
    answer = browser.sign_in(path)
    outcome = world.refused(answer, f"id_token.{code}")
    assert world.watch.event_of(answer).name == "signin.refused"
    # Where nobody asked, it does not matter.
    plain = world.browser()
    world.signed_in(plain, bent(world, plain, claims={"auth_time": auth_time()}))
    return outcome


@case("STU-07", "an honest step-up: acr and auth_time are as asked")
def honest_step_up(world: World) -> str:
    path = ask(world, max_age=300, acr_values="phr")
    browser = world.browser()
    world.signed_in(browser, browser.sign_in())
    sent = parameters_of(url := browser.begin(path))
    assert (sent["max_age"], sent["acr_values"]) == ("300", "phr")
    world.provider.bend(claims={"acr": "phr"})
    outcome = world.signed_in(browser, browser.get(browser.authorize(url)), "/profile")
    world.provider.bend(claims={"acr": "pwd"})
    world.refused(browser.sign_in(path), "id_token.acr_unsatisfied")
    return outcome


@case("IDT-u3", "the clock goes back, within a sign-in and within a session")
def clock_goes_back(world: World) -> str:
    for store in (None, "memory"):
        now = NOW
        world.provider.now = lambda: NOW
        world.serve(store=store, clock=lambda: now)  # noqa: B023
        browser = world.browser()
        url = browser.to_callback()
        now = NOW - 30  # Within what clocks may differ.
        world.signed_in(browser, browser.get(url))
        for back in (1, HOUR, ABSOLUTE, 30 * YEAR):
            now = NOW - back
            assert browser.get("/profile").status in {200, 303}
            assert browser.get("/").status == 200
            assert browser.begin(AGAIN)
        late = world.browser()
        now = NOW
        late_url = late.to_callback()
        now = NOW - 2 * HOUR
        world.refused(late.get(late_url), "id_token.iat_in_future")
        now = NOW + ABSOLUTE
        assert not browser.is_signed_in(), "the way back made its session longer"
    ages = [part for a in world.watch.answers for c in a.set_cookies for part in c.split("; ")]
    assert not [part for part in ages if part.startswith("Max-Age=-")]
    return "no negative lifetime, no session that is longer, no crash"
