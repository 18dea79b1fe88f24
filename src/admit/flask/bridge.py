"""Flask-Login over our sessions, so that its words go on working."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import flask
from flask_login import LoginManager, current_user
from flask_login.signals import user_unauthorized


class Bridge(LoginManager):
    """Flask-Login's manager over our sessions: no remember-cookie, no key in Flask's session."""

    user: Callable[[], object | None]
    challenge: Callable[[], flask.Response]

    def _load_user(self) -> None:
        user = self.user()
        if user is None and (self._user_callback or self._request_callback):
            super()._load_user()
        else:
            self._update_request_context_with_user(user)

    def unauthorized(self) -> flask.Response:
        """Return what `login_required` answers a visitor who is not signed in."""
        user_unauthorized.send(flask.current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
        if self.unauthorized_callback is not None:
            return cast("flask.Response", self.unauthorized_callback())
        return self.challenge()


def bridge(
    app: flask.Flask,
    *,
    user: Callable[[], object | None],
    challenge: Callable[[], flask.Response],
) -> Bridge:
    """Return the manager of *app*, which takes over what an application set on one of its own."""
    manager = Bridge()
    former = getattr(app, "login_manager", None)
    if isinstance(former, LoginManager):
        manager.__dict__.update(former.__dict__)
    manager.user, manager.challenge = user, challenge
    app.login_manager = manager  # type: ignore[attr-defined]
    # A template that does not mention the user costs nothing: the proxy loads at its first use.
    app.context_processor(lambda: {"current_user": current_user})
    return manager
