"""What a database says, told as an outage or as a mistake that lasts.

PostgreSQL gives no SQLSTATE to who could not connect, so its words are looked at: those in English.
In another language a mistake is told as an outage.

May know: errors, mistakes.
"""

from __future__ import annotations

import re
import sqlite3

from sqlalchemy.exc import DBAPIError

from admit.errors import StoreUnavailable
from admit.stores.mistakes import ENCODED, Mistake

PRIMARY = 0xFF
OF_SQLITE = {
    sqlite3.SQLITE_CANTOPEN: (
        "the SQLite file cannot be opened",
        "Make its folder, and let the user of this process write to it.",
    ),
    sqlite3.SQLITE_READONLY: (
        "the SQLite file cannot be written",
        "Let the user of this process write to the file and to its folder.",
    ),
}
OF_POSTGRESQL = (
    # 28P01
    (
        re.compile(r"password authentication failed"),
        ("PostgreSQL refuses the user or the password", f"Correct both in the URL. {ENCODED}"),
    ),
    (
        re.compile(r"no password supplied"),
        ("PostgreSQL wants a password, and the URL has none", f"Put it into the URL. {ENCODED}"),
    ),
    # 28000
    (
        re.compile(
            r"role .* does not exist|no pg_hba\.conf entry|pg_hba\.conf rejects"
            r"|not permitted to log in|authentication failed"
        ),
        ("PostgreSQL does not let this user in", "Look at the user in the URL and at pg_hba.conf."),
    ),
    # 3D000
    (
        re.compile(r"database .* does not exist"),
        ("PostgreSQL has no such database", "Create it, or correct its name in the URL."),
    ),
)


def told(error: DBAPIError) -> StoreUnavailable:
    """Return *error* in words that hold no part of the URL."""
    driver = error.orig
    if isinstance(driver, sqlite3.Error):
        found = OF_SQLITE.get(getattr(driver, "sqlite_errorcode", 0) & PRIMARY)
    else:
        found = _of_postgresql(str(driver))
    return StoreUnavailable(f"SQL: {type(error).__name__}") if found is None else Mistake(*found)


def _of_postgresql(said: str) -> tuple[str, str] | None:
    """Return the mistake in what was said of the last address that was tried."""
    last = said.rpartition("connection to server")[2].partition("FATAL:")
    words = last[2] or last[0]
    return next((words_of for pattern, words_of in OF_POSTGRESQL if pattern.search(words)), None)
