"""Sign-in for Flask: an extension, over Flask-Login's `current_user` and `login_required`.

It translates and decides nothing: what a browser gets is decided in `endpoints`, `sign_out` and
`guard`.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import quote

import flask
from flask_login import LoginManager, current_user, user_logged_out
from flask_login.signals import user_unauthorized

from admit.assembly import Assembly, assemble
from admit.browser import BrowserRequest, BrowserResponse
from admit.config import read_settings
from admit.errors import ResponseRejected
from admit.events import LOGGER, Emit, log_event
from admit.failures import Failure
from admit.http_client import BlockingHttp, BlockingLock
from admit.model import Session
from admit.ports import Http, run_sync
from admit.protocol.authorization import check_parameters
from admit.settings import Settings
from admit.user import User

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.datastructures import Headers

F = TypeVar("F", bound=Callable[..., Any])
PUBLIC = "_admit_public"
#: What a request knows: its session, once somebody has asked, and that it was ended.
SESSION, ENDED = "_admit_session", "_admit_ended"
NOT_ASKED = object()
NOBODYS_CACHE = "private, no-store"
PLAIN = re.compile(r"[A-Za-z0-9/_.-]*")


class SignIn:
    """Signs users in to a Flask application by redirect.

    Settings come from arguments, then ``app.config`` (``ADMIT_ISSUER`` ...), then the environment,
    then ``.okta.env``; see ``docs/reference/settings.md``.

    Args:
        app: The application; or None, and `init_app` later.
        http: Another transport, for tests.
        clock: Another clock, for tests: seconds since the epoch.
        on_event: Called with each event, beside the log.
        **settings: Such as ``issuer``.

    Raises:
        ConfigurationError: With all problems at once.

    Example:
        app = Flask(__name__)
        signin = SignIn(app)
    """

    def __init__(
        self,
        app: flask.Flask | None = None,
        *,
        http: Http | None = None,
        clock: Callable[[], int] = lambda: int(time.time()),
        on_event: Emit | None = None,
        **settings: Any,  # noqa: ANN401 - read and checked in `config`
    ) -> None:
        self._http = http
        self.clock = clock
        self._on_event = on_event
        self._settings = settings
        self._on_sign_in: Callable[[User], Any] | None = None
        self._user_loader: Callable[[User], Any] | None = None
        self._failure_page: Callable[[Failure], str] | None = None
        if app is not None:
            self.init_app(app)

    def init_app(self, app: flask.Flask, **settings: Any) -> None:  # noqa: ANN401 - as above
        """Add the sign-in to *app*: its routes, `current_user`, and the guard.

        Raises:
            ConfigurationError: With all problems at once.
        """
        read = read_settings(
            self._settings | settings, app.config, os.environ, okta_env=Path(".okta.env")
        )
        http = self._http or BlockingHttp(timeout=read.http_timeout, ca_file=read.ca_file)
        parts = assemble(
            read,
            http=http,
            lock=BlockingLock,
            clock=self.clock,
            random=os.urandom,
            emit=self._emit,
            debug=lambda: app.debug,
        )
        parts.endpoints.on_sign_in = self._signed_in
        parts.endpoints.on_sign_out = _empty_session
        if self._failure_page is not None:
            parts.endpoints.failure_body = self._failure_page
        app.extensions["admit"] = _AppState(app, self, parts)
        LOGGER.info(
            "sign-in: register the redirect URI %s and the sign-out redirect URI %s",
            read.client.redirect_uri,
            read.client.post_logout_redirect_uri,
        )

    @property
    def settings(self) -> Settings:
        """The settings of the current application."""
        return _state().parts.settings

    def public(self, view: F) -> F:
        """Let everybody see *view*, where ``protect_all`` protects the rest. A decorator."""
        setattr(view, PUBLIC, True)
        return view

    def on_sign_in(self, hook: Callable[[User], Any]) -> Callable[[User], Any]:
        """Call *hook* with the user at each sign-in, to store or refuse them. A decorator.

        To refuse, raise `AuthorizationDenied` with a code of your own that begins with ``app.``.
        """
        self._on_sign_in = hook
        return hook

    def user_loader(self, hook: Callable[[User], Any]) -> Callable[[User], Any]:
        """Make `current_user` what *hook* returns for a `User`; None is nobody. A decorator."""
        self._user_loader = hook
        return hook

    def failure_page(self, hook: Callable[[Failure], str]) -> Callable[[Failure], str]:
        """Let *hook* return the page of a failed sign-in. A decorator."""
        self._failure_page = hook
        for_current = flask.current_app.extensions.get("admit") if flask.has_app_context() else None
        if isinstance(for_current, _AppState):
            for_current.parts.endpoints.failure_body = hook
        return hook

    def start(self, next: str | None = None, **parameters: str | int) -> flask.Response:  # noqa: A002 - the parameter's name in the address
        """Begin a sign-in from a view of your own.

        Args:
            next: Where to go afterwards: a path of this application.
            **parameters: Extra authorization parameters, such as ``prompt``, ``max_age`` (seconds),
                ``acr_values``, ``login_hint``, ``idp`` or ``ui_locales``.

        Raises:
            ValueError: A parameter that Admit alone sets.
        """
        state = _state()
        given = {name: str(value) for name, value in parameters.items()}
        check_parameters(given)
        endpoints = state.parts.endpoints
        merged = {**endpoints.settings.client.authorization_parameters, **given}
        return_to = endpoints.guard.return_to(next)
        return _to_flask(run_sync(endpoints.start(_from_flask(), return_to, merged)))

    def _signed_in(self, user: User) -> None:
        _empty_session()
        if self._on_sign_in is not None:
            self._on_sign_in(user)

    def _emit(self, event: Any) -> None:  # noqa: ANN401 - an Event, handed on
        log_event(event)
        if self._on_event is not None:
            self._on_event(event)


class _AppState:
    """One application's sign-in: what `SignIn.init_app` leaves in ``app.extensions``."""

    def __init__(self, app: flask.Flask, sign_in: SignIn, parts: Assembly) -> None:
        self.parts = parts
        self.sign_in = sign_in
        self.manager = _bridge(app, self)
        settings, add = parts.settings, app.add_url_rule
        form_post = settings.client.response_mode == "form_post"
        add(settings.sign_in_path, "signin", self._view(parts.endpoints.sign_in))
        add(settings.sign_out_path, "signout", self._view(parts.sign_out.answer),
            methods=["GET", "POST"])  # fmt: skip
        add(settings.callback_path, "signin_callback", self._view(parts.endpoints.callback),
            methods=["GET", "POST"] if form_post else ["GET"])  # fmt: skip
        if settings.signed_out_path == "/":
            app.url_value_preprocessor(self._landing)
        else:
            add(settings.signed_out_path, "signed_out", self._view(parts.sign_out.returned))
        if settings.protect_all:
            app.before_request(self._protect)
        app.jinja_env.globals["signout_token"] = self._sign_out_token
        user_logged_out.connect(self._logged_out, app)

    def _view(self, answer: Callable[[BrowserRequest], Any]) -> Callable[[], flask.Response]:
        def view() -> flask.Response:
            return _to_flask(run_sync(answer(_from_flask())))

        setattr(view, PUBLIC, True)
        return view

    def session(self) -> Session | None:
        """Return the session of the current request, loaded once and only when asked for."""
        context = _context()
        session = getattr(context, SESSION, NOT_ASKED)
        if session is NOT_ASKED:
            cookie = flask.request.cookies.get(self.parts.endpoints.cookies.session)
            session = run_sync(self.parts.sessions.load(cookie, self.sign_in.clock()))
            setattr(context, SESSION, session)
            flask.after_this_request(self._finish)
        return cast("Session | None", session)

    def user(self) -> object | None:
        """Return the user of the current request, as the application wants to see them."""
        session = self.session()
        if session is None:
            return None
        user = User.of(session, self.parts.settings.groups_claim)
        loader = self.sign_in._user_loader  # noqa: SLF001 - one extension
        return user if loader is None else loader(user)

    def challenge(self) -> flask.Response:
        """Return what a visitor who is not signed in gets instead of the page."""
        request = _from_flask()
        answer = self.parts.endpoints.guard.challenge(request)
        if answer is None:
            error = ResponseRejected(
                "sign_in.required", "a form was sent without a session", status=401
            )
            answer = self.parts.endpoints.fail(error, request)
        return _to_flask(answer)

    def _protect(self) -> flask.Response | None:
        endpoint = flask.request.endpoint
        if endpoint is None or self._is_public(endpoint) or current_user.is_authenticated:
            return None
        return self.challenge()

    def _is_public(self, endpoint: str) -> bool:
        if endpoint == "static" or endpoint.endswith(".static"):
            return True
        if getattr(flask.current_app.view_functions[endpoint], PUBLIC, False):
            return True
        path = flask.request.path
        return any(
            name in {endpoint, path} or (name.endswith("/*") and path.startswith(name[:-1]))
            for name in self.parts.settings.public
        )

    def _logged_out(self, _app: flask.Flask, **_: object) -> None:
        """End the local session, wherever `logout_user` is called."""
        session = self.session()
        if session is not None:
            run_sync(self.parts.sessions.end(session, self.sign_in.clock()))
            context = _context()
            setattr(context, SESSION, None)
            setattr(context, ENDED, True)

    def _finish(self, response: flask.Response) -> flask.Response:
        """Keep pages that asked for the user out of caches, and the session alive."""
        context = _context()
        session = getattr(context, SESSION)
        vary, cache_control = "", ""
        for name, value in response.headers:
            if name == "Vary":
                vary = value
            elif name == "Cache-Control":
                cache_control = value
        if vary:
            response.vary.add("Cookie")
        else:
            response.headers.add("Vary", "Cookie")
        if session is not None:
            self._keep(response, cast("Session", session), cache_control)
        elif hasattr(context, ENDED):
            cookies = self.parts.endpoints.cookies
            response.headers["Cache-Control"] = NOBODYS_CACHE
            response.headers.add("Set-Cookie", cookies.delete(cookies.session))
        return response

    def _keep(self, response: flask.Response, session: Session, cache_control: str) -> None:
        """Mark a signed-in user's page as nobody else's, and lengthen the session if it is time."""
        headers = response.headers
        if not cache_control:
            headers.add("Cache-Control", NOBODYS_CACHE)
        elif not any(word in cache_control for word in ("max-age", "private", "no-store")):
            # The application has not decided how long its page may be kept.
            headers["Cache-Control"] = NOBODYS_CACHE
        now = self.sign_in.clock()
        if self.parts.sessions.is_due(session, now):
            cookies = self.parts.endpoints.cookies
            fresh = run_sync(self.parts.sessions.touch(session, now))
            headers.add("Set-Cookie", cookies.set(cookies.session, fresh))

    def _landing(self, _endpoint: str | None, _values: object) -> None:
        """Answer the provider's redirect after sign-out, where it leads to the home page.

        The home page is the application's own. This is asked before each page, and costs next to
        nothing: functions of Flask's `before_request` would cost twice as much.
        """
        environ = flask.request.environ
        if "state=" in environ["QUERY_STRING"] and environ["PATH_INFO"] == "/":
            request = _from_flask()
            if self.parts.sign_out.is_return(request):
                flask.abort(_to_flask(run_sync(self.parts.sign_out.returned(request))))

    def _sign_out_token(self) -> str:
        session = self.session()
        return "" if session is None else self.parts.sign_out.token(session)


