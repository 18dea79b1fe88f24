"""Sessions in the memory of one process, for tests.

May know: nothing else of this package.
"""

from __future__ import annotations

from collections.abc import Callable


class MemoryStore:
    """Keeps sessions in a dict.

    Args:
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._kept: dict[bytes, tuple[bytes, int]] = {}

    async def load(self, key: bytes) -> tuple[bytes, int] | None:
        """Return the octets and the seconds they have left; None where there are none."""
        value, expires_at = self._kept.get(key, (b"", 0))
        left = expires_at - self._clock()
        return (value, left) if left > 0 else None

    async def save(self, key: bytes, value: bytes, ttl: int) -> None:
        """Keep *value* for *ttl* seconds, in place of what was there."""
        self._kept[key] = value, self._clock() + ttl

    async def touch(self, key: bytes, ttl: int) -> None:
        """Keep what is there for *ttl* seconds from now. What is gone stays gone."""
        if (found := await self.load(key)) is not None:
            self._kept[key] = found[0], self._clock() + ttl

    async def delete(self, key: bytes) -> None:
        """Forget what is there, if anything is."""
        self._kept.pop(key, None)

    def create(self) -> None:
        """Do nothing."""

    def problem(self) -> str | None:
        """Return None."""
        return None
