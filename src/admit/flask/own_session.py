"""The application's own session, Flask's: what one user left in it is not for the next one."""

from __future__ import annotations

import flask
from flask_login import COOKIE_NAME

from admit.flask.bridge import has_session_of_flasks


def empty_session() -> None:
    """Forget what the application kept for whoever used this browser before."""
    # A form that comes from the provider's page brings no cookie of Flask's to tell it is there.
    if flask.session or (flask.request.method == "POST" and has_session_of_flasks()):
        flask.session.clear()


def signed_out() -> None:
    """Forget the application's own users too, as Flask-Login's `logout_user` does."""
    empty_session()
    remember = flask.current_app.config.get("REMEMBER_COOKIE_NAME", COOKIE_NAME)
    if remember in flask.request.cookies and has_session_of_flasks():
        flask.session["_remember"] = "clear"
