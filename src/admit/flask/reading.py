"""The settings of an application, and the store that they name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import flask

from admit.config import read_settings
from admit.ports import SessionStore
from admit.settings import Settings


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
        # Cookies need no store.
        from admit.flask.store import store_at  # noqa: PLC0415

        return settings, store_at(settings.sessions)
    return settings, own_store
