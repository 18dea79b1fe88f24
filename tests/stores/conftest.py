"""Real stores, each started for the tests and ended with them."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from support import free_port, needs, process

REDIS = "apt-get install redis-server brings it"
POSTGRESQL = "apt-get install postgresql brings it"


@contextmanager
def redis_server(
    folder: Path, port: int, *options: str, stop: signal.Signals = signal.SIGTERM
) -> Iterator[str]:
    """Run a Redis that keeps nothing on disk."""
    program = needs("redis-server", REDIS)
    command = (program, "--port", str(port), "--bind", "127.0.0.1", "--save", "")
    with process(*command, "--dir", str(folder), *options, ready="Ready to accept", stop=stop):
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
        program = needs("setpriv", "apt-get install util-linux brings it")
        as_user = (program, "--reuid", "postgres", "--regid", "postgres", "--clear-groups")
    data = folder / "data"
    if not data.exists():
        command = (*as_user, initdb, "-D", str(data), "-U", "admit", "--auth", "trust", "-N")
        subprocess.run(command, check=True, capture_output=True, cwd="/")
    settings = (f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", "fsync=off")
    options = ("-p", str(port), *(part for one in settings for part in ("-c", one)))
    with process(
        *as_user,
        postgres,
        "-D",
        str(data),
        *options,
        ready="ready to accept",
        cwd="/",
        stop=signal.SIGINT,
    ):
        yield f"postgresql://admit@127.0.0.1:{port}/postgres"


@pytest.fixture(scope="session")
def postgresql_folder() -> Iterator[Path]:
    # Not below pytest's own folder, which only its user may enter.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        # Whoever runs the server enters it, whichever server is the first.
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def postgresql_url(postgresql_folder: Path) -> Iterator[str]:
    with postgresql_server(postgresql_folder, free_port()) as url:
        yield url


class Failover:
    """A master, a replica of it, and three sentinels that watch them."""

    def __init__(self, url: str, master: int, stack: ExitStack) -> None:
        self.url = url
        self.master = master
        self.kill = stack.close


@contextmanager
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failover]:
    """Run a Redis Cluster of three masters and three replicas; the first master may be killed."""
    ports = [free_port() for _ in range(6)]
    cli = needs("redis-cli", "apt-get install redis-tools brings it")
    with ExitStack() as stack, ExitStack() as of_master:
        for port, owner in zip(ports, (of_master, *[stack] * 5), strict=True):
            options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000")
            # The bus of the cluster would take a port of its own choice.
            bus = ("--cluster-port", str(free_port()))
            folder = tmp_path_factory.mktemp("node")
            owner.enter_context(redis_server(folder, port, *options, *bus, stop=signal.SIGKILL))
        nodes = [f"127.0.0.1:{port}" for port in ports]
        create = (cli, "--cluster", "create", *nodes, "--cluster-replicas", "1", "--cluster-yes")
        subprocess.run(create, check=True, capture_output=True, timeout=60)
        for port in ports:
            info = (cli, "-p", str(port), "cluster", "info")
            wait_until(partial(_says, info, b"cluster_state:ok"))
        for port in ports[:3]:
            info = (cli, "-p", str(port), "info", "replication")
            wait_until(partial(_says, info, b"state=online"))
        yield Failover(f"redis+cluster://{nodes[1]},{nodes[0]}", ports[0], of_master)


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory) as nodes:
        yield nodes.url


@contextmanager
def sentinels_watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failover]:
    master, replica = free_port(), free_port()
    sentinels = [free_port() for _ in range(3)]
    with ExitStack() as stack, ExitStack() as of_master:
        folder = tmp_path_factory.mktemp("master")
        of_master.enter_context(redis_server(folder, master, stop=signal.SIGKILL))
        follow = ("--replicaof", f"127.0.0.1 {master}")
        stack.enter_context(redis_server(tmp_path_factory.mktemp("replica"), replica, *follow))
        for port in sentinels:
            folder = tmp_path_factory.mktemp("sentinel")
            watch = folder / "sentinel.conf"
            watch.write_text(
                f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
                f"sentinel monitor sessions 127.0.0.1 {master} 2\n"
                "sentinel down-after-milliseconds sessions 500\n"
                "sentinel failover-timeout sessions 5000\n"
            )
            command = (needs("redis-server", REDIS), str(watch), "--sentinel")
            stack.enter_context(process(*command, ready="+monitor"))
        cli = needs("redis-cli", "apt-get install redis-tools brings it")
        ask = (cli, "-p", str(sentinels[0]), "sentinel", "ckquorum", "sessions")
        wait_until(lambda: b"OK 3 usable" in subprocess.run(ask, capture_output=True).stdout)  # noqa: PLW1510
        seen = (cli, "-p", str(sentinels[0]), "sentinel", "replicas", "sessions")
        wait_until(lambda: str(replica).encode() in subprocess.check_output(seen))
        info = (cli, "-p", str(master), "info", "replication")
        wait_until(lambda: b"state=online" in subprocess.check_output(info))
        hosts = ",".join(f"127.0.0.1:{port}" for port in sentinels)
        yield Failover(f"redis+sentinel://{hosts}/sessions/0", master, of_master)


@pytest.fixture
def failover(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failover]:
    with sentinels_watch(tmp_path_factory) as watched:
        yield watched


@pytest.fixture
def cluster_failover(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failover]:
    with cluster(tmp_path_factory) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def sentinel_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with sentinels_watch(tmp_path_factory) as watched:
        yield watched.url


def _says(command: tuple[str, ...], what: bytes) -> bool:
    return what in subprocess.check_output(command)


def wait_until(condition: Callable[[], bool]) -> None:
    """Ask again and again, for half a minute at most."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
