"""An app that writes down what the provider sends to it, and answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Got:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def logout_token(self) -> str:
        [token] = parse_qs(self.body.decode())["logout_token"]
        return token


@dataclass
class App:
    url: str = ""
    status: int = 200
    got: list[Got] = field(default_factory=list)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def reset(self) -> None:
        self.status = 200
        self.got.clear()
        self.may_answer.set()


@contextmanager
def listening() -> Iterator[App]:
    app = App()
    app.may_answer.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            app.got.append(Got(self.path, headers, body))
            app.may_answer.wait(10)
            self.send_response(app.status)
            if app.status == 302:
                self.send_header("Location", f"{app.url}/elsewhere")
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"answer")

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        app.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield app
        finally:
            server.shutdown()
            thread.join()
