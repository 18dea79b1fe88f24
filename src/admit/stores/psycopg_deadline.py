"""A connection to PostgreSQL that gives up on a server that stands still.

The server ends a statement that takes too long, and the kernel a connection whose other side is
gone; neither helps where a process was stopped, or a machine suspended, after it took a connection.

May know: nothing else of this package.
"""

from __future__ import annotations

from time import monotonic
from typing import Any, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen
from psycopg.waiting import Ready

T = TypeVar("T")
#: Seconds for an answer: more than the server's own limit, whose word is better than none.
DEADLINE = 2.5


class StandsStillError(OperationalError):
    """PostgreSQL has not answered in time, not even that it would not."""


class DeadlineConnection(Connection[Any]):
    """A connection that closes itself when an answer is late, so that nobody reads it later."""

    def wait(self, gen: PQGen[T], *args: Any, **options: Any) -> T:  # noqa: ANN401 - psycopg's
        """Return what *gen* does in the end, which psycopg resumes ten times a second at least."""
        try:
            return super().wait(_until(gen, monotonic() + DEADLINE), *args, **options)
        except StandsStillError:
            self.close()
            raise


def _until(generator: PQGen[T], end: float) -> PQGen[T]:
    """Resume *generator* as it is asked to, and give up when nothing was ready until *end*."""
    try:
        wanted = next(generator)
        while True:
            ready = yield wanted
            if ready == Ready.NONE and monotonic() > end:
                raise StandsStillError("no answer in time")
            wanted = generator.send(ready)
    except StopIteration as stop:
        done: T = stop.value
        return done
