"""What one application gets: the routes, the session of a request, the guard."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import flask
from flask_login import current_user, user_logged_out

from admit.assembly import Assembly
from admit.errors import (
    AuthorizationDenied,
    ResponseRejected,
    SignInAgain,
    SignInError,
    StoreUnavailable,
)
from admit.events import Emit, Event
from admit.flask.bridge import bridge
from admit.flask.context import (
    ENDED,
    NOBODYS_CACHE,
    SESSION,
    UNKNOWN,
    check_known,
    context_of_request,
    keep_private,
)
from admit.flask.each_request import EachRequest
from admit.flask.routes import PUBLIC, add_routes
from admit.flask.translate import from_flask, to_flask
from admit.model import Session
from admit.ports import run_sync
from admit.session_reference import told_of
from admit.user import User

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

#: That the sign-ins just before it may be forgotten: the session has stuck.
SETTLED = "_admit_settled"
NOT_ASKED = object()
#: In Flask's own session: a user is signing in anew, for Flask-Login's `fresh_login_required`.
REFRESHING = "_admit_refreshing"


class AppState:
    """One application's sign-in: its routes and hooks; stands in ``app.extensions``.

    Args:
        app: The application.
        parts: The core's, for this application.
        clock: Returns the seconds since the epoch.
        load_user: Makes of a `User` what `current_user` is to be; None is nobody.
        emit: Takes events.
    """

    def __init__(
        self,
        app: flask.Flask,
        parts: Assembly,
        *,
        clock: Callable[[], int],
        load_user: Callable[[User], Any],
        emit: Emit,
    ) -> None:
        self.parts = parts
        self._manager = bridge(app, self)
        self._own_cookie = f"{parts.endpoints.cookies.session}="
        self._clock = clock
        self._load_user = load_user
        self._emit = emit
        own = add_routes(app, parts)
        app.url_value_preprocessor(EachRequest(parts, self._manager, own))
        if parts.settings.protect_all:
            app.before_request(self._protect)
        app.register_error_handler(SignInError, self._failed)
        app.jinja_env.globals["signout_token"] = self._sign_out_token
        user_logged_out.connect(self._logged_out, app)

    def session(self) -> Session | None:
        """Return the session of the current request, loaded once and only when asked for.

        Raises:
            StoreUnavailable: Nobody knows. The rest of the request, such as a page that says so,
                sees nobody.
        """
        context = context_of_request()
        session = getattr(context, SESSION, NOT_ASKED)
        if session is NOT_ASKED:
            cookies, endpoints = flask.request.cookies, self.parts.endpoints
            cookie = cookies.get(endpoints.cookies.session)
            flask.after_this_request(self._finish)
            setattr(context, SESSION, None)
            try:
                session = run_sync(self.parts.sessions.load(cookie, self._clock()))
            except SignInError as error:
                setattr(context, UNKNOWN, error)
                self._manager.see_nobody()
                raise
            setattr(context, SESSION, session)
            if endpoints.cookies.rounds in cookies and endpoints.rounds.has_stuck(cookies):
                setattr(context, SETTLED, True)
        return cast("Session | None", session)

    def user(self) -> Any:  # noqa: ANN401 - the application's own
        """Return the user of the current request, as the application wants to see them."""
        session = self.session()
        if session is None:
            return None
        user = self._load_user(User.of(session, self.parts.settings.groups_claim))
        # Flask-Login asks this at its own sign-in, which ours takes the place of.
        return user if getattr(user, "is_active", True) else None

    def challenge(self) -> flask.Response:
        """Return what whoever may not see the page gets instead."""
        endpoints, request = self.parts.endpoints, from_flask(form=False)
        wanted = endpoints.guard.wanted(request)
        error: SignInError
        if self.session() is not None:
            error = AuthorizationDenied(
                "sign_in.no_user",
                "the session is alive, but the application's user_loader gives no active user",
                hint="sign in as another user, or let the application know this one",
            )
        elif answer := endpoints.guard.challenge(request):
            return to_flask(answer)
        else:
            error = ResponseRejected(
                "sign_in.required", "a form was sent without a session", status=401
            )
        return to_flask(endpoints.fail(error, request, wanted))

    def _failed(self, error: SignInError) -> flask.Response:
        """Answer a page that needed what the session, the store or the provider does not give."""
        endpoints, request = self.parts.endpoints, from_flask(form=False)
        if isinstance(error, SignInAgain):
            return to_flask(run_sync(endpoints.starts.sign_in_again(request, error)))
        return to_flask(endpoints.fail(error, request, endpoints.guard.wanted(request)))

    def refresh(self) -> flask.Response:
        """Begin a new sign-in of whoever is signed in, and come back to this page."""
        endpoints, request = self.parts.endpoints, from_flask(form=False)
        flask.session[REFRESHING] = True
        parameters = {**endpoints.settings.client.authorization_parameters, "max_age": "0"}
        return_to = endpoints.guard.wanted(request)
        return to_flask(run_sync(endpoints.starts.start_from(request, return_to, parameters)))

    def _protect(self) -> flask.Response | None:
        endpoint = flask.request.endpoint
        if endpoint is None or self._is_public(endpoint) or current_user.is_authenticated:
            return None
        return self.challenge()

    def _is_public(self, endpoint: str) -> bool:
        app = flask.current_app
        owner, _, name = endpoint.rpartition(".")
        holder = app.blueprints.get(owner) if owner else app
        if name == "static" and holder is not None and holder.has_static_folder:
            return True
        if getattr(app.view_functions[endpoint], PUBLIC, False):
            return True
        path = flask.request.path
        # A view that serves files resolves these, and leaves the folder that is public.
        below = {".", ".."}.isdisjoint(path.replace("\\", "/").split("/"))
        return any(
            name in {endpoint, path}
            or (below and name.endswith("/*") and path.startswith(name[:-1]))
            for name in self.parts.settings.public
        )

    def _logged_out(self, _app: flask.Flask, **_: object) -> None:
        """End the local session, wherever `logout_user` is called."""
        session = self.session()
        if session is None:
            check_known(context_of_request())
        else:
            run_sync(self.parts.sessions.end(session, self._clock()))
            context = context_of_request()
            setattr(context, SESSION, None)
            setattr(context, ENDED, True)
            self._emit(Event("logout.local", {**told_of(session), "only": "app"}))
            if self.parts.stored is not None:
                self.parts.stored.tokens.revoke_later(session)

    def _finish(self, response: flask.Response) -> flask.Response:
        """Keep a page that asked for the user out of caches, and the session alive."""
        context = context_of_request()
        session = getattr(context, SESSION)
        if session is None:
            response.vary.add("Cookie")
            if hasattr(context, ENDED):
                cookies = self.parts.endpoints.cookies
                response.headers["Cache-Control"] = NOBODYS_CACHE
                response.headers.add("Set-Cookie", cookies.delete(cookies.session))
                response.headers.add("Set-Cookie", cookies.delete(cookies.rounds))
            return response
        headers, cache_control, decided = response.headers, "", False
        for name, value in headers:
            if name == "Cache-Control":
                cache_control = value
            elif name == "Set-Cookie" and value.startswith(self._own_cookie):
                decided = True
        if not cache_control:
            # What nobody stores needs no Vary.
            headers.add("Cache-Control", NOBODYS_CACHE)
        elif not keep_private(response, cache_control):
            return response
        if not decided:
            self._keep_alive(headers, session, settled=hasattr(context, SETTLED))
        return response

    def _keep_alive(self, headers: Headers, session: Session, *, settled: bool) -> None:
        """Lengthen the session if it is time; forget the rounds of a sign-in that has stuck."""
        sessions, now = self.parts.sessions, self._clock()
        # It may have ended while the page was made: then it must not come back.
        if sessions.is_due(session, now) and not sessions.has_ended(session):
            cookies = self.parts.endpoints.cookies
            try:
                fresh = run_sync(sessions.touch(session, now))
            except StoreUnavailable as error:
                # The page is made; the session ends a little earlier unless it is touched again.
                self.parts.endpoints.failures.note(error)
                fresh = None
            if fresh is not None:
                headers.add("Set-Cookie", cookies.set(cookies.session, fresh))
        if settled:
            cookies = self.parts.endpoints.cookies
            headers.add("Set-Cookie", cookies.delete(cookies.rounds))

    def _sign_out_token(self) -> str:
        session = self.session()
        return "" if session is None else self.parts.sign_out.token(session)
