"""Sessions in Redis: one server, one of several behind Sentinel, or a Cluster.

May know: base64url, errors, ports, listed, redis_names, redis_quick, redis_scripts, redis_url.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from redis import Redis
from redis.cluster import RedisCluster
from redis.exceptions import NoScriptError, RedisClusterException, RedisError

from admit.base64url import from_base64url, to_base64url
from admit.errors import StoreUnavailable
from admit.ports import OWNER_BYTES, Record
from admit.stores import redis_scripts as scripts
from admit.stores.listed import HEAD_BYTES, Listed, listed
from admit.stores.redis_names import RECORDS, index_of, key_of, loading, named, record_of
from admit.stores.redis_quick import Quick
from admit.stores.redis_scripts import Script
from admit.stores.redis_url import client_of, mistake_of, place_of
from admit.stores.silence import Silence

T = TypeVar("T")
TRIES = 2
MILLISECONDS = 1000
NONCE_BYTES = 16
#: Records that are looked at together.
BATCH = 1000
_RECORDS = "admit:{*}:s:*"


def open_url(url: str) -> RedisStore:
    """Return the store at ``redis://``, ``rediss://``, or either with ``+sentinel``, ``+cluster``.

    ``redis+sentinel://host:26379,host/service/0`` names the sentinels, the service and a database;
    ``redis+cluster://host:6379,host`` names some of the nodes.

    Raises:
        ValueError: The URL is no good.
    """
    return RedisStore(client_of(url), place_of(url))


class RedisStore:
    """Keeps sessions in Redis, which forgets them by itself when their time is over.

    Args:
        client: A client; or what makes one, where making one already asks the servers.
        place: Where it is, in words that hold no password.
    """

    def __init__(self, client: Redis | Callable[[], RedisCluster], place: str = "Redis") -> None:
        self.place = place
        self._made: Any = client if isinstance(client, Redis) else None
        self._make = client
        self._silence = Silence()
        self._quick = Quick(client.connection_pool) if isinstance(client, Redis) else None

    def __repr__(self) -> str:
        """Return the kind alone: addresses may hold passwords."""
        return "<RedisStore>"

    async def load(self, key: bytes) -> Record | None:
        """Return the record; None where there is none."""
        command, *names = loading(key)
        quick = None if self._silence.is_known else self._quick
        answer = None if quick is None else quick.run(command)
        if answer is None:
            answer = self._run(scripts.LOAD, *names, tries=TRIES if quick is None else 1)
        value, left, at, mark = answer
        if value is None or left < 0:
            return None
        return Record(value, left // MILLISECONDS, at, mark)

    async def save(
        self,
        key: bytes,
        value: bytes,
        ttl: int,
        *,
        since: int,
        lasting: int,
        labels: Sequence[bytes] = (),
    ) -> None:
        """Keep a new record. Whatever finds it is there before it."""
        await self.label(key, labels, since=since, lasting=lasting)
        keys = *index_of(key[:OWNER_BYTES]), record_of(key)
        self._run(scripts.SAVE, *keys, args=(to_base64url(key), since, lasting, value, ttl))

    async def replace(self, key: bytes, old: bytes, new: bytes) -> bool:
        """Put *new* in the place of *old*, and tell whether *old* was there. Its life stays."""
        return bool(self._run(scripts.REPLACE, record_of(key), args=(old, new)))

    async def touch(self, key: bytes, ttl: int) -> None:
        """Keep what is there for *ttl* seconds from now. What is gone stays gone."""
        self._with(lambda client: client.expire(record_of(key), ttl))

    async def label(self, key: bytes, labels: Sequence[bytes], *, since: int, lasting: int) -> None:
        """Let a record that may exist be found by more labels. What is gone stays gone."""
        for label in labels:
            self._run(scripts.INDEX, *index_of(label), args=(to_base64url(key), since, lasting))

    async def delete(self, key: bytes, labels: Sequence[bytes] = ()) -> None:
        """Forget what is there, if anything is, and that it was found by those labels."""
        keys, member = (*index_of(key[:OWNER_BYTES]), record_of(key)), to_base64url(key)
        self._run(scripts.DELETE, *keys, args=(member,))

        def forget(client: Any) -> None:  # noqa: ANN401 - of either kind
            asked = client.pipeline(transaction=False)
            for label in labels:
                for index in index_of(label):
                    asked.zrem(index, member)
            asked.execute()

        if labels:
            self._with(forget)

    async def find(self, label: bytes) -> list[tuple[bytes, int]]:
        """Return the keys saved with *label*, or with it as their owner, and their beginnings."""
        index, _ = index_of(label)
        found = self._with(lambda client: client.zrange(index, 0, -1, withscores=True))
        return [(from_base64url(member.decode()), int(since)) for member, since in found]

    async def end(self, owner: bytes, *, lasting: int, before: int | None = None) -> int:
        """End the owner's records that began up to *before*, and return how many there were."""
        keys = named(owner, "m"), *index_of(owner)
        own = to_base64url(owner), named(owner, "s:")
        since = "" if before is None else before
        return int(self._run(scripts.END, *keys, args=(lasting, since, *own)))

    async def mark(self, name: bytes, *, lasting: int, before: int | None = None) -> None:
        """Set a mark of any name, as `end` sets an owner's."""
        since = "" if before is None else before
        self._run(scripts.MARK, named(name, "m"), args=(lasting, since))

    async def marks(self, names: Sequence[bytes]) -> list[int]:
        """Return each name's mark, in milliseconds; 0 where there is none."""

        def ask(client: Any) -> list[bytes | None]:  # noqa: ANN401 - of either kind
            asked = client.pipeline(transaction=False)
            for name in names:
                asked.get(named(name, "m"))
            return list(asked.execute())

        return [int(mark or 0) for mark in self._with(ask)] if names else []

    async def use(self, name: bytes, ttl: int) -> int | None:
        """Use *name* up for *ttl* seconds; the time in milliseconds, None where it was before."""
        answer = self._run(scripts.USE, named(name, "u"), args=(os.urandom(NONCE_BYTES), ttl))
        return None if answer is None else int(answer)

    async def is_used(self, name: bytes) -> bool:
        """Tell whether *name* is used up."""
        return bool(self._with(lambda client: client.exists(named(name, "u"))))

    async def hold(self, name: bytes, holder: bytes, milliseconds: int) -> bool:
        """Take the lease *name*, or renew it, and tell whether *holder* has it now."""
        return bool(self._run(scripts.HOLD, named(name, "l"), args=(holder, milliseconds)))

    async def release(self, name: bytes, holder: bytes) -> None:
        """Give the lease up, if *holder* still has it."""
        self._run(scripts.RELEASE, named(name, "l"), args=(holder,))

    def records(self) -> Iterator[Listed]:
        """Return what is kept, in no order; what is saved meanwhile may be missing."""
        with _told():
            names = self._with(lambda client: client.scan_iter(match=RECORDS, count=BATCH))
            while batch := list(islice(names, BATCH)):
                asked = self._made.pipeline(transaction=False)
                for name in batch:
                    asked.getrange(name, 0, HEAD_BYTES - 1).pttl(name).strlen(name)
                told = iter(asked.execute())
                for name, head, left, size in zip(batch, told, told, told, strict=True):
                    if left > 0:
                        yield listed(key_of(name), head, left=left // MILLISECONDS, size=size)

    def create(self) -> None:
        """Ask Redis, which needs no table, whether it is there."""
        self._with(lambda client: client.ping())

    def problem(self) -> str | None:
        """Return None: a Redis that answers can work."""
        self._with(lambda client: client.ping())
        return None

    def close(self) -> None:
        """Close the connections. The next use makes new ones."""
        if self._made is not None:
            self._made.close()

    def _run(
        self, script: Script, *keys: str, args: Sequence[object] = (), tries: int = TRIES
    ) -> Any:  # noqa: ANN401 - what scripts return
        """Return what *script* does, which a server that began anew is told again."""

        def ask(client: Any) -> Any:  # noqa: ANN401 - of either kind
            try:
                return client.execute_command("EVALSHA", script.digest, len(keys), *keys, *args)
            except NoScriptError:
                return client.execute_command("EVAL", script.text, len(keys), *keys, *args)

        return self._with(ask, tries)

    def _with(self, act: Callable[[Any], T], tries: int = TRIES) -> T:
        """Return what *act* gets from Redis, at the second try where the first one fails.

        A connection may have been closed while it was idle, or a replica promoted. All that is
        asked here may be asked twice.
        """
        with self._silence.told() as probes:
            for _ in range(0 if probes else tries - 1):
                try:
                    return act(self._client())
                except (RedisError, RedisClusterException, OSError):
                    continue
            with _told():
                return act(self._client())

    def _client(self) -> Any:  # noqa: ANN401 - of either kind
        if self._made is None:
            self._made = self._make()  # type: ignore[operator]
        return self._made


@contextmanager
def _told() -> Iterator[None]:
    """Tell of a Redis that is away without its address."""
    try:
        yield
    except (RedisError, RedisClusterException, OSError) as error:
        raise mistake_of(error) or StoreUnavailable(f"Redis: {type(error).__name__}") from None
