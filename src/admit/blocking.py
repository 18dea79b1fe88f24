"""The ports of frameworks that run a request in a thread: a lock, a pause, work beside.

May know: errors, ports.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType

from admit.errors import ProviderError, StoreUnavailable
from admit.ports import run_sync

#: Seconds to wait for what another thread is asking the provider.
LONGEST_WAIT = 15
#: Things that are done beside the requests at once. What is beyond is left undone.
MOST_LATER = 32


class BlockingLock:
    """A thread lock as the port `Lock`. Nobody waits for it without end."""

    def __init__(self) -> None:
        # One for each process: a thread of the parent held its own at a fork, perhaps, and is not
        # there to give it back. `setdefault` lets all threads of a child agree on one.
        self._locks: dict[int, threading.Lock] = {}

    async def __aenter__(self) -> None:
        """Wait for the lock.

        Raises:
            ProviderError: ``provider.timeout``.
        """
        lock = self._locks.setdefault(os.getpid(), threading.Lock())
        if not lock.acquire(timeout=LONGEST_WAIT):
            raise ProviderError(
                "provider.timeout", "another request waits for the provider's answer", status=504
            )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        self._locks[os.getpid()].release()


async def blocking_pause(seconds: float) -> None:
    """Let the thread wait."""
    time.sleep(seconds)  # noqa: ASYNC251 - blocking is what it is for


@asynccontextmanager
async def blocking_keeper(
    renew: Callable[[], Awaitable[object]], every: float
) -> AsyncIterator[None]:
    """Call *renew* every so many seconds in a thread beside, if there can be one. See `Keeper`."""
    done = threading.Event()

    async def once() -> None:
        await renew()

    def keep() -> None:
        while not done.wait(every):
            try:
                run_sync(once())
            except StoreUnavailable:
                # The lease may end. Then two may refresh, and one of them is told so.
                continue

    thread = threading.Thread(target=keep, name="admit-lease", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        # The process may have no more threads. The work is worth more than the lease, as above.
        yield
        return
    try:
        yield
    finally:
        done.set()
        # What renews after the lease was given up would take it again.
        thread.join()


class BlockingLater:
    """Does things in threads of their own. See the port `Later`."""

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(MOST_LATER)

    def __call__(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do *act*, which raises nothing, some time soon; not at all where too much is to do.

        Nor where the process may have no more threads: nothing waits for it, and nothing fails.
        """
        if not self._free.acquire(blocking=False):
            return

        async def once() -> None:
            await act()

        def run() -> None:
            try:
                run_sync(once())
            finally:
                self._free.release()

        # No daemon: a process that is about to end does this first.
        try:
            threading.Thread(target=run, name="admit-later").start()
        except RuntimeError:
            self._free.release()
