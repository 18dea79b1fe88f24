"""The command line: ``admit``.

May know: what a command needs, imported when it runs.
"""

from __future__ import annotations

import click


@click.group()
@click.version_option(package_name="admit")
def main() -> None:
    """Tools for apps that sign users in with Admit."""


@main.command()
@click.option("--port", default=9400, show_default=True, type=click.IntRange(0, 65535))
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--redirect-uri", multiple=True, help="Register one more; may be repeated.")
@click.option("--post-logout-redirect-uri", multiple=True, help="Likewise, for signing out.")
@click.option(
    "--config",
    "config_file",
    type=click.Path(exists=True, dir_okay=False),
    help='A JSON file with "clients" and "users" instead of the demo ones.',
)
def provider(
    port: int,
    host: str,
    redirect_uri: tuple[str, ...],
    post_logout_redirect_uri: tuple[str, ...],
    config_file: str | None,
) -> None:
    """Run an Okta-shaped OpenID provider on this machine, for development only."""
    from admit.dev_provider.command import run  # noqa: PLC0415 - needs the extra "dev"

    run(host, port, redirect_uri, post_logout_redirect_uri, config_file)
