"""Every store keeps the contract that ships with the library."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from admit.stores import Store, open_store
from admit.stores.redis import RedisStore
from admit.stores.sql import SqlStore
from admit.stores.sql_tables import METADATA
from admit.testing import MemoryStore, SessionStoreContract
from admit.testing.store import Forward


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


class Sql(SessionStoreContract):
    """Time passes in SQL when all that is kept gets older."""

    @pytest.fixture
    def forward(self, store: SqlStore) -> Forward:
        def forward(seconds: int) -> None:
            with store._engine.begin() as connection:
                for table in METADATA.sorted_tables:
                    older = table.c.expires_at - seconds * 1000
                    connection.execute(update(table).values(expires_at=older))

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


class TestRedis(SessionStoreContract):
    @pytest.fixture
    def store(self, redis_url: str) -> Iterator[Store]:
        store = opened(redis_url)
        assert isinstance(store, RedisStore)
        store._made.flushdb()
        yield store
        store._made.close()

    @pytest.fixture
    def forward(self, store: RedisStore) -> Forward:
        """Take so much off the life of all that is kept."""

        def forward(seconds: int) -> None:
            for key in store._made.keys("*"):
                store._made.pexpire(key, store._made.pttl(key) - seconds * 1000)

        return forward


class TestCluster(SessionStoreContract):
    @pytest.fixture
    def store(self, cluster_url: str) -> Iterator[Store]:
        store = opened(cluster_url)
        assert isinstance(store, RedisStore)
        store.problem()
        store._made.flushall(target_nodes="primaries")
        yield store
        store._made.close()

    @pytest.fixture
    def forward(self, store: RedisStore) -> Forward:
        """Take so much off the life of all that is kept."""

        def forward(seconds: int) -> None:
            for key in store._made.keys("*", target_nodes="primaries"):
                store._made.pexpire(key, store._made.pttl(key) - seconds * 1000)

        return forward
