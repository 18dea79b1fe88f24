"""The short way to Redis: a connection of its own for each thread, and what may go wrong on it."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from redis import Redis

from admit.errors import StoreUnavailable
from admit.ports import SessionStore, run_sync
from admit.stores import open_store
from admit.stores.redis import RedisStore
from admit.stores.redis_quick import Kept
from admit.stores.redis_url import client_of
from admit.testing.store import KEY, LABEL, OTHER, OWNER, save, value_of
from stores.conftest import Failover, wait_until

PATIENCE = 0.2


@pytest.fixture(params=["redis_url", "sentinel_url"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def admin(url: str) -> Iterator[Redis]:
    client = client_of(url)
    assert isinstance(client, Redis)
    client.flushdb()
    client.script_flush()
    yield client
    client.client_unpause()
    client.close()


@pytest.fixture
def store(url: str, admin: Redis) -> Iterator[RedisStore]:
    client = client_of(url)
    assert isinstance(client, Redis)
    client.connection_pool.connection_kwargs["socket_timeout"] = PATIENCE
    store = RedisStore(client)
    save(store, KEY, b"of the one")
    save(store, OTHER, b"of the other")
    for _ in range(2):
        assert value_of(store, KEY) == b"of the one"
    assert kept_by(store) is not None
    yield store
    client.close()


def kept_by(store: RedisStore) -> Kept | None:
    """Return this thread's own connection."""
    assert store._quick is not None
    return store._quick._own.kept


class StoppedError(BaseException):
    """What a server raises in a worker that takes too long."""


def pause(admin: Redis) -> None:
    """Let what may write wait, which each script may."""
    admin.client_pause(60_000, all=False)


def stop(*_: object) -> None:
    raise StoppedError


def test_an_answer_that_came_too_late_is_read_by_nobody(store: RedisStore, admin: Redis) -> None:
    pause(admin)
    with pytest.raises(StoreUnavailable):
        value_of(store, KEY)
    admin.client_unpause()
    assert value_of(store, OTHER) == b"of the other"
    assert value_of(store, KEY) == b"of the one"


def test_an_answer_that_nobody_waited_for_is_read_by_nobody(
    store: RedisStore, admin: Redis
) -> None:
    pause(admin)
    former = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE / 4)
    with pytest.raises(StoppedError):
        value_of(store, KEY)
    signal.signal(signal.SIGALRM, former)
    admin.client_unpause()
    assert value_of(store, OTHER) == b"of the other"
    assert value_of(store, KEY) == b"of the one"


def test_a_connection_with_an_answer_that_nobody_waited_for_is_not_kept(
    store: RedisStore, admin: Redis
) -> None:
    """Nor by the client, of which all but loads is asked."""
    pause(admin)
    former = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE / 4)
    with pytest.raises(StoppedError):
        run_sync(store.use(b"name", 60))
    signal.signal(signal.SIGALRM, former)
    [connection] = store._made.connection_pool._available_connections
    assert connection._sock is None


def test_a_load_within_a_load_has_an_answer_of_its_own(store: RedisStore, admin: Redis) -> None:
    """As in a signal's handler, or in a greenlet where threads are not patched."""
    inner: list[bytes | None] = []

    def look(*_: object) -> None:
        admin.client_unpause()
        inner.append(value_of(store, OTHER))

    pause(admin)
    former = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE / 4)
    assert value_of(store, KEY) == b"of the one"
    signal.signal(signal.SIGALRM, former)
    assert inner == [b"of the other"]


def kill_all(admin: Redis) -> None:
    for client in admin.client_list(_type="normal"):
        # Sentinels would take it for the end of the master.
        if not client["name"].startswith("sentinel"):
            admin.client_kill_filter(_id=client["id"], skipme=True)


def forget_scripts(admin: Redis) -> None:
    admin.script_flush()


ACTS: dict[str, Callable[[SessionStore], object]] = {
    "load": lambda store: run_sync(store.load(KEY)),
    "save": lambda store: run_sync(
        store.save(KEY, b"new", 60, since=1, lasting=60, labels=[LABEL])
    ),
    "replace": lambda store: run_sync(store.replace(KEY, b"of the one", b"new")),
    "touch": lambda store: run_sync(store.touch(KEY, 60)),
    "delete": lambda store: run_sync(store.delete(KEY)),
    "find": lambda store: run_sync(store.find(OWNER)),
    "end": lambda store: run_sync(store.end(OWNER, lasting=60)) == 1,
    "mark": lambda store: run_sync(store.mark(b"name", lasting=60)),
    "marks": lambda store: run_sync(store.marks([b"name"])) == [0],
    "use": lambda store: run_sync(store.use(b"name", 60)),
    "is_used": lambda store: run_sync(store.is_used(b"name")),
    "hold": lambda store: run_sync(store.hold(b"name", b"holder", 60_000)),
    "release": lambda store: run_sync(store.release(b"name", b"holder")),
    "records": lambda store: len(list(store.records())) == 2,  # type: ignore[attr-defined]
}
SILENT = {"save", "touch", "delete", "mark", "is_used", "release"}


