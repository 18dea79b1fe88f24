"""What the core asks of the outside, and the one way to run it without an event loop.

The back channel is ``HttpRequest`` and ``HttpResponse``; the browser's side is in ``endpoints``.

May know: errors.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
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


class SessionStore(Protocol):
    """Keeps octets under a key until they expire, by its own clock.

    Each method ends within a deadline, and raises StoreUnavailable where the store is away.
    """

    async def load(self, key: bytes) -> tuple[bytes, int] | None:
        """Return the octets and the seconds they have left; None where there are none."""
        ...

    async def save(self, key: bytes, value: bytes, ttl: int) -> None:
        """Keep *value* for *ttl* seconds, in place of what was there."""
        ...

    async def touch(self, key: bytes, ttl: int) -> None:
        """Keep what is there for *ttl* seconds from now. What is gone stays gone."""
        ...

    async def delete(self, key: bytes) -> None:
        """Forget what is there, if anything is."""
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
