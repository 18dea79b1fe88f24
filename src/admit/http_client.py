"""The blocking transport to the provider, over the standard library's `http.client`.

A sign-in makes one small request, so the transport is a good part of what it costs. This one keeps
connections open, obeys the proxies of the environment, and ends within one deadline for the whole
exchange: a server that drips its bytes holds a client with read timeouts for ever.

May know: errors, http_connection, http_encoding, http_failures, ports.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
import weakref
from http.client import HTTPResponse
from urllib.parse import SplitResult, urlsplit

from admit import __version__
from admit.errors import ProviderError
from admit.http_connection import AHEAD, LARGEST_HEAD, Connection, Origin, connect, origin_of
from admit.http_failures import explained
from admit.ports import HttpRequest, HttpResponse

#: Bytes of a body: metadata, keys and tokens take some thousands.
LARGEST_BODY = 1 << 20
#: Answers that are no final ones (RFC 9110 15.2); `http.client` skips 100 alone.
INTERIM = 200
#: Connections kept open to one origin, and seconds for which an unused one is: load balancers
#: commonly close at 60.
MOST_IDLE, LONGEST_IDLE = 8, 55
HEADERS = {
    "User-Agent": f"admit/{__version__}",
    "Accept-Encoding": "identity",
    "Accept": "application/json, application/jwt",
}


#: Connections that wait for their next use, and since when.
Idle = dict[Origin, list[tuple[Connection, float]]]


class BlockingHttp:
    """The port `Http`, blocking: for frameworks that run a request in a thread.

    May be used by many threads, and goes on after a fork.

    Args:
        timeout: Seconds for a whole exchange, from the look-up of the host's name (which the
            system alone can limit) to the last byte of the answer.
        ca_file: A PEM file of the only authorities to trust; None is the system's.
    """

    def __init__(self, *, timeout: float = 7.0, ca_file: str | None = None) -> None:
        self._timeout = timeout
        self._ca_file = ca_file
        self._idle: Idle = {}
        # Unlike `__del__` it keeps what waits alive, which the collector may take before us.
        weakref.finalize(self, _close_all, self._idle)
        self._forget()

    def _forget(self) -> None:
        """Begin with no connection: those of a parent process are not ours to speak on."""
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._idle.clear()
        self._context: ssl.SSLContext | None = None

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer, whatever its status. See the port `Http`.

        Raises:
            ProviderError: ``provider.unreachable``, ``.timeout``, ``.tls``, ``.too_large``,
                ``.broken_answer`` or ``.insecure_url``.
        """
        url = urlsplit(request.url)
        with explained(url):
            origin = origin_of(url)
            deadline = time.monotonic() + self._timeout
            if (kept := self._kept(origin)) is not None:
                try:
                    return self._exchange(kept, origin, request, url, deadline)
                except (ConnectionError, ssl.SSLEOFError):
                    # It was closed while the request was on its way. Whether the provider has
                    # read a POST nobody knows, and a code may be redeemed only once.
                    if request.method != "GET":
                        raise
            connection = connect(origin, deadline, self._tls)
            return self._exchange(connection, origin, request, url, deadline)

    def close(self) -> None:
        """Close the connections that wait for their next use."""
        with self._lock:
            _close_all(self._idle)

    def _exchange(
        self,
        connection: Connection,
        origin: Origin,
        request: HttpRequest,
        url: SplitResult,
        deadline: float,
    ) -> HttpResponse:
        connection.wire.deadline = deadline
        connection.wire.allowance = LARGEST_HEAD + AHEAD
        reusable = False
        try:
            target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
            connection.request(
                request.method, target, request.body, headers={**HEADERS, **request.headers}
            )
            with connection.getresponse() as response:
                # A body in chunks may be framed in as many bytes again, and no more.
                connection.wire.allowance = 2 * LARGEST_BODY
                answer = read_answer(response)
                reusable = response.isclosed() and not response.will_close
        finally:
            if reusable:
                self._keep(origin, connection)
            else:
                connection.close()
        return answer

    def _kept(self, origin: Origin) -> Connection | None:
        """Return the connection used last, if one is still open."""
        if self._process != os.getpid():
            self._forget()
        oldest = time.monotonic() - LONGEST_IDLE
        while True:
            with self._lock:
                idle = self._idle.get(origin)
                if not idle:
                    return None
                connection, since = idle.pop()
            # What arrives unasked is the end of the connection, or nothing that we want.
            if since > oldest and not connection.wire.is_readable():
                return connection
            connection.close()

    def _keep(self, origin: Origin, connection: Connection) -> None:
        with self._lock:
            idle = self._idle.setdefault(origin, [])
            idle.append((connection, time.monotonic()))
            surplus = idle.pop(0)[0] if len(idle) > MOST_IDLE else None
        if surplus is not None:
            surplus.close()

    def _tls(self) -> ssl.SSLContext:
        """Return the context, made by the first use: reading the authorities takes a while."""
        if self._context is None:
            try:
                context = ssl.create_default_context(cafile=self._ca_file)
            except OSError as error:
                raise ProviderError(
                    "provider.tls",
                    f"the file of authorities cannot be read: {error.strerror or 'no PEM'}",
                    hint="correct ADMIT_CA_FILE",
                ) from None
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._context = context
        return self._context


def _close_all(idle: Idle) -> None:
    for connections in idle.values():
        for connection, _ in connections:
            connection.close()
    idle.clear()


def read_answer(response: HTTPResponse) -> HttpResponse:
    """Read the whole answer. Redirects are answers like others: nobody follows them."""
    if response.status < INTERIM:
        # The final answer follows on the same connection, and would pass for the next one's.
        raise ProviderError(
            "provider.broken_answer", f"the answer is an interim one, {response.status}"
        )
    lengths = set(response.headers.get_all("Content-Length", ()))
    if len(lengths) > 1 or not all(map(_is_number, lengths)):
        # Where the answer ends is anybody's guess (RFC 9112 6.3).
        raise ProviderError("provider.broken_answer", "the answer's length is not clear")
    body = b"" if (response.length or 0) > LARGEST_BODY else response.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY or (response.length or 0) > LARGEST_BODY:
        raise ProviderError("provider.too_large", f"the answer is longer than {LARGEST_BODY} bytes")
    if response.length:
        raise ProviderError("provider.broken_answer", "the answer was cut off")
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    if (encoding := headers.get("content-encoding", "")) and body:
        # We ask for none, and few send any.
        from admit.http_encoding import decoded  # noqa: PLC0415

        body = decoded(body, encoding, LARGEST_BODY)
    return HttpResponse(status=response.status, headers=headers, body=body)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
