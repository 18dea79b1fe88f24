"""Answers to a refresh that the table does not have, and the rules cover all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from admit.testing import ENDLESS
from admit.testing import Answer as Reply
from hostile.calls import alive
from hostile.refreshing import asked, refreshes, served, stale
from hostile.registry import case, table
from hostile.rows_logout_variants import SLOW, meanwhile
from hostile.rows_refresh import not_renewed
from hostile.rows_session import copy_of
from hostile.world import World
from stores.conftest import wait_until

EVIL = "https://evil.example"
HTML = {"content-type": "text/html"}
Change = Callable[[dict[str, Any]], dict[str, Any]]


def with_(**members: Any) -> Change:
    """Return what lays *members* over an answer; None takes one away."""
    return lambda document: {
        name: value for name, value in {**document, **members}.items() if value is not None
    }


@table(
    {
        "RFR-x1": ("another token type", ("token.token_type", with_(token_type="mac"))),
        "RFR-x2": ("no access token", ("token.access_token_missing", with_(access_token=None))),
        "RFR-x3": (
            "the access token is a list",
            ("token.access_token_missing", with_(access_token=["a"])),
        ),
        "RFR-x4": ("the ID Token is a number", ("token.id_token_missing", with_(id_token=7))),
    }
)
def wrong_answer(world: World, way: tuple[str, Change]) -> str:
    code, change = way
    served(world)
    world.provider.bend(refresh=Reply(change=change))
    (browser,) = stale(world)
    not_renewed(world, asked(browser), code)
    assert browser.is_signed_in()
    return f"refused {code}; what came is used by nobody"


@table(
    {
        "RFR-x5": ("a page of HTML", ("token.malformed", Reply(body="<html>", headers=HTML))),
        "RFR-x6": ("a redirect elsewhere", ("token.malformed", Reply(redirect="{evil}"))),
        "RFR-x7": ("a body without an end", ("provider.too_large", Reply(body=b" ", size=ENDLESS))),
    }
)
def no_answer(world: World, way: tuple[str, Reply]) -> str:
    code, reply = way
    elsewhere = world.new_provider()
    if reply.redirect:
        reply = Reply(redirect=f"{elsewhere.issuer}/v1/token", status=307)
    served(world, ADMIT_HTTP_TIMEOUT="3")
    (browser,) = stale(world)
    world.provider.answers["/v1/token"] = reply
    answer = asked(browser)
    (event,) = world.watch.events("refresh.failed")
    assert event.fields["code"] == code, event
    assert answer.status in {502, 503}
    assert not elsewhere.received, "the refresh token went elsewhere"
    assert browser.is_signed_in()
    assert refreshes(world) == 1
    return f"{answer.status} {code}, not followed; the session lives on"


@case("RFR-x8", "the scope is narrowed")
def narrowed(world: World) -> str:
    served(world)
    world.provider.bend(refresh=Reply(change=with_(scope="openid")))
    (browser,) = stale(world)
    assert asked(browser).status == 200
    shown = browser.get("/session").text
    assert "offline_access" not in shown
    return "the session says what is left"


@case("RFR-x9", "the refresh token comes back empty, as a list, or null")
def empty(world: World) -> str:
    served(world)
    world.provider.rotates = False
    world.provider.seconds = 1
    browsers = []
    for value in ("", ["r"], 7):
        world.provider.bend(refresh=Reply(change=with_(refresh_token=value)))
        browsers.append(world.browser())
        browsers[-1].sign_in()
    for _ in range(2):
        stale(world, 0)
        world.provider.seconds = 1
        assert [asked(browser).status for browser in browsers] == [200] * 3
    tokens = {came.form.get("refresh_token") for came in world.provider.received} - {None}
    assert len(tokens) == len(browsers), "each session keeps its own"
    assert refreshes(world) == 2 * len(browsers)
    return "the old one is kept, and good for the next refresh"


@case("RFR-x10", "signed out while the refresh is under way")
def signed_out(world: World) -> str:
    served(world, ADMIT_HTTP_TIMEOUT="5")
    world.provider.bend(refresh=Reply(delay=SLOW))
    browser, other = stale(world, 2)
    page = copy_of(world, browser)
    answer = meanwhile(world, lambda: asked(page), lambda: browser.post("/signout"))
    assert answer.status in {303, 401}
    assert alive(page, other) == [False, True]
    assert not world.watch.events("refresh.ok")
    wait_until(lambda: len(world.provider.revoked) >= 2)
    assert asked(other).status == 200
    return f"{answer.status}: it does not come back; another session is not touched"


@case("RFR-x11", "429, with a Retry-After of 90 s")
def rate_limited(world: World) -> str:
    served(world)
    (browser,) = stale(world)
    limit = Reply(status=429, headers={"Retry-After": "90"}, body={"error": "too_many_requests"})
    world.provider.answers["/v1/token"] = limit
    answer = asked(browser)
    outcome = world.failed(answer, "provider.rate_limited")
    assert answer.header("Retry-After") == "90"
    assert browser.is_signed_in()
    assert asked(browser).status == 503
    assert refreshes(world) == 1
    return f"{outcome}; the session lives on"
