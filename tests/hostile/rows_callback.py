"""The callback: the one way to become signed in."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from hostile.browser import Browser
from hostile.registry import case, table
from hostile.wire import CALLBACK, parameters_of, state_of
from hostile.world import World

NOW = 1_800_000_000
LIFETIME = 3600
STOLEN = "a-code-that-was-stolen-from-somebody"
MARKUP = "<script>alert(1)</script>"


def callback(**parameters: str | list[str]) -> str:
    """Return the callback with these parameters; a list repeats one."""
    return f"{CALLBACK}?{urlencode(parameters, doseq=True)}"


def refused_and_not_redeemed(world: World, browser: Browser, path: str, code: str) -> str:
    before = world.redeemed()
    outcome = world.refused(browser.get(path), code)
    assert world.redeemed() == before, "the code was redeemed"
    (event,) = world.watch.events("signin.refused")[-1:]
    assert event.fields["code"] == code
    return f"{outcome}, not redeemed"


@table(
    {
        "CBK-01": ("no state", (None, "response.state_missing")),
        "CBK-02": ("an empty state", ("", "response.state_missing")),
        "CBK-03": ("an unknown state", ("x" * 43, "attempt.missing")),
    }
)
def wrong_state(world: World, way: tuple[str | None, str]) -> str:
    state, code = way
    browser = world.browser()
    own = parameters_of(browser.to_callback())
    brought = {"code": own["code"]} if state is None else {"code": own["code"], "state": state}
    outcome = refused_and_not_redeemed(world, browser, callback(**brought), code)
    assert browser.get(callback(**own)).status == 303, "it consumed the pending sign-in"
    # An attempt under the name of another: the state that was sealed counts.
    tabs = world.browser()
    first, second = parameters_of(tabs.to_callback()), parameters_of(tabs.to_callback())
    one, other = sorted(name for name in tabs.cookies if "-attempt-" in name)
    tabs.cookies |= {one: tabs.cookies[other], other: tabs.cookies[one]}
    before = world.redeemed()
    for parameters in (first, second):
        world.refused(tabs.get(callback(**parameters)), "response.state_mismatch")
    assert world.redeemed() == before
    return outcome


@table(
    {
        "CBK-06": ("state twice, the right one first", True),
        "CBK-07": ("state twice, the right one last", False),
    }
)
def state_twice(world: World, right_first: bool) -> str:
    browser = world.browser()
    own = parameters_of(browser.to_callback())
    states = [own["state"], "o" * 43]
    path = callback(code=own["code"], state=states if right_first else states[::-1])
    outcome = refused_and_not_redeemed(world, browser, path, "response.duplicate_parameter")
    assert browser.get(callback(**own)).status == 303, "it consumed the pending sign-in"
    return outcome


@case("CBK-09", "neither code nor error")
def neither_code_nor_error(world: World) -> str:
    browser = world.browser()
    path = callback(state=state_of(browser.begin()))
    return refused_and_not_redeemed(world, browser, path, "response.code_missing")


@case("CBK-12", "the user says no at the provider")
def user_refuses(world: World) -> str:
    browser = world.browser()
    state = state_of(browser.begin())
    answer = browser.get(callback(state=state, error="access_denied"))
    outcome = world.refused(answer, "authorization.denied", 403)
    assert "You are not signed in" in answer.text
    assert len(world.watch.events("signin.denied")) == 1
    return outcome


@case("CBK-13", "markup in error, description and uri")
def markup(world: World) -> str:
    for debug in (False, True):
        world.site.app.debug = debug
        browser = world.browser()
        state = state_of(browser.begin())
        said = {"error": MARKUP, "error_description": "<img src=x onerror=alert(1)>"}
        uri = {"error_uri": 'javascript:alert(1)"><b>'}
        answer = browser.get(callback(state=state, **said, **uri))
        outcome = world.refused(answer, "authorization.error", 403)
        for text in ("<script>alert", "<img", "javascript:", "<b>"):
            assert text not in answer.text
        shown = "&lt;script&gt;" in answer.text
        assert shown == debug, "the developer alone reads what the provider said"
    return f"{outcome}, escaped or not shown"


@table(
    {
        "CBK-17": ("octets that are no UTF-8 in code and state", b"%ff%fe\xc3\x28"),
        "CBK-18": ("NUL in code and state", b"%00"),
    }
)
def bad_octets(world: World, octets: bytes) -> str:
    browser = world.browser()
    own, at = state_of(browser.begin()).encode(), CALLBACK.encode()
    answer = browser.get(CALLBACK, target=b"%s?code=%s&state=%s" % (at, octets, octets))
    outcome = world.refused(answer, "attempt.missing")
    answer = browser.get(CALLBACK, target=b"%s?code=c&state=%s%s" % (at, own, octets))
    world.refused(answer, "attempt.missing")
    assert world.redeemed() == 0
    answer = browser.get(CALLBACK, target=b"%s?code=%s&state=%s" % (at, octets, own))
    world.refused(answer, "response.code_missing")
    return outcome


@case("CBK-20", "tokens in the callback's address")
def tokens_in_the_address(world: World) -> str:
    browser = world.browser()
    own = parameters_of(browser.to_callback())
    claims = {"iss": world.provider.issuer, "aud": world.provider.client_id, "sub": "00u666"}
    times = {"iat": world.provider.now(), "exp": world.provider.now() + 600, "name": "Mallory"}
    tokens = {
        "id_token": world.provider.sign(claims | times),
        "access_token": "stolen-access-token",
    }
    path = callback(state=own["state"], **tokens)
    refused_and_not_redeemed(world, browser, path, "response.code_missing")
    browser = world.browser()
    own = parameters_of(browser.to_callback())
    world.signed_in(browser, browser.get(callback(**own, **tokens)))
    shown = browser.get("/profile").text
    assert "Alice Example" in shown
    assert "Mallory" not in shown
    return "refused without a code, ignored beside one"


@case("CBK-21", "the bare callback")
def bare_callback(world: World) -> str:
    browser = world.browser()
    browser.begin()
    outcome = refused_and_not_redeemed(world, browser, CALLBACK, "response.empty")
    answer = browser.post(CALLBACK, {"code": STOLEN, "state": "x" * 43})
    assert answer.status == 405
    return outcome


@case("CBK-34", "iss of another provider")
def other_iss(world: World) -> str:
    browser = world.browser()
    own = parameters_of(browser.to_callback())
    path = callback(**own, iss="https://evil.example")
    return refused_and_not_redeemed(world, browser, path, "response.iss_mismatch")


@case("CBK-37", "the correct iss")
def correct_iss(world: World) -> str:
    browser = world.browser()
    own = parameters_of(browser.to_callback())
    answer = browser.get(callback(**own, iss=world.provider.issuer))
    return world.signed_in(browser, answer)


@case("CBK-39", "a code of 30,000 characters")
def long_code(world: World) -> str:
    browser = world.browser()
    path = callback(code="c" * 30_000, state=state_of(browser.begin()))
    return refused_and_not_redeemed(world, browser, path, "response.code_too_long")


@case("CBK-42", "does success stay on the callback's address?")
def success_moves_on(world: World) -> str:
    browser = world.browser()
    own = parameters_of(url := browser.to_callback("/profile"))
    answer = browser.get(url)
    world.signed_in(browser, answer, "/profile")
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert not urlsplit(answer.location).query
    assert not [v for v in own.values() if v in answer.location or quote(v) in answer.location]
    return "303 away, no-store, no protocol values in Location"


@case("CBK-u1", "a pending sign-in that is older than its lifetime")
def expired(world: World) -> str:
    time = NOW
    world.provider.now = lambda: time
    world.serve(clock=lambda: time)
    late, just = world.browser(), world.browser()
    url = late.to_callback()
    time = NOW + 1
    in_time = just.to_callback()
    time = NOW + LIFETIME
    outcome = refused_and_not_redeemed(world, late, url, "attempt.expired")
    world.signed_in(just, just.get(in_time))
    return f"{outcome}; one second less is in time"
