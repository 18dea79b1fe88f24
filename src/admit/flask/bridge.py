"""Flask-Login over our sessions, so that its words go on working."""

from __future__ import annotations

from typing import Any, Protocol, cast

import flask
from flask_login import LoginManager, current_user
from flask_login.signals import user_needs_refresh, user_unauthorized

from admit.model import Session


class Door(Protocol):
    """What the manager asks of the application's sign-in."""

    def session(self) -> Session | None:
        """Return the session of the request."""
        ...

    def user(self) -> Any:  # noqa: ANN401 - the application's own
        """Return the user of the session, or None."""
        ...

    def challenge(self) -> flask.Response:
        """Return what whoever may not see the page gets."""
        ...

    def refresh(self) -> flask.Response:
        """Return what begins a new sign-in of whoever is signed in."""
        ...


class Bridge(LoginManager):
    """Flask-Login's manager over our sessions.

    An application may have users of its own beside ours: its `user_loader` is asked where the
    browser holds no session of ours.
    """

    door: Door

    def _load_user(self) -> None:
        user = self.door.user()
        own = self._user_callback or self._request_callback
        if user is None and own and self.door.session() is None:
            super()._load_user()
        else:
            self._update_request_context_with_user(user)

    def see_nobody(self) -> None:
        """Let `current_user` be nobody for the rest of the request."""
        self._update_request_context_with_user()

    def unauthorized(self) -> flask.Response:
        """Return what `login_required` answers a visitor who is not signed in."""
        user_unauthorized.send(_app())
        if self.unauthorized_callback is not None:
            return cast("flask.Response", self.unauthorized_callback())
        return self.door.challenge()

    def needs_refresh(self) -> flask.Response:
        """Return what `fresh_login_required` answers a user who signed in a while ago."""
        own = self.needs_refresh_callback is None and has_session_of_flasks()
        if not own or self.door.session() is None:
            return cast("flask.Response", super().needs_refresh())
        user_needs_refresh.send(_app())
        return self.door.refresh()

    def take_over(self, app: flask.Flask) -> None:
        """Become the manager of *app*, with what the application set on one of its own."""
        former = getattr(app, "login_manager", None)
        if isinstance(former, LoginManager) and former is not self:
            self.__dict__.update(former.__dict__)
        app.login_manager = self  # type: ignore[attr-defined]


def bridge(app: flask.Flask, door: Door) -> Bridge:
    """Return the manager of *app*, over what *door* knows."""
    manager = Bridge()
    manager.door = door
    manager.take_over(app)
    # A template that does not mention the user costs nothing: the proxy loads at its first use.
    app.context_processor(lambda: {"current_user": current_user})
    return manager


def has_session_of_flasks() -> bool:
    """Tell whether Flask's own session can be written: it needs a SECRET_KEY, ours does not."""
    return not flask.current_app.session_interface.is_null_session(flask.session)


def _app() -> flask.Flask:
    app: flask.Flask = flask.current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return app
