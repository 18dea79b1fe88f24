"""How the SQL store asks its database, and when it asks again.

May know: errors, silence, sql_mistakes, sql_quick.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from math import inf
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Executable, Select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from admit.errors import StoreUnavailable
from admit.stores.silence import Silence
from admit.stores.sql_mistakes import told
from admit.stores.sql_quick import Quick

T = TypeVar("T")
#: Seconds: what failed sooner, such as on a connection that was closed before, is asked again.
AGAIN = 1.0


class Database:
    """Asks, on connections of this process, and tells of a database that is away.

    All that is asked here may be asked twice.

    Args:
        engine: Whose connections commit by themselves.
        often: The statement of each page, for which there is a short way.
    """

    def __init__(self, engine: Engine, often: Select[*tuple[Any, ...]]) -> None:
        self._engine = engine
        self._often = often
        self._quick = Quick(engine, often)
        self._process = os.getpid()
        # What waits for a lock of SQLite's waits alone: others may read meanwhile.
        is_server = engine.dialect.name != "sqlite"
        self._silence = Silence() if is_server else Silence(slow=inf)

    def first(self, given: dict[str, bytes]) -> Sequence[Any] | None:
        """Return the first row of what is asked often; None where there is none."""
        if self._silence.is_known:
            return self.ask(lambda connection: connection.execute(self._often, given).first())
        self._after_fork()
        began = monotonic()
        try:
            return self._quick.first(given)
        except self._quick.errors as error:
            if monotonic() > began + AGAIN:
                # Those beside it in the pool may be as dead as this connection.
                self._engine.dispose()
                self._silence.note()
                raise StoreUnavailable(f"SQL: {type(error).__name__}") from None
        return self.ask(lambda connection: connection.execute(self._often, given).first())

    def rows(self, statement: Executable) -> Sequence[Any]:
        """Return the rows of the answer."""
        return self.ask(lambda connection: connection.execute(statement).all())

    def count(self, statement: Executable) -> int:
        """Return how many rows were changed."""
        return self.ask(lambda connection: connection.execute(statement).rowcount)

    def ask(self, act: Callable[[Connection], T]) -> T:
        """Return what *act* gets; from a second connection where the first was closed before."""
        self._after_fork()
        end = monotonic() + AGAIN
        with self._silence.told():
            while True:
                try:
                    with self._engine.connect() as connection:
                        return act(connection)
                except DBAPIError as error:
                    if not error.connection_invalidated or monotonic() > end:
                        raise told(error) from None
                except (SQLAlchemyError, OSError) as error:
                    raise StoreUnavailable(f"SQL: {type(error).__name__}") from None

    def close(self) -> None:
        """Close the connections. The next use makes new ones."""
        self._after_fork()
        self._engine.dispose()

    def _after_fork(self) -> None:
        if self._process != os.getpid():
            # The parent's connections are not ours to speak on, nor to close.
            self._engine.dispose(close=False)
            self._process = os.getpid()
