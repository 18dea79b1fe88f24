"""The command line: ``admit``.

May know: what a command needs, imported when it runs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    import click
except ModuleNotFoundError:
    sys.exit('The command admit needs click, which comes with: pip install "admit[flask]"')

if TYPE_CHECKING:
    from admit.errors import Problem
    from admit.settings import Settings


@click.group()
@click.version_option(package_name="admit")
def main() -> None:
    """Tools for apps that sign users in with Admit."""


@main.command()
@click.option("--port", default=9400, show_default=True, type=click.IntRange(0, 65535))
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--redirect-uri", multiple=True, help="Register one more; may be repeated.")
@click.option("--post-logout-redirect-uri", multiple=True, help="Likewise, for signing out.")
@click.option("--backchannel-logout-uri", help="Where the app takes logout tokens.")
@click.option("--frontchannel-logout-uri", help="What is loaded in a frame on signing out.")
@click.option("--initiate-login-uri", help="Where a sign-in begins that the provider starts.")
@click.option("--universal-logout-uri", help="Where the app takes Okta's Universal Logout.")
@click.option(
    "--access-token-lifetime",
    default=3600,
    show_default=True,
    type=click.IntRange(1, 86400),
    help="In seconds.",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(exists=True, dir_okay=False),
    help='A JSON file with "clients" and "users" instead of the demo ones.',
)
def provider(**options: Any) -> None:  # noqa: ANN401 - what is said above
    """Run an Okta-shaped OpenID provider on this machine, for development only."""
    from admit.dev_provider.command import Options, run  # noqa: PLC0415 - needs the extra "dev"

    run(Options(**options))


@main.command()
@click.option(
    "--app",
    "app_name",
    help="Read the settings of a Flask app, as `flask --app` names it, such as app:app.",
)
def settings(app_name: str | None) -> None:
    """Print what to enter at the provider, such as the redirect URIs.

    Read from the environment and .okta.env, or from an app.
    """
    from admit.checklist import configuration, registration, reminders  # noqa: PLC0415
    from admit.errors import ConfigurationError  # noqa: PLC0415

    missing: tuple[Problem, ...] = ()
    try:
        if app_name is None:
            read, missing = _of_environment()
        else:
            read = _of_app(app_name)
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from None
    click.echo("Enter at the provider (in the Okta Admin Console: Applications > your app):\n")
    _show(registration(read))
    click.echo("\nThis application uses:\n")
    _show(configuration(read))
    click.echo("\nNot to forget:\n")
    for line in [*reminders(read), *map(str, missing)]:
        click.echo(f"  - {line}")


@main.group()
def store() -> None:
    """Prepare the store that ADMIT_SESSIONS names."""


@store.command()
@click.argument("url", envvar="ADMIT_SESSIONS")
def create(url: str) -> None:
    """Make what the store at URL needs, such as its table, if it is not there."""
    from admit.config_sessions import is_store  # noqa: PLC0415
    from admit.errors import ConfigurationError, StoreUnavailable  # noqa: PLC0415
    from admit.stores import open_store  # noqa: PLC0415

    if not is_store(url):
        known = "sqlite://, postgresql://, redis:// and the like"
        raise click.ClickException(f"That is no store's URL: give one of {known}.")
    try:
        opened = open_store(url)
        opened.create()
    except (ConfigurationError, StoreUnavailable) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{opened!r} is ready.")


@main.command()
@click.option("--store", "url", envvar="ADMIT_SESSIONS", help="Its URL; else ADMIT_SESSIONS.")
@click.option("--workers", default=4, show_default=True, type=click.IntRange(1, 64))
@click.option(
    "--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="Of each worker."
)
@click.option(
    "--sessions",
    default=200,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="Alive at once.",
)
@click.option("--seconds", default=30.0, show_default=True, type=click.FloatRange(1, 3600))
@click.option(
    "--grace",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0, 60),
    help="Seconds for which the provider takes a replaced refresh token again, as Okta does.",
)
@click.option(
    "--kills",
    default=1,
    show_default=True,
    type=click.IntRange(0, 100),
    help="Workers to kill in the middle of a refresh.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def race(url: str | None, *, as_json: bool, **numbers: Any) -> None:  # noqa: ANN401 - see above
    """Let many processes go at the store, and count what must never happen.

    The sessions are the race's own, and are ended with it. Exit status: 0 all rules held, 1 one
    was broken, 2 the options are no good, 3 the store cannot be used.
    """
    from admit.config_sessions import is_store  # noqa: PLC0415
    from admit.errors import ConfigurationError, StoreUnavailable  # noqa: PLC0415
    from admit.race import Options  # noqa: PLC0415
    from admit.race import race as run  # noqa: PLC0415

    if url is None or not is_store(url):
        raise click.UsageError("Give the URL of a store: --store, or ADMIT_SESSIONS.")
    try:
        outcome = run(Options(store=url, **numbers))
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from None
    except StoreUnavailable as error:
        click.echo(str(error), err=True)
        sys.exit(3)
    click.echo(outcome.as_json() if as_json else outcome.as_table())
    sys.exit(0 if outcome.has_held else 1)


#: What stands for a setting that is given only once the provider knows the application.
NOT_YET = {
    "issuer": "https://not-set-yet.invalid",
    "client_id": "not-set-yet",
    "client_secret": "not-set-yet-either",
    "secret_keys": "not-set-yet-0123456789-abcdefghijklmnop",
}


def _of_environment() -> tuple[Settings, tuple[Problem, ...]]:
    """Return the settings, and which of those in NOT_YET are missing."""
    from admit.config import read_settings  # noqa: PLC0415
    from admit.config_reader import MISSING  # noqa: PLC0415
    from admit.errors import ConfigurationError  # noqa: PLC0415

    okta_env = Path(".okta.env")
    try:
        return read_settings({}, {}, os.environ, okta_env=okta_env), ()
    except ConfigurationError as error:
        named = {problem.setting.removeprefix("ADMIT_").lower() for problem in error.problems}
        if named - NOT_YET.keys() or not all(MISSING in p.wrong for p in error.problems):
            raise
        stand_ins = {name: NOT_YET[name] for name in named}
        return read_settings(stand_ins, {}, os.environ, okta_env=okta_env), error.problems


def _of_app(name: str) -> Settings:
    from flask.cli import NoAppException, ScriptInfo  # noqa: PLC0415 - needs the extra "flask"

    from admit.flask import settings_of  # noqa: PLC0415

    sys.path.insert(0, ".")
    try:
        return settings_of(ScriptInfo(app_import_path=name).load_app())
    except (NoAppException, LookupError) as problem:
        raise click.ClickException(str(problem)) from None


def _show(rows: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"  {name:{width}}  {value}")
