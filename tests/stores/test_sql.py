"""PostgreSQL and SQLite as they are in real life: frozen, begun anew, of a former layout."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from admit.errors import StoreUnavailable
from admit.ports import run_sync
from admit.stores import Store, open_store
from admit.stores.psycopg_deadline import DEADLINE
from admit.stores.sql import BATCH, SqlStore
from admit.stores.sql_sweep import SWEEP_EVERY
from admit.stores.sql_tables import METADATA, NAMES, SESSIONS, clock
from admit.testing.store import KEY, LABEL, LASTING, OTHER, OWNER, SECOND, now, save, value_of


@pytest.fixture(params=["postgresql_url", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    kind = str(request.param)
    sqlite = f"sqlite:///{tmp_path}/sessions.db"
    store = open_store(sqlite if kind == "sqlite" else request.getfixturevalue(kind))
    assert isinstance(store, SqlStore)
    with store._engine.begin() as connection:
        METADATA.drop_all(connection)
    store.create()
    yield store
    store._engine.dispose()


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[SqlStore]:
    store = open_store(postgresql_url)
    assert isinstance(store, SqlStore)
    store.create()
    save(store, KEY, b"value")
    yield store
    store._engine.dispose()


def processes(store: SqlStore) -> list[int]:
    """Return the ids of the server's processes."""
    with store._engine.connect() as connection:
        folder = connection.execute(text("SHOW data_directory")).scalar_one()
        statement = text("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        backends = [int(pid) for pid in connection.execute(statement).scalars()]
    return [int((Path(folder) / "postmaster.pid").read_text().split()[0]), *backends]


@contextmanager
def frozen(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)


def test_a_postgresql_that_stands_still_holds_no_page(postgresql: SqlStore) -> None:
    with frozen(processes(postgresql)):
        for _ in range(2):  # on a connection that it took before, and for a new one
            began = time.monotonic()
            with pytest.raises(StoreUnavailable):
                value_of(postgresql, KEY)
            assert time.monotonic() - began < DEADLINE + 1
    assert value_of(postgresql, KEY) == b"value"
    with frozen(processes(postgresql)):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            save(postgresql, KEY, b"late", since=1)
        assert time.monotonic() - began < DEADLINE + 1
    assert value_of(postgresql, KEY) in {b"value", b"late"}


def test_connections_that_the_server_closed_are_made_anew(postgresql: SqlStore) -> None:
    engine = postgresql._engine
    others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = 'postgres' AND pid <> pg_backend_pid()"
    )
    again = open_store(engine.url.render_as_string(hide_password=False).replace("+psycopg", ""))
    assert isinstance(again, SqlStore)
    acts: tuple[Callable[[], bool], ...] = (
        lambda: value_of(postgresql, KEY) == b"value",
        lambda: run_sync(postgresql.use(os.urandom(9), 60)) is not None,
        lambda: run_sync(postgresql.replace(KEY, b"value", b"new")),
    )
    for act in acts:
        with engine.connect(), engine.connect(), engine.connect():
            pass
        with again._engine.connect() as connection:
            connection.execute(others)
        assert act()
    again._engine.dispose()


def test_a_table_of_a_former_layout_is_told_and_made_anew(store: SqlStore) -> None:
    assert store.problem() is None
    with store._engine.begin() as connection:
        connection.execute(text("DROP TABLE admit_labels"))
    assert store.problem() == "the table admit_labels is missing"
    with store._engine.begin() as connection:
        connection.execute(text("DROP TABLE admit_sessions"))
        former = "CREATE TABLE admit_sessions (key INT PRIMARY KEY, value INT, expires_at BIGINT)"
        connection.execute(text(former))
        index = "CREATE INDEX ix_admit_sessions_expires_at ON admit_sessions (expires_at)"
        connection.execute(text(index))
    run_sync(store.hold(b"lease", b"holder", 60_000))
    store.create()
    assert store.problem() is None
    save(store, KEY, labels=[LABEL])
    assert value_of(store, KEY) == b"value"
    assert not run_sync(store.hold(b"lease", b"other", 60_000)), "the other tables stay"


