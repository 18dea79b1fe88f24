"""The settings of an application, and the store that they name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import flask

from admit.config import read_settings
from admit.errors import StoreUnavailable
from admit.events import LOGGER
from admit.ports import SessionStore
from admit.settings import Settings
from admit.stores import check_ready, open_store


def read(
    app: flask.Flask, arguments: dict[str, Any], own_store: SessionStore | None
) -> tuple[Settings, SessionStore | None]:
    """Return the settings of *app*, and where its sessions are kept; None is in cookies.

    Raises:
        ConfigurationError: With all problems at once.
    """
    settings = read_settings(
        arguments,
        app.config,
        os.environ,
        okta_env=Path(".okta.env"),
        own_store=own_store is not None,
    )
    if own_store is None and settings.are_stored:
        return settings, _opened(settings.sessions)
    return settings, own_store


def _opened(url: str) -> SessionStore:
    """Return the store at *url*, which may be away for now, but not unfit.

    Raises:
        ConfigurationError: It is there, and cannot work.
    """
    store = open_store(url)
    try:
        check_ready(store)
    except StoreUnavailable as error:
        LOGGER.warning("%s; pages that need the user answer 503 until it is back", error)
    return store
