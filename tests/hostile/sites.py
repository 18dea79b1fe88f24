"""The applications that are attacked, each served for real and ended with its row."""

from __future__ import annotations

import runpy
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

import flask
from flask_login import current_user, login_required
from werkzeug.serving import WSGIRequestHandler, make_server

from admit.flask import SignIn
from admit.testing import MemoryStore
from support import ROOT, Authority

SAMPLE_APP = ROOT / "examples/flask_app/app.py"


class _Quiet(WSGIRequestHandler):
    """Keeps no access log: that is the server's, and has addresses with codes in it."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - Werkzeug's name
        pass


class Site:
    """One application that is being served until `stop`, or until its row ends.

    Attributes:
        url: Scheme, host and port.
        app: The Flask application.
        trust: What its browsers trust, where it speaks TLS.
    """

    def __init__(self, app: flask.Flask, port: int, *, tls: bool = False) -> None:
        here, trust = tls_contexts() if tls else (None, None)
        self.trust: ssl.SSLContext | None = trust
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        self.app = app
        self._stack = ExitStack()
        self._stack.callback(_close, app)
        self._stack.enter_context(_served(app, port, here))
        self.stop = self._stack.close


def load_sample_app() -> flask.Flask:
    """Run the sample app's file once more, and return the application that it makes."""
    app = runpy.run_path(str(SAMPLE_APP), run_name="sample_app")["app"]
    assert isinstance(app, flask.Flask)
    return app


def own_app(clock: Callable[[], float], *, in_memory: bool = False) -> flask.Flask:
    """Return an application whose time is *clock*, and so that of its store in memory."""
    app = flask.Flask("app-of-the-row")
    SignIn(app, clock=clock, store=MemoryStore(clock) if in_memory else None)

    @app.get("/")
    def home() -> str:
        return "Home"

    @app.get("/profile")
    @login_required
    def profile() -> str:
        return f"User {current_user.sub}"

    return app


@contextmanager
def _served(app: flask.Flask, port: int, tls: ssl.SSLContext | None) -> Iterator[None]:
    server = make_server(
        "127.0.0.1", port, app, threaded=True, request_handler=_Quiet, ssl_context=tls
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _close(app: flask.Flask) -> None:
    """Close the connections of an application: left to garbage they are closed in another row."""
    parts = app.extensions["admit"].parts
    parts.endpoints.relying_party.http.http.close()
    if parts.stored is not None:
        # The store in memory has nothing to close.
        getattr(parts.stored.sessions.store, "close", lambda: None)()


@cache
def tls_contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the context of a server, and of browsers that trust it; made once."""
    authority = Authority()
    return authority.server(), authority.client()