def test_what_is_made_already_stays(store: SqlStore) -> None:
    save(store, KEY)
    store.create()
    assert value_of(store, KEY) == b"value"


def test_what_has_expired_is_swept_from_each_table(store: SqlStore) -> None:
    save(store, KEY, labels=[LABEL])
    run_sync(store.mark(b"name", lasting=60))
    run_sync(store.hold(b"name", b"holder", 60_000))
    with store._engine.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(update(table).values(expires_at=1))
    save(store, SECOND, labels=[LABEL], since=1)
    assert rows(store) == {"admit_sessions": 2, "admit_labels": 2, "admit_names": 3}
    store._sweeper._swept_at -= SWEEP_EVERY
    save(store, OTHER, labels=[LABEL], since=1)
    assert rows(store) == {"admit_sessions": 2, "admit_labels": 2, "admit_names": 0}


def test_a_record_that_is_deleted_with_its_labels_leaves_nothing(store: SqlStore) -> None:
    save(store, KEY, labels=[LABEL], since=1)
    run_sync(store.label(KEY, [b"more"], since=1, lasting=600))
    run_sync(store.delete(KEY, [LABEL, b"more"]))
    assert rows(store) == {"admit_sessions": 0, "admit_labels": 0, "admit_names": 0}


def rows(store: SqlStore) -> dict[str, int]:
    with store._engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in METADATA.sorted_tables
        }


def test_what_has_expired_is_found_by_an_index(postgresql: SqlStore) -> None:
    """Else each look for it reads whole tables, and is ended by the limit where they are large."""
    expired = select(SESSIONS.c.key).where(SESSIONS.c.expires_at <= clock("postgresql"))
    words = expired.compile(postgresql._engine, compile_kwargs={"literal_binds": True})
    with postgresql._engine.connect() as connection:
        connection.execute(text("SET enable_seqscan = off"))
        plan = "\n".join(connection.execute(text(f"EXPLAIN {words}")).scalars())
        connection.execute(text("RESET enable_seqscan"))
    assert "Index Cond: (expires_at <=" in plan


def test_operators_see_each_record_and_nothing_in_it(store: SqlStore) -> None:
    keys = [OWNER + number.to_bytes(32) for number in range(BATCH + 1)]
    for key in keys:
        save(store, key, b"appl\x01abcd and more", since=1)
    found = list(store.records())
    assert [one.key for one in found] == keys
    assert {(one.application, one.key_id, one.size) for one in found} == {(b"appl", b"abcd", 18)}
    assert all(50 <= one.left <= 60 for one in found)


def test_operators_see_that_a_record_is_empty(store: SqlStore) -> None:
    save(store, KEY, b"")
    [found] = store.records()
    assert (found.application, found.key_id, found.size) == (b"", b"", 0)


def test_the_time_is_that_of_the_database(store: SqlStore) -> None:
    before = time.time_ns() // 1_000_000
    told = now(store)
    assert before - 1 <= told <= time.time_ns() // 1_000_000 + 1
    with store._engine.connect() as connection:
        at = connection.execute(select(NAMES.c.at)).scalar_one()
    assert at == told


def test_a_database_that_is_locked_is_given_up_in_time(tmp_path: Path) -> None:
    store: Store = open_store(f"sqlite:///{tmp_path}/sessions.db")
    assert isinstance(store, SqlStore)
    store.create()
    save(store, KEY)
    with closing(sqlite3.connect(tmp_path / "sessions.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            save(store, SECOND, since=1)
        assert time.monotonic() - began < 3
        assert value_of(store, KEY) == b"value", "who reads does not wait"
    store._engine.dispose()


def test_a_file_that_is_no_database_is_a_store_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "sessions.db").write_bytes(b"no database" * 100)
    store = open_store(f"sqlite:///{tmp_path}/sessions.db")
    with pytest.raises(StoreUnavailable):
        run_sync(store.load(KEY))
    with pytest.raises(StoreUnavailable):
        run_sync(store.end(OWNER, lasting=LASTING))
