"""Serving the provider on a loopback address, in the foreground or in a thread.

May know: app, config, deliveries, handler, model, orders, provider.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from werkzeug.serving import BaseWSGIServer, make_server

from admit.dev_provider.app import EXTENSION, create_app
from admit.dev_provider.config import ProviderConfig, client_from_json
from admit.dev_provider.deliveries import Delivery
from admit.dev_provider.handler import Handler
from admit.dev_provider.model import Client
from admit.dev_provider.orders import send_logout_token, send_universal_logout
from admit.dev_provider.provider import Provider

if TYPE_CHECKING:
    from flask import Flask

LOOPBACK: Final = {
    "127.0.0.1": socket.AF_INET,
    "localhost": socket.AF_INET,
    "::1": socket.AF_INET6,
}


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a loopback address.

    Args:
        host: ``127.0.0.1``, ``localhost`` or ``::1``.
        port: The port; 0 takes a free one.

    Raises:
        ValueError: The host is not a loopback address.
        OSError: The port is taken or not allowed.
    """
    if host not in LOOPBACK:
        message = f"{host!r} is not a loopback address; use one of {', '.join(LOOPBACK)}"
        raise ValueError(message)
    listener = socket.socket(LOOPBACK[host], socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def origin(host: str, listener: socket.socket) -> str:
    """Return the URL at which a listener answers, without a slash at the end."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listener.getsockname()[1]}"


@contextmanager
def served(app: Flask, listener: socket.socket) -> Iterator[BaseWSGIServer]:
    """Yield a threaded server for the app; at the end, close it and what is connected to it."""
    connections: set[socket.socket] = set()
    handler = type("Handler", (Handler,), {"connections": connections})
    address = listener.getsockname()
    server = make_server(
        address[0],
        address[1],
        app,
        threaded=True,
        request_handler=handler,
        fd=listener.fileno(),
    )
    provider: Provider = app.extensions[EXTENSION]
    try:
        yield server
    finally:
        provider.stopping.set()
        server.server_close()
        for connection in list(connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class Running:
    """A provider that is being served.

    Attributes:
        url: Scheme, host and port, without a slash at the end.
        provider: The provider's memory.
    """

    url: str
    provider: Provider

    @property
    def issuer(self) -> str:
        """Return the issuer of the server named default."""
        return self.provider.servers["default"].issuer

    @property
    def client_id(self) -> str:
        """Return the id of the first client."""
        return next(iter(self.provider.clients))

    @property
    def client_secret(self) -> str:
        """Return the secret of the first client."""
        return self.provider.clients[self.client_id].client_secret

    def register(self, **fields: Any) -> Client:  # noqa: ANN401 - the fields of Client
        """Add a client, or replace the one with the same id, and return it.

        Args:
            **fields: The fields of `Client`, as in the JSON of the control API: sequences of
                URIs may be lists or tuples. What is missing is the first client's.
        """
        lists = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in fields.items()
        }
        client = client_from_json({"client_id": self.client_id, **lists})
        self.provider.register(client)
        return client

    def arm(self, fault: str, times: int = 1) -> None:
        """Commit a fault the next *times* times its place is reached.

        Raises:
            KeyError: There is no such fault.
        """
        self.provider.faults.arm(fault, times)

    def rotate(self) -> None:
        """Sign with new keys from now on."""
        self.provider.rotate()

    def forward(self, seconds: int) -> None:
        """Let the provider's clock jump ahead."""
        self.provider.forward(seconds)

    def reset(self) -> None:
        """Forget everything that happened."""
        self.provider.reset()

    def set_access_token_lifetime(self, seconds: int) -> None:
        """Let access tokens live so long from now on, until `reset`."""
        self.provider.access_token_seconds = seconds

    def send_logout_token(self, **order: str) -> Delivery:
        """Send a logout token at once, and return what the app answered.

        Args:
            **order: The fields of `LogoutOrder`, such as ``kind="sid"``.

        Raises:
            LookupError: There is no such fault, or no such app.
            ValueError: There is no session to end, and none is given.
        """
        return send_logout_token(self.provider, order)

    def send_universal_logout(self, **order: str) -> Delivery:
        """Send Okta's Universal Logout at once, and return what the app answered.

        Args:
            **order: The fields of `UniversalOrder`, such as ``format="iss_sub"``.

        Raises:
            LookupError: There is no such fault, app or user.
            ValueError: The user has no email, and the format asks for it.
        """
        return send_universal_logout(self.provider, order)

    def deliveries(self) -> list[Delivery]:
        """Return what was sent to apps, the newest first, once all of it is answered."""
        self.provider.deliveries.settled()
        return self.provider.deliveries.recent()

    def grants(self) -> dict[str, int]:
        """Return the token requests by grant type, such as ``{"refresh_token": 1}``."""
        return dict(self.provider.grants)

    def counts(self) -> dict[str, int]:
        """Return how many requests each endpoint got, such as ``{"token": 1}``."""
        return dict(self.provider.counts)


@contextmanager
def running(config: ProviderConfig | None = None, port: int = 0) -> Iterator[Running]:
    """Serve a provider in a thread while the context lasts.

    Args:
        config: The settings; its ``url`` is replaced by the address that is served.
        port: The port on 127.0.0.1; 0 takes a free one.

    Raises:
        OSError: The port is taken.
    """
    with closing(listening("127.0.0.1", port)) as listener:
        url = origin("127.0.0.1", listener)
        app = create_app(replace(config or ProviderConfig(), url=url))
        with served(app, listener) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            try:
                yield Running(url, app.extensions[EXTENSION])
            finally:
                server.shutdown()
                thread.join()
