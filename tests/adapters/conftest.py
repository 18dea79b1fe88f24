"""Fixtures of the adapter tests."""

from __future__ import annotations

import pytest

from adapters.site import Browser, Site


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser()
