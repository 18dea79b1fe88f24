"""The life of a session: begin, load, touch, end.

May know: errors, events, model, sealing, session_codec, session_reference, spent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

from admit.errors import SignInError
from admit.events import Emit
from admit.model import IDToken, Session, Tokens, UserInfo
from admit.sealing import Sealer, Unsealable
from admit.session_codec import decode_session, encode_session, new_session
from admit.session_reference import Expirations
from admit.spent import Spent

#: The number goes up when the content changes, so that fleets of mixed versions do not misread.
PURPOSE = b"session 2"
#: Characters of a cookie with its name; browsers drop what is longer than 4,096 (RFC 6265 6.1).
LARGEST = 3800
#: A session is written again once this part of its idle time has passed.
TOUCH_AFTER = 8
ID_BYTES = 16
#: Cookies whose content is remembered, once opened, in each process.
REMEMBERED = 128


class SessionTooLarge(SignInError):  # noqa: N818 - it says what is the matter
    """The session does not fit into a cookie."""

    status = 502

    def __init__(self, size: int) -> None:
        super().__init__(
            "session.too_large",
            f"the session would take {size} characters of a cookie; {LARGEST} are safe",
            hint="ask the provider for fewer claims: a filter for groups, fewer scopes",
            spec="RFC 6265 6.1",
        )


class Sessions(Protocol):
    """The life of a session, wherever it is kept."""

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
        """Return a new session, with a new id, and the content of its cookie.

        Args:
            id_token: Says who the user is.
            userinfo: What else was said of them.
            attempt: The attempt that began the session.
            moment: When its response came back here, and when it was begun, in milliseconds by
                the clock that ends sessions too.
            now: Seconds since the epoch.
            tokens: To call APIs with; a cookie does not keep them.
        """
        ...

    async def load(self, text: str | None, now: int) -> Session | None:
        """Return the session that a cookie stands for, if it is one and still alive."""
        ...

    def is_due(self, session: Session, now: int) -> bool:
        """Tell whether the session's last use was long enough ago to be noted again."""
        ...

    def has_ended(self, session: Session) -> bool:
        """Tell whether the session was ended, as far as this process saw it."""
        ...

    async def touch(self, session: Session, now: int) -> str | None:
        """Note that the session is in use; return a fresh cookie's content, if it needs one."""
        ...

    async def end(self, session: Session, now: int) -> None:
        """End the session."""
        ...


class _NoSession(Exception):  # noqa: N818 - no error: many cookies hold none
    """The cookie holds no session of ours."""


class CookieSessions:
    """Sessions that live in the browser, sealed: no server keeps them.

    They need no store and work on any number of workers. The price: nobody but the browser can end
    one before its time. A copy of a cookie is refused after sign-out by the process that saw the
    sign-out, and by no other.

    Args:
        sealer: Seals them.
        random: Returns that many fresh random bytes.
        name: Of the cookie.
        audience: Issuer and client id. Two applications may share a secret, and a session of the
            one must not open the other.
        idle: Seconds without use after which a session ends.
        absolute: Seconds after which it ends in any case.
        emit: Takes events.
    """

    def __init__(
        self,
        sealer: Sealer,
        random: Callable[[int], bytes],
        *,
        name: str,
        audience: tuple[str, str],
        idle: int,
        absolute: int,
        emit: Emit = lambda _event: None,
    ) -> None:
        self.name = name
        self._purpose = PURPOSE + sha256("\n".join(audience).encode()).digest()
        self._sealer = sealer
        self._random = random
        self._idle = idle
        self._absolute = absolute
        self._ended = Spent()
        self._expirations = Expirations(emit, absolute)
        # A page brings its cookie with each of its requests. What does not open is not remembered,
        # so nobody fills this who was not signed in.
        self._opened = lru_cache(REMEMBERED)(self._open)

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
        """Return a new session, with a new id, and the content of its cookie.

        Raises:
            SessionTooLarge: It would not fit into a cookie.
        """
        del moment, tokens
        session = new_session(self._random(ID_BYTES), id_token, userinfo, attempt=attempt, now=now)
        return session, self._seal(session)

    async def load(self, text: str | None, now: int) -> Session | None:
        """Return the session that a cookie holds, if it is one and still alive."""
        if text is None:
            return None
        try:
            session = self._opened(text)
        except _NoSession:
            return None
        if session.id in self._ended:
            return None
        absolute = now >= session.started_at + self._absolute
        if absolute or now >= session.seen_at + self._idle:
            self._expirations.tell(session, "absolute" if absolute else "idle", now)
            return None
        return session

    def is_due(self, session: Session, now: int) -> bool:
        """Tell whether the session's last use was long enough ago to be written down again."""
        return now >= session.seen_at + self._idle // TOUCH_AFTER

    def has_ended(self, session: Session) -> bool:
        """Tell whether the session was ended, as far as this process saw it."""
        return session.id in self._ended

    async def touch(self, session: Session, now: int) -> str:
        """Return the content of a fresh cookie for a session that is in use."""
        return self._seal(replace(session, seen_at=now))

    async def end(self, session: Session, now: int) -> None:
        """Refuse the session from now on, as far as this process sees it."""
        self._ended.add(session.id, until=session.started_at + self._absolute, now=now)

    def _open(self, text: str) -> Session:
        message = self._sealer.open(self._purpose, text)
        if isinstance(message, Unsealable):
            raise _NoSession
        return decode_session(message[:ID_BYTES], message[ID_BYTES:])

    def _seal(self, session: Session) -> str:
        text = self._sealer.seal(self._purpose, session.id + encode_session(session))
        if len(self.name) + len(text) > LARGEST:
            raise SessionTooLarge(len(self.name) + len(text))
        return text
