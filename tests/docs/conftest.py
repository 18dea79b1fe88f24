"""A place where the documentation's code runs: its settings, its templates, a provider."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from admit.ports import HttpRequest, run_sync
from admit.testing import MemoryProvider

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    if not path.name.startswith(".")
)
#: A template of the text: its name, then the block.
TEMPLATE = re.compile(r"`(templates/[\w.-]+)`[^\n]*:\n\n```html\n(.*?)\n```", re.DOTALL)


@pytest.fixture
def provider() -> Iterator[MemoryProvider]:
    """The provider in memory, behind a port of this machine."""
    memory = MemoryProvider(now=lambda: int(time.time()))

    class Door(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = f"http://127.0.0.1:{server.server_port}{self.path}"
            answer = run_sync(
                memory.send(
                    HttpRequest(
                        method=self.command, url=url, headers=dict(self.headers), body=body or None
                    )
                )
            )
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    memory.issuer = f"http://127.0.0.1:{server.server_port}/oauth2/default"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield memory
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def deployment(
    provider: MemoryProvider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> MemoryProvider:
    """The environment that the text asks for, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "ADMIT_ISSUER": provider.issuer,
        "ADMIT_CLIENT_ID": provider.client_id,
        "ADMIT_CLIENT_SECRET": provider.client_secret,
        "ADMIT_BASE_URL": "http://localhost:5000",
        "ADMIT_SECRET_KEYS": "a-key-of-the-test-with-enough-characters",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    return provider
