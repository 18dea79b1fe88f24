"""What is known of the provider: its metadata and its keys, fetched, kept, renewed.

Cache-Control decides how long, within bounds. What is known outlives an outage. No lock of its own
stands here; the two that it uses are ports.

May know: errors, jose, model, ports, protocol.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass
from typing import Generic, TypeVar

from admit.errors import ProviderError, ResponseRejected
from admit.jose import KeySet
from admit.model import ProviderMetadata
from admit.ports import Http, HttpResponse, Lock
from admit.protocol.answers import max_age
from admit.protocol.discovery import discovery_request, parse_discovery_response
from admit.protocol.jwks import jwks_request, parse_jwks_response

V = TypeVar("V")
W = TypeVar("W")

#: Seconds for which metadata and keys are used: Cache-Control decides between these bounds.
FLOOR, CEILING, DEFAULT_LIFETIME = 300, 86_400, 3600
#: Seconds after a failed fetch until the next.
COOL_DOWN = 5
#: Seconds for which the old value serves while a new one is fetched.
STALE_STEP = 30
#: Seconds after a fetch for a key that was not there until the next.
KEY_COOL_DOWN = 30


@dataclass(slots=True)
class Known(Generic[V]):
    """A value of the provider's, until when it is fresh, and the last attempt that failed."""

    value: V | None = None
    fresh_until: int = 0
    failure: ProviderError | None = None
    failed_at: int = 0

    def fresh(self, now: int) -> V | None:
        """Return the value while it is fresh.

        A clock may be set back: what would be fresh for longer than anything may be is not.
        """
        return self.value if now < self.fresh_until <= now + CEILING else None


class ProviderKnowledge:
    """The metadata and the keys of one issuer.

    Args:
        issuer: Exactly as configured.
        http: The transport.
        lock: A new lock at each call: eight first sign-ins at once ask the provider once.
        clock: Returns the seconds since the epoch.
    """

    def __init__(
        self, issuer: str, *, http: Http, lock: Callable[[], Lock], clock: Callable[[], int]
    ) -> None:
        self._issuer = issuer
        self._http = http
        self._clock = clock
        self._metadata: Known[ProviderMetadata] = Known()
        self._keys: Known[KeySet] = Known()
        self._metadata_lock = lock()
        self._keys_lock = lock()
        self._keys_missed_at: dict[str, int] = {}

    def forget(self) -> None:
        """Know nothing any more: what is asked next is fetched anew."""
        self._metadata, self._keys = Known(), Known()
        self._keys_missed_at.clear()

    def fresh_metadata(self) -> ProviderMetadata | None:
        """Return the provider's metadata if it is known and fresh."""
        return self._metadata.fresh(self._clock())

    async def metadata(self) -> ProviderMetadata:
        """Return the provider's metadata: known, fetched, or stale when fetching fails.

        Raises:
            ProviderError: It was never fetched, and cannot be now.
        """
        if (metadata := self.fresh_metadata()) is not None:
            return metadata
        async with self._metadata_lock:
            return await self._renewed(self._metadata, self._fetch_metadata)

    async def keys(self) -> KeySet:
        """Return the provider's signing keys: known, fetched, or stale when fetching fails.

        Raises:
            ProviderError: They were never fetched, and cannot be now.
        """
        if (keys := self._keys.fresh(self._clock())) is not None:
            return keys
        async with self._keys_lock:
            return await self._renewed(self._keys, self._fetch_keys)

    async def keys_after_a_miss(self, missed: KeySet, code: str) -> KeySet:
        """Fetch the keys at once, then not again for a while, whoever brings whatever token.

        An unknown key and a bad signature wait for themselves: a broken token must not keep a
        rotation from being noticed.
        """
        async with self._keys_lock:
            now = self._clock()
            if self._keys.value is not missed and self._keys.value is not None:
                return self._keys.value
            missed_at = self._keys_missed_at.get(code, -KEY_COOL_DOWN)
            if missed_at <= now < missed_at + KEY_COOL_DOWN:
                return missed
            self._keys_missed_at[code] = now
            self._keys.fresh_until = 0
            return await self._renewed(self._keys, self._fetch_keys)

    async def verified(
        self, verify: Callable[[KeySet], W], missed: Container[str], before: Callable[[], None]
    ) -> W:
        """Return what *verify* makes of the keys; of newer ones where it says they do not fit.

        Args:
            verify: Takes the keys.
            missed: The codes by which it says so.
            before: Called before each request that may be needed; may raise.

        Raises:
            SignInError: What *verify* raises, or ProviderError where there are no keys.
        """
        before()
        keys = await self.keys()
        try:
            return verify(keys)
        except ResponseRejected as error:
            if error.code not in missed:
                raise
            before()
            newer = await self.keys_after_a_miss(keys, error.code)
            if newer is keys:
                raise
        return verify(newer)

    async def _renewed(
        self, known: Known[V], fetch: Callable[[], Awaitable[tuple[V, HttpResponse]]]
    ) -> V:
        """Fetch what is *known* anew, unless somebody just did; fall back to what was known.

        A failure is remembered for some seconds, so that those who waited do not queue for a
        provider that is silent.
        """
        now = self._clock()
        if (value := known.fresh(now)) is not None:
            return value
        if known.failure is not None and known.failed_at <= now < known.failed_at + COOL_DOWN:
            if known.value is not None:
                return known.value
            ago = now - known.failed_at
            raise known.failure.again(ago=ago, wait=COOL_DOWN - ago)
        # Meanwhile others go on with the old value, however long the provider takes.
        known.fresh_until = now + STALE_STEP
        try:
            value, answer = await fetch()
        except ProviderError as error:
            known.failure, known.failed_at = error, self._clock()
            if known.value is None:
                raise
            return known.value
        lifetime = max_age(answer)
        seconds = DEFAULT_LIFETIME if lifetime is None else min(max(lifetime, FLOOR), CEILING)
        known.value, known.fresh_until, known.failure = value, self._clock() + seconds, None
        return value

    async def _fetch_metadata(self) -> tuple[ProviderMetadata, HttpResponse]:
        answer = await self._http.send(discovery_request(self._issuer))
        return parse_discovery_response(answer, self._issuer), answer

    async def _fetch_keys(self) -> tuple[KeySet, HttpResponse]:
        answer = await self._http.send(jwks_request(await self.metadata()))
        return parse_jwks_response(answer), answer
