"""What was used and may not be used again, remembered for as long as it could be.

May know: nothing else of this package.
"""

from __future__ import annotations


class Spent:
    """A bounded set of names, each kept until it ends.

    It lives in the process. Where a store is shared, the store is the better place.

    Args:
        size: Names kept at most; beyond it the oldest goes first.
    """

    def __init__(self, size: int = 50_000) -> None:
        self._size = size
        self._until: dict[str | bytes, tuple[int]] = {}

    def add(self, name: str | bytes, *, until: int, now: int) -> bool:
        """Remember *name*, and tell whether it was new.

        `dict.setdefault` is one step: of two threads that bring the same name, one is told so.
        """
        if len(self._until) >= self._size:
            self._sweep(now)
        mine = (until,)  # a new object, unlike an equal number
        return self._until.setdefault(name, mine) is mine

    def __contains__(self, name: str | bytes) -> bool:
        """Tell whether *name* was used."""
        return name in self._until

    def _sweep(self, now: int) -> None:
        """Drop what ended, and a tenth of what is oldest where that is not enough.

        Dropped one by one: what another thread adds meanwhile stays.
        """
        ended: list[str | bytes] = []
        kept: list[str | bytes] = []
        for name, (until,) in list(self._until.items()):
            (kept if until > now else ended).append(name)
        surplus = len(kept) - self._size * 9 // 10
        for name in ended + kept[: max(surplus, 0)]:
            self._until.pop(name, None)
