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
        self._lock = threading.Lock()
        self._process = os.getpid()

    async def __aenter__(self) -> None:
        """Wait for the lock.

        Raises:
            ProviderError: ``provider.timeout``.
        """
        if self._process != os.getpid():
            # A thread of the parent held it, perhaps, and is not here to give it back.
            self.__init__()  # type: ignore[misc]
        if not self._lock.acquire(timeout=LONGEST_WAIT):
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
        self._lock.release()


async def blocking_pause(seconds: float) -> None:
    """Let the thread wait."""
    time.sleep(seconds)  # noqa: ASYNC251 - blocking is what it is for


@asynccontextmanager
async def blocking_keeper(
    renew: Callable[[], Awaitable[object]], every: float
) -> AsyncIterator[None]:
    """Call *renew* every so many seconds in a thread beside. See the port `Keeper`."""
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
    thread.start()
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
        """Do *act*, which raises nothing, some time soon; not at all where too much is to do."""
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
        threading.Thread(target=run, name="admit-later").start()
