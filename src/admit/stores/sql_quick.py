"""The short way to a database, for what each page asks.

The statement is put into words once, and runs on a connection of the pool as the driver has it:
half the work of the general way.

May know: nothing else of this package.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, Select
from sqlalchemy.exc import SQLAlchemyError


class Quick:
    """Runs one statement that returns one row.

    Args:
        engine: Whose connections commit by themselves.
        statement: With named parameters.
    """

    def __init__(self, engine: Engine, statement: Select[*tuple[Any, ...]]) -> None:
        self._engine = engine
        compiled: Any = statement.compile(dialect=engine.dialect)
        self._text = str(compiled)
        self._order: list[str] | None = compiled.positiontup
        driver: Any = engine.dialect.dbapi
        self.errors: tuple[type[Exception], ...] = (driver.Error, SQLAlchemyError, OSError)
        self._fixed: dict[str, Any] = dict(compiled.params)

    def first(self, given: dict[str, bytes]) -> tuple[Any, ...] | None:
        """Return the first row, or None where there is none.

        Raises:
            Exception: One of `errors`. Whatever stops the reading, the connection is not used
                again.
        """
        named = self._fixed | given
        values = named if self._order is None else tuple(named[name] for name in self._order)
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(self._text, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
            cursor.close()
        except BaseException:
            connection.invalidate()
            raise
        finally:
            connection.close()
        return row
