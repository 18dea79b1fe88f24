"""The short way to Redis, for what each page asks: a connection for each thread.

A client takes a connection from its pool, looks whether it is still good, and gives it back, each
time. Here a thread keeps one of its own. Where that fails, the client's way is still there.

May know: redis_scripts.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import Any

from redis.connection import ConnectionPool
from redis.exceptions import RedisError

from admit.stores.redis_scripts import Script


class Own(threading.local):
    """What each thread has of its own, and what ends with it: a connection closes when it goes."""

    connection: Any = None


class Quick:
    """Runs scripts on the connection of the thread.

    Args:
        pool: Tells how connections are made. None is taken from it.
    """

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._own = Own()

    def run(self, script: Script, *keys: str) -> Any:  # noqa: ANN401 - what scripts return
        """Return what *script* does with *keys*; None where it did not work.

        A connection is the thread's own again only after its whole answer was read. So no later
        reader gets that answer, whatever stops this one: an error, a signal, a greenlet's end.
        """
        connection = self._own.connection
        self._own.connection = None
        if connection is None or connection.pid != os.getpid():
            connection = self._pool.connection_class(**self._pool.connection_kwargs)
        try:
            connection.send_command("EVALSHA", script.digest, len(keys), *keys, check_health=False)
            answer = connection.read_response()
        except BaseException as error:
            with suppress(RedisError, OSError):
                connection.disconnect()
            if isinstance(error, RedisError | OSError):
                return None
            raise
        self._own.connection = connection
        return answer
