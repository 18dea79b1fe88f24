"""Sessions in a store: they can be ended from anywhere, and hold more than a cookie does.

May know: base64url, errors, events, model, ports, sealing, session_codec, session_names,
session_records, session_reference, shared_marks, stores, user.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache

from admit.base64url import to_base64url
from admit.errors import ResponseRejected, StoreUnavailable
from admit.events import Emit
from admit.model import IDToken, Session, Tokens, UserInfo
from admit.ports import SessionStore
from admit.sealing import Sealer
from admit.session_codec import encode_tokens, new_session
from admit.session_names import Names
from admit.session_records import COOKIE_LENGTH, SECRET_BYTES, SessionRecords, octets_of
from admit.session_reference import Expirations
from admit.shared_marks import SharedMarks
from admit.stores.listed import sealed_by
from admit.user import session_claims

MILLISECONDS = 1000
#: Opens for nobody.
ENDED = b""
#: The store hears of a session's use once this part of its idle time has passed.
TOUCH_AFTER = 8
#: Sessions whose content is remembered, once opened, in each process.
REMEMBERED = 128


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
        self._records = SessionRecords(sealer, audience)
        self._sealer = sealer
        self._random = random
        self._idle = idle
        self._by_email = by_email
        self._expirations = Expirations(emit, absolute)
        self.shared_marks = SharedMarks(store, self.names, sealer.key_ids)
        # A browser asks for several pages in a row. What does not open is not remembered.
        self._opened = lru_cache(REMEMBERED)(self._records.open)
        self._known = lru_cache(REMEMBERED)(self._records.cookie_and_key)

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
        owners = self.names.owners(id_token.sub)
        cookie = owners[0] + self._random(SECRET_BYTES)
        session = replace(
            new_session(self._records.key(cookie), id_token, userinfo, attempt=attempt, now=now),
            seen_at=at // MILLISECONDS,
            since=since,
            tokens=b"" if tokens is None else encode_tokens(tokens),
        )
        labels = self._labels(session, self._sealer.key_ids[0])
        try:
            await self.store.save(
                session.id,
                self._records.seal(cookie, session),
                self._ttl(session),
                since=since,
                lasting=self.absolute,
                labels=labels,
            )
            # Whoever ends sessions marks first and looks for them then; here it is the other way
            # round, so that one of the two sees the other. By all keys: whoever ends them may not
            # have the newest yet.
            ended = await self._ended_meanwhile(session, [*owners, *self._labels(session)])
        except StoreUnavailable:
            await self._forget(session, labels)
            raise
        if ended:
            await self._forget(session, labels)
            raise ResponseRejected(
                "session.ended_meanwhile",
                "the user was signed out while the sign-in was under way",
            )
        return session, to_base64url(cookie)

    async def _forget(self, session: Session, labels: list[bytes]) -> None:
        """Delete what may have been saved, if that can be: nobody gets its cookie."""
        with suppress(StoreUnavailable):
            await self.store.delete(session.id, labels)

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
        # What has another length is not even remembered.
        known = None if text is None or len(text) != COOKIE_LENGTH else self._known(text)
        if known is None:
            return None
        cookie, key = known
        kept = await self.store.load(key)
        if kept is None:
            return None
        session = self._opened(cookie, kept.value)
        ended = max(kept.ended, await self.shared_marks.of(kept.value, now))
        if session is None or session.since <= ended:
            return None
        # By the store's clock alone: those of the machines may differ.
        if (lived := kept.at // MILLISECONDS - session.seen_at) >= self.absolute:
            self._expirations.tell(session, "absolute", now)
            return None
        if kept.left > min(self._idle, self.absolute - lived) - self._idle // TOUCH_AFTER:
            return Found(session, kept.value)
        return Found(replace(session, lived=lived, due=True), kept.value)

    async def replace(self, text: str, found: Found, session: Session) -> bool:
        """Keep *session* in the place of *found*; tell whether that was still there."""
        cookie = octets_of(text)
        if cookie is None:
            return False
        # The key that it began under makes its names too: who counts its records knows its use.
        key_id = sealed_by(found.record)
        former = self._labels(found.session, key_id)
        labels = [label for label in self._labels(session, key_id) if label not in former]
        if labels:
            await self.store.label(session.id, labels, since=session.since, lasting=self.absolute)
            # As in `start`: whoever ends sessions by these marks first, and looks for them then.
            if await self._ended_meanwhile(session, labels):
                await self.store.delete(session.id, [*former, *labels])
                return False
        sealed = self._records.seal(cookie, session, key_id)
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
        await self.store.delete(session.id, self._labels(session))

    async def end_unchanged(self, found: Found) -> bool:
        """End the session if its record is still the one that was read; tell whether it was."""
        if not await self.store.replace(found.session.id, found.record, ENDED):
            return False
        await self.store.delete(found.session.id, self._labels(found.session))
        return True

    def _labels(self, session: Session, key_id: bytes | None = None) -> list[bytes]:
        """Return what the session is found by, beside its owner: as one key names it, or each."""
        said = session_claims(session)
        sid, email = said.get("sid"), said.get("email")
        named = [self.names.sids(sid)] if isinstance(sid, str) else []
        if self._by_email and isinstance(email, str):
            named.append(self.names.emails(email))
        if key_id is None:
            return [label for labels in named for label in labels]
        place = self._sealer.key_ids.index(key_id)
        return [labels[place] for labels in named]

    async def _ended_meanwhile(self, session: Session, names: list[bytes]) -> bool:
        """Tell whether what is found by *names* was ended since the session's sign-in began."""
        return any(session.since <= mark for mark in await self.store.marks(names))

    def _ttl(self, session: Session) -> int:
        return max(min(self._idle, self.absolute - session.lived), 1)
