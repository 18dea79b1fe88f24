"""The extension: settings in, hooks of the application, one line to add it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import flask

from admit.assembly import assemble
from admit.blocking import BlockingLater, BlockingLock, blocking_keeper, blocking_pause
from admit.errors import ConfigurationError
from admit.events import LOGGER, Emit
from admit.evidence import misconfigured
from admit.failures import Failure
from admit.flask import ends
from admit.flask.bridge import has_session_of_flasks
from admit.flask.context import new_session
from admit.flask.lookup import current_state
from admit.flask.own_session import empty_session, signed_out
from admit.flask.reading import read
from admit.flask.routes import PUBLIC
from admit.flask.state import REFRESHING, AppState
from admit.flask.telling import Telling
from admit.flask.translate import from_flask, to_flask
from admit.http_client import BlockingHttp
from admit.model import Session
from admit.ports import Beside, Http, SessionStore, run_sync
from admit.protocol.authorization import check_parameters
from admit.settings import Settings
from admit.user import User

if TYPE_CHECKING:
    from admit.health import Health

F = TypeVar("F", bound=Callable[..., Any])


class SignIn:
    """Signs users in to a Flask application by redirect.

    Settings come from arguments, then ``app.config`` (``ADMIT_ISSUER`` ...), then the environment,
    then ``.okta.env``; see ``docs/reference/settings.md``.

    Args:
        app: The application; or None, and `init_app` later.
        http: Another transport, for tests.
        clock: Another clock, for tests: seconds since the epoch.
        on_event: Called with each event, beside the log. What it raises is logged, and no more.
        store: A store of your own for sessions, in place of what ``ADMIT_SESSIONS`` names.
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
        clock: Callable[[], float] = time.time,
        on_event: Emit | None = None,
        store: SessionStore | None = None,
        **settings: Any,  # noqa: ANN401 - read and checked in `config`
    ) -> None:
        self._http = http
        self._fine_clock = clock
        self._on_event = on_event
        self._store = store
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
        emit = Telling(app, self._on_event)
        try:
            chosen, store = read(app, self._settings | settings, self._store)
        except ConfigurationError as error:
            emit(misconfigured(error))
            raise
        if chosen.has_key_of_tests:
            LOGGER.warning(
                "%s holds the key of admit.testing.SETTINGS, which everybody knows: but for tests,"
                " whoever reads it can make sessions",
                chosen.keys_found_in,
            )
        http = self._http or BlockingHttp(timeout=chosen.http_timeout, ca_file=chosen.ca_file)
        parts = assemble(
            chosen,
            http=http,
            lock=BlockingLock,
            clock=self._fine_clock,
            random=os.urandom,
            emit=emit,
            debug=lambda: app.debug,
            store=store,
            beside=Beside(pause=blocking_pause, keeper=blocking_keeper, later=BlockingLater()),
        )
        parts.endpoints.on_sign_in = self._signed_in
        parts.endpoints.on_sign_out = signed_out
        parts.endpoints.failures.body = self._failure_body
        app.extensions["admit"] = AppState(
            app, parts, clock=self._clock, load_user=self._loaded, emit=emit
        )
        # Python shows warnings by itself, and a developer needs these two to begin.
        LOGGER.log(
            logging.WARNING if app.debug else logging.INFO,
            "sign-in: register the redirect URI %s and the sign-out redirect URI %s",
            chosen.client.redirect_uri,
            chosen.client.post_logout_redirect_uri,
        )

    @property
    def settings(self) -> Settings:
        """The settings of the current application."""
        return current_state().parts.settings

    def public(self, view: F) -> F:
        """Let everybody see *view*, where ``protect_all`` protects the rest. A decorator."""
        setattr(view, PUBLIC, True)
        return view

    def on_sign_in(self, hook: Callable[[User], Any]) -> Callable[[User], Any]:
        """Call *hook* with the user at each sign-in, to store or refuse them. A decorator.

        `current_user` and `current_session` are the new user's already. To refuse, raise
        `AuthorizationDenied` with a code of your own that begins with ``app.``.
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
        state = current_state()
        given = {name: str(value) for name, value in parameters.items()}
        check_parameters(given)
        endpoints = state.parts.endpoints
        merged = {**endpoints.settings.client.authorization_parameters, **given}
        return_to = endpoints.guard.return_to(next)
        request = from_flask(form=False)
        return to_flask(run_sync(endpoints.starts.start_from(request, return_to, merged)))

    def end_sessions(
        self,
        *,
        sub: str | None = None,
        email: str | None = None,
        before: datetime | float | None = None,
    ) -> int:
        """End the sessions of one user on every device, and return how many there were.

        Args:
            sub: The user, as the issuer knows them.
            email: In place of it: all users with that address.
            before: End those alone that began up to then: a time with its zone, or seconds since
                the epoch.

        Raises:
            ConfigurationError: Sessions are in cookies; or are not found by e-mail addresses, as
                there is no ``ADMIT_UNIVERSAL_LOGOUT_PATH``.
            StoreUnavailable: It is not known what was ended.
            ValueError: Not one of *sub* and *email*; *before* has no zone, or is to come.
        """
        return ends.end_sessions(current_state(), sub, email, before, now=self._clock())

    def health(self, *, ask: bool = True) -> Health:
        """Return whether sessions work, and whether somebody could sign in now.

        Args:
            ask: Ask the provider for what is not known of it, and wait for the answer; at most one
                request in some seconds is made, however often this is called.
        """
        from admit.flask.probes import health_of  # noqa: PLC0415 - few call it

        return health_of(current_state().parts, ask=ask)

    def end_all_sessions(self, *, before: datetime | float | None = None) -> None:
        """End all sessions of the application, within 5 seconds on every process.

        Nobody counts them here: ``admit sessions`` does. Arguments and errors are those of
        `end_sessions`.
        """
        ends.end_all_sessions(current_state(), before, now=self._clock())

    def _signed_in(self, user: User, session: Session, text: str) -> None:
        """Make the request the new user's, with an empty session of Flask's, and call the hook.

        Where it raises, all of that is the former user's again.
        """
        former = dict(flask.session)
        empty_session()
        try:
            with new_session(session, text):
                if self._on_sign_in is not None:
                    self._on_sign_in(user)
        except Exception:
            if has_session_of_flasks():
                flask.session.clear()
                flask.session.update(former)
            raise
        if REFRESHING in former:
            flask.session["_fresh"] = True

    def _clock(self) -> int:
        return int(self._fine_clock())

    def _failure_body(self, failure: Failure) -> str | None:
        return None if self._failure_page is None else self._failure_page(failure)

    def _loaded(self, user: User) -> Any:  # noqa: ANN401 - the application's own
        return user if self._user_loader is None else self._user_loader(user)
