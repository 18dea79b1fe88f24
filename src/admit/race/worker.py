"""One process of a race: its threads visit sessions, end them, and start new ones.

May know: errors, race.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from contextlib import suppress
from itertools import cycle
from multiprocessing.connection import Connection

from admit.errors import SignInError, StoreUnavailable
from admit.race.journal import WAYS, Journal
from admit.race.options import Order
from admit.race.parts import assembled
from admit.race.slots import Slots, Visited
from admit.race.visits import Visits

#: Seconds that a session lives before somebody ends it, about.
LIFE = 10.0
#: Sessions that one end brings down, about.
OF_AN_END = 2.0
#: One visit in so many is to a session that is over.
FORMER = 5
HALF = 0.5
#: Seconds until a thread has ended its first session.
FIRST_END = 0.5
#: Seconds to wait where there is nothing to visit.
IDLE = 0.01
READY = "ready"


class Worker:
    """Visits the slots of all workers, and fills its own.

    Args:
        order: What to do.
        visits: How it is done.
        slots: What to visit.
    """

    def __init__(self, order: Order, visits: Visits, slots: Slots) -> None:
        self._order = order
        self._visits = visits
        self._slots = slots
        self._filling = {slot: threading.Lock() for slot in order.slots}
        self._ways = cycle(WAYS)
        self.stop = threading.Event()

    def fill(self, slot: int) -> None:
        """Start a session in a slot of ours, unless another thread does, or has."""
        with self._filling[slot]:
            newest = self._slots.read(slot)
            if not newest or self._visits.load(newest[0]) is None:
                self._slots.put(slot, self._visits.start(slot))

    def begin(self, slot: int) -> None:
        """Fill a slot for the first time.

        Raises:
            StoreUnavailable: It is away already.
        """
        try:
            self.fill(slot)
        except StoreUnavailable:
            raise
        except SignInError as error:
            # Others may be at work already, and have ended what was just begun.
            self._visits.failed(error.code, None)

    def run(self) -> None:
        """Visit until it is time to stop."""
        options = self._order.options
        # All threads together end each session once in its life.
        pause = LIFE * OF_AN_END * options.workers * options.threads / options.sessions
        # A short race sees every way to end a session too.
        end_at = time.monotonic() + random.uniform(0, min(pause, FIRST_END))  # noqa: S311
        while not self.stop.is_set():
            slot = random.randrange(options.sessions)  # noqa: S311
            if time.monotonic() >= end_at:
                end_at = time.monotonic() + random.expovariate(1 / pause)
                with self._visits.noted(None):
                    self._end(slot)
            else:
                self._visit(slot)

    def _end(self, slot: int) -> None:
        """End the session of *slot*, or, half the time, one whose page waits for something."""
        waiting = self._visits.waiting() if random.random() < HALF else None  # noqa: S311
        visited = waiting or next(iter(self._slots.read(slot)), None)
        if visited is not None:
            self._visits.end(visited, next(self._ways))

    def _visit(self, slot: int) -> None:
        visited = self._of(slot)
        if visited is None:
            time.sleep(IDLE)
        with self._visits.noted(visited.name if visited else None):
            is_there = visited is not None and self._visits.page(visited)
            if not is_there and slot in self._filling:
                self.fill(slot)

    def _of(self, slot: int) -> Visited | None:
        both = self._slots.read(slot)
        is_former = random.randrange(FORMER) == 0  # noqa: S311
        return both[-1 if is_former else 0] if both else None


def work(order: Order, pipe: Connection) -> None:
    """Be a worker: say READY, wait for a word to begin, race until the next word, and end."""
    # Who interrupts the race tells its first process, which tells us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    journal = Journal(order.folder, order.name)
    try:
        worker = Worker(order, Visits(assembled(order), journal, order.name), Slots(order.folder))
        for slot in order.slots:
            worker.begin(slot)
    except StoreUnavailable as error:
        pipe.send(str(error))
        return
    pipe.send(READY)
    threads = [threading.Thread(target=worker.run) for _ in range(order.options.threads)]
    # The first process may be gone: nobody races for nobody.
    with suppress(EOFError):
        pipe.recv()
        for thread in threads:
            thread.start()
        pipe.recv()
    worker.stop.set()
    for thread in threads:
        if thread.ident is not None:
            thread.join()
    journal.close()
