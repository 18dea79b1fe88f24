"""Sessions in PostgreSQL or SQLite.

Times are the database's own, so the clocks of the machines in front of it do not matter.

May know: errors.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    cast,
    create_engine,
    delete,
    event,
    func,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from admit.errors import StoreUnavailable

#: Seconds for a connection, for one from the pool, and for a statement.
TIMEOUT = 2
#: Seconds between two looks for what has expired, in each process, and rows removed by one look.
SWEEP_EVERY, SWEEP_ROWS = 60, 1000
METADATA = MetaData()
SESSIONS = Table(
    "admit_sessions",
    METADATA,
    Column("key", LargeBinary(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)


def open_url(url: str) -> SqlStore:
    """Return the store at ``sqlite:///path`` or ``postgresql://user:password@host/database``.

    Raises:
        ValueError: The URL is no good.
    """
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise ValueError("no URL") from error
    return SqlStore(_engine(address))


def _engine(address: URL) -> Engine:
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, connect_args={"timeout": TIMEOUT})

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's
            # Readers and a writer do not wait for each other.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")

        return engine
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_timeout=TIMEOUT,
        connect_args={
            "connect_timeout": TIMEOUT,
            # What the server cannot time out, because the network between is gone.
            "tcp_user_timeout": TIMEOUT * 1000,
            "keepalives_idle": TIMEOUT,
            "keepalives_interval": 1,
            "keepalives_count": 2,
            "options": f"-c statement_timeout={TIMEOUT * 1000}",
        },
    )


class SqlStore:
    """Keeps sessions in one table.

    Args:
        engine: Of PostgreSQL or SQLite.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._process = os.getpid()
        self._swept_at = 0.0
        lite = engine.dialect.name == "sqlite"
        self._insert = sqlite.insert if lite else postgresql.insert
        clock = (
            func.strftime("%s", "now") if lite else func.extract("epoch", func.clock_timestamp())
        )
        self._now = cast(clock, BigInteger)

    def __repr__(self) -> str:
        """Return the kind alone: addresses may hold passwords."""
        return f"<SqlStore {self._engine.dialect.name}>"

    async def load(self, key: bytes) -> tuple[bytes, int] | None:
        """Return the octets and the seconds they have left; None where there are none."""
        left = SESSIONS.c.expires_at - self._now
        wanted = select(SESSIONS.c.value, left).where(SESSIONS.c.key == key, left > 0)
        with self._connected() as connection:
            found = connection.execute(wanted).first()
        return None if found is None else (bytes(found[0]), int(found[1]))

    async def save(self, key: bytes, value: bytes, ttl: int) -> None:
        """Keep *value* for *ttl* seconds, in place of what was there."""
        row = {"value": value, "expires_at": self._now + ttl}
        statement = self._insert(SESSIONS).values(key=key, **row)
        with self._connected() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=row))
            self._sweep(connection)

    async def touch(self, key: bytes, ttl: int) -> None:
        """Keep what is there for *ttl* seconds from now. What is gone stays gone."""
        alive = (SESSIONS.c.key == key, SESSIONS.c.expires_at > self._now)
        with self._connected() as connection:
            connection.execute(update(SESSIONS).where(*alive).values(expires_at=self._now + ttl))

    async def delete(self, key: bytes) -> None:
        """Forget what is there, if anything is."""
        with self._connected() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.key == key))

    def create(self) -> None:
        """Make the table, if it is not there."""
        with self._connected() as connection:
            METADATA.create_all(connection)

    def problem(self) -> str | None:
        """Return that the table is missing, or None."""
        with self._connected() as connection:
            there = inspect(connection).has_table(SESSIONS.name)
        return None if there else f"the table {SESSIONS.name} is missing"

    def _sweep(self, connection: Connection) -> None:
        """Remove some of what has expired, now and then: nobody else does."""
        now = time.monotonic()
        if now < self._swept_at + SWEEP_EVERY:
            return
        self._swept_at = now
        expired = select(SESSIONS.c.key).where(SESSIONS.c.expires_at <= self._now).limit(SWEEP_ROWS)
        connection.execute(delete(SESSIONS).where(SESSIONS.c.key.in_(expired)))

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        if self._process != os.getpid():
            # The parent's connections are not ours to speak on, nor to close.
            self._engine.dispose(close=False)
            self._process = os.getpid()
        try:
            with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise StoreUnavailable(f"SQL: {type(error).__name__}") from None
