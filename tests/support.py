"""What several tests need: free ports, certificates, processes that end with the test."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
import trustme

ROOT = Path(__file__).parents[1]
SAID = logging.getLogger("process")
SAID.setLevel(logging.INFO)


def needs(program: str, fix: str) -> str:
    """Return the path of *program*; skip loudly where it is missing, fail where nothing may skip.

    Args:
        program: A name to look up, or a path.
        fix: The one line that brings it.
    """
    found = shutil.which(program) or (program if Path(program).exists() else None)
    if found is None:
        message = f"{program} is missing; {fix}"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


#: From a place of its own for each process: several may run tests at once.
PORTS = iter(range(12_000 + os.getpid() * 37 % 10_000, 32_000))


def free_port() -> int:
    """Return a port of loopback that nothing listens on, another one each time.

    Below those that the system gives to connections: one of these may be taken before it is used,
    and while what listens there is started again.
    """
    for port in PORTS:
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    pytest.fail("no port is free")


class Authority:
    """A certificate authority of a test, and what it signs.

    Args:
        file: Where its certificate is to be, in PEM.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._made = trustme.CA()
        self.file = str(file)
        if file is not None:
            self._made.cert_pem.write_to_path(self.file)

    def server(self, *names: str) -> ssl.SSLContext:
        """Return the context of a server at *names*; at 127.0.0.1 where there are none."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._made.issue_cert(*(names or ("127.0.0.1",))).configure_cert(context)
        return context

    def client(self) -> ssl.SSLContext:
        """Return the context of a client that trusts it."""
        context = ssl.create_default_context()
        self._made.configure_trust(context)
        return context


@contextmanager
def process(
    *command: str,
    ready: str,
    cwd: Path | str = ROOT,
    stop: signal.Signals = signal.SIGTERM,
    **environ: str,
) -> Iterator[None]:
    """Run *command* until the block ends; the block begins once it has said *ready*.

    What it says afterwards goes to the log, which pytest shows where a test fails.
    """
    started = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    watch = threading.Timer(30, started.kill)
    watch.start()
    assert started.stdin is not None
    assert started.stdout is not None
    said, reader = "", None
    try:
        for line in started.stdout:
            said += line
            if ready in line:
                break
        else:
            pytest.fail(f"{command[0]} ended: {said}")
        watch.cancel()
        reader = threading.Thread(target=log_lines, args=(started.stdout,), daemon=True)
        reader.start()
        yield
    finally:
        watch.cancel()
        os.killpg(started.pid, stop)
        started.wait(timeout=10)
        if reader is not None:
            reader.join(timeout=10)
        started.stdin.close()
        started.stdout.close()


def log_lines(lines: IO[str]) -> None:
    for line in lines:
        SAID.info("%s", line.rstrip())
