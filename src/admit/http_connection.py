"""A connection to the provider: opened, and held to a deadline.

May know: errors, protocol.
"""

from __future__ import annotations

import base64
import errno
import io
import select
import socket
import ssl
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from admit.errors import ProviderError
from admit.protocol.discovery import is_loopback

OK, UNAVAILABLE = 200, 503
#: Bytes of an answer's status line and headers, interim answers among them; and those that are
#: read ahead at once.
LARGEST_HEAD, AHEAD = 1 << 16, 1 << 13


class Origin(NamedTuple):
    """Where a connection leads."""

    scheme: str
    host: str
    port: int


def origin_of(url: SplitResult) -> Origin:
    """Return where *url* leads.

    Raises:
        ProviderError: ``provider.insecure_url``.
    """
    host = url.hostname or ""
    if url.scheme not in {"http", "https"} or (url.scheme == "http" and not is_loopback(host)):
        raise ProviderError(
            "provider.insecure_url",
            f"only https is used, and http on loopback; not {url.scheme}://{host}",
            spec="RFC 6749 3.2",
        )
    return Origin(url.scheme, host, url.port or (443 if url.scheme == "https" else 80))


class Wire:
    """A socket whose every operation ends by one deadline. Stands where a socket would.

    As with a socket, what `makefile` gave goes on after `close`: an answer that ends with its
    connection is read from it.
    """

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self.deadline = deadline
        #: Bytes that may still come: a deadline alone lets a fast server send gigabytes.
        self.allowance = LARGEST_HEAD + AHEAD
        self._socket = connected
        self._users = 1

    def sendall(self, data: bytes) -> None:
        """Send all of *data*."""
        self._socket.settimeout(_remaining(self.deadline))
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a reader that keeps the deadline."""
        self._users += 1
        return io.BufferedReader(_Reader(self), AHEAD)

    def receive_into(self, buffer: bytearray | memoryview) -> int:
        """Read what is there into *buffer*, and return how many bytes that was.

        Raises:
            ProviderError: ``provider.too_large``: it is more than the allowance.
        """
        self._socket.settimeout(_remaining(self.deadline))
        received = self._socket.recv_into(buffer)
        self.allowance -= received
        if self.allowance < 0:
            raise ProviderError(
                "provider.too_large", "the answer's headers, or what frames its body, have no end"
            )
        return received

    def is_readable(self) -> bool:
        """Tell, without waiting, whether something arrived: the end counts."""
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            return bool(poll.poll(0))
        return bool(select.select([self._socket], [], [], 0)[0])

    def close(self) -> None:
        """Close the socket, once nobody reads from it any more."""
        self._users -= 1
        if self._users == 0:
            self._socket.close()


class _Reader(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        return self._wire.receive_into(buffer)

    def close(self) -> None:
        if not self.closed:
            self._wire.close()
        super().close()


class Connection(HTTPConnection):
    """An open connection: it never opens itself again, which would send a request twice."""

    auto_open = 0

    def __init__(self, origin: Origin, wire: Wire) -> None:
        default = 443 if origin.scheme == "https" else 80
        super().__init__(origin.host, origin.port)
        self.default_port = default
        self.wire = wire
        self.sock = wire


def connect(origin: Origin, deadline: float, context: Callable[[], ssl.SSLContext]) -> Connection:
    """Return a new connection to *origin*, through the proxy that the environment names for it.

    Args:
        origin: Where to.
        deadline: By the monotonic clock, for all of it.
        context: Gives the TLS context, when there is need of one.
    """
    proxy = _proxy(origin)
    host, port = (proxy.hostname or "", proxy.port or 80) if proxy else origin[1:]
    connected = _connected(host, port, deadline)
    try:
        if proxy:
            _open_tunnel(Wire(connected, deadline), proxy, origin)
        if origin.scheme == "https":
            connected.settimeout(_remaining(deadline))
            connected = context().wrap_socket(connected, server_hostname=origin.host)
    except BaseException:
        connected.close()
        raise
    return Connection(origin, Wire(connected, deadline))


def _proxy(origin: Origin) -> SplitResult | None:
    proxies = getproxies_environment()
    address = proxies.get(origin.scheme) or proxies.get("all")
    if not address or is_loopback(origin.host) or proxy_bypass(f"{origin.host}:{origin.port}"):
        return None
    proxy = urlsplit(address if "://" in address else f"http://{address}")
    if proxy.scheme != "http":
        raise ProviderError(
            "provider.unreachable",
            f"a proxy of the kind {proxy.scheme} is not supported",
            hint="name an http:// proxy in HTTPS_PROXY, or the provider's host in NO_PROXY",
        )
    return proxy


def _remaining(deadline: float) -> float:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining


def _connected(host: str, port: int, deadline: float) -> socket.socket:
    """Return a socket to the first of the host's addresses that answers.

    An address that is silent may use up half of the time that is left, so that the next one, of
    the other family as a rule, has its turn.
    """
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for position, (family, kind, number, _, address) in enumerate(addresses, start=1):
        connected = socket.socket(family, kind, number)
        try:
            share = 1 if position == len(addresses) else 2
            connected.settimeout(_remaining(deadline) / share)
            connected.connect(address)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            connected.close()
            if position == len(addresses):
                raise
        else:
            return connected
    raise OSError(errno.EADDRNOTAVAIL, "the host has no address")


def _open_tunnel(wire: Wire, proxy: SplitResult, origin: Origin) -> None:
    """Ask the proxy for a tunnel (RFC 9110 9.3.6)."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    lines = [f"CONNECT {host}:{origin.port} HTTP/1.1", f"Host: {host}:{origin.port}"]
    if proxy.username is not None:
        credentials = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        basic = base64.b64encode(credentials.encode()).decode("ascii")
        lines.append(f"Proxy-Authorization: Basic {basic}")
    wire.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
    response = HTTPResponse(wire, method="CONNECT")  # type: ignore[arg-type]
    response.begin()
    if response.status != OK:
        raise ProviderError(
            "provider.unreachable",
            f"the proxy {proxy.hostname} refused a tunnel to {origin.host}: {response.status}",
            status=UNAVAILABLE,
            hint="look at HTTPS_PROXY and NO_PROXY, and at what the proxy allows",
        )
