"""What commands about sessions take and print: references, ids of keys, points in time.

May know: what a command needs, imported when it runs.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import click

MILLISECONDS = 1000


def reference(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Return what names a session: the first letters of its key, with no secret in it."""
    if value is not None and not re.fullmatch(r"[A-Za-z0-9_-]{12}", value):
        raise click.BadParameter("it has 12 characters, as `admit sessions list` shows it.")
    return value


def key_id(_ctx: click.Context, _param: click.Parameter, value: str | None) -> bytes | None:
    """Return what names a secret key: four bytes."""
    if value is None:
        return None
    if not re.fullmatch(r"[0-9a-f]{8}", value):
        raise click.BadParameter("it has 8 of 0-9 and a-f, as `admit keys status` shows it.")
    return bytes.fromhex(value)


def before(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Return a point in time that is over, in milliseconds since the epoch."""
    from admit.session_ends import milliseconds

    if value is None:
        return None
    fix = "Write it as 2026-11-25T10:00:00Z."
    try:
        time_given = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(f"it is no time. {fix}") from None
    try:
        return milliseconds(time_given, time.time())
    except ValueError as error:
        raise click.BadParameter(f"{error}. {fix}") from None


def shown_time(seconds: float) -> str:
    """Return a point in time as people and programs read it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def counted(count: int, what: str = "session") -> str:
    """Return a count in words."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
