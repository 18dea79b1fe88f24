"""Sessions in Redis: one server, one of several behind Sentinel, or a Cluster.

May know: base64url, errors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode, RedisCluster
from redis.exceptions import RedisClusterException, RedisError
from redis.retry import Retry
from redis.sentinel import Sentinel

from admit.base64url import to_base64url
from admit.errors import StoreUnavailable

T = TypeVar("T")

PREFIX = "admit:session:"
#: Seconds for one answer of Redis, and for a connection.
TIMEOUT = 2.0
TRIES = 2
PORT, SENTINEL_PORT = 6379, 26_379
MILLISECONDS = 1000


def open_url(url: str) -> RedisStore:
    """Return the store at ``redis://``, ``rediss://``, or either with ``+sentinel``, ``+cluster``.

    ``redis+sentinel://host:26379,host/service/0`` names the sentinels, the service and a database;
    ``redis+cluster://host:6379,host`` names some of the nodes.

    Raises:
        ValueError: The URL is no good.
    """
    parts = urlsplit(url)
    scheme, _, kind = parts.scheme.partition("+")
    options: dict[str, Any] = {
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": TIMEOUT,
        # The client's own tries multiply, from node to node; ours are counted in `_with`.
        "retry": Retry(NoBackoff(), 0),
    }
    if kind == "":
        return RedisStore(Redis.from_url(url, health_check_interval=30, **options))
    options |= {"username": _plain(parts.username), "password": _plain(parts.password)}
    options |= {"ssl": True} if scheme == "rediss" else {}
    if kind == "cluster":
        nodes = [
            ClusterNode(host, port)  # type: ignore[no-untyped-call]
            for host, port in _hosts(parts, PORT)
        ]
        return RedisStore(lambda: RedisCluster(startup_nodes=nodes, **options))
    service, _, database = parts.path.strip("/").partition("/")
    if not service:
        raise ValueError("the service is missing")
    sentinels = _hosts(parts, SENTINEL_PORT)
    own = {key: values[0] for key, values in parse_qs(parts.query).items()}
    told = Sentinel(  # type: ignore[no-untyped-call]
        sentinels,
        sentinel_kwargs={
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
            "password": own.get("sentinel_password"),
        },
        **options,
    )
    return RedisStore(told.master_for(service, db=int(database or 0)))  # type: ignore[no-untyped-call]


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


class RedisStore:
    """Keeps sessions in Redis, which forgets them by itself when their time is over.

    Args:
        client: A client; or what makes one, where making one already asks the servers.
    """

    def __init__(self, client: Redis | Callable[[], RedisCluster]) -> None:
        self._made: Any = client if isinstance(client, Redis) else None
        self._make = client

    def __repr__(self) -> str:
        """Return the kind alone: addresses may hold passwords."""
        return "<RedisStore>"

    async def load(self, key: bytes) -> tuple[bytes, int] | None:
        """Return the octets and the seconds they have left; None where there are none."""

        def ask(client: Any) -> tuple[bytes | None, int]:  # noqa: ANN401 - of either kind
            asked = client.pipeline(transaction=False)
            asked.get(_name(key))
            asked.pttl(_name(key))
            value, left = asked.execute()
            return value, left

        value, left = self._with(ask)
        return None if value is None or left < 0 else (value, left // MILLISECONDS)

    async def save(self, key: bytes, value: bytes, ttl: int) -> None:
        """Keep *value* for *ttl* seconds, in place of what was there."""
        self._with(lambda client: client.set(_name(key), value, ex=ttl))

    async def touch(self, key: bytes, ttl: int) -> None:
        """Keep what is there for *ttl* seconds from now. What is gone stays gone."""
        self._with(lambda client: client.expire(_name(key), ttl))

    async def delete(self, key: bytes) -> None:
        """Forget what is there, if anything is."""
        self._with(lambda client: client.delete(_name(key)))

    def create(self) -> None:
        """Do nothing: Redis needs no table."""

    def problem(self) -> str | None:
        """Return None: a Redis that answers can work."""
        self._with(lambda client: client.ping())
        return None

    def _with(self, act: Callable[[Any], T]) -> T:
        """Return what *act* gets from Redis, at the second try where the first one fails.

        A connection may have been closed while it was idle, or a replica promoted. All that is
        asked here may be asked twice.
        """
        failed = ""
        for _ in range(TRIES):
            try:
                if self._made is None:
                    self._made = self._make()  # type: ignore[operator]
                return act(self._made)
            except (RedisError, RedisClusterException, OSError) as error:
                failed = type(error).__name__
        raise StoreUnavailable(f"Redis: {failed}")


def _name(key: bytes) -> str:
    return PREFIX + to_base64url(key)
