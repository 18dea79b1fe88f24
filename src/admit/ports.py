"""What the core asks of the outside, and the one way to run it without an event loop.

The back channel is ``HttpRequest`` and ``HttpResponse``; the browser's side is in ``endpoints``.

May know: nothing else of this package.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request to the provider. Headers and body may hold credentials."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """The provider's answer, read to its end.

    Attributes:
        headers: Names in lower case.
        body: At most as many bytes as the transport allows.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


class Http(Protocol):
    """The transport to the provider.

    Whatever implements it verifies certificates, follows no redirect, keeps no cookies, never
    sends a request twice that is not idempotent, and ends within one deadline for the whole
    exchange.
    """

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer, whatever its status.

        Raises:
            ProviderError: ``provider.unreachable``, ``provider.timeout``, ``provider.tls``,
                ``provider.too_large`` or ``provider.broken_answer``.
        """
        ...


class Lock(Protocol):
    """Mutual exclusion among whatever runs the core at once: threads or tasks."""

    async def __aenter__(self) -> None:
        """Wait for the lock."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        ...


class Keeper(Protocol):
    """What a lease is renewed by while a slow thing is done."""

    def __call__(
        self, renew: Callable[[], Awaitable[object]], every: float
    ) -> AbstractAsyncContextManager[None]:
        """Call *renew* every so many seconds, beside whatever is done inside."""
        ...


#: Does something afterwards, beside all else: nobody waits for it, and it may fail.
Later = Callable[[Callable[[], Awaitable[None]]], None]
#: Waits for so many seconds.
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a deployment does beside its requests, and while it waits.

    Attributes:
        pause: Waits.
        keeper: Renews a lease while something slow is done.
        later: Does what nobody waits for.
    """

    pause: Pause
    keeper: Keeper
    later: Later


#: Each key begins with its owner: sessions of one user are found, and ended, together.
OWNER_BYTES = 12


@dataclass(frozen=True, slots=True)
class Record:
    """What a store keeps under a key.

    Attributes:
        value: As it was saved.
        left: Seconds it has left to live.
        at: The time, in milliseconds by the store's clock.
        ended: Its owner's mark, in milliseconds by the store's clock; 0 where there is none. A
            record that began up to then is over.
    """

    value: bytes = field(repr=False)
    left: int
    at: int
    ended: int = 0


class SessionStore(Protocol):
    """Keeps records until they expire, finds them, and lets machines agree.

    All times are by the store's own clock, so that the clocks of the machines in front of it do
    not matter: seconds for what lasts, milliseconds since the epoch for a point in time. A key has
    44 bytes, the first twelve of which are its owner. Labels, and other names, have any length up
    to 32 bytes.

    Each method ends within a deadline, and raises StoreUnavailable where the store is away.
    """

    async def load(self, key: bytes) -> Record | None:
        """Return the record; None where there is none."""
        ...

    async def save(
        self,
        key: bytes,
        value: bytes,
        ttl: int,
        *,
        since: int,
        lasting: int,
        labels: Sequence[bytes] = (),
    ) -> None:
        """Keep a new record.

        Args:
            key: Where.
            value: The record.
            ttl: Seconds it lives, unless it is touched.
            since: When it began, in milliseconds by the store's clock.
            lasting: Seconds that it can live at most, however often it is touched.
            labels: It is found by each of them, and by its owner.
        """
        ...

    async def replace(self, key: bytes, old: bytes, new: bytes) -> bool:
        """Put *new* in the place of *old*, and tell whether *old* was there. Its life stays."""
        ...

    async def touch(self, key: bytes, ttl: int) -> None:
        """Keep what is there for *ttl* seconds from now. What is gone stays gone."""
        ...

    async def label(self, key: bytes, labels: Sequence[bytes], *, since: int, lasting: int) -> None:
        """Let a record that may exist be found by more labels. What is gone stays gone.

        Args:
            key: Of the record.
            labels: It is found by each of them, beside those that it had before.
            since: When it began, as it was saved.
            lasting: Seconds that it can live at most from now.
        """
        ...

    async def delete(self, key: bytes, labels: Sequence[bytes] = ()) -> None:
        """Forget what is there, if anything is, and that it was found by those labels."""
        ...

    async def find(self, label: bytes) -> list[tuple[bytes, int]]:
        """Return the keys saved with *label*, or with it as their owner, and their beginnings.

        Oldest first. Those that have ended meanwhile may be among them.
        """
        ...

    async def end(self, owner: bytes, *, lasting: int, before: int | None = None) -> int:
        """End the owner's records that began up to *before*, and return how many there were.

        Where *before* is None, that is now. The time is kept for *lasting* seconds as the owner's
        mark, so that a record saved too late is known to be over. A mark never moves back.
        """
        ...

    async def mark(self, name: bytes, *, lasting: int, before: int | None = None) -> None:
        """Set a mark of any name, as `end` sets an owner's."""
        ...

    async def marks(self, names: Sequence[bytes]) -> list[int]:
        """Return each name's mark, in milliseconds; 0 where there is none."""
        ...

    async def use(self, name: bytes, ttl: int) -> int | None:
        """Use *name* up for *ttl* seconds.

        Returns:
            The time in milliseconds; None where it was used up before.
        """
        ...

    async def is_used(self, name: bytes) -> bool:
        """Tell whether *name* is used up."""
        ...

    async def hold(self, name: bytes, holder: bytes, milliseconds: int) -> bool:
        """Take the lease *name*, or renew it, and tell whether *holder* has it now.

        Nobody else has it before it was released or those milliseconds have passed.
        """
        ...

    async def release(self, name: bytes, holder: bytes) -> None:
        """Give the lease up, if *holder* still has it."""
        ...


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run *coroutine*, none of whose ports suspends, to its end.

    Raises:
        RuntimeError: A port suspended: an async port was given to a sync adapter.
    """
    try:
        coroutine.send(None)
    except StopIteration as stop:
        value: T = stop.value
        return value
    coroutine.close()
    message = "an async port was given to a sync adapter"
    raise RuntimeError(message)
