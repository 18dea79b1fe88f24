"""Real stores on free ports of loopback, each ended with its block. Standard library only."""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

FIXES = {"redis-server": "apt-get install redis-server", "redis-cli": "apt-get install redis-tools",
         "initdb": "apt-get install postgresql"}


class Missing(Exception):
    """A program is not there; the message is the line that brings it."""


def program(name):
    places = sorted(str(p) for p in Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if found := places[-1] if places else shutil.which(name):
        return found
    raise Missing(f"{name} is missing: {FIXES[name]}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it never came")
        time.sleep(0.05)


@contextmanager
def running(command, log, stop=signal.SIGTERM):
    with open(log, "a") as said:
        process = subprocess.Popen(list(map(str, command)), stdout=said, stderr=said, stdin=subprocess.DEVNULL, cwd="/")
    try:
        yield process
    finally:
        process.send_signal(stop)
        process.wait(60)


def cli(port, *words):
    return subprocess.run([program("redis-cli"), "-p", str(port), *words], capture_output=True, text=True).stdout


@contextmanager
def redis(folder, *options, port=None):
    """A Redis that writes nothing to the disk; yields its port and process."""
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    command = [program("redis-server"), "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", folder, *options]
    with running(command, folder / "redis.log") as process:
        until(lambda: "PONG" in cli(port, "ping"))
        yield port, process


@contextmanager
def postgresql(folder):
    """A PostgreSQL with its own defaults: a commit is on the disk. Yields its URL."""
    initdb, port, as_user = program("initdb"), free_port(), []
    folder.mkdir(parents=True)
    if os.geteuid() == 0:  # it does not run as root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        folder.parent.chmod(0o711)
        as_user = [shutil.which("setpriv"), "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    subprocess.run([*as_user, initdb, "-D", folder / "data", "-U", "admit", "--auth", "trust"],
                   check=True, capture_output=True, cwd="/")
    command = [*as_user, Path(initdb).with_name("postgres"), "-D", folder / "data", "-p", port,
               "-c", f"unix_socket_directories={folder}", "-c", "listen_addresses=127.0.0.1"]
    with running(command, folder.parent / "postgresql.log", signal.SIGINT):
        ready = [Path(initdb).with_name("pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
        until(lambda: subprocess.run(ready, capture_output=True).returncode == 0)
        yield f"postgresql://admit@127.0.0.1:{port}/postgres"


@contextmanager
def sentinel(folder, down_after=1000):
    """A primary, a replica and three sentinels; yields the URL and what kills the primary."""
    with ExitStack() as stack:
        primary, process = stack.enter_context(redis(folder / "primary"))
        replica, _ = stack.enter_context(redis(folder / "replica", "--replicaof", f"127.0.0.1 {primary}"))
        watchers = [free_port() for _ in range(3)]
        for port in watchers:
            own = folder / f"sentinel-{port}"
            own.mkdir()
            (own / "sentinel.conf").write_text(
                f"port {port}\nbind 127.0.0.1\ndir {own}\nsentinel monitor sessions 127.0.0.1 {primary} 2\n"
                f"sentinel down-after-milliseconds sessions {down_after}\nsentinel failover-timeout sessions 10000\n")
            stack.enter_context(running([program("redis-server"), own / "sentinel.conf", "--sentinel"], own / "log"))
        until(lambda: all("OK 3 usable" in cli(port, "sentinel", "ckquorum", "sessions") for port in watchers))
        until(lambda: all(str(replica) in cli(port, "sentinel", "replicas", "sessions") for port in watchers))
        until(lambda: "state=online" in cli(primary, "info", "replication"))
        hosts = ",".join(f"127.0.0.1:{port}" for port in watchers)
        yield f"redis+sentinel://{hosts}/sessions/0", lambda: process.send_signal(signal.SIGKILL)


@contextmanager
def cluster(folder, node_timeout=1000):
    """Six nodes, three of them primaries; yields the URL and what kills one primary."""
    with ExitStack() as stack:
        ports, processes = [free_port() for _ in range(6)], {}
        for port in ports:
            options = ["--cluster-enabled", "yes", "--cluster-node-timeout", node_timeout, "--cluster-port", free_port()]
            processes[port] = stack.enter_context(redis(folder / str(port), *options, port=port))[1]
        nodes = [f"127.0.0.1:{port}" for port in ports]
        subprocess.run([program("redis-cli"), "--cluster", "create", *nodes, "--cluster-replicas", "1", "--cluster-yes"],
                       check=True, capture_output=True, timeout=60)
        until(lambda: all("cluster_state:ok" in cli(port, "cluster", "info") for port in ports))
        until(lambda: sum("role:slave" in cli(p, "info", "replication")
                          and "master_link_status:up" in cli(p, "info", "replication") for p in ports) == 3)
        yield f"redis+cluster://{nodes[1]},{nodes[2]}", lambda: processes[ports[0]].send_signal(signal.SIGKILL)
