"""The deployment that a command is about: its settings, and the sessions in its store.

May know: what a command needs, imported when it runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from admit.errors import Problem
    from admit.flask.state import AppState
    from admit.session_ends import SessionEnds
    from admit.session_list import SessionList
    from admit.settings import Settings
    from admit.stored_sessions import StoredSessions

#: What stands for a setting that is given only once the provider knows the application.
NOT_YET = {
    "issuer": "https://not-set-yet.invalid",
    "client_id": "not-set-yet",
    "client_secret": "not-set-yet-either",
    "secret_keys": "not-set-yet-0123456789-abcdefghijklmnop",
}
IN_COOKIES = (
    "Sessions are in cookies: nobody but their browsers can list or end them."
    " Set ADMIT_SESSIONS to a store to change that."
)
app_option = click.option(
    "--app",
    "app_name",
    help="Read the settings of a Flask app, as `flask --app` names it, such as app:app.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment whose sessions are in a store.

    Attributes:
        settings: Its settings.
        ends: Ends its sessions.
        listed: Looks through them; None for a store of the application's own that cannot.
    """

    settings: Settings
    ends: SessionEnds
    listed: SessionList | None

    def session_list(self) -> SessionList:
        """Return what looks through the sessions.

        Raises:
            ClickException: The store cannot be looked through.
        """
        if self.listed is None:
            raise click.ClickException(
                "The app's own store has no method `records`, so it cannot be looked through."
            )
        return self.listed


def settings_of_environment() -> tuple[Settings, tuple[Problem, ...]]:
    """Return the settings, and which of those in NOT_YET are missing.

    Raises:
        ConfigurationError: With all problems at once.
    """
    from admit.config import read_settings
    from admit.config_reader import MISSING
    from admit.errors import ConfigurationError

    okta_env = Path(".okta.env")
    try:
        return read_settings({}, {}, os.environ, okta_env=okta_env), ()
    except ConfigurationError as error:
        named = {problem.setting.removeprefix("ADMIT_").lower() for problem in error.problems}
        if named - NOT_YET.keys() or not all(MISSING in p.wrong for p in error.problems):
            raise
        stand_ins = {name: NOT_YET[name] for name in named}
        return read_settings(stand_ins, {}, os.environ, okta_env=okta_env), error.problems


def settings_of_app(name: str) -> Settings:
    """Return the settings of a Flask app.

    Raises:
        ClickException: There is no such app, or it has no `SignIn`.
        ConfigurationError: Its settings are no good.
    """
    return _state_of_app(name).parts.settings


def open_deployment(app_name: str | None) -> tuple[Settings, Deployment | None]:
    """Return the settings of an app, or of the environment; and the deployment, if it has a store.

    Raises:
        ClickException: There is no such app, or it has no `SignIn`.
        ConfigurationError: The settings are no good, or the store is not ready.
        StoreUnavailable: The store is away.
    """
    if app_name is None:
        return _of_environment()
    parts = _state_of_app(app_name).parts
    if parts.stored is None:
        return parts.settings, None
    stored = parts.stored
    return parts.settings, _deployment(parts.settings, stored.sessions, stored.ends)


def deployment_of(app_name: str | None) -> Deployment:
    """Return the deployment, which must have a store; raises as `open_deployment` does."""
    _, deployment = open_deployment(app_name)
    if deployment is None:
        raise click.ClickException(IN_COOKIES)
    return deployment


@contextmanager
def audit() -> Iterator[None]:
    """Show on stderr what is told to the log, unless the app's own log shows it already."""
    import logging

    from admit.events import LOGGER

    level, handler = LOGGER.level, None
    LOGGER.setLevel(logging.INFO)
    if not LOGGER.hasHandlers():
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        LOGGER.addHandler(handler)
    try:
        yield
    finally:
        LOGGER.setLevel(level)
        if handler is not None:
            LOGGER.removeHandler(handler)


def _state_of_app(name: str) -> AppState:
    from flask.cli import NoAppException, ScriptInfo

    from admit.errors import SignInError
    from admit.flask.lookup import state_of

    sys.path.insert(0, ".")
    try:
        app = ScriptInfo(app_import_path=name).load_app()
    except NoAppException as problem:
        # A traceback may follow the first line.
        raise click.ClickException(str(problem).splitlines()[0]) from None
    except SignInError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the app does
        # What an app says of its own trouble may hold its secrets.
        wrong = f"{name} stopped with {type(error).__name__} while it was loaded."
        raise click.ClickException(f"{wrong} Run it to see why.") from None
    try:
        state = state_of(app)
    except LookupError as problem:
        raise click.ClickException(str(problem.args[0])) from None
    # A store of the app's own may have nothing to close.
    store = None if state.parts.stored is None else state.parts.stored.sessions.store
    click.get_current_context().call_on_close(getattr(store, "close", lambda: None))
    return state


def _of_environment() -> tuple[Settings, Deployment | None]:
    from admit.config import read_settings
    from admit.events import log_event
    from admit.sealing import Sealer
    from admit.session_ends import SessionEnds
    from admit.stored_assembly import stored_sessions
    from admit.stores import check_ready, open_store

    settings = read_settings({}, {}, os.environ, okta_env=Path(".okta.env"))
    if not settings.are_stored:
        return settings, None
    store = open_store(settings.sessions)
    click.get_current_context().call_on_close(store.close)
    check_ready(store)
    sealer = Sealer(settings.secret_keys, os.urandom)
    sessions = stored_sessions(settings, store, sealer=sealer, random=os.urandom, emit=log_event)
    ends = SessionEnds(sessions, issuer=settings.client.issuer, emit=log_event)
    return settings, _deployment(settings, sessions, ends)


def _deployment(settings: Settings, sessions: StoredSessions, ends: SessionEnds) -> Deployment:
    from admit.sealing import key_ids_of
    from admit.session_list import HasRecords, SessionList

    listed = None
    if isinstance(sessions.store, HasRecords):
        key_ids = tuple(dict.fromkeys(key_ids_of(settings.secret_keys)))
        listed = SessionList(sessions, sessions.store, key_ids)
    return Deployment(settings=settings, ends=ends, listed=listed)
