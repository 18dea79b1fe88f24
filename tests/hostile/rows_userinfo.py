"""UserInfo: another user's, broken, away. It only ever adds to the ID Token."""

from __future__ import annotations

from typing import Any

from admit.testing import Answer
from hostile.provider_side import HTML, SILENCE, USERINFO, failed, refused, trap
from hostile.registry import case, table
from hostile.world import World

AT_MOST = 25


def served(world: World, **environ: Any) -> None:
    world.serve(ADMIT_USERINFO="always", **environ)


@table(
    {
        "UIN-01": (
            "UserInfo of another sub",
            [{"userinfo": {"sub": "00u2", "name": "Mallory"}}],
        ),
        "UIN-02": ("UserInfo without sub", [{"userinfo": {"sub": None, "name": "Mallory"}}]),
        "UIN-x1": (
            "a sub in UserInfo that is like the right one",
            [
                {"userinfo": {"sub": value, "name": "Mallory"}}
                for value in (["00u1"], {"00u1": 1}, "00U1", "00u1 ", "00u1\0", "", True, 1)
            ],
        ),
    }
)
def other_sub(world: World, ways: Any) -> str:
    served(world)
    for bend in ways:
        outcome = refused(world, "userinfo.sub_mismatch", **bend)
    assert not [a for a in world.watch.answers if "Mallory" in a.text]
    return f"{outcome}; never another identity"


@table(
    {
        "UIN-06": ("status 500", ("provider.unavailable", 503, Answer(status=500))),
        "UIN-07": ("status 401", ("userinfo.refused", 502, Answer(status=401))),
        "UIN-08": ("a page with 200", ("userinfo.malformed", 502, HTML)),
        "UIN-09": ("a list", ("userinfo.malformed", 502, Answer(body=[{"sub": "00u1"}]))),
        "UIN-10": ("nothing", ("userinfo.malformed", 502, Answer(body=""))),
        "UIN-11": ("null", ("userinfo.malformed", 502, Answer(body="null"))),
        "UIN-12": ("the connection is reset", ("provider.unreachable", 503, Answer(reset=True))),
        "UIN-13": (
            "nested deeply",
            ("userinfo.malformed", 502, Answer(body='{"sub":"00u1","a":' + "[" * 30_000)),
        ),
        "UIN-x2": (
            "sub twice, the right one last",
            ("userinfo.malformed", 502, Answer(body='{"sub": "00u2", "sub": "00u1"}')),
        ),
    }
)
def broken(world: World, way: tuple[str, int, Answer]) -> str:
    code, status, answer = way
    served(world)
    return failed(world, code, status, userinfo_answer=answer)


@case("UIN-17", "a redirect that carries the access token away")
def redirected(world: World) -> str:
    served(world)
    with trap() as url:
        for status in (302, 307, 308):
            away = Answer(status=status, redirect=f"{url}/userinfo")
            outcome = failed(world, "userinfo.refused", userinfo_answer=away)
    return f"{outcome}; not followed"


@case("UIN-18", "60 s of nothing")
def silent(world: World) -> str:
    served(world, ADMIT_HTTP_TIMEOUT="1")
    outcome = failed(world, "provider.timeout", 504, userinfo_answer=Answer(delay=SILENCE))
    assert max(answer.seconds for answer in world.watch.answers) < AT_MOST
    assert world.provider.requests[USERINFO] == 1
    return f"{outcome} after the timeout"


@case("UIN-x3", "claims about the sign-in itself in UserInfo: iss, aud, nonce, auth_time")
def protocol_claims(world: World) -> str:
    served(world)
    evil = {"iss": "https://evil.example", "aud": "evil", "auth_time": 1, "nonce": "evil", "exp": 1}
    world.provider.bend(userinfo={**evil, "nickname": "Alice of UserInfo"})
    browser = world.browser()
    outcome = world.signed_in(browser, browser.sign_in())
    shown = browser.get("/profile").text
    assert "Alice of UserInfo" in shown
    assert "evil" not in shown
    return f"{outcome}; they come from the ID Token alone"


@case("UIN-x4", "UserInfo as a token: unsigned, a stranger's, for another client, in five parts")
def as_token(world: World) -> str:
    served(world)
    provider = world.provider
    claims = {"sub": "00u1", "iss": provider.issuer, "aud": provider.client_id}
    honest = provider.sign(claims)
    first, second, _ = honest.split(".")
    ways = {
        "userinfo.signature": f"{first}.{second}.",
        "userinfo.alg": provider.sign(claims, alg="none"),
        "userinfo.party_mismatch": provider.sign({**claims, "aud": "another"}),
        "userinfo.encrypted": "a.b.c.d.e",
        "userinfo.malformed": "word",
        "userinfo.sub_mismatch": provider.sign({**claims, "sub": "00u2"}),
        "userinfo.unknown_key": provider.sign(claims, kid="other"),
    }
    for code, raw in ways.items():
        answer = Answer(body=raw, headers={"content-type": "application/jwt"})
        if code == "userinfo.malformed":
            failed(world, code, userinfo_answer=answer)
            continue
        outcome = refused(world, code, userinfo_answer=answer)
    return f"{outcome.rpartition(' ')[0]}, each of {len(ways)} by its own reason"
