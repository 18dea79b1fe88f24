"""Stores that break one rule each, over a SQLite store that keeps all of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from admit.ports import Record
from admit.stores import open_store

#: No mark reaches so far: what is saved so is over for nobody.
NEVER_OVER = 1 << 46


class Broken:
    """A store that is another one but for what a subclass says."""

    def __init__(self, url: str) -> None:
        self.whole = open_store(url)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)


class EveryLease(Broken):
    """Gives a lease to everybody."""

    async def hold(self, name: bytes, holder: bytes, milliseconds: int) -> bool:
        del name, holder, milliseconds
        return True


class LateReplace(Broken):
    """Says that it has replaced, and has not."""

    async def replace(self, key: bytes, old: bytes, new: bytes) -> bool:
        del new
        kept = await self.whole.load(key)
        return kept is not None and kept.value == old


class BlindReplace(Broken):
    """Writes whatever is there, and also where nothing is."""

    async def replace(self, key: bytes, old: bytes, new: bytes) -> bool:
        del old
        await self.whole.save(key, new, 60, since=NEVER_OVER, lasting=60)
        return True


class TouchBringsBack(Broken):
    """Saves again what it remembers, where a touch should find nothing."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._values: dict[bytes, bytes] = {}

    async def load(self, key: bytes) -> Record | None:
        record = await self.whole.load(key)
        if record is not None:
            self._values[key] = record.value
        return record

    async def touch(self, key: bytes, ttl: int) -> None:
        value = self._values[key]
        await self.whole.save(key, value, ttl, since=NEVER_OVER, lasting=ttl)


class DeafDelete(Broken):
    """Deletes nothing."""

    async def delete(self, key: bytes, labels: Sequence[bytes] = ()) -> None:
        del key, labels


class ForgetsEnds(Broken):
    """Ends nothing."""

    async def end(self, owner: bytes, *, lasting: int, before: int | None = None) -> int:
        del owner, lasting, before
        return 0


class Forgetful(Broken):
    """Loses every hundredth record that is loaded."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._loads = 0

    async def load(self, key: bytes) -> Record | None:
        self._loads += 1
        if self._loads % 100 == 0:
            await self.whole.delete(key)
        return await self.whole.load(key)


class Dies(Broken):
    """Takes its process along."""

    async def touch(self, key: bytes, ttl: int) -> None:
        del key, ttl
        os._exit(1)


class Crashes(Broken):
    """Fails with what no caller expects."""

    async def touch(self, key: bytes, ttl: int) -> None:
        del key, ttl
        raise KeyError("touch")
