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
