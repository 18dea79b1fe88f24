"""The first process of a race: it starts the others, kills one, and looks at everything afterwards.

May know: errors, ports, race, stores.
"""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from admit.errors import StoreUnavailable
from admit.ports import run_sync
from admit.race.journal import Journal, read_journals
from admit.race.judge import Seen, counted, interrupted_sessions, judged, sorted_lines
from admit.race.options import Options, Order
from admit.race.outcome import Outcome
from admit.race.parts import Parts, assembled
from admit.race.provider import RaceProvider
from admit.race.server import served
from admit.race.slots import Visited
from admit.race.visits import Visits
from admit.race.worker import READY, work
from admit.stores import check_ready

#: Seconds for a worker to fill its slots, and to end once it is told to.
FILLING, ENDING = 60, 30
#: Seconds between two looks at the workers.
LOOK_EVERY = 0.05
#: The name of this process among the workers.
FIRST = "first"


def race(options: Options) -> Outcome:
    """Race over a store, and return what was found. What was put into the store is ended.

    Raises:
        ConfigurationError: The store's URL is no good, a package is missing, or the store is not
            made ready.
        StoreUnavailable: The store is away.
    """
    client_id = f"admit-race-{secrets.token_hex(8)}"
    with (
        TemporaryDirectory(prefix="admit-race-") as folder,
        served(client_id, options.grace) as provider,
    ):
        order = Order(
            options=options,
            number=0,
            name=FIRST,
            issuer=provider.issuer,
            client_id=client_id,
            client_secret=secrets.token_urlsafe(32),
            secret_key=secrets.token_urlsafe(32),
            folder=Path(folder),
        )
        parts = assembled(order)
        with closing(parts.store):
            check_ready(parts.store)
            try:
                return _raced(order, provider, parts)
            finally:
                clean_up(parts, options)


def _raced(order: Order, provider: RaceProvider, parts: Parts) -> Outcome:
    with ExitStack() as stack:
        workers = Workers(order, provider)
        stack.callback(workers.kill)
        workers.start()
        began = time.monotonic()
        workers.watch(until=began + order.options.seconds)
        seconds = time.monotonic() - began
        workers.stop()
    _look_again(order, provider, parts, workers.died)
    seen = sorted_lines(read_journals(order.folder))
    return Outcome(
        store=repr(parts.store),
        figures=counted(
            seen, provider.presented, began=began, seconds=seconds, killed=workers.killed
        ),
        broken=judged(seen, provider.presented),
    )


def _look_again(order: Order, provider: RaceProvider, parts: Parts, died: int) -> None:
    """Look at every session once more: is gone what was ended, and there what was not?"""
    journal = Journal(order.folder, FIRST)
    visits = Visits(parts, journal, FIRST)
    for _ in range(died):
        visits.failed("worker.died", None)
    seen: Seen = sorted_lines(read_journals(order.folder))
    interrupted = interrupted_sessions(seen, provider.presented)
    for name, life in seen.lives.items():
        visited = Visited(name=name, user=life.started.user, cookie=life.started.cookie)
        session = visits.load(visited)
        if session is not None and name in interrupted:
            with visits.noted(name):
                visits.renew(visited, session)
    journal.close()


def clean_up(parts: Parts, options: Options) -> None:
    """End every session of the race. Names that are left go by themselves, within minutes.

    Raises:
        StoreUnavailable: Some are left, and go by themselves too.
    """
    for user in options.users:
        run_sync(parts.ends.of_user(user, by="race"))


@dataclass(slots=True)
class Running:
    """A worker that runs."""

    order: Order
    process: SpawnProcess
    pipe: Connection


class Workers:
    """The other processes.

    Args:
        order: For all of them, but for their numbers and names.
        provider: Tells when a worker is in the middle of a refresh.
    """

    def __init__(self, order: Order, provider: RaceProvider) -> None:
        self._order = order
        self._provider = provider
        self._running: list[Running] = []
        self._started = 0
        self._gone = 0
        self.killed = 0

    @property
    def died(self) -> int:
        """How many ended by themselves."""
        return self._gone - self.killed

    def start(self) -> None:
        """Start all, and let them begin together.

        Raises:
            StoreUnavailable: One of them could not fill its slots.
        """
        self._running = [self._new(number) for number in range(self._order.options.workers)]
        for running in self._running:
            self._await(running)
        for running in self._running:
            running.pipe.send(READY)

    def watch(self, *, until: float) -> None:
        """Kill as many workers as is wanted, and start another for each that is gone."""
        options = self._order.options
        # Early, so that others come to see what became of the sessions.
        pause = options.seconds / 2 / max(options.kills, 1)
        kills_at = [until - options.seconds + pause * (n + 0.5) for n in range(options.kills)]
        while (now := time.monotonic()) < until:
            if kills_at and now >= kills_at[0]:
                kills_at.pop(0)
                self._provider.hunter = self._hunter()
            for place, running in enumerate(self._running):
                if not running.process.is_alive():
                    self._gone += 1
                    running.pipe.close()
                    successor = self._running[place] = self._new(running.order.number)
                    self._await(successor)
                    successor.pipe.send(READY)
            time.sleep(LOOK_EVERY)

    def stop(self) -> None:
        """Let all end.

        Raises:
            StoreUnavailable: One of them did not.
        """
        for running in self._running:
            with suppress(BrokenPipeError):
                running.pipe.send(READY)
        for running in self._running:
            running.process.join(ENDING)
            if running.process.exitcode is None:
                raise StoreUnavailable(f"worker {running.order.name} did not end in {ENDING} s")
            self._gone += running.process.exitcode != 0

    def kill(self) -> None:
        """Leave no process behind."""
        for running in self._running:
            running.process.kill()
            running.process.join()
            running.pipe.close()

    def _new(self, number: int) -> Running:
        order = replace(self._order, number=number, name=f"{number}.{self._started}")
        self._started += 1
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(order, theirs), daemon=True)
        process.start()
        theirs.close()
        return Running(order, process, ours)

    def _await(self, running: Running) -> None:
        try:
            said = running.pipe.recv() if running.pipe.poll(FILLING) else "it is too slow"
        except EOFError:
            said = "it died"
        if said != READY:
            raise StoreUnavailable(f"worker {running.order.name} could not begin: {said}")

    def _hunter(self) -> Callable[[str], None]:
        """Return what kills a worker by its name. Called in a thread of the provider's."""

        def hunt(name: str) -> None:
            for running in self._running:
                if running.order.name == name and running.process.pid is not None:
                    os.kill(running.process.pid, signal.SIGKILL)
                    # Not joined here: the thread that watches does so.
                    wait([running.process.sentinel], ENDING)
                    self._provider.killed(name)
                    self.killed += 1

        return hunt
