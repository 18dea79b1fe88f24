"""Ends of sessions that their own browsers do not bring about.

A user signs out everywhere, the provider ends its session, an operator ends many at once. Each is a
mark that holds for what is saved too late as well: a sign-in that is under way does not survive it.

May know: attempts, events, ports, session_reference, stored_sessions, user.
"""

from __future__ import annotations

from datetime import datetime

from admit.attempts import LIFETIME
from admit.events import Emit, Event
from admit.ports import OWNER_BYTES
from admit.session_reference import reference_of
from admit.stored_sessions import StoredSessions
from admit.user import user_id

MILLISECONDS = 1000
#: Seconds that marks for everybody last: longer than any session, whose limits another process may
#: have set in another way.
FOR_EVERYBODY = 400 * 86_400
#: Seconds in which a sign-in that has come back here is finished, and in which one may still come.
COMING_BACK, ON_ITS_WAY = 120, LIFETIME
#: Ways in which the provider calls: each has an event of its own.
CALLS = frozenset({"backchannel", "frontchannel", "universal"})


def milliseconds(before: datetime | float | None, now: float) -> int | None:
    """Return a point in time as `SessionEnds` takes it: milliseconds since the epoch.

    Args:
        before: With its time zone; or in seconds since the epoch.
        now: Seconds since the epoch.

    Raises:
        ValueError: It has no time zone; or it is to come, and would end sign-ins that nobody has
            begun.
    """
    if before is None:
        return None
    if isinstance(before, datetime):
        if before.utcoffset() is None:
            raise ValueError("a time zone is needed, such as UTC")
        before = before.timestamp()
    # What is now by a finer clock than *now* is not to come.
    if not 0 <= before < now + 1:
        raise ValueError("it must be a time in the past")
    return int(before * MILLISECONDS)


class SessionEnds:
    """Ends sessions of one application.

    Each method takes *by*, which says in the event who ended them, such as ``backchannel`` or
    ``operator``; and raises StoreUnavailable where it is not known what was ended.

    Args:
        sessions: Keeps them.
        issuer: Vouches for the users.
        emit: Takes events.
    """

    def __init__(self, sessions: StoredSessions, *, issuer: str, emit: Emit) -> None:
        self._sessions = sessions
        self._store = sessions.store
        # A sign-in that was begun before may come back until then.
        self._lasting = max(sessions.absolute, LIFETIME)
        self._names = sessions.names
        self._issuer = issuer
        self._emit = emit

    async def of_user(
        self, sub: str, *, by: str, before: int | None = None, told: bool = True
    ) -> int:
        """End the user's sessions.

        Args:
            sub: The user, as the issuer knows them.
            by: See above.
            before: End those alone that began up to then, in milliseconds since the epoch.
            told: It is an event; else whoever asks tells of it.

        Returns:
            How many there were.
        """
        count = 0
        for owner in self._names.owners(sub):
            count += await self._store.end(owner, lasting=self._lasting, before=before)
        if told:
            self._tell(by, count, user=user_id(self._issuer, sub))
        return count

    async def of_provider_session(
        self, sid: str, *, by: str, sub: str | None = None, vouched: bool = False
    ) -> int:
        """End the sessions that began in one session of the provider's.

        Args:
            sid: Of the provider's session.
            by: See above.
            sub: Whose it must be.
            vouched: The provider's signature says so: what is still on its way from that session
                is kept from coming back for as long as it can.

        Returns:
            How many there were.
        """
        ended: list[str] = []
        owners = None if sub is None else self._names.owners(sub)
        for label in self._names.sids(sid):
            await self._store.mark(label, lasting=ON_ITS_WAY if vouched else COMING_BACK)
            for key, _ in await self._store.find(label):
                if owners is None or key[:OWNER_BYTES] in owners:
                    if await self._store.load(key) is not None:
                        ended.append(reference_of(key))
                    await self._store.delete(key, [label])
        told = {} if sub is None else {"user": user_id(self._issuer, sub)}
        if len(ended) == 1:
            told["session"] = ended[0]
        self._tell(by, len(ended), **told)
        return len(ended)

    async def of_email(self, email: str, *, by: str, before: int | None = None) -> int | None:
        """End the sessions of every user with that e-mail address.

        Args:
            email: Whatever the case of its letters.
            by: See above.
            before: As in `of_user`.

        Returns:
            How many there were; None where nobody with it has signed in lately.
        """
        labels = self._names.emails(email)
        for label in labels:
            await self._store.mark(label, lasting=self._lasting, before=before)
        known = await self._know(labels)
        owners = {key[:OWNER_BYTES] for one in labels for key, _ in await self._store.find(one)}
        count = 0
        for owner in owners:
            count += await self._store.end(owner, lasting=self._lasting, before=before)
        if known or by not in CALLS:
            self._tell(by, count)
        return count if known else None

    async def of_one(self, key: bytes, *, by: str) -> None:
        """End the session that the store keeps under *key*."""
        await self._store.delete(key)
        self._tell(by, 1, session=reference_of(key))

    async def of_everybody(self, *, by: str, before: int | None = None) -> None:
        """End all sessions of the application, or those that began up to *before*."""
        await self._mark(self._names.everybody(), before)
        self._tell(by, which="all")

    async def of_key(self, key_id: bytes, *, by: str, before: int | None = None) -> None:
        """End all sessions that one secret key sealed; see `Sealer.key_ids`."""
        await self._mark(self._names.key(key_id), before)
        self._tell(by, which=f"key {key_id.hex()}")

    async def has_signed_in(self, sub: str) -> bool:
        """Tell whether the store knows a session of the user, alive or just over."""
        return await self._know(self._names.owners(sub))

    async def _know(self, names: list[bytes]) -> bool:
        """Tell whether sessions are found by *names*, or were when they ended.

        Who asks for the end again, as its answer was lost, hears the same again.
        """
        for name in names:
            if await self._store.find(name):
                await self._store.use(b"known " + name, self._lasting)
                return True
            if await self._store.is_used(b"known " + name):
                return True
        return False

    async def _mark(self, name: bytes, before: int | None) -> None:
        await self._store.mark(name, lasting=FOR_EVERYBODY, before=before)
        self._sessions.shared_marks.forget()

    def _tell(self, by: str, count: int | None = None, **fields: str) -> None:
        name = f"logout.{by}" if by in CALLS else "session.ended"
        told: dict[str, str | int] = dict(fields) if by in CALLS else {**fields, "by": by}
        self._emit(Event(name, told if count is None else {**told, "count": count}))
