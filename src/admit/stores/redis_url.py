"""Clients of Redis from one URL: one server, one of several behind Sentinel, or a Cluster.

May know: mistakes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.connection import parse_url
from redis.exceptions import AuthenticationError, RedisError
from redis.retry import Retry
from redis.sentinel import (
    Sentinel,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)

from admit.stores.mistakes import ENCODED, Mistake, UrlMistakeError

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
        _check_query(client)
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


def _check_query(client: Redis) -> None:
    """Refuse a query that no connection can be made with: the client passes on whatever it holds.

    Raises:
        UrlMistakeError: It is of no use.
    """
    pool = client.connection_pool
    try:
        # Nothing is connected by this.
        pool.connection_class(**pool.connection_kwargs)
    except (TypeError, RedisError):
        raise UrlMistakeError("its query holds what the client does not know") from None


def place_of(url: str) -> str:
    """Return where a Redis is, in words that hold neither user nor password. The URL is good."""
    parts = urlsplit(url)
    kind = parts.scheme.partition("+")[2]
    if kind == "":
        told = parse_url(url)  # type: ignore[no-untyped-call]
        return f"Redis at {told.get('host', 'localhost')}:{told.get('port', PORT)}"
    default = PORT if kind == "cluster" else SENTINEL_PORT
    hosts = ", ".join(f"{host}:{port}" for host, port in _hosts(parts, default))
    if kind == "cluster":
        return f"Redis Cluster at {hosts}"
    service = parts.path.strip("/").partition("/")[0]
    return f"Redis behind Sentinel at {hosts}, service {service}"


def mistake_of(error: BaseException | None) -> Mistake | None:
    """Return what is wrong with the password, if that is why Redis refuses; None otherwise."""
    while error is not None and not isinstance(error, AuthenticationError):
        error = error.__cause__
    if error is None:
        return None
    if "invalid" in str(error):
        return Mistake(
            "Redis refuses the user or the password", f"Correct both in the URL. {ENCODED}"
        )
    if "without any password" in str(error):
        return Mistake("Redis has no password, and the URL has one", "Remove it from the URL.")
    return Mistake("Redis wants a password, and the URL has none", f"Put it there. {ENCODED}")


def _behind_sentinel(parts: SplitResult, options: dict[str, Any]) -> Redis:
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise UrlMistakeError("the name of the service is missing after the hosts")
    own = {key: values[0] for key, values in parse_qs(parts.query).items()}
    told = Sentinel(  # type: ignore[no-untyped-call]
        _hosts(parts, SENTINEL_PORT),
        sentinel_kwargs={
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
            "password": own.get("sentinel_password"),
            **({"ssl": True} if "ssl" in options else {}),
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
