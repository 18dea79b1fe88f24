"""What the token endpoint's answer holds: members that are missing, odd or large."""

from __future__ import annotations

from datetime import UTC, datetime
from time import time
from typing import Any

from admit.testing import Answer
from hostile.provider_side import USERINFO, bent, refused
from hostile.registry import case, table
from hostile.world import World

#: In place of a member that is left out.
GONE = object()
#: Seconds that a token is taken to live where nobody says.
SHORT_LIFE = 300


def laid(**members: Any) -> Answer:
    """Return an answer with members laid over the honest ones; `GONE` leaves one out."""
    return Answer(
        change=lambda document: {
            name: value for name, value in {**document, **members}.items() if value is not GONE
        }
    )


@table(
    {
        "TOK-12": ("no ID Token", [GONE]),
        "TOK-13": ("the ID Token is null", [None]),
        "TOK-14": ("the ID Token is a list", [["a.b.c"], []]),
        "TOK-15": ("the ID Token is an object", [{"a": "b"}, {}]),
        "TOK-16": ("the ID Token is a number", [7, 1.5, True]),
    }
)
def no_id_token(world: World, values: Any) -> str:
    world.serve(ADMIT_USERINFO="always")
    for value in values:
        answer = laid(id_token=value)
        before = world.provider.requests[USERINFO]
        outcome = refused(world, "token.id_token_missing", token=answer)
        # Two of the honest sign-ins that stand beside it.
        assert world.provider.requests[USERINFO] == before + 2, "UserInfo in its place"
    return f"{outcome}; UserInfo is not asked"


@table(
    {
        "TOK-19": ("an unknown type of token", ("token.token_type", "token_type", ["mac", "DPoP"])),
        "TOK-x4": (
            "a type of token of another kind, or none",
            (
                "token.token_type",
                "token_type",
                [["Bearer"], 7, {}, "", "Bearer\0", "bearer ", None, GONE],
            ),
        ),
        "TOK-x5": (
            "an access token of another kind, or none",
            ("token.access_token_missing", "access_token", [["a"], 7, {}, "", True, None, GONE]),
        ),
    }
)
def wrong_type(world: World, way: tuple[str, str, Any]) -> str:
    code, name, values = way
    for value in values:
        outcome = refused(world, code, token=laid(**{name: value}))
    return f"{outcome}, each of {len(values)}"


@table(
    {
        "TOK-28": ('expires_in is "3600"', ["3600"]),
        "TOK-29": ('expires_in is "soon"', ["soon"]),
        "TOK-30": ("expires_in is -5", [-5]),
        "TOK-31": ("expires_in is 0", [0]),
        "TOK-x6": (
            "expires_in is anything: lists, true, 10^-400, digits of other scripts",
            [[], {}, True, False, 1e-400, "٣٦٠٠", "1e9", "-1", "", " 60", -1e308, [3600]],
        ),
    }
)
def odd_lifetime(world: World, values: Any) -> str:
    for store in (None, "sqlite"):
        scope = "openid profile email offline_access" if store else None
        world.serve(store=store, ADMIT_SCOPE=scope)
        for value in values:
            browser = world.browser()
            answer = bent(world, browser, token=laid(expires_in=value))
            outcome = world.signed_in(browser, answer)
            shown = browser.get("/session")
            assert shown.status == 200
            if store:
                assert browser.get("/session/userinfo").status == 200, value
                # What is no number of seconds counts as a short life: it is renewed soon.
                assert is_shown(shown.text, 3600 if value == "3600" else SHORT_LIFE), value
            # It is the session's time that ends a session, not the token's.
            assert browser.is_signed_in()
    return f"{outcome}; the token counts as one of a short life" if values != ["3600"] else outcome


def is_shown(text: str, seconds: int) -> bool:
    """Tell whether a page shows the time in so many seconds, more or less."""
    around = (datetime.fromtimestamp(time() + seconds + more, UTC) for more in range(-5, 3))
    return any(f"{moment:%H:%M:%S}" in text for moment in around)


@case("TOK-54", "200 groups, and tokens of 3 KB")
def big_claims(world: World) -> str:
    outcomes = []
    groups = [f"group-of-the-whole-company-{number}" for number in range(200)]
    for store in (None, "sqlite"):
        world.serve(store=store)
        browser = world.browser()
        answer = bent(
            world,
            browser,
            claims={"groups": groups, "at_hash": None},
            token=laid(access_token="a" * 3_000),
        )
        if answer.status == 303:
            outcomes.append(world.signed_in(browser, answer))
            assert groups[-1] in browser.get("/profile").text, "something was lost"
        else:
            outcomes.append(world.refused(answer, "session.too_large", answer.status))
    assert outcomes[1] == "signed in", "a store holds it"
    return f"in cookies {outcomes[0]}, in a store {outcomes[1]}"


@case("TOK-x17", "expires_in is 10^400, 10^30, 10^308, a fraction")
def long_lives(world: World) -> str:
    world.serve(store="sqlite", ADMIT_SCOPE="openid offline_access")
    for value in (10**400, 10**30, 1e308, 0.5, 1.5):
        browser = world.browser()
        outcome = world.signed_in(browser, bent(world, browser, token=laid(expires_in=value)))
        assert browser.get("/session").status == 200
        assert browser.get("/session/userinfo").status == 200
    return f"{outcome}, for the session's own time"
