"""Sessions in the memory of one process, for tests.

May know: ports, stores.listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import RLock

from admit.ports import OWNER_BYTES, Record
from admit.stores.listed import Listed, listed

MILLISECONDS = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """A record, and until when it is one."""

    value: bytes = field(repr=False)
    until: int
    since: int
    labels: tuple[bytes, ...]


class MemoryStore:
    """Keeps sessions in dicts.

    Args:
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = RLock()
        self._kept: dict[bytes, Kept] = {}
        self._marks: dict[bytes, tuple[int, int]] = {}
        self._used: dict[bytes, int] = {}
        self._leases: dict[bytes, tuple[bytes, int]] = {}

    async def load(self, key: bytes) -> Record | None:
        """Return the record; None where there is none."""
        with self._lock:
            kept = self._alive(key)
            if kept is None:
                return None
            now = self._now()
            left = (kept.until - now) // MILLISECONDS
            return Record(kept.value, left, now, self._mark(key[:OWNER_BYTES]))

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
        """Keep a new record."""
        del lasting
        with self._lock:
            until = self._now() + ttl * MILLISECONDS
            self._kept[key] = Kept(value, until, since, (key[:OWNER_BYTES], *labels))

    async def replace(self, key: bytes, old: bytes, new: bytes) -> bool:
        """Put *new* in the place of *old*, and tell whether *old* was there. Its life stays."""
        with self._lock:
            kept = self._alive(key)
            if kept is None or kept.value != old:
                return False
            self._kept[key] = replace(kept, value=new)
            return True

    async def touch(self, key: bytes, ttl: int) -> None:
        """Keep what is there for *ttl* seconds from now. What is gone stays gone."""
        with self._lock:
            if (kept := self._alive(key)) is not None:
                self._kept[key] = replace(kept, until=self._now() + ttl * MILLISECONDS)

    async def label(self, key: bytes, labels: Sequence[bytes], *, since: int, lasting: int) -> None:
        """Let a record that may exist be found by more labels. What is gone stays gone."""
        del since, lasting
        with self._lock:
            if (kept := self._alive(key)) is not None:
                self._kept[key] = replace(kept, labels=(*kept.labels, *labels))

    async def delete(self, key: bytes, labels: Sequence[bytes] = ()) -> None:
        """Forget what is there, if anything is, and that it was found by those labels."""
        del labels
        with self._lock:
            self._kept.pop(key, None)

    async def find(self, label: bytes) -> list[tuple[bytes, int]]:
        """Return the keys saved with *label*, or with it as their owner, and their beginnings."""
        with self._lock:
            found = [(k, v.since) for k, v in self._kept.items() if label in v.labels]
            return sorted(found, key=lambda one: one[1])

    async def end(self, owner: bytes, *, lasting: int, before: int | None = None) -> int:
        """End the owner's records that began up to *before*, and return how many there were."""
        with self._lock:
            self._set_mark(owner, lasting, before)
            over = [k for k, v in self._kept.items()
                    if k[:OWNER_BYTES] == owner and v.since <= self._mark(owner)]  # fmt: skip
            alive = sum(self._alive(key) is not None for key in over)
            for key in over:
                del self._kept[key]
            return alive

    async def mark(self, name: bytes, *, lasting: int, before: int | None = None) -> None:
        """Set a mark of any name, as `end` sets an owner's."""
        with self._lock:
            self._set_mark(name, lasting, before)

    async def marks(self, names: Sequence[bytes]) -> list[int]:
        """Return each name's mark, in milliseconds; 0 where there is none."""
        with self._lock:
            return [self._mark(name) for name in names]

    async def use(self, name: bytes, ttl: int) -> int | None:
        """Use *name* up for *ttl* seconds."""
        with self._lock:
            now = self._now()
            if self._used.get(name, 0) > now:
                return None
            self._used[name] = now + ttl * MILLISECONDS
            return now

    async def is_used(self, name: bytes) -> bool:
        """Tell whether *name* is used up."""
        return self._used.get(name, 0) > self._now()

    async def hold(self, name: bytes, holder: bytes, milliseconds: int) -> bool:
        """Take the lease *name*, or renew it, and tell whether *holder* has it now."""
        with self._lock:
            now = self._now()
            whose, until = self._leases.get(name, (holder, now))
            if whose != holder and until > now:
                return False
            self._leases[name] = holder, now + milliseconds
            return True

    async def release(self, name: bytes, holder: bytes) -> None:
        """Give the lease up, if *holder* still has it."""
        with self._lock:
            if self._leases.get(name, (b"", 0))[0] == holder:
                del self._leases[name]

    def records(self) -> Iterator[Listed]:
        """Return what is kept, in no order."""
        with self._lock:
            kept = {key: record for key in self._kept if (record := self._alive(key))}
        for key, record in kept.items():
            left = (record.until - self._now()) // MILLISECONDS
            yield listed(key, record.value, left=left, size=len(record.value))

    def create(self) -> None:
        """Do nothing."""

    def problem(self) -> str | None:
        """Return None."""
        return None

    def close(self) -> None:
        """Do nothing."""

    def _set_mark(self, name: bytes, lasting: int, before: int | None) -> None:
        now = self._now()
        at = max(now if before is None else before, self._mark(name))
        until = max(now + lasting * MILLISECONDS, self._marks.get(name, (0, 0))[1])
        self._marks[name] = at, until

    def _now(self) -> int:
        return int(self._clock() * MILLISECONDS)

    def _alive(self, key: bytes) -> Kept | None:
        kept = self._kept.get(key)
        return kept if kept is not None and kept.until > self._now() else None

    def _mark(self, name: bytes) -> int:
        at, until = self._marks.get(name, (0, 0))
        return at if until > self._now() else 0
