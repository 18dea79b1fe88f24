"""The marks that are not one user's: up to when all sessions are over, or all that one key sealed.

May know: ports, session_names, stores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from admit.ports import SessionStore
from admit.session_names import Names
from admit.stores.listed import sealed_by

#: Seconds for which a process goes by what it knows, before it asks again.
MARKS_FRESH = 5


class SharedMarks:
    """What a process knows of them.

    Args:
        store: Keeps them.
        names: Tells what they are called.
        key_ids: Of the secret keys.
    """

    def __init__(self, store: SessionStore, names: Names, key_ids: Sequence[bytes]) -> None:
        self._store = store
        self._names = [names.everybody(), *map(names.key, key_ids)]
        self._kinds = b"", *key_ids
        self._known: Mapping[bytes, int] = {}
        self._fresh_until = 0

    async def of(self, record: bytes, now: int) -> int:
        """Return the time, in milliseconds, up to which sessions like that of *record* are over.

        Raises:
            StoreUnavailable: Nobody knows.
        """
        # A clock may be set back.
        if not now < self._fresh_until <= now + MARKS_FRESH:
            marks = await self._store.marks(self._names)
            self._known = dict(zip(self._kinds, marks, strict=True))
            self._fresh_until = now + MARKS_FRESH
        return max(self._known[b""], self._known.get(sealed_by(record), 0))

    def forget(self) -> None:
        """Ask again at the next look at a session."""
        self._fresh_until = 0
