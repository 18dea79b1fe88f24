"""The request handler: connections stay open, and nothing of a request is logged.

May know: nothing else of this package.
"""

from __future__ import annotations

import io
import logging
import socket
from contextlib import suppress
from typing import Any, Final

from werkzeug.exceptions import BadRequest, LengthRequired, RequestEntityTooLarge
from werkzeug.serving import WSGIRequestHandler
from werkzeug.wrappers import Response

LARGEST_BODY: Final = 256 * 1024
# Not of HTTP: the connection is closed without an answer.
NO_ANSWER: Final = 444


class Handler(WSGIRequestHandler):
    """Keeps connections open, which werkzeug's own handler does not.

    Werkzeug closes each one because it cannot tell where a request ends. Here a body is read
    whole before the app runs, by its length, so the next request begins where it should.
    """

    protocol_version = "HTTP/1.1"
    timeout = 60.0
    connections: set[socket.socket]

    def setup(self) -> None:
        """Note the connection, so that the server can close it."""
        super().setup()
        self.connections.add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ANN401
        """Log at DEBUG only the errors: requests carry codes and tokens in their URLs."""
        if type == "error":
            logging.getLogger(__name__).debug(message, *args)

    def run_wsgi(self) -> None:
        """Answer one request."""
        body = self._body()
        if isinstance(body, bytes):
            self.environ = {**self.make_environ(), "wsgi.input": io.BytesIO(body)}
            response = Response.from_app(self.server.app, self.environ, buffered=True)
        else:
            self.close_connection = True
            response = body
        if response.status_code == NO_ANSWER:
            self.close_connection = True
            return
        with suppress(ConnectionError, TimeoutError):
            self._send(response)

    def _body(self) -> bytes | Response:
        """Return the body, or the answer to a request whose end cannot be found."""
        if "Transfer-Encoding" in self.headers:
            return Response.force_type(LengthRequired().get_response())
        lengths = self.headers.get_all("Content-Length", ["0"])
        text = lengths[0]
        if len(lengths) > 1 or not (text.isascii() and text.isdigit()):
            return Response.force_type(BadRequest().get_response())
        if len(text) > len(str(LARGEST_BODY)) or int(text) > LARGEST_BODY:
            return Response.force_type(RequestEntityTooLarge().get_response())
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        return self.rfile.read(int(text))

    def _send(self, response: Response) -> None:
        data = response.get_data()
        self.send_response(response.status_code)
        for name, value in response.headers:
            # send_response sets its own Date and Server.
            if name.lower() not in {"content-length", "connection", "date"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        self.wfile.flush()
