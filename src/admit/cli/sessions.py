"""The commands ``admit sessions``: who is signed in, and the end of it.

May know: what a command needs, imported when it runs.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

import click

from admit.cli import values
from admit.cli.deployment import Deployment, app_option, audit, deployment_of
from admit.cli.refusals import refusals
from admit.cli.values import MILLISECONDS, counted, shown_time

if TYPE_CHECKING:
    from admit.session_list import Seen

#: Whoever ends sessions here, as the event `session.ended` says it.
OPERATOR = "operator"
AT_ONCE = "It takes effect at once, on every process."
COLUMNS = ("REFERENCE", "SIGNED IN AT", "SECONDS LEFT", "BYTES", "KEY")
SEALED = (
    "More is not known: its content, and whose it is, is sealed with the cookie of its browser."
)
NOT_FOUND = "No living session has this reference."
NO_SUCH_USER = "The store knows no session of such a user."
NO_EMAILS = (
    "Sessions are found by e-mail addresses only where ADMIT_UNIVERSAL_LOGOUT_PATH is set."
    " Use --user."
)


@click.group()
def sessions() -> None:
    """List and end the sessions in the store that ADMIT_SESSIONS names."""


@sessions.command("list")
@app_option
@click.option(
    "--user", "sub", metavar="SUB", help="Those of one user: the claim sub, as the issuer gives it."
)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@refusals
def list_sessions(app_name: str | None, sub: str | None, limit: int, *, as_json: bool) -> None:
    """List living sessions. Nothing of their content can be seen."""
    deployment = deployment_of(app_name)
    listed = deployment.session_list()
    found = list(islice(listed.all() if sub is None else listed.of_user(sub), limit + 1))
    rows = found[:limit]
    if as_json:
        click.echo(json.dumps([_document(seen) for seen in rows], indent=2))
    else:
        _print_table(rows)
    if len(found) > limit:
        click.echo(f"There are more than {limit}: see --limit.", err=True)


@sessions.command(context_settings={"ignore_unknown_options": True})
@app_option
@click.argument("reference", callback=values.reference)
@refusals
def show(app_name: str | None, reference: str) -> None:
    """Show what can be known of one session."""
    _print_table([_named(deployment_of(app_name), reference)])
    click.echo(SEALED)


@sessions.command(context_settings={"ignore_unknown_options": True})
@app_option
@click.argument("reference", callback=values.reference, required=False)
@click.option(
    "--user", "sub", metavar="SUB", help="Those of one user: the claim sub, as the issuer gives it."
)
@click.option(
    "--email",
    metavar="ADDRESS",
    help="Those of all users with that address; needs ADMIT_UNIVERSAL_LOGOUT_PATH.",
)
@click.option(
    "--key",
    "key_id",
    metavar="KEY_ID",
    callback=values.key_id,
    help="Those that one secret key sealed.",
)
@click.option("--all", "everybody", is_flag=True, help="Those of all users.")
@click.option(
    "--before",
    metavar="TIME",
    callback=values.before,
    help="Those that began up to then (ISO 8601).",
)
@click.option("--yes", is_flag=True, help="Do not ask whether to end all.")
@refusals
def end(
    *,
    app_name: str | None,
    reference: str | None,
    sub: str | None,
    email: str | None,
    key_id: bytes | None,
    before: int | None,
    everybody: bool,
    yes: bool,
) -> None:
    """End sessions: one by its REFERENCE, or those that an option names."""
    given = [reference, sub, email, key_id, everybody or None]
    if sum(value is not None for value in given) != 1:
        raise click.UsageError("Name one of: REFERENCE, --user, --email, --key, --all.")
    if reference is not None and before is not None:
        raise click.UsageError("--before goes with --user, --email, --key and --all.")
    deployment = deployment_of(app_name)
    with audit():
        if reference is not None:
            _end_one(deployment, reference)
        elif sub is not None:
            _end_user(deployment, sub, before)
        elif email is not None:
            _end_email(deployment, email, before)
        elif key_id is not None:
            end_key(deployment, key_id, before)
        else:
            _end_all(deployment, before, yes=yes)


def end_key(deployment: Deployment, key_id: bytes, before: int | None = None) -> None:
    """End the sessions that one configured key sealed.

    Raises:
        ClickException: No such key is configured.
    """
    from admit.ports import run_sync
    from admit.sealing import key_ids_of

    if key_id not in key_ids_of(deployment.settings.secret_keys):
        raise click.ClickException("No configured key has this id: see `admit keys status`.")
    count = _count(deployment, before, key_id)
    run_sync(deployment.ends.of_key(key_id, by=OPERATOR, before=before))
    click.echo(f"Ended {count} that the key {key_id.hex()} sealed. {_soon()}")


def _end_one(deployment: Deployment, reference: str) -> None:
    from admit.ports import run_sync

    run_sync(deployment.ends.of_one(_named(deployment, reference).key, by=OPERATOR))
    click.echo(f"Ended 1 session. {AT_ONCE}")


def _end_user(deployment: Deployment, sub: str, before: int | None) -> None:
    from admit.ports import run_sync

    known = run_sync(deployment.ends.has_signed_in(sub))
    count = run_sync(deployment.ends.of_user(sub, by=OPERATOR, before=before))
    if not known:
        raise click.ClickException(NO_SUCH_USER)
    click.echo(f"Ended {counted(count)}. {AT_ONCE}")


def _end_email(deployment: Deployment, email: str, before: int | None) -> None:
    from admit.ports import run_sync

    if deployment.settings.universal_logout_path is None:
        raise click.ClickException(NO_EMAILS)
    count = run_sync(deployment.ends.of_email(email, by=OPERATOR, before=before))
    if count is None:
        raise click.ClickException(NO_SUCH_USER)
    click.echo(f"Ended {counted(count)}. {AT_ONCE}")


def _end_all(deployment: Deployment, before: int | None, *, yes: bool) -> None:
    from admit.ports import run_sync

    count = _count(deployment, before)
    if not yes:
        click.confirm(f"End {count}, whosever they are?", abort=True)
    run_sync(deployment.ends.of_everybody(by=OPERATOR, before=before))
    click.echo(f"Ended {count}. {_soon()}")


def _count(deployment: Deployment, before: int | None, key_id: bytes | None = None) -> str:
    """Return how many sessions are about to end, in words."""
    if deployment.listed is None:
        return "all sessions"
    return counted(deployment.listed.count(before=before, key_id=key_id))


def _soon() -> str:
    from admit.shared_marks import MARKS_FRESH

    return f"It takes effect within {MARKS_FRESH} seconds, on every process."


def _named(deployment: Deployment, reference: str) -> Seen:
    seen = deployment.session_list().named(reference)
    if seen is None:
        raise click.ClickException(NOT_FOUND)
    return seen


def _document(seen: Seen) -> dict[str, str | int | None]:
    return {
        "reference": seen.reference,
        "signed_in_at": None if seen.since is None else shown_time(seen.since / MILLISECONDS),
        "seconds_left": seen.left,
        "bytes": seen.size,
        "key_id": seen.key_id.hex(),
    }


def _row(seen: Seen) -> tuple[str, ...]:
    return tuple("-" if value is None else str(value) for value in _document(seen).values())


def _print_table(rows: list[Seen]) -> None:
    if not rows:
        click.echo("There is no session.")
        return
    table = [COLUMNS, *map(_row, rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(COLUMNS))]
    for row in table:
        cells = (value.ljust(width) for value, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
