"""A small application over a provider in memory, as a browser sees it."""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
from flask.testing import FlaskClient
from flask_login import current_user, login_required, logout_user
from werkzeug.test import TestResponse

from admit.events import Event
from admit.flask import SignIn, current_session
from admit.ports import Http, HttpRequest, HttpResponse, SessionStore
from admit.testing import MemoryProvider
from conforming import check

NOW = 1_800_000_000
PAGE = {"Accept": "text/html,*/*;q=0.8"}
NAVIGATION = {**PAGE, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
OWN = {**NAVIGATION, "Sec-Fetch-Site": "same-origin"}
BUTTONS = """
{%- if current_user.is_authenticated -%}
<form method="post" action="{{ url_for('signout') }}"><button>Sign out</button></form>
{%- else -%}
<form method="get" action="{{ url_for('signin') }}"><button>Sign in</button></form>
{%- endif -%}
"""


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Slow(MemoryProvider):
    """A provider whose token endpoint waits, once told to, until the test lets it go on.

    Args:
        clock: Its clock.
        after: It waits when it has done its work, not before.
    """

    def __init__(self, clock: Clock, *, after: bool = False) -> None:
        super().__init__(now=clock)
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self.waits = False
        self.after = after

    async def send(self, request: HttpRequest) -> HttpResponse:
        waits = self.waits and request.url.endswith("/v1/token")
        if waits and not self.after:
            self._wait()
        answer = await super().send(request)
        if waits and self.after:
            self._wait()
        return answer

    def _wait(self) -> None:
        self.reached.set()
        assert self.go_on.wait(10)


class Site:
    """The application, its provider and what it told the log."""

    def __init__(
        self,
        *,
        provider: MemoryProvider | None = None,
        store: SessionStore | None = None,
        clock: Clock | None = None,
        http: Http | None = None,
        **settings: Any,
    ) -> None:
        self.clock = clock or Clock()
        self.provider = provider or MemoryProvider(now=self.clock)
        self.events: list[Event] = []
        self.listener: Callable[[Event], None] = lambda _event: None
        self.signed_in: list[str] = []
        self.app = flask.Flask("site")
        self.app.config["SECRET_KEY"] = "a-key-of-the-test-with-enough-characters"
        defaults = {
            "issuer": self.provider.issuer,
            "client_id": self.provider.client_id,
            "client_secret": self.provider.client_secret,
            "base_url": "http://localhost:5000",
        }
        self.sign_in = SignIn(
            self.app,
            store=store,
            http=http or self.provider,
            clock=self.clock,
            on_event=self._take,
            **{**defaults, **settings},
        )
        self.base_url: str = settings.get("base_url", defaults["base_url"])
        add_pages(self.app, self.sign_in)

    def _take(self, event: Event) -> None:
        check(event)
        self.events.append(event)
        self.listener(event)

    def browser(self) -> Browser:
        return Browser(self)

    def names(self) -> list[str]:
        return [event.name for event in self.events]


def add_pages(app: flask.Flask, sign_in: SignIn) -> None:
    @app.get("/")
    @sign_in.public
    def home() -> str:
        return flask.render_template_string(BUTTONS)

    @app.route("/profile", methods=["GET", "POST"])
    @login_required
    def profile() -> str:
        return f"{current_user.name}|{current_user.email}|{current_user.sub}"

    @app.get("/unmarked")
    def unmarked() -> str:
        return "unmarked"

    @app.get("/plain")
    @sign_in.public
    def plain() -> str:
        return "plain"

    @app.route("/token", methods=["GET", "POST"])
    @sign_in.public
    def token() -> str:
        arguments = flask.request.args
        scopes = arguments.get("scopes", "").split()
        return current_session.access_token(scopes, int(arguments.get("min_ttl", "30")))

    @app.get("/leave")
    @sign_in.public
    def leave() -> str:
        logout_user()
        return f"signed in: {current_user.is_authenticated}"


class Browser:
    """One browser: its cookies, and the steps of a sign-in."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.client: FlaskClient = site.app.test_client()

    def get(self, url: str, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        return self.open(url, "GET", headers, **more)

    def post(self, url: str, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        return self.open(url, "POST", headers, **more)

    def open(
        self, url: str, method: str, headers: dict[str, str] | None = None, **more: Any
    ) -> TestResponse:
        base = more.pop("base_url", self.site.base_url)
        if url.startswith(base):
            url = url[len(base) :] or "/"
        chosen = NAVIGATION if headers is None else headers
        return self.client.open(url, method=method, base_url=base, headers=chosen, **more)

    def begin(self, url: str = "/signin") -> str:
        """Begin a sign-in, and return the authorization request's URL."""
        response = self.get(url)
        assert response.status_code == 303, response.text
        return response.location

    def sign_in(self, url: str = "/signin") -> TestResponse:
        """Sign in, and return the answer of the callback."""
        return self.get(self.site.provider.callback(self.begin(url)))

    def sign_out(self, **data: str) -> TestResponse:
        """Press the application's own sign-out button."""
        return self.post("/signout", OWN, data=data)

    def cookies(self) -> dict[str, str]:
        return {cookie.key: cookie.value for cookie in (self.client._cookies or {}).values()}

    def is_signed_in(self) -> bool:
        return self.get("/profile").status_code == 200

    def json(self, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.get(url, headers).data)
        return document


def passed_on(answer: TestResponse) -> tuple[str, dict[str, str]]:
    """Return where a page passes its form on to, and the fields."""
    assert answer.status_code == 200, answer.text
    [action] = re.findall(r'<form method="post" action="([^"]+)"', answer.text)
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', answer.text)
    return html.unescape(action), {name: html.unescape(value) for name, value in fields}


def asked(url: str) -> dict[str, str]:
    """Return the parameters of an authorization request."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
