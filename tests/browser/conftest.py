"""A real browser, and the real processes: `admit provider` and the sample app."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from support import free_port, process


class Demo:
    """The two processes of `make demo`, on ports of their own."""

    def __init__(self, url: str, provider: str) -> None:
        self.url = url
        self.provider = provider


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    port, provider_port = free_port(), free_port()
    command = ("examples/flask_app/demo.py", "--port", str(port))
    with process(sys.executable, *command, "--provider-port", str(provider_port), ready="Stop"):
        yield Demo(f"http://localhost:{port}", f"http://127.0.0.1:{provider_port}")


@contextmanager
def new_browser(chromium: Browser, demo: Demo, *, script: bool = True) -> Iterator[Page]:
    """Open a page of a fresh browser profile; relative addresses are the demo's."""
    context = chromium.new_context(base_url=demo.url, java_script_enabled=script)
    context.set_default_timeout(10_000)
    problems: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda message: (
            problems.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def page(chromium: Browser, demo: Demo) -> Iterator[Page]:
    with new_browser(chromium, demo) as page:
        yield page


@pytest.fixture
def other(chromium: Browser, demo: Demo) -> Iterator[Page]:
    """Another browser of the same person."""
    with new_browser(chromium, demo) as page:
        yield page
