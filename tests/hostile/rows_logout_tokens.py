"""Logout tokens that are honest, and those with one thing wrong."""

from __future__ import annotations

from typing import Any

from admit.testing import Answer as Reply
from admit.testing.signing import compact, public_jwk
from hostile.calls import BACK, EVENT, alive, done, post, post_token, refused, unavailable, user
from hostile.registry import case, table
from hostile.wire import Answer, exchange
from hostile.world import CLIENT_SECRET, World

EVIL = "https://evil.example"
DAY, HOUR = 86_400, 3600
#: Of nobody: no provider publishes it.
STRANGER = 9
Claims = dict[str, Any]
#: The code, and what is otherwise than in an honest token.
Way = tuple[str, dict[str, Any]]


def three(world: World) -> list[Any]:
    """Return two sessions of one user, and one of another."""
    world.serve(store="sqlite")
    return [user(world, "s1"), user(world, "s2"), user(world, "s3", sub="00u2")]


HONEST: dict[str, tuple[str, Claims]] = {
    "BCL-01": ("honest: sid and sub", {"sid": "s1", "sub": "00u1"}),
    "BCL-02": ("honest: sid alone", {"sid": "s1"}),
    "BCL-03": ("honest: sub alone", {"sub": "00u1"}),
    "BCL-04": ("honest: aud is a list", {"sid": "s1", "aud": ["client"]}),
    "BCL-05": ("honest: no exp", {"sid": "s1", "exp": None}),
}


@table(HONEST)
def honest(world: World, claims: Claims) -> str:
    browsers = three(world)
    ended = 1 if "sid" in claims else 2
    answer = post_token(world, world.provider.logout_token(**claims))
    assert alive(*browsers) == [False, ended == 1, True]
    (event,) = world.watch.events("logout.backchannel")
    assert ("session" in event.fields) == (ended == 1)
    return done(world, answer, ended)


@case("BCL-06", "typ is absent, JWT, or in capitals")
def types(world: World) -> str:
    world.serve(store="sqlite")
    for number, typ in enumerate(
        (None, "JWT", "logout+jwt", "LOGOUT+JWT", "application/logout+jwt")
    ):
        browser = user(world, f"s{number}")
        raw = signed(world, header={"typ": typ}, sid=f"s{number}")
        done(world, post_token(world, raw), 1)
        assert not browser.is_signed_in(), typ
    return "accepted"


@table(
    {
        "BCL-07": ("sub ends all sessions of the user", ({"sub": "00u1"}, [False, False, True], 2)),
        "BCL-08": ("sid ends one session", ({"sid": "s2"}, [True, False, True], 1)),
    }
)
def exactly_those(world: World, way: tuple[dict[str, str], list[bool], int]) -> str:
    claims, expected, count = way
    browsers = three(world)
    answer = post_token(world, world.provider.logout_token(**claims))
    assert alive(*browsers) == expected
    # They are not locked out: whoever signs in again is signed in.
    assert user(world, "s4").is_signed_in()
    return done(world, answer, count)


def signed(
    world: World,
    header: dict[str, Any] | None = None,
    *,
    key: int = 0,
    alg: str = "RS256",
    **claims: Any,
) -> str:
    """Return a logout token with a header that may be anything; a value of None leaves out."""
    provider, now = world.provider, world.provider.now()
    said = {"alg": alg, "kid": "key-0", "typ": "logout+jwt", **(header or {})}
    content = {
        "iss": provider.issuer,
        "aud": provider.client_id,
        "iat": now,
        "exp": now + 120,
        "jti": f"jti-{next(provider._numbers)}",
        "events": {EVENT: {}},
        **claims,
    }
    kept = [{n: v for n, v in members.items() if v is not None} for members in (said, content)]
    raw = compact(kept[0], kept[1], key=key, alg=alg, secret=CLIENT_SECRET)
    world.watch.secrets.add(raw)
    return raw


def kept(world: World, raw: str, code: str) -> str:
    """Check that a token is refused and that nobody was signed out by it."""
    browser = user(world)
    outcome = refused(world, post_token(world, raw), code)
    assert browser.is_signed_in()
    assert not world.watch.events("logout.backchannel")
    # The same user's honest token still counts: nothing was spent, and nothing is blocked.
    done(world, post_token(world, world.provider.logout_token(sid="s1")), 1)
    return outcome


