"""Logout tokens that the table does not have, and the rules cover all the same."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from admit.testing import Answer as Reply
from admit.testing.signing import compact
from hostile.calls import BACK, EVENT, FORM, alive, done, post, post_token, refused, user
from hostile.refreshing import OFFLINE, stale
from hostile.registry import case, table
from hostile.rows_logout_tokens import Way, kept, signed
from hostile.rows_session import copy_of
from hostile.wire import Answer
from hostile.world import CLIENT_SECRET, World
from stores.conftest import wait_until

MANY = 1 << 20
#: Seconds for which the token endpoint holds its answer back.
SLOW = 1.5


@case("BCL-x1", "the token in a multipart form")
def multipart(world: World) -> str:
    world.serve(store="sqlite")
    browser, token = user(world), world.provider.logout_token(sid="s1")
    part = f'--b\r\nContent-Disposition: form-data; name="logout_token"\r\n\r\n{token}\r\n--b--\r\n'
    answer = post(
        world, BACK, headers={"Content-Type": "multipart/form-data; boundary=b"}, body=part.encode()
    )
    # What it says is signed, whatever carries it: to obey is right, and so is to refuse.
    assert answer.status in {200, 400}
    assert answer.header("Cache-Control") == "no-store"
    assert browser.is_signed_in() == (answer.status != 200)
    return f"{answer.status}, and the session is as that says"


@case("BCL-x2", "two tokens in one body")
def two_in_one(world: World) -> str:
    world.serve(store="sqlite")
    browser = user(world)
    good, other = (world.provider.logout_token(sid=sid) for sid in ("s1", "s2"))
    for pair in ((good, other), (other, good), (good, good), (good, "")):
        answer = post(world, BACK, [("logout_token", token) for token in pair])
        outcome = refused(world, answer, "logout_token.malformed")
    assert browser.is_signed_in()
    return outcome


@table(
    {
        "BCL-x3": ("a form of 1 MB", FORM),
        "BCL-x4": ("a multipart form of 1 MB", "multipart/form-data; boundary=b"),
    }
)
def large(world: World, kind: str) -> str:
    world.serve(store="sqlite")
    browser = user(world)
    head = "logout_token="
    if kind != FORM:
        head = '--b\r\nContent-Disposition: form-data; name="logout_token"\r\n\r\n'
    body = head.encode() + b"a" * MANY + (b"" if kind == FORM else b"\r\n--b--\r\n")
    answer = post(world, BACK, headers={"Content-Type": kind}, body=body)
    assert answer.status in {400, 413}, answer.text
    assert len(answer.body) < 1000
    assert browser.is_signed_in()
    assert not world.watch.events("logout.backchannel")
    return f"{answer.status}, the session is kept"


@case("BCL-x5", "a claim twice")
def duplicate_claims(world: World) -> str:
    world.serve(store="sqlite")
    now = world.provider.now()
    claims = {
        "iss": world.provider.issuer,
        "aud": world.provider.client_id,
        "iat": now,
        "jti": "jti-of-a-claim-twice",
        "events": {EVENT: {}},
        "sub": "00u2",
    }
    text = json.dumps(claims)[:-1] + ', "sub": "00u1"}'
    header = {"alg": "RS256", "kid": "key-0", "typ": "logout+jwt"}
    raw = compact(header, text.encode(), secret=CLIENT_SECRET)
    return kept(world, raw, "logout_token.malformed")


ODD: dict[str, tuple[str, Way]] = {
    "BCL-x6": ("events is a list", ("logout_token.event_missing", {"events": [EVENT]})),
    "BCL-x7": ("the event is a list", ("logout_token.event_missing", {"events": {EVENT: []}})),
    "BCL-x8": ("iat is text", ("logout_token.iat_invalid", {"iat": "1800000000"})),
    "BCL-x15": ("HS256 by the client's secret", ("logout_token.alg", {"alg": "HS256"})),
    "BCL-x16": (
        "crit names what nobody knows",
        ("logout_token.crit", {"header": {"crit": ["x"], "x": 1}}),
    ),
    "BCL-x17": ("a sub of 300 characters", ("logout_token.sub_invalid", {"sub": "x" * 300})),
    "BCL-x18": ("a jti of 300 characters", ("logout_token.jti_invalid", {"jti": "j" * 300})),
    "BCL-x19": ("iss is a list", ("logout_token.iss_mismatch", {"iss": ["https://evil.example"]})),
    "BCL-x9": ("sid is a list", ("logout_token.sid_invalid", {"sid": ["s1"]})),
}


@table(ODD)
def odd_types(world: World, way: Way) -> str:
    code, claims = way
    world.serve(store="sqlite")
    return kept(world, signed(world, **{"sid": "s1", **claims}), code)


@case("BCL-x10", "sid of one user, sub of another")
def two_users(world: World) -> str:
    world.serve(store="sqlite")
    alice, bob = user(world, "s1"), user(world, "s2", sub="00u2")
    answer = post_token(world, world.provider.logout_token(sid="s1", sub="00u2"))
    assert alive(alice, bob) == [True, True]
    return done(world, answer, 0)


def meanwhile(world: World, ask: Callable[[], Answer], act: Callable[[], object]) -> Answer:
    """Return what *ask* is answered, where *act* comes while the token endpoint is at work."""
    answers: list[Answer] = []
    before = world.redeemed()
    thread = threading.Thread(target=lambda: answers.append(ask()))
    thread.start()
    wait_until(lambda: world.redeemed() > before or bool(answers))
    act()
    thread.join()
    return answers[0]


def carried_out(world: World, token: str, count: int) -> None:
    """Post a logout token, which ends *count* sessions."""
    done(world, post_token(world, token), count)


@case("BCL-x11", "a logout token while a callback is under way")
def during_a_callback(world: World) -> str:
    world.serve(store="sqlite", ADMIT_SCOPE=OFFLINE)
    world.provider.claims = {"sid": "s1"}
    for claims in ({"sid": "s1"}, {"sub": "00u1"}):
        browser, token = world.browser(), world.provider.logout_token(**claims)
        world.provider.bend(token=Reply(delay=SLOW))
        url = browser.to_callback()
        act = partial(carried_out, world, token, 0)
        answer = meanwhile(world, partial(browser.get, url), act)
        outcome = world.refused(answer, "session.ended_meanwhile")
        assert not browser.is_signed_in()
    assert not world.watch.events("signin.ok")
    wait_until(lambda: len(world.provider.revoked) >= 4)
    return f"{outcome}; the tokens are given back"


@case("BCL-x12", "a logout token while a refresh is under way")
def during_a_refresh(world: World) -> str:
    world.serve(store="sqlite", ADMIT_SCOPE=OFFLINE)
    for claims in ({"sid": "s1"}, {"sub": "00u1"}):
        world.provider.bend(refresh=Reply(delay=SLOW))
        world.provider.claims = {"sid": "s1"}
        (browser,), token = stale(world), world.provider.logout_token(**claims)
        page = copy_of(world, browser)
        act = partial(carried_out, world, token, 1)
        answer = meanwhile(world, partial(page.get, "/session/userinfo"), act)
        # The page wanted the token of a session that is over.
        assert answer.status in {303, 401}, answer.status
        assert not browser.is_signed_in()
    assert not world.watch.events("refresh.ok")
    wait_until(lambda: len(world.provider.revoked) >= 4)
    return f"{answer.status}, the session is over, the new tokens are given back"


@case("BCL-x13", "replay at another worker")
def another_worker(world: World) -> str:
    first = world.serve(store="sqlite")
    second = world.serve(store=world.sessions_of(first), ADMIT_BASE_URL=first.url)
    user(world, site=first)
    token = world.provider.logout_token(sub="00u1")
    done(world, post_token(world, token, first), 1)
    browser = user(world, site=first)
    outcome = refused(world, post_token(world, token, second), "logout_token.replayed")
    assert browser.is_signed_in()
    return outcome


@case("BCL-x14", "the keys were rotated meanwhile")
def rotated_keys(world: World) -> str:
    world.serve(store="sqlite")
    browser = user(world)
    world.provider.key, world.provider.published = 1, (1,)
    before = world.provider.requests["/v1/keys"]
    outcome = done(world, post_token(world, world.provider.logout_token(sid="s1")), 1)
    assert not browser.is_signed_in()
    assert world.provider.requests["/v1/keys"] == before + 1
    # Keys that nobody has do not make it ask each time.
    for number in range(20):
        header = {"kid": f"made-up-{number}"}
        refused(
            world, post_token(world, signed(world, header, sid="s1")), "logout_token.unknown_key"
        )
    fetches = world.provider.requests["/v1/keys"] - before - 1
    assert fetches <= 5, fetches
    return f"{outcome}; 20 made-up keys cost {fetches} requests"


@case("BCL-x20", "one token eight times at once, at two workers")
def at_once(world: World) -> str:
    first = world.serve(store="sqlite")
    second = world.serve(store=world.sessions_of(first), ADMIT_BASE_URL=first.url)
    browser, other = user(world, site=first), user(world, "s2", sub="00u2", site=first)
    token = world.provider.logout_token(sub="00u1")
    with ThreadPoolExecutor(8) as pool:
        ask = partial(post_token, world, token)
        statuses = {answer.status for answer in pool.map(ask, [first, second] * 4)}
    assert statuses <= {200, 400}
    assert 200 in statuses
    assert alive(browser, other) == [False, True]
    ended = [event.fields["count"] for event in world.watch.events("logout.backchannel")]
    assert sum(map(int, ended)) == 1, ended
    return "the session ends once; no error"
