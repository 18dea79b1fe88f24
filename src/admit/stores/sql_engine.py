"""Connections to PostgreSQL or SQLite, none of which waits for ever.

Each statement is a transaction of its own: nothing here needs a larger one, and a larger one asks
the database three times instead of once.

May know: psycopg_deadline.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Dialect

#: Seconds for a connection, for one from the pool, and for a statement.
TIMEOUT = 2


def engine_of(address: URL) -> Engine:
    """Return an engine. Nothing is connected yet."""
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    return _postgresql(address)


def _sqlite(address: URL) -> Engine:
    engine = create_engine(
        address,
        connect_args={"timeout": TIMEOUT},
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's
        # Readers and a writer do not wait for each other.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


def _postgresql(address: URL) -> Engine:
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
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
    # Not at the top: who keeps sessions in SQLite may not have psycopg.
    from admit.stores.psycopg_deadline import DeadlineConnection  # noqa: PLC0415

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Dialect, _record: object, args: Any, options: Any) -> Any:  # noqa: ANN401
        return DeadlineConnection.connect(*args, **options)

    return engine
