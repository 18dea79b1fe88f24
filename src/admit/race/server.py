"""The provider of a race on a loopback address, with the delays of a real one.

May know: race.provider.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from admit.race.provider import RaceProvider

#: Seconds after which a refresh is answered.
SOONEST, LATEST = 0.005, 0.05
#: The header that says which worker asks, and when its page began to.
ASKING = "X-Race-Asking"


class Server(ThreadingHTTPServer):
    """Takes as many connections as the workers make."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Say nothing: who was killed hangs up."""


class Handler(BaseHTTPRequestHandler):
    """Hands requests to the provider."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, *arguments: Any, provider: RaceProvider) -> None:  # noqa: ANN401 - as above
        self._provider = provider
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Answer with the metadata or with the keys."""
        if self.path.startswith("/.well-known/"):
            self._answer(200, self._provider.metadata())
        elif self.path == "/keys":
            self._answer(200, self._provider.keys())
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        """Answer at the token endpoint, or with a logout token for whomever the form names."""
        length = int(self.headers["Content-Length"])
        form = dict(parse_qsl(self.rfile.read(length).decode()))
        if self.path == "/logout-token":
            self._answer(200, {"logout_token": self._provider.logout_token(form)})
        elif "code" in form:
            self._answer(*self._provider.redeem(form["code"]))
        else:
            self._refresh(form["refresh_token"])

    def _refresh(self, token: str) -> None:
        by, _, began = self.headers[ASKING].partition(" ")
        presented, answer = self._provider.present(token, by, float(began))
        if (hunter := self._provider.take_hunter()) is not None:
            hunter(by)
        time.sleep(random.uniform(SOONEST, LATEST))  # noqa: S311 - no secret
        with suppress(ConnectionError):
            self._answer(*answer)
        presented.answered = time.monotonic()

    def _answer(self, status: int, document: Mapping[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as above
        """Say nothing."""


@contextmanager
def served(client_id: str, grace: float) -> Iterator[RaceProvider]:
    """Run a provider for one client on a free port of loopback until the block ends."""
    chosen = random.Random()  # noqa: S311 - no secret
    server = Server(("127.0.0.1", 0), BaseHTTPRequestHandler)
    provider = RaceProvider(
        f"http://127.0.0.1:{server.server_port}", client_id, grace=grace, choose=chosen.choice
    )
    server.RequestHandlerClass = partial(Handler, provider=provider)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="race-provider")
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
