"""Clients of Redis from one URL: one server, one of several behind Sentinel, or a Cluster.

May know: nothing else of this package.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.retry import Retry
from redis.sentinel import (
    Sentinel,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)

#: Seconds for one answer of Redis, and for a connection.
TIMEOUT = 2.0
PORT, SENTINEL_PORT = 6379, 26_379


class OwnAnswers(SentinelManagedConnection):
    """Closes itself where its answer was not read to its end, as any other connection does.

    Left as it is, it goes back to the pool, and who takes it next may read that answer.
    """

    def read_response(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - redis-py's
        """Return the answer."""
        return super().read_response(*args, **{"disconnect_on_error": True, **options})


class OwnAnswersWithTls(OwnAnswers, SentinelManagedSSLConnection):
    """The same, with TLS."""


def client_of(url: str) -> Redis | Callable[[], RedisCluster]:
    """Return a client; or what makes one, where making one already asks the servers.

    Raises:
        ValueError: The URL is no good.
    """
    parts = urlsplit(url)
    scheme, _, kind = parts.scheme.partition("+")
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": TIMEOUT,
        # The client's own tries multiply, from node to node; the store counts its own.
        "retry": Retry(NoBackoff(), 0),
    }
    if kind == "":
        client = Redis.from_url(url, health_check_interval=30, **options)
        # The URL may ask for text, which a record is not.
        client.connection_pool.connection_kwargs["decode_responses"] = False
        return client
    options |= {"username": _plain(parts.username), "password": _plain(parts.password)}
    options |= {"ssl": True} if scheme == "rediss" else {}
    if kind == "cluster":
        nodes = [
            ClusterNode(host, port)  # type: ignore[no-untyped-call]
            for host, port in _hosts(parts, PORT)
        ]
        return lambda: RedisCluster(startup_nodes=nodes, **options)
    return _behind_sentinel(parts, options)


def _behind_sentinel(parts: SplitResult, options: dict[str, Any]) -> Redis:
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError("the service is missing")
    own = {key: values[0] for key, values in parse_qs(parts.query).items()}
    told = Sentinel(  # type: ignore[no-untyped-call]
        _hosts(parts, SENTINEL_PORT),
        sentinel_kwargs={
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
            "password": own.get("sentinel_password"),
        },
        **options,
    )
    master: Redis = told.master_for(  # type: ignore[no-untyped-call]
        service,
        db=int(database or 0),
        connection_class=OwnAnswersWithTls if "ssl" in options else OwnAnswers,
    )
    return master


def _plain(text: str | None) -> str | None:
    return None if text is None else unquote(text)


def _hosts(parts: SplitResult, default: int) -> list[tuple[str, int]]:
    """Return the hosts and ports of a URL that names several."""
    found = []
    for one in parts.netloc.rpartition("@")[2].split(","):
        host, _, port = one.partition(":")
        if not host:
            raise ValueError("a host is missing")
        found.append((host, int(port or default)))
    return found
