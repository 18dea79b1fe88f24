"""The command line: ``admit``.

May know: what a command needs, imported when it runs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

try:
    import click
except ModuleNotFoundError:
    sys.exit('The command admit needs click, which comes with: pip install "admit[flask]"')

from admit.cli.deployment import app_option, settings_of_app, settings_of_environment
from admit.cli.keys import keys
from admit.cli.race import race
from admit.cli.refusals import refusals
from admit.cli.sessions import sessions
from admit.cli.store import store

if TYPE_CHECKING:
    from admit.errors import Problem


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
    from admit.dev_provider.command import Options, run

    run(Options(**options))


@main.command()
@app_option
@refusals
def settings(app_name: str | None) -> None:
    """Print what to enter at the provider, such as the redirect URIs.

    Read from the environment and .okta.env, or from an app.
    """
    from admit.checklist import configuration, registration, reminders

    missing: tuple[Problem, ...] = ()
    if app_name is None:
        read, missing = settings_of_environment()
    else:
        read = settings_of_app(app_name)
    click.echo("Enter at the provider (in the Okta Admin Console: Applications > your app):\n")
    _show(registration(read))
    click.echo("\nThis application uses:\n")
    _show(configuration(read))
    click.echo("\nNot to forget:\n")
    for line in [*reminders(read), *map(str, missing)]:
        click.echo(f"  - {line}")


main.add_command(sessions)
main.add_command(keys)
main.add_command(race)
main.add_command(store)


def _show(rows: list[tuple[str, str]]) -> None:
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        click.echo(f"  {name:{width}}  {value}")
