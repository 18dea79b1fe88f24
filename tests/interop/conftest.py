"""Providers that others wrote, each a process of its own, and an app that signs in with them."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import flask
import pytest
from flask_login import current_user, login_required
from werkzeug.serving import make_server

from admit.events import Event
from admit.flask import SignIn
from support import ROOT, free_port, needs, process

HERE = Path(__file__).parent
PROGRAMS = ROOT / ".venv-interop/bin"
FIX = "`make .venv-interop/ready` brings it"
SECRET = "{} secret: 100% + a&b=c"


class Peer:
    """A provider's process, which can be restarted with new keys on the same port."""

    def __init__(self, path: str, command: tuple[str, ...]) -> None:
        port = free_port()
        self.app_port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.issuer = self.url + path
        self.app_url = f"http://localhost:{self.app_port}"
        self.tls_port = free_port()
        self.tls_url = f"https://localhost:{self.tls_port}"
        self._command = command
        self._stack = ExitStack()

    def start(self) -> None:
        environ: dict[str, Any] = {"ISSUER": self.issuer, "BASE": self.url}
        environ |= {"RP": self.app_url, "RP_TLS": self.tls_url}
        self._stack.enter_context(process(*self._command, ready="ready", **environ))

    def stop(self) -> None:
        self._stack.close()

    def restart(self) -> None:
        self.stop()
        self.start()


@contextmanager
def running(path: str, *command: str) -> Iterator[Peer]:
    peer = Peer(path, command)
    peer.start()
    try:
        yield peer
    finally:
        peer.stop()


def node(script: str) -> tuple[str, str]:
    needs(str(HERE / "node_modules"), FIX)
    return needs(str(PROGRAMS / "node"), FIX), str(HERE / "providers" / script)


@pytest.fixture(scope="session")
def oidc_provider() -> Iterator[Peer]:
    with running("", *node("oidc_provider.mjs")) as peer:
        yield peer


@pytest.fixture(scope="session")
def mock_server() -> Iterator[Peer]:
    with running("", *node("mock_server.mjs")) as peer:
        yield peer


@pytest.fixture(scope="session")
def django_provider() -> Iterator[Peer]:
    python = needs(str(PROGRAMS / "django-admin"), FIX).replace("django-admin", "python")
    with running("/o", python, str(HERE / "providers/django_provider.py")) as peer:
        yield peer


class App:
    """An application that signs in with a peer."""

    def __init__(self, peer: Peer, client: str = "basic", **settings: Any) -> None:
        self.url: str = settings.get("base_url", peer.app_url)
        self.events: list[Event] = []
        self.flask = flask.Flask("app-of-the-test")
        self.flask.config["SECRET_KEY"] = "a-key-of-the-test-with-enough-characters"
        defaults: dict[str, Any] = {
            "issuer": peer.issuer,
            "client_id": client,
            "client_secret": SECRET.format(client),
            "base_url": peer.app_url,
        }
        self.sign_in = SignIn(self.flask, on_event=self.events.append, **(defaults | settings))

        @self.flask.get("/")
        def home() -> str:
            return flask.render_template_string(
                "{% if current_user.is_authenticated %}"
                "<form method=post action='{{ url_for('signout') }}'>"
                "<button>Sign out</button></form>"
                "{% else %}Nobody{% endif %}"
            )

        @self.flask.get("/profile")
        @login_required
        def profile() -> str:
            return f"User {current_user.name}, {current_user.email}, {current_user.sub}"

        @self.flask.get("/again")
        def again() -> flask.Response:
            return self.sign_in.start("/profile", max_age=0)

    @contextmanager
    def serving(self, port: int, tls: ssl.SSLContext | None = None) -> Iterator[App]:
        server = make_server("localhost", port, self.flask, threaded=True, ssl_context=tls)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
