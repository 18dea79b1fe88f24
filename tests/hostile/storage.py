"""Faults of a real store: of the way to it, byte by byte, and of its tables."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

from support import free_port

PIECE = 1 << 16


class Proxy:
    """Stands between an application and its store, and passes bytes on, or does not.

    Attributes:
        url: Of the store, by way of this.
    """

    def __init__(self, url: str) -> None:
        parts, self._port = urlsplit(url), free_port()
        self._store = (parts.hostname or "", parts.port or 0)
        name = f"{parts.username}@" if parts.username else ""
        self.url = urlunsplit(parts._replace(netloc=f"{name}127.0.0.1:{self._port}"))
        self._flows = threading.Event()
        self._flows.set()
        self._ended = False
        self._lock = threading.Lock()
        self._wires: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._door: socket.socket | None = None
        self._open()

    def refuse(self) -> None:
        """Cut what is open, and take nothing more: the store is down."""
        assert self._door is not None
        door, self._door = self._door, None
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        door.close()
        self._cut()

    def stall(self) -> None:
        """Take connections and bytes, and pass none on: the network is gone."""
        self._flows.clear()

    def mend(self) -> None:
        """Pass everything on again."""
        self._flows.set()
        if self._door is None:
            self._open()

    def close(self) -> None:
        """End every connection and thread."""
        self._ended = True
        self._flows.set()
        if self._door is not None:
            self.refuse()
        for thread in self._threads:
            thread.join()

    def _open(self) -> None:
        self._door = socket.create_server(("127.0.0.1", self._port))
        self._start(self._accept, self._door)

    def _start(self, run: object, *given: object) -> None:
        thread = threading.Thread(target=run, args=given, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, door: socket.socket) -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._store)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._wires |= {near, far}
            self._start(self._pass, near, far)
            self._start(self._pass, far, near)

    def _pass(self, source: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(PIECE):
                self._flows.wait()
                to.sendall(piece)
        for wire in (source, to):
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._wires.discard(source)
        source.close()

    def _cut(self) -> None:
        with self._lock:
            wires = list(self._wires)
        for wire in wires:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(url: str) -> Iterator[Proxy]:
    """Yield a proxy in front of the store at *url*."""
    with closing(Proxy(url)) as proxy:
        yield proxy


@contextmanager
def failing(url: str, statement: str, table: str) -> Iterator[None]:
    """Let each *statement*, such as ``DELETE``, of a *table* fail in the SQLite file of *url*."""
    path = urlsplit(url).path[1:]
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            f"CREATE TRIGGER fault BEFORE {statement} ON {table}"
            " BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
        )
        try:
            yield
        finally:
            database.execute("DROP TRIGGER fault")


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Let nobody write to the SQLite file of *url*; all may read."""
    path = urlsplit(url).path[1:]
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            database.execute("ROLLBACK")


def forget_names(url: str, beginning: bytes) -> None:
    """Let the names that begin so be unused again, as if their seconds had passed."""
    with closing(sqlite3.connect(urlsplit(url).path[1:], isolation_level=None)) as database:
        like = {"beginning": beginning, "length": len(beginning)}
        gone = database.execute(
            "DELETE FROM admit_names WHERE substr(name, 1, :length) = :beginning", like
        )
        assert gone.rowcount, "nobody had used one"
