"""Work beside the requests, in threads."""

from __future__ import annotations

import threading
import time

import pytest

from admit.blocking import MOST_LATER, BlockingLater, blocking_keeper, blocking_pause
from admit.errors import StoreUnavailable
from admit.ports import run_sync


class Renewals:
    """Counts, and tells when there are enough."""

    def __init__(self, enough: int, *, fails: bool = False) -> None:
        self.count = 0
        self.enough = enough
        self.fails = fails
        self.reached = threading.Event()

    async def __call__(self) -> None:
        self.count += 1
        if self.count >= self.enough:
            self.reached.set()
        if self.fails:
            raise StoreUnavailable("it is away")


@pytest.mark.parametrize("fails", [False, True])
def test_a_lease_is_renewed_as_long_as_the_work_takes_and_no_longer(*, fails: bool) -> None:
    renewals = Renewals(3, fails=fails)

    async def work() -> int:
        async with blocking_keeper(renewals, 0.001):
            assert renewals.reached.wait(10)
        return renewals.count

    count = run_sync(work())
    assert "admit-lease" not in [thread.name for thread in threading.enumerate()]
    assert renewals.count == count


def test_work_that_fails_ends_the_renewals_too() -> None:
    renewals = Renewals(1)

    async def work() -> None:
        async with blocking_keeper(renewals, 60):
            raise KeyError

    with pytest.raises(KeyError):
        run_sync(work())
    assert "admit-lease" not in [thread.name for thread in threading.enumerate()]


def test_what_is_done_later_keeps_nobody_waiting() -> None:
    later, go_on, done = BlockingLater(), threading.Event(), threading.Event()

    async def act() -> None:
        assert go_on.wait(10)
        done.set()

    later(act)
    assert not done.is_set()
    go_on.set()
    assert done.wait(10)


def test_what_is_too_much_is_left_undone_and_room_comes_back() -> None:
    later, go_on = BlockingLater(), threading.Event()
    counts: list[int] = []

    async def act() -> None:
        assert go_on.wait(10)
        counts.append(1)

    for _ in range(MOST_LATER + 5):
        later(act)
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "admit-later":
            thread.join(10)
    assert len(counts) == MOST_LATER
    later(act)
    for thread in threading.enumerate():
        if thread.name == "admit-later":
            thread.join(10)
    assert len(counts) == MOST_LATER + 1


def test_a_pause_lasts() -> None:
    began = time.monotonic()
    run_sync(blocking_pause(0.01))
    assert time.monotonic() - began >= 0.01
