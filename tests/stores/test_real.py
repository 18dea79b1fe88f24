"""Stores as they are in real life: away, slow, forked, not made ready, shared by processes."""

from __future__ import annotations

import os
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import flask
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from admit import ConfigurationError
from admit.cli import main
from admit.errors import StoreUnavailable
from admit.flask import SignIn
from admit.ports import SessionStore, run_sync
from admit.stores import Store, open_store
from admit.stores.sql import SqlStore
from admit.stores.sql_sweep import SWEEP_EVERY
from stores.conftest import Failover, postgresql_server, redis_server, wait_until
from support import free_port

KEY = b"k" * 44
SETTINGS: dict[str, Any] = {
    "issuer": "https://provider.test",
    "client_id": "c",
    "client_secret": "s",
    "base_url": "http://localhost:5000",
    "secret_keys": ["a-key-of-the-test-with-enough-characters"],
}


def save(store: SessionStore, key: bytes = KEY, ttl: int = 60) -> None:
    run_sync(store.save(key, b"value", ttl, since=1, lasting=600))


def works(store: Store) -> bool:
    save(store)
    return run_sync(store.load(KEY)) is not None


@pytest.mark.parametrize("kind", ["redis", "postgresql"])
def test_a_store_that_comes_back_is_used_again(
    kind: str, tmp_path: Path, postgresql_folder: Path
) -> None:
    port = free_port()
    folder = tmp_path if kind == "redis" else postgresql_folder / "second"
    folder.mkdir(exist_ok=True)
    server = redis_server if kind == "redis" else postgresql_server
    with server(folder, port) as url:
        store = open_store(url)
        store.create()
        assert works(store)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable) as caught:
        works(store)
    assert time.monotonic() - began < 5
    assert caught.value.__cause__ is None
    assert "127.0.0.1" not in str(caught.value)
    with server(folder, port):
        assert works(store)
    store.close()


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
    for one in taken:
        one.close()


@pytest.mark.parametrize("scheme", ["redis", "postgresql", "redis+cluster", "redis+sentinel"])
def test_a_store_that_is_silent_is_given_up_in_time(scheme: str, silent: int) -> None:
    store = open_store(f"{scheme}://127.0.0.1:{silent}/service")
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        run_sync(store.load(KEY))
    assert time.monotonic() - began < 10
    store.close()


@pytest.fixture(params=["redis_url", "postgresql_url", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    kind = str(request.param)
    sqlite = f"sqlite:///{tmp_path}/sessions.db"
    store = open_store(sqlite if kind == "sqlite" else request.getfixturevalue(kind))
    store.create()
    yield store
    store.close()


def test_a_forked_process_goes_on(store: Store) -> None:
    assert works(store)
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if all(works(store) for _ in range(20)) else 1)
        except BaseException:  # noqa: BLE001 - a child must not go on as a second test run
            os._exit(2)
    assert all(works(store) for _ in range(20))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert works(store)


def test_a_store_that_was_closed_makes_new_connections(store: Store) -> None:
    assert works(store)
    store.close()
    assert works(store)


def test_many_threads_write_at_once(store: Store) -> None:
    found: list[bool] = []

    def write(number: int) -> None:
        for turn in range(10):
            key = bytes([number, turn]) * 22
            save(store, key)
            found.append(run_sync(store.load(key)) is not None)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 80


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as plain:
        [count] = plain.execute("SELECT count(*) FROM admit_sessions").fetchone()
    return int(count)


def test_what_has_expired_is_swept_now_and_then(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/sessions.db")
    assert isinstance(store, SqlStore)
    store.create()
    save(store)
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE admit_sessions SET expires_at = 1"))
    save(store, b"o" * 44)
    assert rows(tmp_path / "sessions.db") == 2
    store._sweeper._swept_at -= SWEEP_EVERY
    save(store, b"p" * 44)
    assert rows(tmp_path / "sessions.db") == 2
    store.close()


def test_a_missing_table_stops_the_start_with_the_command_that_makes_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/sessions.db"
    with pytest.raises(ConfigurationError, match="admit store create"):
        SignIn(flask.Flask("app"), sessions=url, **SETTINGS)

    made = CliRunner().invoke(main, ["store", "create"], env={"ADMIT_SESSIONS": url})
    place = f"SQLite file {tmp_path}/sessions.db"
    assert (made.exit_code, made.output) == (0, f"{place} is ready.\n")
    SignIn(flask.Flask("app"), sessions=url, **SETTINGS)


def test_an_app_starts_while_its_store_is_away(caplog: pytest.LogCaptureFixture) -> None:
    url = f"redis://:password@127.0.0.1:{free_port()}/0"
    SignIn(flask.Flask("app"), sessions=url, **SETTINGS)
    assert "store.unavailable" in caplog.text
    assert "password" not in caplog.text


@pytest.mark.parametrize(
    "url", ["mysql://host/db", "redis", "postgresql//x", "memcached://x", "file:///x"]
)
def test_a_store_that_is_not_known_is_a_problem_at_start(url: str) -> None:
    with pytest.raises(ConfigurationError, match="sqlite://, postgresql://, redis://"):
        SignIn(flask.Flask("app"), sessions=url, **SETTINGS)
    made = CliRunner().invoke(main, ["store", "create", url])
    assert made.exit_code == 1
    assert "Traceback" not in made.output


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://host:26379",
        "redis+sentinel:///service",
        "redis+cluster://:x@,/",
        "redis://host:port/0",
        "postgresql://user:secret@host:port/db",
    ],
)
def test_a_url_that_is_no_good_is_told_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_a_sentinel_leads_to_the_new_master_and_sessions_live_on(failover: Failover) -> None:
    store = open_store(failover.url)
    save(store, ttl=600)
    client = store._made  # type: ignore[attr-defined]
    assert client.wait(1, 1000) == 1, "the replica has it"

    failover.kill()

    def is_back() -> bool:
        try:
            found = run_sync(store.load(KEY))
        except StoreUnavailable:
            return False
        assert found is not None, "an outage is never taken for a session that is over"
        return True

    wait_until(is_back)
    assert works(store)
    store.close()
