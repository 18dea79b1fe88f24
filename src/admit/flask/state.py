"""What one application gets: the routes, the session of a request, the guard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import flask
from flask_login import current_user, user_logged_out
from werkzeug.exceptions import HTTPException

from admit.assembly import Assembly
from admit.browser import BrowserRequest
from admit.errors import ResponseRejected
from admit.flask.bridge import bridge
from admit.flask.translate import from_flask, to_flask
from admit.model import Session
from admit.ports import run_sync
from admit.user import User

PUBLIC = "_admit_public"
#: What a request knows: its session, once somebody has asked, and that it was ended.
SESSION, ENDED = "_admit_session", "_admit_ended"
NOT_ASKED = object()
NOBODYS_CACHE = "private, no-store"


class AppState:
    """One application's sign-in: its routes and hooks; stands in ``app.extensions``.

    Args:
        app: The application.
        parts: The core's, for this application.
        clock: Returns the seconds since the epoch.
        load_user: Makes of a `User` what `current_user` is to be; None is nobody.
    """

    def __init__(
        self,
        app: flask.Flask,
        parts: Assembly,
        *,
        clock: Callable[[], int],
        load_user: Callable[[User], Any],
    ) -> None:
        self.parts = parts
        self.manager = bridge(app, user=self.user, challenge=self.challenge)
        self._clock = clock
        self._load_user = load_user
        self._home: object = NOT_ASKED
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
            return to_flask(run_sync(answer(from_flask())))

        setattr(view, PUBLIC, True)
        return view

    def session(self) -> Session | None:
        """Return the session of the current request, loaded once and only when asked for."""
        context = context_of_request()
        session = getattr(context, SESSION, NOT_ASKED)
        if session is NOT_ASKED:
            cookie = flask.request.cookies.get(self.parts.endpoints.cookies.session)
            session = run_sync(self.parts.sessions.load(cookie, self._clock()))
            setattr(context, SESSION, session)
            flask.after_this_request(self._finish)
        return cast("Session | None", session)

    def user(self) -> Any:  # noqa: ANN401 - the application's own
        """Return the user of the current request, as the application wants to see them."""
        session = self.session()
        if session is None:
            return None
        return self._load_user(User.of(session, self.parts.settings.groups_claim))

    def challenge(self) -> flask.Response:
        """Return what a visitor who is not signed in gets instead of the page."""
        request = from_flask()
        answer = self.parts.endpoints.guard.challenge(request)
        if answer is None:
            error = ResponseRejected(
                "sign_in.required", "a form was sent without a session", status=401
            )
            answer = self.parts.endpoints.fail(error, request)
        return to_flask(answer)

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
            run_sync(self.parts.sessions.end(session, self._clock()))
            context = context_of_request()
            setattr(context, SESSION, None)
            setattr(context, ENDED, True)

    def _finish(self, response: flask.Response) -> flask.Response:
        """Keep pages that asked for the user out of caches, and the session alive."""
        context = context_of_request()
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
        now = self._clock()
        if self.parts.sessions.is_due(session, now):
            cookies = self.parts.endpoints.cookies
            fresh = run_sync(self.parts.sessions.touch(session, now))
            headers.add("Set-Cookie", cookies.set(cookies.session, fresh))

    def _landing(self, endpoint: str | None, _values: object) -> None:
        """Answer the provider's redirect after sign-out, where it leads to the home page.

        The home page is the application's own. This is asked before each page, and costs next to
        nothing: a function of `before_request` would cost ten times as much.
        """
        if self._home is NOT_ASKED:
            self._home = _endpoint_of_home()
        if endpoint != self._home or "state=" not in flask.request.environ["QUERY_STRING"]:
            return
        request = from_flask()
        if request.path == "/" and self.parts.sign_out.is_return(request):
            flask.abort(to_flask(run_sync(self.parts.sign_out.returned(request))))

    def _sign_out_token(self) -> str:
        session = self.session()
        return "" if session is None else self.parts.sign_out.token(session)


def _endpoint_of_home() -> str | None:
    """Return the endpoint that answers ``/``; None where that is not found."""
    try:
        endpoint: str = flask.current_app.url_map.bind("localhost").match("/")[0]
    except HTTPException:
        return None
    return endpoint


def context_of_request() -> object:
    """Return what ``flask.g`` stands for, looked up once for several uses."""
    return flask.g._get_current_object()  # noqa: SLF001
