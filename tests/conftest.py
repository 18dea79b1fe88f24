"""Fixtures that several kinds of tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from support import needs

UNIT = Path(__file__).with_name("unit")
CHROMIUM = "apt-get install chromium fonts-dejavu-core brings it"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave a change that mutmut made below the endpoints to the unit tests, which are quicker."""
    mutant = os.environ.get("MUTANT_UNDER_TEST", "")
    if mutant.startswith(("admit.protocol.", "admit.sessions.")):
        items[:] = [item for item in items if item.path.is_relative_to(UNIT)]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium, as Debian packages it."""
    program = needs("chromium", CHROMIUM)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
