"""Attempts under way, each in a cookie of its own."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from admit.attempts import LIFETIME, MOST, MOST_BYTES, MOST_LOOKED_AT, Attempts, attempt_key
from admit.model import AuthorizationRequest
from admit.ports import run_sync
from admit.sealing import Sealer, Unsealable
from admit.testing import MemoryStore
from material import NOW, REQUEST

SECRET = "secret-" * 6
PREFIX = "__Host-admit-attempt-"


def attempts_of(secret: str = SECRET) -> Attempts:
    return Attempts(Sealer((secret,), secrets.token_bytes), PREFIX, milliseconds=lambda: NOW * 1000)


def cookies_of(attempts: Attempts, count: int, size: int = 0) -> dict[str, str]:
    """Return the cookies of so many attempts, the oldest first."""
    return {
        attempts.cookie_name(f"state-{number}"): attempts.seal(
            replace(REQUEST, started_at=NOW + number, return_to="/" + "x" * size)
        )
        for number in range(count)
    }


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST,
        replace(REQUEST, silent=True, max_age=600),
        replace(REQUEST, max_age=0, acr_values=("urn:one", "urn:two"), rounds=3),
        replace(REQUEST, return_to="/\u00fc?\u2028", started_at=0),
    ],
)
def test_an_attempt_comes_back_whole(request_: AuthorizationRequest) -> None:
    assert attempts_of().open(attempts_of().seal(request_)) == replace(request_, began=NOW * 1000)


def test_nothing_of_an_attempt_is_readable() -> None:
    text = attempts_of().seal(REQUEST)
    for value in (REQUEST.state, REQUEST.nonce, REQUEST.code_verifier):
        assert value not in text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", Unsealable.MALFORMED),
        ("null", Unsealable.MALFORMED),
        ("\udcff", Unsealable.MALFORMED),
        ("x" * 60_000, Unsealable.MALFORMED),
        (attempts_of("other-" * 8).seal(REQUEST), Unsealable.UNKNOWN_KEY),
        (attempts_of().seal(REQUEST)[:-8] + "AAAAAAAA", Unsealable.CHANGED),
    ],
)
def test_what_does_not_open_says_why(text: str, why: Unsealable) -> None:
    assert attempts_of().open(text) is why


def test_a_session_cookie_is_no_attempt() -> None:
    text = Sealer((SECRET,), secrets.token_bytes).seal(b"session 1", b"[]")
    assert attempts_of().open(text) is Unsealable.CHANGED


@pytest.mark.parametrize("state", ["abc", "", "x" * 9000, "\u00e9", "\udcff", "\x00", "a;b=c\r\n"])
def test_the_name_of_a_cookie_tells_nothing_of_the_state(state: str) -> None:
    key = attempt_key(state)
    assert len(key) == 16
    assert key.isascii()
    assert set(key) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert attempts_of().cookie_name(state) == PREFIX + key


def test_an_attempt_is_used_once() -> None:
    attempts = attempts_of()
    one, another = (replace(REQUEST, state=state, began=NOW * 1000 - 70) for state in ("abc", "x"))
    assert not run_sync(attempts.is_spent("abc"))
    assert run_sync(attempts.use(one, NOW)) == (NOW * 1000, NOW * 1000 - 70)
    assert run_sync(attempts.is_spent("abc"))
    assert run_sync(attempts.use(one, NOW)) is None
    assert run_sync(attempts.use(one, NOW + LIFETIME - 1)) is None
    assert run_sync(attempts.use(another, NOW)) is not None


@pytest.mark.parametrize(("took", "since"), [(0, 0), (70, 70), (-9000, 0)])
def test_a_store_tells_all_processes_which_were_used_and_when(took: int, since: int) -> None:
    store = MemoryStore(lambda: NOW + 7)
    one, other = (
        Attempts(
            Sealer((SECRET,), secrets.token_bytes),
            "__Host-admit-",
            milliseconds=lambda: NOW * 1000,
            store=store,
        )
        for _ in range(2)
    )
    request = replace(REQUEST, state="abc", began=NOW * 1000 - took)
    at = (NOW + 7) * 1000
    assert run_sync(one.use(request, NOW)) == (at, at - since)
    assert run_sync(other.is_spent("abc"))
    assert run_sync(other.use(request, NOW)) is None
    assert not run_sync(other.is_spent("other"))


def test_only_our_cookies_are_pending() -> None:
    attempts = attempts_of()
    ours = cookies_of(attempts, 2)
    assert attempts.pending({"session": "x", **ours, "admit-attempt": "y"}) == list(ours)


@pytest.mark.parametrize("count", range(MOST))
def test_while_there_is_room_nothing_is_dropped(count: int) -> None:
    attempts = attempts_of()
    assert attempts.surplus({"foreign": "x" * 9000, **cookies_of(attempts, count)}) == []


@pytest.mark.parametrize("count", [MOST, MOST + 1, 60])
def test_the_oldest_are_dropped_so_that_one_more_fits(count: int) -> None:
    attempts = attempts_of()
    cookies = cookies_of(attempts, count)
    dropped = attempts.surplus(cookies)
    assert sorted(dropped) == sorted(list(cookies)[: count - MOST + 1])


def test_of_those_of_one_second_the_oldest_is_dropped() -> None:
    clock = iter(range(NOW * 1000, NOW * 1000 + 999))
    attempts = Attempts(
        Sealer((SECRET,), secrets.token_bytes), PREFIX, milliseconds=lambda: next(clock)
    )
    names = [f"{PREFIX}{chr(ord('z') - number)}" for number in range(MOST)]
    cookies = {name: attempts.seal(REQUEST) for name in names}
    assert attempts.surplus(dict(sorted(cookies.items()))) == names[:1]


def test_of_cookies_without_end_only_so_many_are_opened_and_dropped() -> None:
    attempts = attempts_of()
    opened = []
    attempts.open = lambda text: opened.append(text) or Unsealable.MALFORMED  # type: ignore[method-assign, func-returns-value]
    dropped = attempts.surplus({f"{PREFIX}{number}": "x" for number in range(500)})
    assert len(opened) == MOST_LOOKED_AT
    assert len(dropped) <= MOST_LOOKED_AT


def test_the_unreadable_are_dropped_first() -> None:
    attempts = attempts_of()
    junk = {PREFIX + "junk": "junk", PREFIX + "other": attempts_of("other-" * 8).seal(REQUEST)}
    dropped = attempts.surplus({**cookies_of(attempts, MOST - 1), **junk})
    assert sorted(dropped) == sorted(junk)


def test_large_attempts_are_fewer() -> None:
    attempts = attempts_of()
    cookies = cookies_of(attempts, MOST, size=1000)
    dropped = attempts.surplus(cookies)
    kept = [name for name in cookies if name not in dropped]
    assert kept == list(cookies)[-len(kept) :]
    assert 0 < sum(len(name) + len(cookies[name]) for name in kept) <= MOST_BYTES