WRONG: dict[str, tuple[str, Way]] = {
    "BCL-10": ("alg none", ("logout_token.alg", {"alg": "none"})),
    "BCL-12": (
        "a stranger's signature under a known kid",
        ("logout_token.signature", {"key": STRANGER}),
    ),
    "BCL-13": (
        "a stranger's key in the header",
        ("logout_token.signature", {"key": STRANGER, "header": {"jwk": public_jwk(STRANGER)}}),
    ),
    "BCL-14": ("iss of another", ("logout_token.iss_mismatch", {"iss": EVIL})),
    "BCL-15": ("aud of another", ("logout_token.aud_mismatch", {"aud": "another-client"})),
    "BCL-16": ("no aud", ("logout_token.aud_mismatch", {"aud": None})),
    "BCL-17": ("no events", ("logout_token.event_missing", {"events": None})),
    "BCL-18": (
        "other events",
        ("logout_token.event_missing", {"events": {f"{EVENT}-other": {}}}),
    ),
    "BCL-21": ("a nonce is in it", ("logout_token.nonce_present", {"nonce": "n" * 43})),
    "BCL-22": ("neither sub nor sid", ("logout_token.subject_missing", {"sid": None})),
    "BCL-23": ("no jti", ("logout_token.jti_invalid", {"jti": None})),
    "BCL-25": ("expired", ("logout_token.expired", {"exp": 1})),
    "BCL-26": ("from 1970", ("logout_token.iat_too_old", {"iat": 1, "exp": 8_600_000_000})),
    "BCL-27": (
        "from 2242",
        ("logout_token.iat_in_future", {"iat": 8_600_000_000, "exp": 8_600_000_120}),
    ),
}


@table(WRONG)
def one_thing_wrong(world: World, way: Way) -> str:
    code, token = way
    world.serve(store="sqlite")
    return kept(world, signed(world, **{"sid": "s1", **token}), code)


@table(
    {
        "BCL-29": ("an ID Token is posted", ("id_token", "logout_token.event_missing")),
        "BCL-30": ("an access token is posted", ("access_token", "logout_token.typ")),
    }
)
def another_token(world: World, way: tuple[str, str]) -> str:
    kind, code = way
    world.serve(store="sqlite")
    provider, now = world.provider, world.provider.now()
    claims = {"iss": provider.issuer, "aud": provider.client_id, "iat": now, "exp": now + 300}
    claims |= {"sub": "00u1", "sid": "s1", "jti": "jti-of-another-token"}
    typ = {"typ": "at+jwt"} if kind == "access_token" else {}
    return kept(world, provider.sign(claims, **typ), code)


@table(
    {
        "BCL-31": (
            "garbage",
            [b"logout_token=garbage", b"logout_token=a.b.c", b"\xff\xfe\x00%ff", b"{}"],
        ),
        "BCL-32": ("nothing", [b"", b"logout_token=", b"other=1"]),
    }
)
def garbage(world: World, bodies: list[bytes]) -> str:
    world.serve(store="sqlite")
    browser = user(world)
    for body in bodies:
        outcome = refused(world, post(world, BACK, body=body), "logout_token.malformed")
    assert browser.is_signed_in()
    return outcome


@case("BCL-40", "the same token after a new sign-in")
def replay(world: World) -> str:
    world.serve(store="sqlite")
    browser = user(world)
    token = world.provider.logout_token(sub="00u1", sid="s1")
    done(world, post_token(world, token), 1)
    assert not browser.is_signed_in()
    again = user(world, "s1b")
    outcome = refused(world, post_token(world, token), "logout_token.replayed")
    assert again.is_signed_in()
    return outcome


@table(
    {"BCL-41": ("the token comes by GET", "GET"), "BCL-42": ("the token is in the query", "POST")}
)
def wrong_place(world: World, method: str) -> str:
    world.serve(store="sqlite")
    browser = user(world)
    token = world.provider.logout_token(sid="s1")
    url = f"{world.site.url}{BACK}?logout_token={token}"
    answer: Answer = exchange(url, method, headers={})
    assert answer.status in {400, 405}
    assert browser.is_signed_in()
    assert not world.watch.events("logout.backchannel")
    # The token is good still, where it belongs.
    done(world, post_token(world, token), 1)
    return f"{answer.status}, the session is kept"


@case("BCL-48", "the keys cannot be had")
def no_keys(world: World) -> str:
    site = world.serve(store="sqlite")
    browser = user(world)
    # A process that has not seen them yet.
    again = world.serve(store=world.sessions_of(site))
    world.provider.answers["/v1/keys"] = Reply(status=503)
    token = world.provider.logout_token(sid="s1")
    outcome = unavailable(world, post_token(world, token, again), "provider.unavailable")
    assert browser.is_signed_in()
    del world.provider.answers["/v1/keys"]
    done(world, post_token(world, token, site), 1)
    assert not browser.is_signed_in()
    return f"{outcome}, and the provider's next try ends the session"
