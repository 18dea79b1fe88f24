"""Sign-out in this browser."""

from __future__ import annotations

from admit.testing import Answer as Reply
from hostile.browser import Browser
from hostile.registry import case
from hostile.wire import Answer, exchange, parameters_of
from hostile.world import World

EVIL = "https://evil.example"
DISCOVERY = "/.well-known/openid-configuration"


def signed_in(world: World) -> Browser:
    browser = world.browser()
    assert browser.sign_in().status == 303
    return browser


def asked_of_the_provider(world: World, answer: Answer) -> tuple[str, dict[str, str]]:
    """Return where the provider's session ends, and with which parameters."""
    if answer.location:
        return answer.location.partition("?")[0], parameters_of(answer.location)
    return answer.page.form("Continue")


@case("OUT-01", "sign-out by an image of another site")
def by_image(world: World) -> str:
    browser = signed_in(world)
    for dest, mode in (("image", "no-cors"), ("iframe", "navigate"), ("document", "navigate")):
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
        answer = browser.get("/signout", headers)
        assert answer.status < 500
        assert browser.is_signed_in(), dest
    assert not world.watch.events("logout.local")
    return "the session is kept: a GET only asks"


@case("OUT-02", "sign-out by a form of another site")
def by_foreign_form(world: World) -> str:
    world.serve(store="sqlite")
    browser, elsewhere = signed_in(world), signed_in(world)
    form = {"token": "a-token-that-was-made-up", "everywhere": "yes"}
    for headers, status in (
        ({"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": EVIL, "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": browser.url, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": EVIL, "Sec-Fetch-Site": ""}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": ""}, 200),
        ({"Origin": "", "Sec-Fetch-Site": ""}, 200),
    ):
        before = len(world.watch.events("logout.refused"))
        answer = browser.post("/signout", form, headers)
        assert answer.status == status, headers
        assert browser.is_signed_in(), headers
        assert len(world.watch.events("logout.refused")) == before + (status == 403)
    # The proof of another session is none.
    other = signed_in(world)
    _, fields = other.get("/").page.form("Sign out")
    answer = browser.post("/signout", fields, {"Origin": "", "Sec-Fetch-Site": ""})
    assert answer.status == 200
    assert browser.is_signed_in()
    assert elsewhere.is_signed_in()
    assert not world.watch.events("logout.local", "session.ended")
    return "403, the session is kept; without any sign of its origin a page asks"


@case("OUT-03", "does the provider's session stay?")
def provider_session(world: World) -> str:
    for method in ("get", "post"):
        world.serve(ADMIT_END_SESSION_METHOD=method)
        browser = signed_in(world)
        answer = browser.post("/signout")
        url, fields = asked_of_the_provider(world, answer)
        assert url == f"{world.provider.issuer}/v1/logout"
        assert fields["id_token_hint"].count(".") == 2
        assert fields["post_logout_redirect_uri"] == browser.url
        # And the way back.
        back = exchange(f"{url}?state={fields['state']}&post_logout_redirect_uri={browser.url}/")
        browser.get(back.location)
        assert world.watch.events("logout.returned")[-1].fields["state"] == "ok"
    return "end_session_endpoint with id_token_hint and state, by GET and by POST"


@case("OUT-04", "the provider is down")
def provider_down(world: World) -> str:
    site = world.site
    known, unknown = signed_in(world), signed_in(world)
    world.provider.answers |= {
        path: Reply(status=503) for path in (DISCOVERY, "/v1/keys", "/v1/token", "/v1/logout")
    }
    known.post("/signout")
    assert not known.is_signed_in()
    # A process that has never seen the metadata.
    site.stop()
    world.serve(port=int(site.url.rpartition(":")[2]))
    assert unknown.is_signed_in()
    answer = unknown.post("/signout")
    assert (answer.status, answer.location) == (303, f"{site.url}/")
    assert not unknown.is_signed_in()
    (event,) = world.watch.events("provider.unavailable")
    assert event.fields["at"] == "sign-out"
    assert len(world.watch.events("logout.local")) == 2
    return "the local session ends, and the log says why the provider's did not"


@case("OUT-05", "sign out twice")
def twice(world: World) -> str:
    browser = signed_in(world)
    browser.post("/signout")
    answer = browser.post("/signout")
    assert (answer.status, answer.location) == (303, f"{browser.url}/")
    assert len(world.watch.events("logout.local")) == 1
    return "a clean redirect"


@case("OUT-06", "sign out without ever having signed in")
def never_signed_in(world: World) -> str:
    browser = world.browser()
    for answer in (browser.get("/signout"), browser.post("/signout")):
        assert (answer.status, answer.location) == (303, f"{browser.url}/")
    assert not world.watch.events("logout.local")
    return "a clean redirect"


@case("OUT-07", "may a cache keep the answer?")
def cached(world: World) -> str:
    for method in ("get", "post"):
        world.serve(ADMIT_END_SESSION_METHOD=method)
        browser = signed_in(world)
        answers = [browser.get("/signout"), browser.post("/signout"), browser.post("/signout")]
        assert [a.header("Cache-Control") for a in answers] == ["no-store"] * 3
    return "no-store"


@case("OUT-11", "do others stay signed in?")
def others(world: World) -> str:
    for store in (None, "sqlite"):
        world.serve(store=store)
        alice, elsewhere = signed_in(world), signed_in(world)
        world.provider.user = {"sub": "00u2", "name": "Bob Example"}
        bob = signed_in(world)
        alice.post("/signout")
        assert not alice.is_signed_in()
        assert elsewhere.is_signed_in()
        assert bob.is_signed_in()
    return "the others are not touched"


@case("OUT-12", "does the state of sign-out repeat?")
def states(world: World) -> str:
    seen = []
    for _ in range(3):
        _, fields = asked_of_the_provider(world, signed_in(world).post("/signout"))
        seen.append(fields["state"])
    assert len(set(seen)) == 3
    assert min(map(len, seen)) >= 22
    return "fresh each time"
