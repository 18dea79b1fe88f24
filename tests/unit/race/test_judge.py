"""What the race makes of what it saw."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from admit.race.journal import Ended, Ending, Failed, Line, Page, Renewed, Started
from admit.race.judge import Brought, counted, judged, sorted_lines
from admit.race.outcome import Broken
from admit.race.provider import Presented


def started(session: str = "a", user: str = "u", began: float = 1.0) -> Started:
    return Started(session=session, user=user, slot=0, cookie="c", began=began, done=began + 0.5)


def of_session(began: float, session: str = "a", number: str = "1") -> Ending:
    return Ending(number=number, way="sid", session=session, user=None, began=began)


def of_user(began: float, user: str = "u", number: str = "1") -> Ending:
    return Ending(number=number, way="sub", session=None, user=user, began=began)


def ended(done: float, number: str = "1") -> Ended:
    return Ended(number=number, done=done)


def page(began: float, *, found: bool, session: str = "a") -> Page:
    return Page(session=session, began=began, done=began + 0.25, found=found)


def renewed(done: float, turn: int = 2, by: str = "w") -> Renewed:
    return Renewed(session="a", turn=turn, by=by, began=done - 0.5, done=done)


def failed(code: str, session: str | None = "a") -> Failed:
    return Failed(code=code, session=session, done=5.0)


def brought(*began: float, killed: Sequence[int] = ()) -> Brought:
    """Refresh token 1 of session a, brought by pages that began then."""
    times = [
        Presented("w", one, one, answered=one, is_killed=number in killed)
        for number, one in enumerate(began)
    ]
    return {("a", 1): times}


def rules(lines: Sequence[Line], at_provider: Brought | None = None) -> dict[str, int]:
    broken = judged(sorted_lines(lines), at_provider or {})
    return {one.rule: one.times for one in broken}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([of_session(3), ended(4), page(4.1, found=True)], {"back_from_the_dead": 1}),
        ([of_session(3), ended(4), page(3.9, found=True)], {}),
        ([of_session(3), ended(4), page(4.1, found=False)], {}),
        ([of_session(3), page(9, found=True)], {}),
        ([of_session(3), page(9, found=False)], {}),
        ([of_user(3), ended(4), page(4.1, found=True)], {"back_from_the_dead": 1}),
        ([of_user(3, "another"), ended(4), page(4.1, found=True)], {}),
        ([of_session(3, "b"), ended(4), page(4.1, found=True)], {}),
        ([of_user(1.2), ended(1.3), page(4, found=True)], {}),
        ([of_user(1.2), ended(1.3), page(4, found=False)], {}),
        ([of_user(1.2), ended(4), page(4.1, found=False)], {}),
        ([of_user(0.2), ended(0.4), page(4, found=False)], {"session_lost": 1}),
        ([page(2, found=False)], {"session_lost": 1}),
        ([page(2, found=False), page(3, found=False)], {"session_lost": 1}),
        ([of_session(3), ended(4), page(2.5, found=False)], {"session_lost": 1}),
        ([of_session(3), ended(4), page(2.9, found=False)], {}),
        ([page(2, found=True, session="never written down")], {}),
        ([failed("refresh.busy"), failed("refresh.busy", None)], {"failed": 2}),
        ([failed("store.unavailable"), failed("session.ended_meanwhile")], {}),
        ([failed("store.unavailable"), page(2, found=False)], {}),
    ],
)
def test_a_session_is_there_until_its_end_begins_and_gone_once_it_is_acknowledged(
    lines: list[Line], expected: dict[str, int]
) -> None:
    assert rules([started(), *lines]) == expected


@pytest.mark.parametrize(
    ("lines", "at_provider", "expected"),
    [
        ([], brought(2), {}),
        ([renewed(3)], brought(2, 2.5), {"refreshed_twice": 1}),
        ([renewed(3)], brought(2, 2.5, 2.6), {"refreshed_twice": 2}),
        ([renewed(3)], brought(2, 3.5), {"rotation_lost": 1}),
        ([renewed(3, turn=3)], brought(2, 3.5), {"refreshed_twice": 1}),
        ([], brought(2, 6, killed=[0]), {}),
        ([], brought(2, 6, 7, killed=[0]), {"refreshed_twice": 1}),
        ([renewed(3, by="other")], brought(2, 6, killed=[0]), {}),
        ([renewed(3, by="w")], brought(2, 6, killed=[0]), {"rotation_lost": 1}),
        ([failed("store.unavailable")], brought(2, 6), {}),
        ([failed("store.unavailable", None)], brought(2, 6), {"refreshed_twice": 1}),
        ([page(6, found=False)], brought(2, killed=[0]), {}),
    ],
)
def test_a_refresh_token_is_brought_once_unless_who_brought_it_was_interrupted(
    lines: list[Line], at_provider: Brought, expected: dict[str, int]
) -> None:
    assert rules([started(), *lines], at_provider) == expected


def test_examples_say_where_and_are_few() -> None:
    lines: list[Line] = [started(str(number)) for number in range(9)]
    gone = [page(2, found=False, session=str(number)) for number in range(9)]
    [broken] = judged(sorted_lines([*lines, *gone]), {})
    names = tuple(f"session {number}" for number in range(5))
    assert broken == Broken(rule="session_lost", times=9, examples=names)


def test_the_figures_count_what_was_seen() -> None:
    lines: list[Line] = [
        started(),
        started("b", "v"),
        of_session(3, "b"),
        ended(4),
        of_user(3, "v", "2"),
        page(2, found=True),
        page(6, found=False),
        failed("store.unavailable", None),
        *(renewed(float(number), turn=number) for number in range(2, 102)),
    ]
    figures = counted(
        sorted_lines(lines), brought(2, 3, killed=[1]), began=1.0, seconds=5.04, killed=1
    )
    assert (figures.seconds, figures.pages, figures.sessions) == (5.0, 2, 2)
    assert figures.pages_per_second == 0.4
    assert figures.ends == {"sign-out": 0, "everywhere": 0, "sid": 1, "sub": 0}
    assert (figures.expiries, figures.refreshes, figures.refreshes_per_expiry) == (1, 2, 2.0)
    assert (figures.killed, figures.interrupted, figures.store_errors) == (1, 0, 1)
    assert figures.waits == (500.0, 500.0, 500.0)


@pytest.mark.parametrize(
    ("lines", "interrupted", "lost"),
    [
        ([page(6, found=False)], 1, 1),
        ([page(6, found=True)], 1, 0),
        ([of_session(5), page(6, found=False)], 1, 0),
        ([of_session(1.9), page(6, found=False)], 0, 0),
    ],
)
def test_a_session_that_a_killed_worker_took_along_is_counted_apart(
    lines: list[Line], interrupted: int, lost: int
) -> None:
    seen = sorted_lines([started(), *lines])
    figures = counted(seen, brought(2, killed=[0]), began=6.5, seconds=1, killed=1)
    assert (figures.interrupted, figures.interrupted_lost) == (interrupted, lost)
    assert figures.pages == 0, "it was looked at before the race, or after it"
    assert judged(seen, brought(2, killed=[0])) == ()


def test_nothing_seen_is_nothing_counted() -> None:
    figures = counted(sorted_lines([]), {}, began=0, seconds=1, killed=0)
    assert figures.refreshes_per_expiry == 0.0
    assert figures.waits == (0.0, 0.0, 0.0)
