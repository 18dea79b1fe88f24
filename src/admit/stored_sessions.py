"""Sessions in a store: they can be ended from anywhere, and hold more than a cookie does.

The cookie holds 32 random bytes. The store's key is one hash of them, and another one is part of
what the record is sealed for, beside our own secret: who has the store alone opens nothing, and
can make no cookie of what is there.

May know: base64url, events, model, ports, sealing, session_codec, spent.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace

from admit.base64url import from_base64url, to_base64url
from admit.events import Emit, Event
from admit.model import IDToken, Session, UserInfo
from admit.ports import SessionStore
from admit.sealing import Sealer, Unsealable
from admit.session_codec import decode_session, encode_session, new_session

#: The number goes up when the content changes, so that fleets of mixed versions do not misread.
PURPOSE = b"stored session 1"
COOKIE_BYTES, COOKIE_LENGTH = 32, 43
#: The store hears of a session's use once this part of its idle time has passed.
TOUCH_AFTER = 8


class StoredSessions:
    """Sessions in a store.

    Args:
        store: Keeps them.
        sealer: Seals the records.
        random: Returns that many fresh random bytes.
        audience: Issuer and client id: applications may share a store and a secret.
        idle: Seconds without use after which a session ends, by the store's clock.
        absolute: Seconds after which it ends in any case.
        emit: Takes events.
    """

    def __init__(
        self,
        store: SessionStore,
        sealer: Sealer,
        random: Callable[[int], bytes],
        *,
        audience: tuple[str, str],
        idle: int,
        absolute: int,
        emit: Emit = lambda _event: None,
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._random = random
        self._audience = "\n".join(audience).encode()
        self._idle = idle
        self._absolute = absolute
        self._emit = emit

    async def start(
        self, id_token: IDToken, userinfo: UserInfo | None, *, attempt: str, now: int
    ) -> tuple[Session, str]:
        """Return a new session, under a new key, and the content of its cookie.

        Raises:
            StoreUnavailable: It could not be kept.
        """
        secret = self._random(COOKIE_BYTES)
        session = new_session(
            self._hash(secret, b"key"), id_token, userinfo, attempt=attempt, now=now
        )
        record = self._sealer.seal_octets(self._purpose(secret), encode_session(session))
        await self._store.save(session.id, record, min(self._idle, self._absolute))
        return session, to_base64url(secret)

    async def load(self, text: str | None, now: int) -> Session | None:
        """Return the session that a cookie stands for, if the store still has it.

        Raises:
            StoreUnavailable: Nobody knows.
        """
        secret = _secret(text)
        if secret is None:
            return None
        key = self._hash(secret, b"key")
        found = await self._store.load(key)
        if found is None:
            return None
        record, left = found
        message = self._sealer.open_octets(self._purpose(secret), record)
        if isinstance(message, Unsealable):
            return None
        session = decode_session(key, message)
        if now >= session.started_at + self._absolute:
            self._emit(Event("session.expired", {"timeout": "absolute"}))
            return None
        return replace(session, seen_at=now + left - self._idle)

    def is_due(self, session: Session, now: int) -> bool:
        """Tell whether the store should hear that the session is in use."""
        left = session.seen_at + self._idle - now
        return self._ttl(session, now) - left >= self._idle // TOUCH_AFTER

    def has_ended(self, session: Session) -> bool:
        """Tell that nobody knows without the store, which brings nothing back by a touch."""
        del session
        return False

    async def touch(self, session: Session, now: int) -> None:
        """Let the session live on in the store. Its cookie stays as it is.

        Raises:
            StoreUnavailable: It ends a little earlier, unless it is touched again.
        """
        await self._store.touch(session.id, self._ttl(session, now))

    async def end(self, session: Session, now: int) -> None:
        """End the session everywhere.

        Raises:
            StoreUnavailable: It may still be alive.
        """
        del now
        await self._store.delete(session.id)

    def _ttl(self, session: Session, now: int) -> int:
        return max(min(self._idle, session.started_at + self._absolute - now), 1)

    def _purpose(self, secret: bytes) -> bytes:
        return PURPOSE + self._hash(secret, b"sealing")

    def _hash(self, secret: bytes, use: bytes) -> bytes:
        return hmac.digest(secret, use + b"\x00" + self._audience, "sha256")


def _secret(text: str | None) -> bytes | None:
    if text is None or len(text) != COOKIE_LENGTH:
        return None
    try:
        secret = from_base64url(text)
    except ValueError:
        return None
    return secret if len(secret) == COOKIE_BYTES else None
