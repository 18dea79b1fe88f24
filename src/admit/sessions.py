"""The life of a session: begin, load, touch, end.

May know: errors, model, sealing, spent.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from admit.errors import SignInError
from admit.model import IDToken, Session, UserInfo
from admit.sealing import Sealer, Unsealable
from admit.spent import Spent

#: The number goes up when the content changes, so that fleets of mixed versions do not misread.
PURPOSE = b"session 1"
#: Characters of a cookie with its name; browsers drop what is longer than 4,096 (RFC 6265 6.1).
LARGEST = 3800
#: A session is written again once this part of its idle time has passed.
TOUCH_AFTER = 8
ID_BYTES = 16


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
    ) -> None:
        self.name = name
        self._purpose = PURPOSE + sha256("\n".join(audience).encode()).digest()
        self._sealer = sealer
        self._random = random
        self._idle = idle
        self._absolute = absolute
        self._ended = Spent()

    async def start(
        self, id_token: IDToken, userinfo: UserInfo | None, *, attempt: str, now: int
    ) -> tuple[Session, str]:
        """Return a new session, with a new id, and the content of its cookie.

        Raises:
            SessionTooLarge: It would not fit into a cookie.
        """
        session = Session(
            id=urlsafe_b64encode(self._random(ID_BYTES)).rstrip(b"=").decode("ascii"),
            id_token=id_token.raw,
            userinfo=_missing_from(id_token, userinfo),
            attempt=attempt,
            started_at=now,
            seen_at=now,
        )
        return session, self._seal(session)

    async def load(self, text: str | None, now: int) -> Session | None:
        """Return the session that a cookie holds, if it is one and still alive."""
        if text is None:
            return None
        message = self._sealer.open(self._purpose, text)
        if isinstance(message, Unsealable):
            return None
        session = _decoded(message)
        if (
            now >= session.started_at + self._absolute
            or now >= session.seen_at + self._idle
            or session.id in self._ended
        ):
            return None
        return session

    async def touch(self, session: Session, now: int) -> str | None:
        """Return a fresh cookie once an eighth of the idle time has passed, else None."""
        if now < session.seen_at + self._idle // TOUCH_AFTER:
            return None
        return self._seal(replace(session, seen_at=now))

    async def end(self, session: Session, now: int) -> None:
        """Refuse the session from now on, as far as this process sees it."""
        self._ended.add(session.id, until=session.started_at + self._absolute, now=now)

    def _seal(self, session: Session) -> str:
        text = self._sealer.seal(self._purpose, _encoded(session))
        if len(self.name) + len(text) > LARGEST:
            raise SessionTooLarge(len(self.name) + len(text))
        return text


def _missing_from(id_token: IDToken, userinfo: UserInfo | None) -> Mapping[str, Any]:
    """Return what UserInfo says and the ID Token does not: nothing is kept twice."""
    if userinfo is None:
        return {}
    claims = id_token.claims
    return {k: v for k, v in userinfo.claims.items() if k not in claims or claims[k] != v}


def _encoded(session: Session) -> bytes:
    """Return the session as one JSON line, then the parts of its ID Token as plain bytes.

    Base64url inside base64url would cost a third of the room.
    """
    parts = [urlsafe_b64decode(p + "=" * (-len(p) % 4)) for p in session.id_token.split(".")]
    line = json.dumps(
        [
            session.id,
            session.attempt,
            session.started_at,
            session.seen_at,
            session.userinfo,
            [len(part) for part in parts],
        ],
        separators=(",", ":"),
    )
    return line.encode() + b"\n" + b"".join(parts)


def _decoded(message: bytes) -> Session:
    line, _, octets = message.partition(b"\n")
    identifier, attempt, started_at, seen_at, userinfo, lengths = json.loads(line)
    parts, start = [], 0
    for length in lengths:
        part = octets[start : start + length]
        parts.append(urlsafe_b64encode(part).rstrip(b"=").decode("ascii"))
        start += length
    return Session(
        id=identifier,
        id_token=".".join(parts),
        userinfo=userinfo,
        attempt=attempt,
        started_at=started_at,
        seen_at=seen_at,
    )
