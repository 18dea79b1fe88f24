"""Every store keeps the contract that ships with the library."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from admit.ports import run_sync
from admit.stores import Store, open_store
from admit.stores.redis import RedisStore
from admit.stores.sql import SqlStore
from admit.stores.sql_tables import METADATA
from admit.testing import MemoryStore, SessionStoreContract
from admit.testing.store import KEY, LABEL, OWNER, SECOND, Forward


class TestMemory(SessionStoreContract):
    @pytest.fixture(autouse=True)
    def _clock(self) -> None:
        self.now = 1_800_000_000

    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore(lambda: self.now)

    @pytest.fixture
    def forward(self) -> Forward:
        def forward(seconds: int) -> None:
            self.now += seconds

        return forward


def next_millisecond() -> None:
    """Wait for it: what a store does may take less, and its time shall have passed."""
    began = time.time_ns() // 1_000_000
    while time.time_ns() // 1_000_000 == began:
        pass


class Sql(SessionStoreContract):
    """Time passes in SQL when all that is kept gets older."""

    @pytest.fixture
    def forward(self, store: SqlStore) -> Forward:
        def forward(seconds: int) -> None:
            with store._engine.begin() as connection:
                for table in METADATA.sorted_tables:
                    older = table.c.expires_at - seconds * 1000
                    connection.execute(update(table).values(expires_at=older))
            next_millisecond()

        return forward


def opened(url: str) -> Store:
    store = open_store(url)
    store.create()
    return store


class TestSqlite(Sql):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        store = opened(f"sqlite:///{tmp_path}/sessions.db")
        yield store
        assert isinstance(store, SqlStore)
        store._engine.dispose()


class TestPostgresql(Sql):
    @pytest.fixture
    def store(self, postgresql_url: str) -> Iterator[Store]:
        store = opened(postgresql_url)
        assert isinstance(store, SqlStore)
        with store._engine.begin() as connection:
            for table in METADATA.sorted_tables:
                connection.execute(delete(table))
        yield store
        store._engine.dispose()


class Redis(SessionStoreContract):
    """Time passes in Redis when so much is taken off the life of all that is kept."""

    @pytest.fixture
    def everywhere(self) -> dict[str, str]:
        return {}

    @pytest.fixture
    def forward(self, store: RedisStore, everywhere: dict[str, str]) -> Forward:
        def forward(seconds: int) -> None:
            client = store._made
            for key in client.keys("*", **everywhere):
                client.pexpire(key, client.pttl(key) - seconds * 1000)
                if key.endswith(b":e"):
                    for member in client.zrange(key, 0, -1):
                        client.zincrby(key, -seconds * 1000, member)
            next_millisecond()

        return forward

    def test_an_index_does_not_grow_for_ever(self, store: RedisStore, forward: Forward) -> None:
        """Only by when they have ended at the latest are keys left out; and it ends with them."""
        for number in range(3):
            key = OWNER + bytes([number]) * 32
            run_sync(store.save(key, b"value", 60, since=1, lasting=90 - number, labels=[LABEL]))
            forward(49)
        assert [key[-1] for key, _ in run_sync(store.find(OWNER))] == [1, 2]
        assert [key[-1] for key, _ in run_sync(store.find(LABEL))] == [1, 2]
        forward(100)
        assert run_sync(store.find(OWNER)) == []
        assert run_sync(store.find(LABEL)) == []

    def test_an_index_lasts_as_long_as_anything_in_it(
        self, store: RedisStore, forward: Forward
    ) -> None:
        run_sync(store.save(KEY, b"value", 600, since=1, lasting=600, labels=[LABEL]))
        run_sync(store.save(SECOND, b"value", 60, since=2, lasting=60, labels=[LABEL]))
        forward(120)
        assert KEY in dict(run_sync(store.find(LABEL)))
        assert run_sync(store.end(OWNER, lasting=60)) == 1

    def test_a_record_that_is_deleted_with_its_labels_leaves_nothing(
        self, store: RedisStore, everywhere: dict[str, str]
    ) -> None:
        run_sync(store.save(KEY, b"value", 60, since=1, lasting=600, labels=[LABEL]))
        run_sync(store.label(KEY, [b"more"], since=1, lasting=600))
        assert len(store._made.keys("*", **everywhere)) == 7
        run_sync(store.delete(KEY, [LABEL, b"more"]))
        assert store._made.keys("*", **everywhere) == []

    def test_operators_see_each_record_and_nothing_in_it(self, store: RedisStore) -> None:
        keys = {bytes([number]) * 44 for number in range(50)}
        for key in keys:
            run_sync(
                store.save(key, b"appl\x01abcd and more", 60, since=1, lasting=60, labels=[LABEL])
            )
        found = list(store.records())
        assert {one.key for one in found} == keys
        assert {(one.application, one.key_id, one.size) for one in found} == {
            (b"appl", b"abcd", 18)
        }
        assert all(50 <= one.left <= 60 for one in found)


class TestRedis(Redis):
    @pytest.fixture
    def store(self, redis_url: str) -> Iterator[Store]:
        store = opened(redis_url)
        assert isinstance(store, RedisStore)
        store._made.flushdb()
        yield store
        store._made.close()


class TestSentinel(Redis):
    @pytest.fixture
    def store(self, sentinel_url: str) -> Iterator[Store]:
        store = opened(sentinel_url)
        assert isinstance(store, RedisStore)
        store._made.flushdb()
        yield store
        store._made.close()


class TestCluster(Redis):
    @pytest.fixture
    def everywhere(self) -> dict[str, str]:
        return {"target_nodes": "primaries"}

    @pytest.fixture
    def store(self, cluster_url: str) -> Iterator[Store]:
        store = opened(cluster_url)
        assert isinstance(store, RedisStore)
        store.problem()
        store._made.flushall(target_nodes="primaries")
        yield store
        store._made.close()
