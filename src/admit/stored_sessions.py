"""Sessions in a store: they can be ended from anywhere, and hold more than a cookie does.

The cookie holds its owner's name, which only our secret can tell, and 32 random bytes. The store's
key is one hash of both, and another one is part of what the record is sealed for, beside our own
secret: who has the store alone opens nothing, and can make no cookie of what is there.

May know: base64url, errors, events, model, ports, sealing, session_codec, session_names.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from admit.base64url import from_base64url, to_base64url
from admit.errors import ResponseRejected, StoreUnavailable
from admit.events import Emit, Event
from admit.model import IDToken, Session, Tokens, UserInfo
from admit.ports import OWNER_BYTES, SessionStore
from admit.sealing import Sealer, Unsealable, key_id
from admit.session_codec import decode_session, encode_session, encode_tokens, new_session
from admit.session_names import Names

#: The number goes up when the content changes, so that fleets of mixed versions do not misread.
PURPOSE = b"stored session 2"
SECRET_BYTES = 32
COOKIE_BYTES, COOKIE_LENGTH = OWNER_BYTES + SECRET_BYTES, 59
MILLISECONDS = 1000
#: Opens for nobody.
ENDED = b""
#: The store hears of a session's use once this part of its idle time has passed.
TOUCH_AFTER = 8
#: Sessions whose content is remembered, once opened, in each process.
REMEMBERED = 128
#: Seconds for which a process goes by the marks that are not one user's, before it asks again.
MARKS_FRESH = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A session, and the record that it was read from."""

    session: Session
    record: bytes = field(repr=False)


