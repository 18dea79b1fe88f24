"""A real browser, and the real processes: `admit provider` and the sample app."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from support import needs

ROOT = Path(__file__).parents[2]
FIX = "install Debian's chromium: apt-get install chromium fonts-dejavu-core"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Demo:
    """The two processes of `make demo`, on ports of their own."""

    def __init__(self, url: str, provider: str) -> None:
        self.url = url
        self.provider = provider


@contextmanager
def process(*command: str, ready: str, **environ: str) -> Iterator[None]:
    """Run *command* until the block ends; the block begins once it has said *ready*."""
    started = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert started.stdout is not None
    said = ""
    try:
        for line in started.stdout:
            said += line
            if ready in line:
                break
        else:
            pytest.fail(f"{command[0]} ended: {said}")
        yield
    finally:
        started.terminate()
        started.communicate(timeout=10)


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    port, provider_port = free_port(), free_port()
    command = ("examples/flask_app/demo.py", "--port", str(port))
    with process(sys.executable, *command, "--provider-port", str(provider_port), ready="Stop"):
        yield Demo(f"http://localhost:{port}", f"http://127.0.0.1:{provider_port}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = needs("chromium", FIX)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, demo: Demo) -> Iterator[Page]:
    """A page of a fresh browser profile, on the demo's home page by relative addresses."""
    context = chromium.new_context(base_url=demo.url, ignore_https_errors=True)
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


def wait_until_open(port: int) -> None:
    """Wait until something listens on *port*, at most ten seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    pytest.fail(f"nothing listens on port {port}")