class _Bridge(LoginManager):
    """Flask-Login's manager over our sessions: no remember-cookie, no key in Flask's session."""

    state: _AppState

    def _load_user(self) -> None:
        user = self.state.user()
        if user is None and (self._user_callback or self._request_callback):
            super()._load_user()
        else:
            self._update_request_context_with_user(user)

    def unauthorized(self) -> flask.Response:
        user_unauthorized.send(flask.current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
        if self.unauthorized_callback is not None:
            return cast("flask.Response", self.unauthorized_callback())
        return self.state.challenge()


def _bridge(app: flask.Flask, state: _AppState) -> _Bridge:
    """Return the manager of *app*, which takes over what an application set on one of its own."""
    manager = _Bridge()
    former = getattr(app, "login_manager", None)
    if isinstance(former, LoginManager):
        manager.__dict__.update(former.__dict__)
    manager.state = state
    app.login_manager = manager  # type: ignore[attr-defined]
    # A template that does not mention the user costs nothing: the proxy loads at its first use.
    app.context_processor(lambda: {"current_user": current_user})
    return manager


def _context() -> object:
    """Return what ``flask.g`` stands for, looked up once for several uses."""
    return flask.g._get_current_object()  # noqa: SLF001


def _state() -> _AppState:
    state: _AppState = flask.current_app.extensions["admit"]
    return state


def _empty_session() -> None:
    """Forget what the application kept for whoever used this browser before."""
    if flask.session:
        flask.session.clear()


@cache
def _wsgi_name(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")


class _Headers:
    """A request's headers, read from the WSGI environ: we look at nine, mostly absent."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def get(self, name: str, /) -> str | None:
        return self._environ.get(_wsgi_name(name))


def _from_flask() -> BrowserRequest:
    # The proxy is looked through once: each use of it costs as much as what it leads to.
    request = flask.request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    environ = request.environ
    query, path = environ.get("QUERY_STRING", ""), request.path
    if request.method == "POST":
        parameters = request.form.to_dict(flat=False)
    else:
        parameters = request.args.to_dict(flat=False) if query else {}
    return BrowserRequest(
        method=request.method,
        path=path if PLAIN.fullmatch(path) else quote(path, safe="/:@!$&'()*+,;=~"),
        query=query,
        host=environ.get("HTTP_HOST", ""),
        headers=_Headers(environ),
        cookies=request.cookies,
        parameters=parameters,
    )


class _Redirect(flask.Response):
    """A redirect whose location is an absolute URL in ASCII: there is nothing to put right."""

    default_mimetype = None

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        del environ
        return self.headers


def _to_flask(answer: BrowserResponse) -> flask.Response:
    headers = list(answer.headers)
    for cookie in answer.cookies:
        headers.append(("Set-Cookie", cookie))  # noqa: PERF401 - a generator costs more than one item
    if answer.location is not None:
        headers += (("Location", answer.location), ("Content-Length", "0"))
        return _Redirect((), answer.status, headers)
    return flask.Response(answer.body, answer.status, headers, content_type=answer.content_type)
