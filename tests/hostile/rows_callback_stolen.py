"""Callbacks of somebody else, stolen codes, and callbacks that are brought again."""

from __future__ import annotations

from threading import Thread

from hostile.browser import Browser
from hostile.registry import case
from hostile.rows_callback import callback, refused_and_not_redeemed
from hostile.wire import CALLBACK, exchange, parameters_of, state_of
from hostile.world import World
from interop.scripted import NAVIGATION


def crossing(world: World) -> dict[str, str]:
    """Return the headers of a form that a page of the provider posts."""
    return {"Origin": world.provider.issuer, "Sec-Fetch-Site": "cross-site"}


def in_a_form(browser: Browser, url: str) -> dict[str, str]:
    """Let the provider sign its user in, and return the form that its page posts here."""
    action, fields = exchange(url, headers=NAVIGATION).page.form("Continue")
    assert action == browser.url + CALLBACK
    return fields


@case("CBK-24", "login CSRF: the attacker's callback in a fresh browser")
def login_csrf(world: World) -> str:
    attack = world.browser().to_callback()
    outcome = refused_and_not_redeemed(world, world.browser(), attack, "attempt.missing")
    world.serve(tls=True, ADMIT_RESPONSE_MODE="form_post")
    attacker = world.browser()
    form = in_a_form(attacker, attacker.begin())
    world.refused(world.browser().post(CALLBACK, form, crossing(world)), "attempt.missing")
    assert world.redeemed() == 0
    return f"{outcome}; so a form"


@case("CBK-25", "login CSRF: the victim has a sign-in pending")
def login_csrf_while_pending(world: World) -> str:
    attack, victim = world.browser().to_callback(), world.browser()
    own = victim.to_callback()
    outcome = refused_and_not_redeemed(world, victim, attack, "attempt.missing")
    world.signed_in(victim, victim.get(own))
    assert refused_and_not_redeemed(world, victim, attack, "attempt.missing") == outcome
    assert "Alice Example" in victim.get("/profile").text
    # Where the provider posts a form, the cookies of attempts cross sites.
    world.serve(tls=True, ADMIT_RESPONSE_MODE="form_post")
    attacker, victim = world.browser(), world.browser()
    form = in_a_form(attacker, attacker.begin())
    of_victim = in_a_form(victim, victim.begin())
    world.refused(victim.post(CALLBACK, form, crossing(world)), "attempt.missing")
    world.signed_in(victim, victim.post(CALLBACK, of_victim, crossing(world)))
    return f"{outcome}; so a form; the victim's own sign-in goes on"


@case("CBK-27", "a stolen code with a state of one's own")
def code_injection(world: World) -> str:
    stolen = parameters_of(world.browser().to_callback())["code"]
    browser = world.browser()
    answer = browser.get(callback(code=stolen, state=state_of(browser.begin())))
    outcome = world.refused(answer, "token.pkce_failed")
    assert not browser.is_signed_in()
    return f"{outcome}: the provider compared PKCE"


@case("CBK-28", "the callback is brought again, and in a race")
def replay(world: World) -> str:
    browser = world.browser()
    url = browser.to_callback()
    # A look ahead redeems nothing: of a link's preview, or of the browser itself.
    assert browser.send("HEAD", url).status == 204
    assert browser.get(url, {"Sec-Purpose": "prefetch;prerender"}).status == 503
    assert world.redeemed() == 0
    copied = world.browser()
    copied.cookies = dict(browser.cookies)
    world.signed_in(browser, browser.get(url))
    again = browser.get(url)
    assert (again.status, again.location) == (303, f"{browser.url}/")
    assert browser.is_signed_in()
    world.refused(copied.get(url), "attempt.used")
    assert world.redeemed() == 1
    # And all at once, with copies of the cookies.
    first = world.browser()
    url = first.to_callback()
    crowd = [world.browser() for _ in range(8)]
    threads = [Thread(target=one.get, args=(url,)) for one in crowd]
    for one, thread in zip(crowd, threads, strict=True):
        one.cookies = dict(first.cookies)
        thread.start()
    for thread in threads:
        thread.join()
    assert world.redeemed() == 2
    assert sum(one.is_signed_in() for one in crowd) == 1
    return "one token request; the second time is clean; of eight in a race one wins"


@case("CBK-33", "two tabs")
def two_tabs(world: World) -> str:
    browser = world.browser()
    first, second = browser.to_callback("/signin?next=/about"), browser.to_callback("/profile")
    world.signed_in(browser, browser.get(first), "/about")
    world.signed_in(browser, browser.get(second), "/profile")
    return "both finish, each at its own page"
