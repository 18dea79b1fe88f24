"""The short way to Redis, for what each page asks: a connection for each thread.

A client takes a connection from its pool, looks whether it is still good, and gives it back, each
time. Here a thread keeps one of its own, and what is sent and read has one shape alone. Where that
fails, the client's way is still there.

May know: redis_answer, redis_scripts.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import threading
from contextlib import suppress
from typing import Any

from redis.connection import ConnectionPool
from redis.exceptions import RedisError

from admit.stores.redis_answer import answer_of
from admit.stores.redis_scripts import Script


class Kept:
    """Closes a connection when nobody has it any more: a thread has ended, or the store.

    Left to itself a connection is closed when garbage is collected, which may be much later.
    """

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - with TLS, by Sentinel, or plain
        self.connection = connection
        self.process = os.getpid()

    def __del__(self) -> None:
        """Close it; of a parent's connection, this process's end alone."""
        with suppress(Exception):
            self.connection.disconnect()


class Own(threading.local):
    """What each thread has of its own, and what ends with it."""

    kept: Kept | None = None


class Quick:
    """Runs scripts on the connection of the thread.

    Args:
        pool: Tells how connections are made. None is taken from it.
    """

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._own = Own()

    def run(self, command: bytes) -> tuple[bytes | None, int, int, int] | None:
        """Return what a `packed` command does, four values; None where it did not work.

        A connection is the thread's own again only after its whole answer was read. So no later
        reader gets that answer, whatever stops this one: an error, a signal, a greenlet's end.
        """
        kept = self._own.kept
        self._own.kept = None
        try:
            if kept is None or kept.process != os.getpid():
                kept = Kept(self._pool.connection_class(**self._pool.connection_kwargs))
                # Only so does it ask the sentinels where to; sending would connect to anything.
                kept.connection.connect()
                wait_in_the_kernel(getattr(kept.connection, "_sock", None))
            # The client's own ways to send and to read look at much that is never so here.
            sock = getattr(kept.connection, "_sock", None)
            if sock is None:
                return None
            sock.sendall(command)
            answer = answer_of(sock.recv)
        except (RedisError, OSError, ValueError):
            return None
        self._own.kept = kept
        return answer


def wait_in_the_kernel(sock: object) -> None:
    """Let *sock* keep its timeout without Python's help, which asks twice for each answer.

    Only a plain socket can: TLS, or what waits beside other greenlets, has a class of its own.
    """
    if sys.platform != "linux" or type(sock) is not socket.socket:
        return
    seconds = sock.gettimeout()
    if not seconds or socket.socket.__module__ != "socket":
        return
    limit = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
    sock.settimeout(None)
    for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        sock.setsockopt(socket.SOL_SOCKET, way, limit)


def packed(script: Script, keys: tuple[str, ...]) -> bytes:
    """Return the command that runs *script*, as it is sent. The keys are ASCII.

    The client's own packing, for any command, takes a quarter of the time of a whole load.

    Spec: RESP, arrays of bulk strings.
    """
    parts = "EVALSHA", script.digest, str(len(keys)), *keys
    return "".join([f"*{len(parts)}\r\n", *[f"${len(one)}\r\n{one}\r\n" for one in parts]]).encode()
