"""What the SQL store does about expired rows: nobody else removes them.

May know: errors, sql_database, sql_tables.
"""

from __future__ import annotations

import time
from contextlib import suppress

from sqlalchemy import ColumnElement, delete, select, tuple_

from admit.errors import StoreUnavailable
from admit.stores.sql_database import Database
from admit.stores.sql_tables import METADATA

#: Seconds between two looks for what has expired, in each process, and rows removed by one look.
SWEEP_EVERY, SWEEP_ROWS = 60, 1000


class Sweeper:
    """Removes some of what has expired, now and then.

    Args:
        database: Whose rows they are.
        now: The time in milliseconds since the epoch, by the clock of the database.
    """

    def __init__(self, database: Database, now: ColumnElement[int]) -> None:
        self._database = database
        self._now = now
        self._swept_at = 0.0

    def sweep(self) -> None:
        """Remove some, if the last look is long enough ago."""
        now = time.monotonic()
        if now < self._swept_at + SWEEP_EVERY:
            return
        self._swept_at = now
        for table in METADATA.sorted_tables:
            expired = select(*table.primary_key).where(table.c.expires_at <= self._now)
            # What another process removes just now is left to it.
            some = expired.limit(SWEEP_ROWS).with_for_update(skip_locked=True)
            # The record that was saved before counts, whatever becomes of this.
            with suppress(StoreUnavailable):
                self._database.count(delete(table).where(tuple_(*table.primary_key).in_(some)))
