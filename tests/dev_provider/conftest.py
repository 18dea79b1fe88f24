from __future__ import annotations

from collections.abc import Iterator

import pytest

from admit.dev_provider import ProviderConfig, Running, running
from dev_provider.app import App, listening
from dev_provider.visitor import REDIRECT_URI, Browser


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


@pytest.fixture(scope="session")
def app_served() -> Iterator[App]:
    with listening() as app:
        yield app


@pytest.fixture
def app(app_served: App, provider: Running) -> App:
    """An app that takes logout tokens and Universal Logout, registered as the first client."""
    app_served.reset()
    provider.register(
        redirect_uris=[REDIRECT_URI],
        post_logout_redirect_uris=["http://localhost:5000"],
        backchannel_logout_uri=f"{app_served.url}/backchannel?from=provider",
        universal_logout_uri=f"{app_served.url}/universal?from=provider",
        name="My Web App",
    )
    return app_served
