"""Real stores, each started for the tests and ended with them."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support import free_port, needs, process

REDIS = "apt-get install redis-server brings it"
POSTGRESQL = "apt-get install postgresql brings it"


@contextmanager
def redis_server(folder: Path, port: int, *options: str) -> Iterator[str]:
    """Run a Redis that keeps nothing on disk."""
    program = needs("redis-server", REDIS)
    command = (program, "--port", str(port), "--bind", "127.0.0.1", "--save", "")
    with process(*command, "--dir", str(folder), *options, ready="Ready to accept"):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis"), free_port()) as url:
        yield url


@contextmanager
def postgresql_server(folder: Path, port: int) -> Iterator[str]:
    """Run a PostgreSQL in *folder*, which it made before or makes now."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    initdb = needs(str(programs[-1] / "initdb") if programs else "initdb", POSTGRESQL)
    postgres = str(Path(initdb).with_name("postgres"))
    as_user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        # PostgreSQL does not run as root.
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = (needs("runuser", "util-linux brings it"), "-u", "postgres", "--")
    data = folder / "data"
    if not data.exists():
        command = (*as_user, initdb, "-D", str(data), "-U", "admit", "--auth", "trust", "-N")
        subprocess.run(command, check=True, capture_output=True, cwd="/")
    options: tuple[str, ...] = (
        "-c",
        f"unix_socket_directories={folder}",
        "-c",
        "listen_addresses=127.0.0.1",
    )
    options += ("-c", "fsync=off", "-p", str(port))
    with process(*as_user, postgres, "-D", str(data), *options, ready="ready to accept", cwd="/"):
        yield f"postgresql://admit@127.0.0.1:{port}/postgres"


@pytest.fixture(scope="session")
def postgresql_folder() -> Iterator[Path]:
    # Not below pytest's own folder, which only its user may enter.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgresql_url(postgresql_folder: Path) -> Iterator[str]:
    with postgresql_server(postgresql_folder, free_port()) as url:
        yield url
