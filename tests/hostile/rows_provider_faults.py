"""The provider is away, comes back, or has another time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from admit.testing import Answer
from hostile.provider_side import AGAIN, DISCOVERY, HTML, KEYS, SILENCE, bent, failed
from hostile.registry import case, table
from hostile.rows_callback import callback
from hostile.wire import state_of
from hostile.world import World

NOW = 1_800_000_000
HOUR = 3600
#: Status, and what the code says where it is not the error itself.
ERRORS = {
    "access_denied": (403, "denied"),
    "login_required": (400, ""),
    "interaction_required": (400, ""),
    "consent_required": (400, "interaction_required"),
    "invalid_request": (502, ""),
    "unauthorized_client": (502, ""),
    "invalid_scope": (502, ""),
    "unsupported_response_type": (502, "unsupported_response"),
    "temporarily_unavailable": (503, ""),
    "server_error": (502, ""),
}
PAGE = Answer(status=503, body="<h1>Maintenance</h1>", headers={"content-type": "text/html"})


@table(
    {
        "FLT-01": ("metadata: 503", [("provider.unavailable", 503, Answer(status=503))]),
        "FLT-02": (
            "metadata: a page about maintenance, with 503 or with 200",
            [("discovery.malformed", 502, HTML), ("provider.unavailable", 503, PAGE)],
        ),
        "FLT-03": (
            "metadata: cut off",
            [("provider.broken_answer", 502, Answer(cut_after=40))],
        ),
        "FLT-04": (
            "metadata: the connection is reset",
            [("provider.unreachable", 503, Answer(reset=True))],
        ),
    }
)
def no_metadata(world: World, ways: list[tuple[str, int, Answer]]) -> str:
    for code, status, answer in ways:
        world.serve()
        assert world.browser().get("/").status == 200, "the application has started"
        outcome = failed(world, code, status, discovery=answer)
        assert world.browser().get("/").status == 200
    return outcome


@case("FLT-05", "metadata: 60 s of nothing")
def silent_metadata(world: World) -> str:
    world.serve(ADMIT_HTTP_TIMEOUT="1")
    outcome = failed(world, "provider.timeout", 504, discovery=Answer(delay=SILENCE))
    browser = world.browser()
    # Who comes next does not wait for it once more.
    answer = browser.get("/signin")
    world.failed(answer, "provider.timeout", answer.status)
    assert world.provider.requests[DISCOVERY] == 1
    return f"{outcome} after the timeout; at once for the next"


@case("FLT-08", "the provider is down, then up")
def comes_back(world: World) -> str:
    now = NOW
    world.provider.now = lambda: now
    world.provider.answers[DISCOVERY] = Answer(status=503)
    world.serve(clock=lambda: now)
    browser = world.browser()
    world.failed(browser.get("/signin"), "provider.unavailable")
    world.provider.answers.clear()
    while (answer := browser.get("/signin")).status != 303:
        now += int(answer.header("Retry-After"))
        assert now - NOW < 35
    outcome = world.signed_in(browser, browser.get(browser.authorize(answer.location)))
    return f"{outcome} after {now - NOW} s, without a restart"


@table(
    {
        "FLT-09": ("metadata and keys are down, and somebody has a session", "session"),
        "FLT-10": ("metadata and keys are down, and were known", "knowledge"),
    }
)
def survives(world: World, what: str) -> str:
    now = NOW
    world.provider.now = lambda: now
    world.serve(clock=lambda: now)
    browser = world.browser()
    world.signed_in(browser, browser.sign_in())
    world.provider.answers |= {path: Answer(status=503) for path in (DISCOVERY, KEYS)}
    for later in (60, 1800, 2 * HOUR):
        now = NOW + later
        if what == "session":
            assert browser.is_signed_in() == (later < 2 * HOUR), "by its own idle time"
        else:
            other = world.browser()
            outcome = world.signed_in(other, other.sign_in())
    return "it lives" if what == "session" else outcome


def clock(seconds: int) -> Callable[[], int]:
    return lambda: int(time.time()) + seconds


@table(
    {
        "FLT-11": ("the provider's clock is 30 s ahead", 30),
        "FLT-12": ("the provider's clock is 30 s behind", -30),
    }
)
def near_clock(world: World, seconds: int) -> str:
    world.provider.now = clock(seconds)
    browser = world.browser()
    outcome = world.signed_in(browser, browser.sign_in())
    # Also where the token lives no longer than the clocks differ.
    short = {"exp": int(time.time()) + seconds + 5}
    other = world.browser()
    world.signed_in(other, bent(world, other, claims=short))
    return outcome


@table(
    {
        "FLT-13": ("the provider's clock is 2 h ahead", (2 * HOUR, "id_token.iat_in_future")),
        "FLT-14": ("the provider's clock is 2 h behind", (-2 * HOUR, "id_token.expired")),
    }
)
def far_clock(world: World, way: tuple[int, str]) -> str:
    seconds, code = way
    world.provider.now = clock(seconds)
    browser = world.browser()
    answer = browser.sign_in()
    outcome = world.refused(answer, code)
    event = world.watch.event_of(answer)
    assert event.name == "signin.refused"
    assert "clock" in str(event.fields), "the operator reads that it is a clock"
    assert not browser.is_signed_in()
    return outcome


@case("FLT-19", "every error of the authorization endpoint, and then a sign-in")
def every_refusal(world: World) -> str:
    browser = world.browser()
    for error, (status, name) in ERRORS.items():
        state = state_of(browser.begin(AGAIN))
        answer = browser.get(callback(error=error, state=state))
        event = world.watch.event_of(answer)
        seen = (answer.status, event.fields["code"], event.name)
        assert seen == (status, f"authorization.{name or error}", _event(error)), error
        assert not browser.is_signed_in()
        assert error not in answer.text, "plain words are shown"
        assert world.redeemed() == 0
        world.signed_in(other := world.browser(), other.sign_in())
        world.provider.requests.clear()
    return f"a clear page for each of {len(ERRORS)}; " + world.signed_in(browser, browser.sign_in())


def _event(error: str) -> str:
    away = {"server_error", "temporarily_unavailable"}
    return "provider.unavailable" if error in away else "signin.denied"


@case("FLT-x1", "everything fails in turn, and then nothing")
def in_turn(world: World) -> str:
    world.serve(ADMIT_USERINFO="always", ADMIT_HTTP_TIMEOUT="1")
    browser = world.browser()
    world.signed_in(browser, browser.sign_in())
    faults: list[dict[str, Any]] = [
        {"token": Answer(status=500)},
        {"token": Answer(reset=True)},
        {"token": Answer(body="null")},
        {"userinfo_answer": Answer(cut_after=3)},
        {"header": {"kid": "key-9"}, "keys": Answer(reset=True)},
        {"claims": {"nonce": "other"}, "token": Answer(headers={"connection": "close"})},
        {"token": Answer(headers={"set-cookie": "a=b", "location": "https://evil.example"})},
    ]
    seen = []
    for bend in faults:
        other = world.browser()
        seen.append(bent(world, other, **bend).status)
        assert browser.is_signed_in()
    assert seen == [503, 503, 502, 502, 400, 400, 303]
    assert not [came for came in world.provider.received if "cookie" in came.headers]
    world.provider.bend()
    return f"{seen}, then " + world.signed_in(browser, browser.sign_in(AGAIN))
