"""Connections to PostgreSQL or SQLite, none of which waits for ever.

Each statement is a transaction of its own: nothing here needs a larger one, and a larger one asks
the database three times instead of once.

May know: mistakes, psycopg_deadline.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Dialect

from admit.stores.mistakes import UrlMistakeError

#: Seconds for a connection, for one from the pool, and for a statement.
TIMEOUT = 2


def engine_of(address: URL) -> Engine:
    """Return an engine. Nothing is connected yet.

    Raises:
        UrlMistakeError: It is a database that only this process would have.
    """
    if address.get_backend_name() != "sqlite":
        return _postgresql(address)
    if _is_in_memory(address):
        raise UrlMistakeError("in memory, sessions end with their process")
    return _sqlite(address)


def place_of(address: URL) -> str:
    """Return where the database is, in words that hold neither user nor password."""
    if address.get_backend_name() == "sqlite":
        return f"SQLite file {address.database}"
    named = address.normalized_query.get("host", ()) if address.host is None else (address.host,)
    port = "" if address.port is None else f":{address.port}"
    hosts = ", ".join(named) or "the local socket"
    return f"PostgreSQL at {hosts}{port}, database {address.database or 'of the user'}"


def _is_in_memory(address: URL) -> bool:
    name = address.database or ""
    return not name or ":memory:" in name or "memory" in address.normalized_query.get("mode", ())


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
