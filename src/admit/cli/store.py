"""The commands ``admit store``: making a store ready.

May know: what a command needs, imported when it runs.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import click

from admit.cli.deployment import app_option, settings_of_app
from admit.cli.refusals import refusals

NOTHING_TO_CREATE = "Sessions are in cookies: there is nothing to create."
NO_URL = (
    "Missing argument 'URL'. Give it, or --app, or set ADMIT_SESSIONS in the environment or in"
    " .okta.env."
)
APPS_OWN = "The app hands in a store of its own, which Admit cannot make ready."


@click.group()
def store() -> None:
    """Prepare the store that ADMIT_SESSIONS names."""


@store.command()
@app_option
@click.argument("url", required=False)
@refusals
def create(app_name: str | None, url: str | None) -> None:
    """Make what the store at URL needs, such as its tables, if it is not there.

    Without URL it is the store that ADMIT_SESSIONS names, in the environment, in .okta.env or in
    an app.
    """
    from admit.stores import make_ready, open_store

    place = _place(app_name, url)
    if place == "cookie":
        click.echo(NOTHING_TO_CREATE)
        return
    if place == "own":
        raise click.ClickException(APPS_OWN)
    opened = open_store(place)
    with closing(opened):
        make_ready(opened)
    click.echo(f"{opened.place} is ready.")


def _place(app_name: str | None, url: str | None) -> str:
    """Return where sessions are kept, as `Settings.sessions` says it.

    Raises:
        UsageError: It is said twice, or not at all.
        ClickException: What stands there is no store.
        ConfigurationError: The settings are no good.
    """
    from admit.config import read_place
    from admit.config_sessions import is_store
    from admit.stores import making

    if app_name is not None:
        if url is not None:
            raise click.UsageError("Give URL or --app, not both.")
        with making():
            return settings_of_app(app_name).sessions
    place = read_place(os.environ, okta_env=Path(".okta.env")) if url is None else url
    if place is None:
        raise click.UsageError(NO_URL)
    if place != "cookie" and not is_store(place):
        known = "sqlite://, postgresql://, redis:// and the like"
        raise click.ClickException(f"That is no store's URL: give one of {known}.")
    return place
