"""Controls: a refusal proves nothing unless what is honest works."""

from __future__ import annotations

from hostile.registry import case
from hostile.world import World


@case("CTL-01", "an honest sign-in")
def honest_sign_in(world: World) -> str:
    browser = world.browser()
    return world.signed_in(browser, browser.sign_in())


@case("CTL-02", "a protected page without cookies")
def anonymous_visit(world: World) -> str:
    answer = world.browser().get("/profile")
    assert answer.status == 303
    assert answer.location == f"{world.site.url}/signin?next=/profile"
    assert not answer.body
    return "sent to sign in, no data"


@case("CTL-03", "sign-out")
def sign_out(world: World) -> str:
    browser = world.browser()
    browser.sign_in()
    assert browser.is_signed_in()
    browser.post("/signout")
    assert not browser.is_signed_in()
    assert len(world.watch.events("logout.local")) == 1
    return "signed out"


@case("CTL-04", "two users in two browsers")
def two_users(world: World) -> str:
    alice, bob = world.browser(), world.browser()
    alice.sign_in()
    world.provider.user = {"sub": "00u2", "name": "Bob Example", "email": "b@example.com"}
    bob.sign_in()
    for browser, own, others in ((alice, "Alice", "Bob"), (bob, "Bob", "Alice")):
        shown = browser.get("/profile").text
        assert f"{own} Example" in shown
        assert f"{others} Example" not in shown
    return "each sees their own data"
