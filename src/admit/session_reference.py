"""What operators and events call a session: enough to tell it by, of no use to become it.

May know: base64url, events, model, ports, spent, user.
"""

from __future__ import annotations

from hashlib import sha256

from admit.base64url import to_base64url
from admit.events import Emit, Event
from admit.model import Session
from admit.ports import OWNER_BYTES
from admit.spent import Spent
from admit.user import User

#: Characters of base64url that are enough to name a session: 72 bits.
REFERENCE_LENGTH = 12
#: Of a session in a cookie; those in a store have longer ones, which are hashes already.
COOKIE_ID_BYTES = 16


def reference_of(key: bytes) -> str:
    """Return what operators call the session under *key*: 12 characters of base64url."""
    return to_base64url(key[OWNER_BYTES:])[:REFERENCE_LENGTH]


def session_reference(session: Session) -> str:
    """Return the 12 characters of a session, the same for its whole life."""
    if len(session.id) > COOKIE_ID_BYTES:
        return reference_of(session.id)
    return to_base64url(sha256(b"reference " + session.id).digest())[:REFERENCE_LENGTH]


def told_of(session: Session) -> dict[str, str | int]:
    """Return what events tell of a session: the user's id and the reference."""
    return {"user": User.of(session).id, "session": session_reference(session)}


class Expirations:
    """Tells of each session once that it is over: a page brings its cookie many times.

    Args:
        emit: Takes events.
        lasting: Seconds for which it is remembered that a session was told of.
    """

    def __init__(self, emit: Emit, lasting: int) -> None:
        self._emit = emit
        self._lasting = lasting
        self._told = Spent()

    def tell(self, session: Session, timeout: str, now: int) -> None:
        """Tell that *session* is past its *timeout*: ``idle`` or ``absolute``."""
        if self._told.add(session.id, until=now + self._lasting, now=now):
            self._emit(Event("session.expired", {**told_of(session), "timeout": timeout}))
