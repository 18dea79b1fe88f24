"""Sessions in PostgreSQL or SQLite.

Times are the database's own, so the clocks of the machines in front of it do not matter.

May know: ports, listed, sql_database, sql_engine, sql_layout, sql_sweep, sql_tables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Executable,
    case,
    delete,
    func,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from admit.ports import OWNER_BYTES, Record
from admit.stores.listed import HEAD_BYTES, Listed, listed
from admit.stores.sql_database import Database
from admit.stores.sql_engine import engine_of, place_of
from admit.stores.sql_layout import make, unfit
from admit.stores.sql_sweep import Sweeper
from admit.stores.sql_tables import LABELS, NAMES, SESSIONS, Kind, clock, loading

MILLISECONDS = 1000
NONCE_BYTES = 16
#: Records that are looked at together.
BATCH = 1000


def open_url(url: str) -> SqlStore:
    """Return the store at ``sqlite:///path`` or ``postgresql://user:password@host/database``.

    Raises:
        ValueError: The URL is no good.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ValueError("no URL") from error
    return SqlStore(engine_of(address))


class SqlStore:
    """Keeps sessions in three tables.

    Args:
        engine: Of PostgreSQL or SQLite, whose connections commit by themselves.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.place = place_of(engine.url)
        lite = engine.dialect.name == "sqlite"
        self._insert = sqlite.insert if lite else postgresql.insert
        self._greatest = func.max if lite else func.greatest
        self._now = clock(engine.dialect.name)
        self._database = Database(engine, loading(self._now))
        self._sweeper = Sweeper(self._database, self._now)

    def __repr__(self) -> str:
        """Return the kind alone: addresses may hold passwords."""
        return f"<SqlStore {self._engine.dialect.name}>"

    async def load(self, key: bytes) -> Record | None:
        """Return the record; None where there is none."""
        row = self._database.first({"key": key, "owner": key[:OWNER_BYTES]})
        if row is None:
            return None
        value, left, at, mark = row
        return Record(value, left // MILLISECONDS, at, mark or 0)

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
        """Keep a new record. Whatever finds it is there before it."""
        row = {"value": value, "since": since, "expires_at": self._in(ttl)}
        session = self._insert(SESSIONS).values(key=key, owner=key[:OWNER_BYTES], **row)

        def act(connection: Connection) -> None:
            if labels:
                connection.execute(self._labelling(key, labels, lasting))
            connection.execute(session.on_conflict_do_update(index_elements=["key"], set_=row))

        self._database.ask(act)
        self._sweeper.sweep()

    async def replace(self, key: bytes, old: bytes, new: bytes) -> bool:
        """Put *new* in the place of *old*, and tell whether *old* was there. Its life stays."""
        statement = update(SESSIONS).where(*self._alive(key), SESSIONS.c.value == old)
        return self._database.count(statement.values(value=new)) == 1

    async def touch(self, key: bytes, ttl: int) -> None:
        """Keep what is there for *ttl* seconds from now. What is gone stays gone."""
        self._database.count(
            update(SESSIONS).where(*self._alive(key)).values(expires_at=self._in(ttl))
        )

    async def label(self, key: bytes, labels: Sequence[bytes], *, since: int, lasting: int) -> None:
        """Let a record that may exist be found by more labels. What is gone stays gone."""
        del since
        if labels:
            self._database.count(self._labelling(key, labels, lasting))

    async def delete(self, key: bytes, labels: Sequence[bytes] = ()) -> None:
        """Forget what is there, if anything is, and that it was found by those labels."""
        labelled = delete(LABELS).where(LABELS.c.key == key, LABELS.c.label.in_(labels))

        def act(connection: Connection) -> None:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.key == key))
            if labels:
                connection.execute(labelled)

        self._database.ask(act)

    async def find(self, label: bytes) -> list[tuple[bytes, int]]:
        """Return the keys saved with *label*, or with it as their owner, and their beginnings."""
        alive = select(SESSIONS.c.key, SESSIONS.c.since).where(SESSIONS.c.expires_at > self._now)
        labelled = alive.join(LABELS, LABELS.c.key == SESSIONS.c.key).where(LABELS.c.label == label)
        both = union(alive.where(SESSIONS.c.owner == label), labelled).order_by("since")
        return [(bytes(key), since) for key, since in self._database.rows(both)]

    async def end(self, owner: bytes, *, lasting: int, before: int | None = None) -> int:
        """End the owner's records that began up to *before*, and return how many there were."""
        mark = self._marked(owner, lasting, before)
        over = delete(SESSIONS).where(SESSIONS.c.owner == owner, SESSIONS.c.since <= mark)
        return self._database.count(over.where(SESSIONS.c.expires_at > self._now))

    async def mark(self, name: bytes, *, lasting: int, before: int | None = None) -> None:
        """Set a mark of any name, as `end` sets an owner's."""
        self._marked(name, lasting, before)

    async def marks(self, names: Sequence[bytes]) -> list[int]:
        """Return each name's mark, in milliseconds; 0 where there is none."""
        alive = (NAMES.c.kind == Kind.MARK, NAMES.c.expires_at > self._now)
        wanted = select(NAMES.c.name, NAMES.c.at).where(*alive, NAMES.c.name.in_(names))
        found = {bytes(name): int(at) for name, at in self._database.rows(wanted)} if names else {}
        return [found.get(name, 0) for name in names]

    async def use(self, name: bytes, ttl: int) -> int | None:
        """Use *name* up for *ttl* seconds; the time in milliseconds, None where it was before."""
        return self._taken(Kind.USED, name, os.urandom(NONCE_BYTES), ttl * MILLISECONDS)

    async def is_used(self, name: bytes) -> bool:
        """Tell whether *name* is used up."""
        used = (NAMES.c.kind == Kind.USED, NAMES.c.name == name, NAMES.c.expires_at > self._now)
        return bool(self._database.rows(select(NAMES.c.at).where(*used)))

    async def hold(self, name: bytes, holder: bytes, milliseconds: int) -> bool:
        """Take the lease *name*, or renew it, and tell whether *holder* has it now."""
        return self._taken(Kind.LEASE, name, holder, milliseconds) is not None

    async def release(self, name: bytes, holder: bytes) -> None:
        """Give the lease up, if *holder* still has it."""
        lease = delete(NAMES).where(NAMES.c.kind == Kind.LEASE, NAMES.c.name == name)
        self._database.count(lease.where(NAMES.c.holder == holder))

    def records(self) -> Iterator[Listed]:
        """Return what is kept, in no order; what is saved meanwhile may be missing."""
        left, value = SESSIONS.c.expires_at - self._now, SESSIONS.c.value
        # SQLite takes the substring of nothing for NULL.
        head = func.coalesce(func.substr(value, 1, HEAD_BYTES), b"")
        wanted = select(SESSIONS.c.key, head, left, func.length(value)).where(left > 0)
        batch = wanted.order_by(SESSIONS.c.key).limit(BATCH)
        last = b""
        while rows := self._database.rows(batch.where(SESSIONS.c.key > last)):
            for key, first, milliseconds, size in rows:
                last = bytes(key)
                yield listed(last, bytes(first), left=milliseconds // MILLISECONDS, size=size)

    def create(self) -> None:
        """Make the tables that are not there.

        One of a former layout is dropped, and the sessions in it end.
        """
        self._database.ask(make)

    def problem(self) -> str | None:
        """Return why it cannot work, such as a table that is missing; None where it can."""
        return self._database.ask(unfit)

    def close(self) -> None:
        """Close the connections. The next use makes new ones."""
        self._database.close()

    def _labelling(self, key: bytes, labels: Sequence[bytes], lasting: int) -> Executable:
        until = {"expires_at": self._in(lasting)}
        found = [{"label": label, "key": key, **until} for label in set(labels)]
        new = self._insert(LABELS).values(found)
        return new.on_conflict_do_update(index_elements=["label", "key"], set_=until)

    def _in(self, seconds: int) -> ColumnElement[int]:
        return self._now + seconds * MILLISECONDS

    def _alive(self, key: bytes) -> tuple[ColumnElement[bool], ...]:
        return SESSIONS.c.key == key, SESSIONS.c.expires_at > self._now

    def _marked(self, name: bytes, lasting: int, before: int | None) -> int:
        """Set a mark, which neither moves back nor lasts shorter than it did; return it."""
        row = {"at": self._now if before is None else before, "expires_at": self._in(lasting)}
        new = self._insert(NAMES).values(kind=Kind.MARK, name=name, holder=b"", **row)
        later = self._greatest(NAMES.c.at, new.excluded.at)
        over = case((NAMES.c.expires_at > self._now, later), else_=new.excluded.at)
        until = self._greatest(NAMES.c.expires_at, new.excluded.expires_at)
        statement = new.on_conflict_do_update(
            index_elements=["kind", "name"], set_={"at": over, "expires_at": until}
        )
        return int(self._database.rows(statement.returning(NAMES.c.at))[0][0])

    def _taken(self, kind: Kind, name: bytes, holder: bytes, milliseconds: int) -> int | None:
        """Give a name to *holder* where nobody else has it; return the time, or None.

        Who asks again, as the first answer was lost, has it already.
        """
        row = {"holder": holder, "at": self._now, "expires_at": self._now + milliseconds}
        new = self._insert(NAMES).values(kind=kind, name=name, **row)
        statement = new.on_conflict_do_update(
            index_elements=["kind", "name"],
            set_={column: new.excluded[column] for column in row},
            where=or_(NAMES.c.expires_at <= self._now, NAMES.c.holder == holder),
        )
        taken = self._database.rows(statement.returning(NAMES.c.at))
        return int(taken[0][0]) if taken else None
