"""A shelf for values that grow old.

May know: nothing else of this package.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Shelf(Generic[Value]):
    """Values by key that are gone after *ttl* seconds; the oldest go first when there are many."""

    def __init__(self, now: Callable[[], float] = time.time, *, ttl: int, most: int = 5000) -> None:
        self._now = now
        self._ttl = ttl
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Value]] = OrderedDict()

    def put(self, key: str, value: Value) -> None:
        """Keep *value*."""
        with self._lock:
            self._keep(key, value)

    def put_once(self, key: str, value: Value) -> Value | None:
        """Keep *value* unless there is one already; return the one that was there."""
        with self._lock:
            until, kept = self._kept.get(key, (0.0, None))
            if until > self._now():
                return kept
            self._keep(key, value)
        return None

    def _keep(self, key: str, value: Value) -> None:
        self._kept[key] = (self._now() + self._ttl, value)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def get(self, key: str) -> Value | None:
        """Return the value, or None when it is unknown or too old."""
        with self._lock:
            until, value = self._kept.get(key, (0.0, None))
        return value if until > self._now() else None

    def take(self, key: str) -> Value | None:
        """Remove and return the value: of two takers at the same time one gets it."""
        with self._lock:
            until, value = self._kept.pop(key, (0.0, None))
        return value if until > self._now() else None

    def values(self) -> list[Value]:
        """Return what is kept and not too old, the oldest first."""
        with self._lock:
            return [value for until, value in self._kept.values() if until > self._now()]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        """Return how many values are kept, the old ones included."""
        return len(self._kept)
