"""Fixtures of the hostile suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stores.conftest import postgresql_folder, postgresql_url, redis_server
from support import free_port

__all__ = ["postgresql_folder", "postgresql_url"]

pytest.register_assert_rewrite("hostile")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis"), free_port()) as url:
        yield url
