from __future__ import annotations

from collections.abc import Iterator

import pytest

from admit.dev_provider import ProviderConfig, Running, running
from dev_provider.browser import Browser


@pytest.fixture(scope="session")
def served() -> Iterator[Running]:
    with running(ProviderConfig(slow_seconds=0.5)) as provider:
        yield provider


@pytest.fixture
def provider(served: Running) -> Running:
    served.reset()
    return served


@pytest.fixture
def browser(provider: Running) -> Browser:
    return Browser(provider)
