"""Where an application keeps its sign-in."""

from __future__ import annotations

import flask

from admit.flask.state import AppState
from admit.settings import Settings


def settings_of(app: flask.Flask) -> Settings:
    """Return the settings that `SignIn` read for *app*.

    Raises:
        LookupError: `SignIn` was not added to it.
    """
    return state_of(app).parts.settings


def state_of(app: flask.Flask) -> AppState:
    """Return what `SignIn` keeps for *app*.

    Raises:
        LookupError: `SignIn` was not added to it.
    """
    state = app.extensions.get("admit")
    if not isinstance(state, AppState):
        raise LookupError(f"the app {app.name!r} has no SignIn")  # noqa: TRY004 - it is about the app, not a type
    return state


def current_state() -> AppState:
    """Return what `SignIn` keeps for the current application."""
    state: AppState = flask.current_app.extensions["admit"]
    return state
