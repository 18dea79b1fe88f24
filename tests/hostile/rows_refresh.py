"""Refreshes: one for each expiry, checked as a sign-in is, and no end of a session by an outage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from admit.testing import Answer as Reply
from hostile.browser import Browser
from hostile.refreshing import asked, asked_at_once, refreshes, served, stale, token_shown_to
from hostile.registry import case, table
from hostile.storage import forget_names
from hostile.wire import Answer
from hostile.world import World
from stores.conftest import wait_until

EVIL = "https://evil.example"
#: The code, the claims of the refreshed ID Token, and whether the session ends.
Way = tuple[str, dict[str, Any], bool]


def renewed(world: World, browser: Browser) -> str:
    """Check that the page is shown, with a token that is new, after one refresh."""
    answer = asked(browser)
    assert answer.status == 200, f"{answer.status} {answer.page.text}"
    assert refreshes(world) == 1
    assert world.watch.events("refresh.ok")
    tokens = [secret for secret in world.provider.secrets if secret.startswith("access-")]
    assert token_shown_to(world) == tokens[-1]
    return "200, one refresh, the new token is used"


@case("RFR-01", "an honest refresh")
def honest(world: World) -> str:
    served(world)
    (browser,) = stale(world)
    outcome = renewed(world, browser)
    assert asked(browser).status == 200
    assert refreshes(world) == 1, "it lives an hour"
    return outcome


@table(
    {
        "RFR-02": ("the refresh token is rotated", True),
        "RFR-20": ("the provider keeps the refresh token", False),
    }
)
def kept(world: World, rotates: bool) -> str:
    world.provider.rotates = rotates
    served(world)
    (browser,) = stale(world)
    world.provider.seconds = 1
    outcome = renewed(world, browser)
    # The second one needs what the first one left.
    stale(world, 0)
    assert asked(browser).status == 200
    assert refreshes(world) == 2
    brought = [came.form.get("refresh_token") for came in world.provider.received]
    brought = [token for token in brought if token]
    assert len(set(brought)) == (2 if rotates else 1)
    return f"{outcome}; the {'new' if rotates else 'old'} refresh token is kept"


@case("RFR-03", "eight requests at once")
def at_once(world: World) -> str:
    served(world, ADMIT_HTTP_TIMEOUT="5")
    world.provider.bend(refresh=Reply(delay=0.4))
    (browser,) = stale(world)
    answers = asked_at_once(browser, 8)
    assert [answer.status for answer in answers] == [200] * 8
    assert refreshes(world) == 1
    assert len(world.watch.events("refresh.ok")) == 1
    shown = {came.bearer for came in world.provider.received if came.path == "/v1/userinfo"}
    assert len(shown) == 1
    return "exactly one refresh, all eight are shown the page"


def sent_to_sign_in(world: World, answer: Answer) -> bool:
    """Tell whether a page sent its browser to sign in, here or at the provider at once."""
    starts = (f"{world.site.url}/signin?", f"{world.provider.issuer}/v1/authorize?")
    return answer.status == 303 and answer.location.startswith(starts)


def not_renewed(world: World, answer: Answer, code: str) -> None:
    """Check that what the provider gave was refused, is used by nobody, and is tried no more."""
    (event,) = world.watch.events("refresh.refused")
    assert event.fields["code"] == code, event
    assert sent_to_sign_in(world, answer)
    shown = {came.bearer for came in world.provider.received if came.path == "/v1/userinfo"}
    assert not shown
    assert not world.watch.events("refresh.ok")
    assert refreshes(world) == 1


ID_TOKENS: dict[str, tuple[str, Way]] = {
    "RFR-04": ("sub of another", ("refresh.sub_mismatch", {"sub": "00u2"}, True)),
    "RFR-05": ("iss of another", ("refresh.iss_mismatch", {"iss": EVIL}, True)),
    "RFR-06": ("aud of another", ("id_token.aud_mismatch", {"aud": "another"}, False)),
    "RFR-07": ("another nonce", ("refresh.nonce_mismatch", {"nonce": "n" * 43}, False)),
    "RFR-08": ("no sub", ("refresh.sub_mismatch", {"sub": None}, True)),
}


@table(ID_TOKENS)
def wrong_id_token(world: World, way: Way) -> str:
    code, claims, ends = way
    served(world)
    world.provider.bend(refreshed=claims)
    (browser,) = stale(world)
    answer = asked(browser)
    not_renewed(world, answer, code)
    assert browser.is_signed_in() != ends
    assert bool(world.watch.events("session.ended")) == ends
    if ends:
        # They are another user's: nobody here is to use them.
        wait_until(lambda: bool(world.provider.revoked))
    return f"refused {code}, {'the session ends' if ends else 'its token is used by nobody'}"


@case("RFR-09", "an ID Token that is over")
def expired(world: World) -> str:
    served(world)
    world.provider.bend(refreshed={"exp": 1})
    (browser,) = stale(world)
    answer = asked(browser)
    # This host's clock may be wrong, or the provider's: nothing is used, and nobody signed out.
    (event,) = world.watch.events("refresh.failed")
    assert event.fields["code"] == "id_token.expired"
    outcome = world.failed(answer, "provider.unavailable")
    assert not world.watch.events("refresh.ok", "session.ended")
    assert not world.provider.requests["/v1/userinfo"]
    assert browser.is_signed_in()
    return f"{outcome}: refused as id_token.expired, used by nobody"


@table({"RFR-10": ("invalid_grant", 1), "RFR-19": ("a dead refresh token, at the next page", 3)})
def invalid_grant(world: World, pages: int) -> str:
    served(world)
    (browser,) = stale(world)
    world.provider._grants.clear()
    answer = asked(browser)
    not_renewed(world, answer, "refresh.invalid_grant")
    assert not browser.is_signed_in()
    for _ in range(pages):
        again = asked(browser)
        assert sent_to_sign_in(world, again)
    assert refreshes(world) == 1, "a dead one is not brought again"
    # No loop: signing in works, and the page is shown.
    browser.sign_in("/session/userinfo")
    assert asked(browser).status == 200
    return "sent to sign in, which works; one refresh, no loop"


def outage(world: World, browser: Browser, answer: Answer, mend: Callable[[], object]) -> str:
    """Check that the session lives through it, and its refresh token too."""
    code = str(world.watch.events("refresh.failed")[0].fields["code"])
    assert code.startswith("provider.")
    outcome = world.failed(answer, code, 503)
    assert answer.header("Retry-After")
    assert browser.is_signed_in()
    before = refreshes(world)
    assert before == 1, "a refresh is tried once"
    # For a few seconds nobody asks again, however many pages there are.
    assert {a.status for a in asked_at_once(browser, 4)} == {503}
    assert refreshes(world) == before
    mend()
    forget_names(world.sessions_of(world.site), b"refresh failed")
    assert asked(browser).status == 200
    assert not world.watch.events("session.ended", "refresh.refused")
    return f"{outcome}; the session lives on, and its refresh token"


@case("RFR-11", "the provider answers 500")
def server_error(world: World) -> str:
    served(world)
    (browser,) = stale(world)
    world.provider.answers["/v1/token"] = Reply(status=500)
    return outage(world, browser, asked(browser), world.provider.answers.clear)


@case("RFR-23", "a provider that is silent, with the settings of everybody")
def silent(world: World) -> str:
    served(world, ADMIT_HTTP_TIMEOUT=None)
    (browser,) = stale(world)
    world.provider.answers["/v1/token"] = Reply(delay=60, body={})
    answer = asked(browser)
    assert answer.seconds <= 20
    return f"{outage(world, browser, answer, world.provider.answers.clear)}, {answer.seconds:.1f} s"


@case("RFR-24", "an ID Token without a nonce")
def without_nonce(world: World) -> str:
    served(world)
    world.provider.bend(refreshed={"nonce": None})
    (browser,) = stale(world)
    return renewed(world, browser)