class StoredSessions:
    """Sessions in a store.

    Args:
        store: Keeps them.
        sealer: Seals the records.
        random: Returns that many fresh random bytes.
        audience: Issuer and client id: applications may share a store and a secret.
        idle: Seconds without use after which a session ends, by the store's clock.
        absolute: Seconds after which it ends in any case.
        by_email: Sessions are found by their users' e-mail addresses too.
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
        by_email: bool = False,
        emit: Emit = lambda _event: None,
    ) -> None:
        self.store = store
        self.names = Names(sealer, audience)
        self.absolute = absolute
        self._sealer = sealer
        self._random = random
        self._audience = "\n".join(audience).encode()
        self._idle = idle
        self._by_email = by_email
        self._emit = emit
        self._marks: Mapping[bytes, int] = {}
        self._marks_fresh_until = 0
        # A browser asks for several pages in a row. What does not open is not remembered.
        self._opened = lru_cache(REMEMBERED)(self._open)
        self._known = lru_cache(REMEMBERED)(self._cookie_and_key)

    async def start(
        self,
        id_token: IDToken,
        userinfo: UserInfo | None,
        *,
        attempt: str,
        moment: tuple[int, int],
        now: int,
        tokens: Tokens | None = None,
    ) -> tuple[Session, str]:
        """Return a new session, under a new key, and the content of its cookie.

        Raises:
            StoreUnavailable: It could not be kept.
            ResponseRejected: ``session.ended_meanwhile``: the user was signed out while the
                sign-in was under way.
        """
        at, since = moment
        cookie = self.names.owners(id_token.sub)[0] + self._random(SECRET_BYTES)
        session = replace(
            new_session(self._key(cookie), id_token, userinfo, attempt=attempt, now=now),
            seen_at=at // MILLISECONDS,
            since=since,
            tokens=b"" if tokens is None else encode_tokens(tokens),
        )
        labels = self._labels(session, id_token)
        try:
            await self.store.save(
                session.id,
                self._seal(cookie, session),
                self._ttl(session),
                since=since,
                lasting=self.absolute,
                labels=labels,
            )
            # Whoever ends sessions marks first and looks for them then; here it is the other way
            # round, so that one of the two sees the other.
            marks = await self.store.marks([cookie[:OWNER_BYTES], *labels])
        except StoreUnavailable:
            await self._forget(session)
            raise
        if any(since <= mark for mark in marks):
            await self._forget(session)
            raise ResponseRejected(
                "session.ended_meanwhile",
                "the user was signed out while the sign-in was under way",
            )
        return session, to_base64url(cookie)

    async def _forget(self, session: Session) -> None:
        """Delete what may have been saved, if that can be: nobody gets its cookie."""
        with suppress(StoreUnavailable):
            await self.store.delete(session.id)

    async def load(self, text: str | None, now: int) -> Session | None:
        """Return the session that a cookie stands for, if the store still has it.

        Raises:
            StoreUnavailable: Nobody knows.
        """
        found = await self.read(text, now)
        return None if found is None else found.session

    async def read(self, text: str | None, now: int) -> Found | None:
        """Return the session that a cookie stands for, with its record.

        Raises:
            StoreUnavailable: Nobody knows.
        """
        known = None if text is None else self._known(text)
        if known is None:
            return None
        cookie, key = known
        kept = await self.store.load(key)
        if kept is None:
            return None
        session = self._opened(cookie, kept.value)
        if session is None or session.since <= max(kept.ended, await self._mark(kept.value, now)):
            return None
        # By the store's clock alone: those of the machines may differ.
        lived = kept.at // MILLISECONDS - session.seen_at
        if lived >= self.absolute:
            self._emit(Event("session.expired", {"timeout": "absolute"}))
            return None
        if kept.left > min(self._idle, self.absolute - lived) - self._idle // TOUCH_AFTER:
            return Found(session, kept.value)
        return Found(replace(session, lived=lived, due=True), kept.value)

    async def replace(self, text: str, found: Found, session: Session) -> bool:
        """Keep *session* in the place of *found*; tell whether that was still there."""
        cookie = _cookie(text)
        if cookie is None:
            return False
        # The key that it began under made its names too: who counts its records knows its use.
        sealed = self._seal(cookie, session, key_id(found.record))
        return await self.store.replace(session.id, found.record, sealed)

    def is_due(self, session: Session, now: int) -> bool:
        """Tell whether the store should hear that the session is in use."""
        del now
        return session.due

    def has_ended(self, session: Session) -> bool:
        """Tell that nobody knows without the store, which brings nothing back by a touch."""
        del session
        return False

    async def touch(self, session: Session, now: int) -> None:
        """Let the session live on in the store. Its cookie stays as it is.

        Raises:
            StoreUnavailable: It ends a little earlier, unless it is touched again.
        """
        del now
        await self.store.touch(session.id, self._ttl(session))

    async def end(self, session: Session, now: int) -> None:
        """End the session everywhere.

        Raises:
            StoreUnavailable: It may still be alive.
        """
        del now
        await self.store.delete(session.id)

    async def end_unchanged(self, found: Found) -> bool:
        """End the session if its record is still the one that was read; tell whether it was."""
        if not await self.store.replace(found.session.id, found.record, ENDED):
            return False
        await self.store.delete(found.session.id)
        return True

    def forget_marks(self) -> None:
        """Ask for the marks again at the next look at a session."""
        self._marks_fresh_until = 0

    async def _mark(self, record: bytes, now: int) -> int:
        """Return the time up to which sessions like this one are over, whosever they are."""
        # A clock may be set back.
        if not now < self._marks_fresh_until <= now + MARKS_FRESH:
            names = [self.names.everybody(), *map(self.names.key, self._sealer.key_ids)]
            marks = await self.store.marks(names)
            self._marks = dict(zip((b"", *self._sealer.key_ids), marks, strict=True))
            self._marks_fresh_until = now + MARKS_FRESH
        return max(self._marks[b""], self._marks.get(key_id(record), 0))

    def _labels(self, session: Session, id_token: IDToken) -> Sequence[bytes]:
        """Return what the session is found by, beside its owner."""
        said: dict[str, Any] = {**json.loads(session.userinfo or b"{}"), **id_token.claims}
        sid, email = said.get("sid"), said.get("email")
        by_sid = self.names.sids(sid)[:1] if isinstance(sid, str) else []
        by_email = self.names.emails(email)[:1] if self._by_email and isinstance(email, str) else []
        return [*by_sid, *by_email]

    def _ttl(self, session: Session) -> int:
        return max(min(self._idle, self.absolute - session.lived), 1)

    def _seal(self, cookie: bytes, session: Session, key_id: bytes = b"") -> bytes:
        message = encode_session(session)
        return self._sealer.seal_octets(self._purpose(cookie), message, key_id=key_id)

    def _open(self, cookie: bytes, record: bytes) -> Session | None:
        message = self._sealer.open_octets(self._purpose(cookie), record)
        if isinstance(message, Unsealable):
            return None
        return decode_session(self._key(cookie), message)

    def _cookie_and_key(self, text: str) -> tuple[bytes, bytes] | None:
        cookie = _cookie(text)
        return None if cookie is None else (cookie, self._key(cookie))

    def _key(self, cookie: bytes) -> bytes:
        return cookie[:OWNER_BYTES] + self._hash(cookie, b"key")

    def _purpose(self, cookie: bytes) -> bytes:
        return PURPOSE + self._hash(cookie, b"sealing")

    def _hash(self, cookie: bytes, use: bytes) -> bytes:
        return hmac.digest(cookie, use + b"\x00" + self._audience, "sha256")


def _cookie(text: str | None) -> bytes | None:
    if text is None or len(text) != COOKIE_LENGTH:
        return None
    try:
        cookie = from_base64url(text)
    except ValueError:
        return None
    # The last character has bits to spare: one session, one cookie.
    return cookie if len(cookie) == COOKIE_BYTES and to_base64url(cookie) == text else None
