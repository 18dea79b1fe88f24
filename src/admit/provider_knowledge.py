"""What is known of the provider: its metadata and its keys, fetched, kept, renewed.

Cache-Control decides how long, within bounds. What is known outlives an outage, up to a limit: a
key that the provider has withdrawn must not be trusted for ever because nobody can ask. No lock of
its own stands here; the two that it uses are ports.

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
#: Seconds for which the old value serves after a fetch that failed, until the next.
STALE_STEP = 30
#: Seconds for which it serves while a fetch is under way: longer than any fetch takes, so that
#: nobody waits for the one who fetches.
LONGEST_FETCH = 90
#: Seconds after the last fetch for which a value serves while fetching fails.
STALE_LIMIT = 86_400
UNAVAILABLE = 503
WHICH_LIMIT = "more than ADMIT_STALE_LIMIT allows"
#: Seconds after a fetch for a key that was not there until the next.
KEY_COOL_DOWN = 30


@dataclass(slots=True)
class Known(Generic[V]):
    """A value of the provider's, until when it is fresh, and the last attempt that failed."""

    value: V | None = None
    fetched_at: int = 0
    fresh_until: int = 0
    failure: ProviderError | None = None
    failed_at: int = 0

    def fresh(self, now: int) -> V | None:
        """Return the value while it is fresh.

        A clock may be set back: what would be fresh for longer than anything may be is not.
        """
        return self.value if now < self.fresh_until <= now + CEILING else None

    def stale(self, now: int, limit: int) -> V | None:
        """Return the value while it may serve without being fresh, by a clock set back too."""
        return self.value if abs(now - self.fetched_at) < limit else None

    def serve(self, now: int, seconds: int, limit: int) -> None:
        """Take the value for fresh for so long, and never beyond the limit."""
        self.fresh_until = min(now + seconds, self.fetched_at + limit)


class ProviderKnowledge:
    """The metadata and the keys of one issuer.

    Args:
        issuer: Exactly as configured.
        http: The transport.
        lock: A new lock at each call: eight first sign-ins at once ask the provider once.
        clock: Returns the seconds since the epoch.
        stale_limit: Seconds after the last fetch for which what is known serves.
    """

    def __init__(
        self,
        issuer: str,
        *,
        http: Http,
        lock: Callable[[], Lock],
        clock: Callable[[], int],
        stale_limit: int = STALE_LIMIT,
    ) -> None:
        self._issuer = issuer
        self._http = http
        self._clock = clock
        self._stale_limit = stale_limit
        self._metadata: Known[ProviderMetadata] = Known()
        self._keys: Known[KeySet] = Known()
        self._metadata_lock = lock()
        self._keys_lock = lock()
        self._keys_missed_at: dict[str, int] = {}

    def standing(self) -> ProviderError | None:
        """Return what keeps metadata or keys from being known, without asking; None where nothing.

        Before the provider was asked for the first time, nothing does.
        """
        now = self._clock()
        for known in (self._metadata, self._keys):
            if known.stale(now, self._stale_limit) is None and known.failure is not None:
                return known.failure
        return None

    def known_metadata(self) -> ProviderMetadata | None:
        """Return the provider's metadata if it is known, fresh or not, without asking."""
        return self._metadata.stale(self._clock(), self._stale_limit)

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

    async def silence(self, within: int) -> ProviderError | None:
        """Return why the provider does not answer, whatever is known; None where it does.

        Args:
            within: Seconds for which an answer counts; then the metadata are fetched anew.

        Raises:
            ProviderError: It does not answer, and nothing is known that may serve.
        """
        async with self._metadata_lock:
            known, now = self._metadata, self._clock()
            last, wait = known.fetched_at, within
            if known.failure is not None:
                last, wait = known.failed_at, COOL_DOWN
            if abs(now - last) >= wait:
                known.fresh_until = 0
                await self._renewed(known, self._fetch_metadata)
            return known.failure

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
        now, limit = self._clock(), self._stale_limit
        if (value := known.fresh(now)) is not None:
            return value
        if known.failure is not None and known.failed_at <= now < known.failed_at + COOL_DOWN:
            if (value := known.stale(now, limit)) is not None:
                return value
            ago = now - known.failed_at
            raise known.failure.again(ago=ago, wait=COOL_DOWN - ago)
        # Meanwhile others go on with the old value, however long the provider takes.
        known.serve(now, LONGEST_FETCH, limit)
        try:
            value, answer = await fetch()
        except ProviderError as error:
            return self._stale(known, error)
        lifetime = max_age(answer)
        seconds = DEFAULT_LIFETIME if lifetime is None else min(max(lifetime, FLOOR), CEILING)
        now = self._clock()
        known.value, known.fetched_at, known.failure = value, now, None
        known.serve(now, seconds, limit)
        return value

    def _stale(self, known: Known[V], error: ProviderError) -> V:
        """Note that fetching failed, and return the old value.

        Raises:
            ProviderError: There is none, or none that may still serve.
        """
        now = self._clock()
        if error.was_asked:
            # Where the transport refuses to ask, it knows for how long, and tells it to the next.
            known.failure, known.failed_at = error, now
        if (value := known.stale(now, self._stale_limit)) is not None:
            known.serve(now, STALE_STEP, self._stale_limit)
            return value
        known.fresh_until = 0
        if known.value is not None:
            error.status = UNAVAILABLE
            error.cause = f"what was known is {now - known.fetched_at} s old, {WHICH_LIMIT}"
        raise error

    async def _fetch_metadata(self) -> tuple[ProviderMetadata, HttpResponse]:
        answer = await self._http.send(discovery_request(self._issuer))
        return parse_discovery_response(answer, self._issuer), answer

    async def _fetch_keys(self) -> tuple[KeySet, HttpResponse]:
        answer = await self._http.send(jwks_request(await self.metadata()))
        return parse_jwks_response(answer), answer
