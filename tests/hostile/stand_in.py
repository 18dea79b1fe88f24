"""Stands in for `admit.testing.serving` until it is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from admit.ports import HttpRequest, run_sync
from admit.testing import MemoryProvider


@contextmanager
def serving(provider: MemoryProvider) -> Iterator[MemoryProvider]:
    secrets: set[str] = set()
    provider.secrets = secrets  # type: ignore[attr-defined]

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            url = origin + self.path
            if "/authorize?" in self.path:
                request = dict(parse_qsl(self.path.partition("?")[2]))
                location = provider.callback(url)
                self.send_response(302)
                self.send_header(
                    "Location", request["redirect_uri"] + "?" + location.partition("?")[2]
                )
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self._answer(HttpRequest(method=self.command, url=url))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            form = dict(parse_qsl(body.decode()))
            secrets.update(form.get(name, "") for name in ("code_verifier", "code"))
            self._answer(HttpRequest(method="POST", url=origin + self.path, body=body))

        def _answer(self, request: HttpRequest) -> None:
            answer = run_sync(provider.send(request))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name != "date":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    provider.issuer = f"{origin}/oauth2/default"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
