"""Whether a database has the tables of the SQL store, as they are here.

May know: sql_tables.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, delete, false, inspect

from admit.stores.sql_tables import METADATA, SESSIONS


def make(connection: Connection) -> None:
    """Make the tables that are not there; one of a former layout is dropped first."""
    METADATA.drop_all(connection, tables=[table for table, _ in _missing(connection)])
    METADATA.create_all(connection)


def _missing(connection: Connection) -> list[tuple[Table, bool]]:
    """Return the tables that are not there as they are here, and whether one of the name is."""
    looked = inspect(connection)
    found = []
    for table in METADATA.sorted_tables:
        there = looked.has_table(table.name)
        columns: set[Any] = {c["name"] for c in looked.get_columns(table.name)} if there else set()
        if not columns.issuperset(table.columns.keys()):
            found.append((table, there))
    return found


def unfit(connection: Connection) -> str | None:
    """Return which table is missing, or has a former layout; None where all can work.

    Raises:
        DBAPIError: It cannot even be asked, or is SQLite's and cannot be written.
    """
    for table, there in _missing(connection):
        return f"the table {table.name} " + ("has a former layout" if there else "is missing")
    if connection.dialect.name == "sqlite":
        # A file that may be read alone says so only to who would write.
        connection.execute(delete(SESSIONS).where(false()))
    return None