@pytest.mark.parametrize("break_it", [kill_all, forget_scripts])
@pytest.mark.parametrize("act", ACTS)
def test_a_server_that_began_anew_is_told_again(
    act: str, break_it: Callable[[Redis], None], store: RedisStore, admin: Redis
) -> None:
    """It has neither the connections nor the scripts of before."""
    break_it(admin)
    assert bool(ACTS[act](store)) == (act not in SILENT)


def test_the_short_way_is_taken_again_after_it_failed(store: RedisStore, admin: Redis) -> None:
    forget_scripts(admin)
    value_of(store, KEY)
    assert kept_by(store) is None
    value_of(store, KEY)
    kept = kept_by(store)
    assert kept is not None
    value_of(store, KEY)
    assert kept_by(store) is kept


def test_a_thread_that_ends_leaves_no_connection_behind(store: RedisStore, admin: Redis) -> None:
    before = len(admin.client_list())
    for _ in range(20):
        thread = threading.Thread(target=value_of, args=(store, KEY))
        thread.start()
        thread.join()
    wait_until(lambda: len(admin.client_list()) == before)


def test_a_forked_process_speaks_on_connections_of_its_own(store: RedisStore) -> None:
    child = os.fork()
    if child == 0:
        try:
            good = all(value_of(store, OTHER) == b"of the other" for _ in range(200))
            os._exit(0 if good else 1)
        except BaseException:  # noqa: BLE001 - a child must not go on as a second test run
            os._exit(2)
    assert all(value_of(store, KEY) == b"of the one" for _ in range(200))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert value_of(store, KEY) == b"of the one"


@pytest.fixture
def losing(redis_url: str) -> Iterator[str]:
    """A way to Redis on which the answer to the first script about each name is lost."""
    port = int(redis_url.rpartition(":")[2].partition("/")[0])
    listener = socket.create_server(("127.0.0.1", 0))
    lost: set[bytes] = set()

    def carry(near: socket.socket) -> None:
        with near, socket.create_connection(("127.0.0.1", port)) as far:
            while asked := near.recv(65536):
                far.sendall(asked)
                answer = far.recv(65536)
                about = asked.rpartition(b"admit:")[2].partition(b"\r\n")[0]
                if b"EVAL" in asked and b"NOSCRIPT" not in answer and about not in lost:
                    lost.add(about)
                    return
                near.sendall(answer)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threads.append(threading.Thread(target=carry, args=(listener.accept()[0],)))
                threads[-1].start()

    threads = [threading.Thread(target=accept)]
    threads[0].start()
    yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("url", ["redis_url"], indirect=True)
def test_who_asks_twice_has_used_a_name_once(losing: str) -> None:
    """The answer to the first was lost: nobody else has used it."""
    store = open_store(losing)
    assert run_sync(store.use(b"name", 60)) is not None
    assert run_sync(store.use(b"name", 60)) is None
    assert run_sync(store.hold(b"lease", b"one", 60_000))
    save(store, KEY, b"value")
    assert value_of(store, KEY) == b"value"
    store._made.close()  # type: ignore[attr-defined]
    del store  # and the connection of this thread


def test_the_short_way_leads_to_the_new_master(failover: Failover) -> None:
    store = open_store(failover.url)
    assert isinstance(store, RedisStore)
    save(store, KEY, b"value", 600)
    for _ in range(2):
        value_of(store, KEY)
    assert kept_by(store) is not None
    assert store._made.wait(1, 1000) == 1, "the replica has it"

    failover.kill()

    def is_back() -> bool:
        with suppress(StoreUnavailable):
            assert value_of(store, KEY) == b"value", "an outage is not the end of a session"
            return kept_by(store) is not None
        return False

    wait_until(is_back)
    kept = kept_by(store)
    assert kept is not None
    assert kept.connection.port != failover.master
    store._made.close()


def test_a_url_cannot_ask_for_text(redis_url: str) -> None:
    store = open_store(f"{redis_url}?decode_responses=true")
    save(store, KEY, b"\xff")
    assert value_of(store, KEY) == b"\xff"
    assert KEY in {one.key for one in store.records()}
    store._made.close()  # type: ignore[attr-defined]
