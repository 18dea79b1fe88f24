"""What operators see of the sessions in a store: that they are there, never what is in them.

Where several applications share a store, each sees its own sessions, and of the others that they
are there. Each step waits for the store: this is for operators, and not for pages.

May know: ports, session_reference, stored_sessions, stores.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol, runtime_checkable

from admit.ports import OWNER_BYTES, run_sync
from admit.session_reference import reference_of
from admit.stored_sessions import StoredSessions
from admit.stores.listed import Listed, listed

MILLISECONDS = 1000
#: Owners whose sessions are remembered while others are looked at.
REMEMBERED = 1024


@runtime_checkable
class HasRecords(Protocol):
    """A store that can be looked through."""

    def records(self) -> Iterator[Listed]:
        """Return what is kept, in no order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A living session, as operators see it.

    Attributes:
        key: Its key in the store.
        reference: Names it in commands.
        since: When it began, in milliseconds by the store's clock; None where that is not known.
        left: Seconds it has left, unless it is used.
        size: Bytes of its record.
        key_id: Names the secret key that it is sealed with.
    """

    key: bytes = field(repr=False)
    reference: str
    since: int | None
    left: int
    size: int
    key_id: bytes


class SessionList:
    """Looks through the sessions of an application in a store.

    Each method raises StoreUnavailable where the store is away.

    Args:
        sessions: In the store.
        store: The same store, that can be looked through.
        key_ids: Of the configured keys.
    """

    def __init__(
        self, sessions: StoredSessions, store: HasRecords, key_ids: tuple[bytes, ...]
    ) -> None:
        self._sessions = sessions
        self._records = store.records
        self._application = sessions.names.application()
        self._key_ids = key_ids
        self._begun: Callable[[bytes], dict[bytes, int]] = lru_cache(REMEMBERED)(self._find)

    def all(self) -> Iterator[Seen]:
        """Return all living sessions, in no order."""
        for record in self._living():
            yield _seen(record, self._since(record.key))

    def of_user(self, sub: str) -> Iterator[Seen]:
        """Return the living sessions of one user, as the issuer knows them; oldest first."""
        marks = self._marks()
        for owner in self._sessions.names.owners(sub):
            for key, since in run_sync(self._sessions.store.find(owner)):
                record = run_sync(self._sessions.store.load(key))
                if record is None or since <= record.ended:
                    continue
                value, left = record.value, record.left
                found = listed(key, value, left=left, size=len(value))
                if since > _mark(marks, found.key_id):
                    yield _seen(found, since)

    def named(self, reference: str) -> Seen | None:
        """Return the living session of that reference, if there is one."""
        for record in self._living():
            if reference_of(record.key) == reference:
                return _seen(record, self._since(record.key))
        return None

    def counts(self) -> Counter[bytes]:
        """Return how many living sessions each key sealed, by the id of the key."""
        return Counter(record.key_id for record in self._living())

    def count(self, *, before: int | None, key_id: bytes | None = None) -> int:
        """Return how many living sessions began up to *before*, or at any time.

        Args:
            before: In milliseconds since the epoch.
            key_id: Those alone that this key sealed.
        """
        wanted = (r for r in self._living() if key_id is None or r.key_id == key_id)
        if before is None:
            return sum(1 for _ in wanted)
        return sum(1 for r in wanted if (since := self._since(r.key)) and since <= before)

    def needing(self, key_id: bytes, now: int) -> tuple[int, int]:
        """Return how many living sessions a key sealed, and when the last ends at the latest.

        Args:
            key_id: Of the key.
            now: Seconds since the epoch: when a session began at the latest.

        Returns:
            The count, and seconds since the epoch.
        """
        begun = [
            self._since(record.key) or now * MILLISECONDS
            for record in self._living()
            if record.key_id == key_id
        ]
        return len(begun), max(begun, default=0) // MILLISECONDS + self._sessions.absolute

    def of_others(self, key_id: bytes | None = None) -> Iterator[Listed]:
        """Return the records of other applications, in no order.

        Which of them a mark of theirs has ended, nobody can tell here.

        Args:
            key_id: Those alone that this key sealed.
        """
        for record in self._records():
            # What is empty has just ended.
            if not record.size or record.application == self._application:
                continue
            if key_id in {None, record.key_id}:
                yield record

    def _own(self) -> Iterator[Listed]:
        return (record for record in self._records() if record.application == self._application)

    def _living(self) -> Iterator[Listed]:
        """Return the records that no mark ended: those that one did stay until they expire."""
        marks = self._marks()
        for record in self._own():
            mark = _mark(marks, record.key_id)
            # When it began takes a look at its owner's sessions, and mostly does not matter.
            if not mark or (since := self._since(record.key)) is None or since > mark:
                yield record

    def _marks(self) -> dict[bytes, int]:
        names = self._sessions.names
        asked = [names.everybody(), *map(names.key, self._key_ids)]
        marks = run_sync(self._sessions.store.marks(asked))
        return dict(zip((b"", *self._key_ids), marks, strict=True))

    def _since(self, key: bytes) -> int | None:
        return self._begun(key[:OWNER_BYTES]).get(key)

    def _find(self, owner: bytes) -> dict[bytes, int]:
        return dict(run_sync(self._sessions.store.find(owner)))


def _seen(record: Listed, since: int | None) -> Seen:
    return Seen(
        key=record.key,
        reference=reference_of(record.key),
        since=since,
        left=record.left,
        size=record.size,
        key_id=record.key_id,
    )


def _mark(marks: dict[bytes, int], key_id: bytes) -> int:
    """Return the time up to which sessions sealed by a key are over; 0 where they are not."""
    return max(marks[b""], marks.get(key_id, 0))
