"""Locks, and work beside the requests, in threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import admit
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


@pytest.fixture
def no_threads(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let no thread begin, as where a container may have no more of them."""

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    return monkeypatch


def test_what_finds_no_thread_is_left_undone_and_its_room_comes_back(
    no_threads: pytest.MonkeyPatch,
) -> None:
    later, done = BlockingLater(), threading.Event()

    async def act() -> None:
        done.set()

    for _ in range(MOST_LATER + 1):
        later(act)
    no_threads.undo()
    later(act)
    assert done.wait(10)


def test_work_goes_on_without_renewals_where_there_is_no_thread(
    no_threads: pytest.MonkeyPatch,
) -> None:
    renewals = Renewals(1)

    async def work() -> str:
        async with blocking_keeper(renewals, 0.001):
            return "done"

    assert run_sync(work()) == "done"
    assert renewals.count == 0


FORKED = """
import os, random, sys, threading, time
from admit.blocking import BlockingLock
from admit.ports import run_sync

ROUNDS, THREADS = 8, 8
locks = [BlockingLock() for _ in range(ROUNDS)]
for lock in locks:
    run_sync(lock.__aenter__())
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

problems, together, inside = [], threading.Barrier(THREADS), []
getpid = os.getpid

def slowly():
    # Whoever asks for the process and then acts gives the others time to do the same.
    process = getpid()
    time.sleep(random.random() * 0.004)
    return process

os.getpid = slowly

async def enter(lock):
    async with lock:
        inside.append(1)
        if len(inside) > 1:
            problems.append("two are in")
        time.sleep(0.001)
        inside.pop()

def use():
    for lock in locks:
        together.wait()
        try:
            run_sync(enter(lock))
        except Exception as error:
            problems.append(repr(error))

threads = [threading.Thread(target=use) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(problems), problems[:3])
sys.stdout.flush()
os._exit(1 if problems else 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_lock_held_while_its_process_forks_lets_one_thread_in_at_a_time() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FORKED],
        env={**os.environ, "PYTHONPATH": str(Path(admit.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
