"""The command ``admit race``: try a store as a deployment would, with many processes.

May know: what a command needs, imported when it runs.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from admit.cli.refusals import refusals

BROKEN, INTERRUPTED = 1, 130


@click.command()
@click.option("--store", "url", envvar="ADMIT_SESSIONS", help="Its URL; else ADMIT_SESSIONS.")
@click.option(
    "--workers", default=4, show_default=True, type=click.IntRange(1, 64), help="Processes."
)
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
@refusals
def race(url: str | None, *, as_json: bool, **numbers: Any) -> None:  # noqa: ANN401 - see above
    """Let many processes go at the store, and count what must never happen.

    The sessions are the race's own, and end with it. Exit status: 0 all rules held, 1 one was
    broken, 2 the command or the store's URL is no good, 3 the store is away.
    """
    from admit.config_sessions import is_store
    from admit.errors import ConfigurationError
    from admit.race import Options
    from admit.race import race as run

    if url is None or not is_store(url):
        raise click.UsageError("Give the URL of a store: --store, or ADMIT_SESSIONS.")
    try:
        outcome = run(Options(store=url, **numbers))
    except ConfigurationError as error:
        # 1 is for a rule that was broken alone.
        raise click.UsageError(str(error)) from None
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    click.echo(outcome.as_json() if as_json else outcome.as_table())
    if not outcome.has_held:
        sys.exit(BROKEN)
