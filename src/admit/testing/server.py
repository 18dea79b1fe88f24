"""The provider of tests on a socket, for what no memory shows: bytes, connections and TLS.

May know: errors, ports, testing.answers, testing.front, testing.provider.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, parse_headers
from typing import IO
from urllib.parse import urlsplit

from admit.errors import ProviderError
from admit.ports import HttpRequest, HttpResponse
from admit.testing.answers import OWN, Answer, is_last, pieces
from admit.testing.front import page
from admit.testing.provider import MemoryProvider

HOST = "127.0.0.1"
LONGEST_LINE = 1 << 16
#: For SO_LINGER: closing throws away what waits, and resets the connection.
RESET = struct.pack("ii", 1, 0)


@contextmanager
def serving(
    provider: MemoryProvider, *, tls: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[MemoryProvider]:
    """Let *provider* listen on this machine until the block ends.

    Its issuer is its URL meanwhile, with the path that it had. It answers the back channel as in
    memory, with each `Answer` carried out on the socket, and browsers as well: its authorization
    endpoint asks nobody, and sends them straight back.

    Args:
        provider: What is served. It may be bent meanwhile.
        tls: The server's context, with a certificate for 127.0.0.1; None is plain HTTP.
        port: Where to listen; 0 is any that is free.

    Raises:
        OSError: The port is taken.

    Example:
        with serving(MemoryProvider()) as provider:
            urlopen(f"{provider.issuer}/.well-known/openid-configuration")
    """
    former = provider.issuer
    with socket.create_server((HOST, port)) as listener:
        server = _Server(provider, listener, tls)
        scheme = "http" if tls is None else "https"
        origin = f"{scheme}://{HOST}:{listener.getsockname()[1]}"
        provider.issuer = f"{origin}{urlsplit(former).path}"
        server.begin()
        try:
            yield provider
        finally:
            server.end()
            provider.issuer = former


class _Server:
    def __init__(
        self, provider: MemoryProvider, listener: socket.socket, tls: ssl.SSLContext | None
    ) -> None:
        self._provider = provider
        self._listener = listener
        self._tls = tls
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._door = threading.Thread(target=self._accept, name="provider", daemon=True)

    def begin(self) -> None:
        self._door.start()

    def end(self) -> None:
        """End every thread and connection, those that are busy as well."""
        self._ending.set()
        # It may wait for a connection, so it gets one.
        with suppress(OSError):
            socket.create_connection(self._listener.getsockname()).close()
        self._door.join()
        with self._lock:
            talks = dict(self._open)
        for connected in talks.values():
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
        for thread in talks:
            thread.join()

    def _accept(self) -> None:
        while True:
            connected, _ = self._listener.accept()
            if self._ending.is_set():
                connected.close()
                return
            thread = threading.Thread(target=self._talk, args=(connected,), daemon=True)
            with self._lock:
                # Another handle on the connection: TLS takes the first one away.
                self._open[thread] = connected.dup()
            thread.start()

    def _talk(self, connected: socket.socket) -> None:
        try:
            with suppress(OSError, HTTPException):
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._tls is not None:
                    connected = self._tls.wrap_socket(connected, server_side=True)
                with connected.makefile("rb") as stream:
                    while self._exchange(connected, stream):
                        pass
        finally:
            connected.close()
            with self._lock:
                self._open.pop(threading.current_thread()).close()

    def _exchange(self, connected: socket.socket, stream: IO[bytes]) -> bool:
        """Answer one request, and tell whether another may follow."""
        request = _request(stream, self._provider.issuer)
        if request is None:
            return False
        try:
            response, answer = self._answer(request)
            for pause, piece in pieces(answer, response):
                if self._ending.wait(pause) if pause else self._ending.is_set():
                    return False
                connected.sendall(piece)
        except Exception:
            with self._lock:
                twin = self._open[threading.current_thread()]
            twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            raise
        return not is_last(answer)

    def _answer(self, request: HttpRequest) -> tuple[HttpResponse, Answer]:
        shown = page(self._provider, request)
        if shown is not None:
            return shown, OWN
        try:
            return self._provider.answer(request)
        except ProviderError:
            # In memory it is raised; this is the one failure that a connection knows.
            raise ConnectionResetError from None


def _request(stream: IO[bytes], issuer: str) -> HttpRequest | None:
    """Return the next request, or None where none follows."""
    line = stream.readline(LONGEST_LINE).decode("latin-1").split()
    if len(line) != 3:  # noqa: PLR2004 - RFC 9112 3
        return None
    headers = dict(parse_headers(stream).items())
    lower = {name.lower(): value for name, value in headers.items()}
    length = lower.get("content-length")
    body = None if length is None else stream.read(int(length))
    origin = urlsplit(issuer)
    url = f"{origin.scheme}://{origin.netloc}{line[1]}"
    return HttpRequest(method=line[0], url=url, headers=lower, body=body)
