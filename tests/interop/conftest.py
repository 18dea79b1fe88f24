"""Providers that others wrote, each a process of its own, and an app that signs in with them."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import urlsplit

import flask
import pytest
from flask_login import current_user, login_required
from werkzeug.serving import make_server

from admit.events import Event
from admit.flask import SignIn, current_session
from admit.http_client import BlockingHttp
from admit.session_codec import decode_tokens
from admit.stores import Store, open_store
from admit.stores.sql import SqlStore
from conforming import check
from stores.conftest import redis_server
from support import ROOT, free_port, needs, process

HERE = Path(__file__).parent
PROGRAMS = ROOT / ".venv-interop/bin"
FIX = "`make .venv-interop/ready` brings it"
SECRET = "{} secret: 100% + a&b=c"


class Peer:
    """A provider's process, which can be restarted with new keys on the same port."""

    def __init__(self, path: str, command: tuple[str, ...], **environ: str) -> None:
        port = free_port()
        self.app_port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.issuer = self.url + path
        self.app_url = f"http://localhost:{self.app_port}"
        self.tls_port = free_port()
        self.tls_url = f"https://localhost:{self.tls_port}"
        self.other_port = free_port()
        self.other_url = f"http://localhost:{self.other_port}"
        self._command = command
        self._environ = environ
        self._stack = ExitStack()

    def start(self) -> None:
        environ: dict[str, Any] = self._environ | {
            "ISSUER": self.issuer,
            "BASE": self.url,
            "RP": self.app_url,
        }
        environ |= {"RP_TLS": self.tls_url, "OTHER": self.other_url}
        self._stack.enter_context(process(*self._command, ready="ready", **environ))

    def stop(self) -> None:
        self._stack.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    def seen(self) -> list[str]:
        """Return what has happened at the provider, oldest first."""
        seen: list[str] = json.loads(self.ask("/seen"))
        return seen

    def ask(self, path: str) -> bytes:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        connection.request("GET", path)
        said = connection.getresponse().read()
        connection.close()
        return said


@contextmanager
def running(path: str, *command: str, **environ: str) -> Iterator[Peer]:
    peer = Peer(path, command, **environ)
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
def oidc_provider_by_post() -> Iterator[Peer]:
    """The same, set up for forms of other sites."""
    with running("", *node("oidc_provider.mjs"), BY_POST="yes") as peer:
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


@pytest.fixture
def idpyoidc_provider() -> Iterator[Peer]:
    """A new one each time: it tells applications of the user's first session, not of the last."""
    python = needs(str(PROGRAMS / "django-admin"), FIX).replace("django-admin", "python")
    with running("", python, str(HERE / "providers/idpyoidc_provider.py")) as peer:
        yield peer


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis"), free_port()) as url:
        yield url


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store that several processes could share."""
    if request.param == "redis":
        url = str(request.getfixturevalue("redis_url"))
    else:
        url = f"sqlite:///{tmp_path}/sessions.db"
    store = open_store(url)
    store.create()
    yield store
    if isinstance(store, SqlStore):
        store._engine.dispose()
    else:
        store._made.close()  # type: ignore[attr-defined]


#: Those of the applications of the test that runs.
transports: list[BlockingHttp] = []


@pytest.fixture(autouse=True)
def _no_connection_stays() -> Iterator[None]:
    """Left to itself a connection is closed when garbage is collected, in another test."""
    yield
    for transport in transports:
        transport.close()
    transports.clear()


class App:
    """An application that signs in with a peer."""

    def __init__(self, peer: Peer, client: str = "basic", **settings: Any) -> None:
        self.url: str = settings.get("base_url", peer.app_url)
        self.client = client
        self.events: list[Event] = []
        #: Seconds that the clock of the application has been put forward.
        self.ahead = 0
        self.flask = flask.Flask("app-of-the-test")
        self.flask.config["SECRET_KEY"] = "a-key-of-the-test-with-enough-characters"
        defaults: dict[str, Any] = {
            "issuer": peer.issuer,
            "client_id": client,
            "client_secret": SECRET.format(client),
            "base_url": peer.app_url,
            "end_session_method": "get",
            "clock": lambda: int(time()) + self.ahead,
        }
        self.sign_in = SignIn(self.flask, on_event=self._take, **(defaults | settings))
        transports.append(self.flask.extensions["admit"].parts.endpoints.relying_party.http)

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

        @self.flask.get("/token")
        def token() -> str:
            return current_session.access_token(flask.request.args.getlist("scope"))

        @self.flask.get("/refresh-token")
        @login_required
        def refresh_token() -> str:
            tokens = decode_tokens(self.flask.extensions["admit"].session())
            return "" if tokens is None else tokens.refresh_token or ""

        @self.flask.get("/again")
        def again() -> flask.Response:
            return self.sign_in.start("/profile", max_age=0)

    def _take(self, event: Event) -> None:
        check(event)
        self.events.append(event)

    def told(self, name: str) -> list[dict[str, Any]]:
        """Return the fields of the events called *name*, oldest first."""
        return [dict(event.fields) for event in self.events if event.name == name]

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
