"""`make demo` as a process: how it ends, and what it says when it cannot begin."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from support import ROOT, free_port

DEMO = ("examples/flask_app/demo.py",)


def start(port: int, provider_port: int, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *DEMO, "--port", str(port), "--provider-port", str(provider_port)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) != 0


@pytest.mark.parametrize(
    ("end", "whom"),
    [(signal.SIGINT, os.killpg), (signal.SIGINT, os.kill), (signal.SIGTERM, os.kill)],
    ids=["Ctrl-C", "SIGINT", "SIGTERM"],
)
def test_both_processes_end_together_and_leave_no_file(
    tmp_path: Path, end: signal.Signals, whom: object
) -> None:
    port, provider_port = free_port(), free_port()
    demo = start(port, provider_port, tmp_path)
    assert demo.stdout is not None
    said = ""
    for line in demo.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    try:
        assert f"http://localhost:{port}" in said
        assert "alice-password" in said
        with urllib.request.urlopen(f"http://localhost:{port}/", timeout=5) as page:
            assert b"Sign in" in page.read()
        assert list(tmp_path.glob("*/sessions.db"))
    finally:
        assert callable(whom)
        whom(demo.pid, end)
        rest, _ = demo.communicate(timeout=10)
    assert "Traceback" not in rest
    assert not list(tmp_path.iterdir())
    assert is_free("127.0.0.1", port)
    assert is_free("127.0.0.1", provider_port)


@pytest.mark.parametrize(("host", "name"), [("localhost", "PORT"), ("127.0.0.1", "PROVIDER_PORT")])
def test_a_port_that_is_taken_is_named_with_the_way_out(
    tmp_path: Path, host: str, name: str
) -> None:
    with socket.create_server((host, 0)) as taken:
        port = taken.getsockname()[1]
        ports = (port, free_port()) if name == "PORT" else (free_port(), port)
        demo = start(ports[0], ports[1], tmp_path)
        said, _ = demo.communicate(timeout=10)
    assert demo.returncode == 1
    assert f"Port {port} cannot be used: Address already in use." in said
    assert f"make demo {name}={port + 1}" in said
    assert "Traceback" not in said
