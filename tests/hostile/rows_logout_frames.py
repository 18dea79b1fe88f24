"""Front-channel logout, and logout tokens whose store fails."""

from __future__ import annotations

from urllib.parse import urlencode

from hostile.calls import FRONT, alive, done, post, post_token, refused, unavailable, user
from hostile.registry import case, table
from hostile.storage import failing, locked
from hostile.wire import Answer, exchange
from hostile.world import World

EVIL = "https://evil.example"
#: What a logout token makes the store write: a mark, the end of a session, the token's name.
WRITES = {
    ("INSERT", "admit_names WHEN NEW.kind = 1"),
    ("DELETE", "admit_sessions"),
    ("DELETE", "admit_labels"),
    ("INSERT", "admit_names WHEN NEW.kind = 2"),
}


def framed(world: World, **query: str) -> Answer:
    """Open the page as a frame at the provider does: across sites, without cookies."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}
    return exchange(f"{world.site.url}{FRONT}?{urlencode(query)}", headers=headers)


def frame_refused(world: World, answer: Answer, code: str) -> str:
    """Check that the page in the frame says no, and shows nothing of what was sent."""
    event = world.watch.events("logout.refused")[-1]
    assert (answer.status, event.fields["code"]) == (400, code), answer.text
    assert event.fields["channel"] == "frontchannel"
    assert answer.header("Cache-Control") == "no-store"
    assert "evil" not in answer.text
    return f"400 {code}, the session is kept"


@case("FCL-01", "honest front-channel logout")
def honest_frame(world: World) -> str:
    world.serve(store="sqlite")
    first, second = user(world, "s1"), user(world, "s2")
    answer = framed(world, iss=world.provider.issuer, sid="s1")
    assert answer.status == 200
    assert alive(first, second) == [False, True]
    assert answer.header("Cache-Control") == "no-store"
    (event,) = world.watch.events("logout.frontchannel")
    assert event.fields["count"] == 1
    return "the session of that sid ends; no-store"


FORCED: dict[str, tuple[str, tuple[str | None, str | None, str]]] = {
    "FCL-02": ("a bare call", (None, None, "frontchannel.iss_mismatch")),
    "FCL-03": ("iss of another", (EVIL, "s1", "frontchannel.iss_mismatch")),
}


@table(FORCED)
def forced(world: World, way: tuple[str | None, str | None, str]) -> str:
    iss, sid, code = way
    world.serve(store="sqlite")
    browser = user(world)
    query = {"iss": iss, "sid": sid}
    answer = framed(world, **{name: value for name, value in query.items() if value})
    outcome = frame_refused(world, answer, code)
    assert browser.is_signed_in()
    # The browser's own cookie proves nothing either.
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    assert exchange(f"{browser.url}{FRONT}", headers={"Cookie": cookies}).status == 400
    assert browser.is_signed_in()
    return outcome


@case("FCL-04", "sid of another session")
def another_sid(world: World) -> str:
    world.serve(store="sqlite")
    browser = user(world)
    for sid in ("s2", "S1", "s1 ", "s", "s%31"):
        framed(world, iss=world.provider.issuer, sid=sid)
    assert browser.is_signed_in()
    assert {e.fields["count"] for e in world.watch.events("logout.frontchannel")} <= {0}
    return "the session is kept, nothing ends"


@case("FCL-x1", "front-channel logout: iss and sid twice")
def frame_twice(world: World) -> str:
    world.serve(store="sqlite")
    browser = user(world)
    for pairs in (("sid", "s1"), ("iss", EVIL)):
        query = urlencode([("iss", world.provider.issuer), ("sid", "s1"), pairs])
        answer = exchange(f"{world.site.url}{FRONT}?{query}")
        outcome = frame_refused(world, answer, "frontchannel.duplicate_parameter")
    assert browser.is_signed_in()
    return outcome


@case("FCL-x2", "front-channel logout by a POST")
def frame_posted(world: World) -> str:
    world.serve(store="sqlite")
    first, second = user(world, "s1"), user(world, "s2")
    answer = post(world, FRONT, {"iss": world.provider.issuer, "sid": "s1"})
    assert answer.status == 200
    assert alive(first, second) == [False, True]
    return "that session ends, as with a GET"


@case("BCL-u1", "the store fails between jti and removal")
def store_fails_between(world: World) -> str:
    site = world.serve(store="sqlite")
    url = world.sessions_of(site)
    failed = set()
    for claims in ({"sid": "s1"}, {"sub": "00u1"}, {"sid": "s1", "sub": "00u1"}):
        for what in WRITES:
            browser, token = user(world), world.provider.logout_token(**claims)
            with failing(url, *what):
                answer = post_token(world, token)
            if answer.status != 200:
                outcome = unavailable(world, answer, "store.unavailable")
                failed.add(what)
                assert post_token(world, token).status == 200, (claims, what)
            assert not browser.is_signed_in(), (claims, what)
            refused(world, post_token(world, token), "logout_token.replayed")
    assert failed == WRITES, "each of them is part of what a logout token does"
    browser, token = user(world), world.provider.logout_token(sid="s1")
    with locked(url):
        unavailable(world, post_token(world, token), "store.unavailable")
        assert browser.is_signed_in()
    done(world, post_token(world, token), 1)
    assert not browser.is_signed_in()
    return f"{outcome}; the provider's retry ends the session"
