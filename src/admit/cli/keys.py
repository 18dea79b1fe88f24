"""The commands ``admit keys``: which secret keys are in use, and which may go.

May know: what a command needs, imported when it runs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from admit.cli import values
from admit.cli.deployment import Deployment, app_option, audit, open_deployment
from admit.cli.refusals import refusals
from admit.cli.sessions import end_key
from admit.cli.values import counted, shown_time

if TYPE_CHECKING:
    from admit.settings import Settings

FLASKS = "SECRET_KEY"


@click.group()
def keys() -> None:
    """See which secret keys are in use, and retire those that are not."""


@keys.command()
@app_option
@refusals
def status(app_name: str | None) -> None:
    """List the configured keys by their ids, newest first, with the sessions that need them."""
    from admit.sealing import key_ids_of

    settings, deployment = open_deployment(app_name)
    identifiers = list(dict.fromkeys(key_ids_of(settings.secret_keys)))
    counts = None if deployment is None else deployment.session_list().counts()
    for place, identifier in enumerate(identifiers):
        use = "opens older sessions" if place else "seals new sessions"
        held = "" if counts is None else f"  {counted(counts.pop(identifier, 0))}"
        click.echo(f"{identifier.hex()}  {use:20}{held}".rstrip())
    if counts:
        ids = ", ".join(sorted(identifier.hex() for identifier in counts))
        click.echo(
            f"No configured key opens these: {counted(counts.total())}, sealed by {ids}."
            " Their key was removed too early."
        )
    if deployment is None:
        click.echo(_in_cookies(settings))
    elif others := sum(1 for _ in deployment.session_list().of_others()):
        click.echo(f"{counted(others)} of other applications in this store.")


@keys.command()
@app_option
@click.argument("key_id", callback=values.key_id)
@click.option("--end-sessions", is_flag=True, help="End the sessions that need the key first.")
@refusals
def retire(app_name: str | None, key_id: bytes, *, end_sessions: bool) -> None:
    """Say what to remove from the configuration once no session needs the key KEY_ID."""
    from admit.sealing import key_ids_of

    settings, deployment = open_deployment(app_name)
    identifiers = key_ids_of(settings.secret_keys)
    if key_id not in identifiers:
        raise click.ClickException("No configured key has this id: see `admit keys status`.")
    if key_id == identifiers[0]:
        raise click.ClickException("This key seals new sessions: put another one before it first.")
    if deployment is not None:
        _check_unneeded(deployment, key_id, end_sessions=end_sessions)
    elif end_sessions:
        raise click.ClickException(
            "Sessions in cookies cannot be ended from here. They end when their key is removed."
        )
    else:
        click.echo(_in_cookies(settings))
    places = [place for place, found in enumerate(identifiers, 1) if found == key_id]
    click.echo(f"Remove {_named(places, settings)}, and restart every process.")


def _check_unneeded(deployment: Deployment, key_id: bytes, *, end_sessions: bool) -> None:
    if end_sessions:
        with audit():
            end_key(deployment, key_id)
    count, last = deployment.session_list().needing(key_id, int(time.time()))
    if count:
        need = "session needs" if count == 1 else "sessions need"
        raise click.ClickException(
            f"{count} living {need} this key; the last one ends at {shown_time(last)} at the"
            " latest. To end them now: --end-sessions."
        )
    _check_others(deployment, key_id)


def _check_others(deployment: Deployment, key_id: bytes) -> None:
    left = [record.left for record in deployment.session_list().of_others(key_id)]
    if left:
        need = "need" if len(left) > 1 else "needs"
        raise click.ClickException(
            f"{counted(len(left))} of other applications in this store {need} this key. End them"
            f" there, or wait: unless they are used, the last one ends in {max(left)} seconds."
            " What was ended there by --key or --all counts until then."
        )


def _named(places: Sequence[int], settings: Settings) -> str:
    """Return where in the configuration a key is; the first place is 1."""
    setting, of = settings.keys_found_in, len(settings.secret_keys)
    if setting == FLASKS:
        setting, of = "SECRET_KEY_FALLBACKS", of - 1
        places = [place - 1 for place in places]
    numbers = " and ".join(f"key {place}" for place in places)
    return f"{numbers} of the {of} in {setting}"


def _in_cookies(settings: Settings) -> str:
    return (
        "Sessions are in cookies, which nobody can count. A key can go once"
        f" {settings.absolute_timeout} seconds (ADMIT_ABSOLUTE_TIMEOUT) have passed since it"
        " stopped being the first one on every process."
    )
