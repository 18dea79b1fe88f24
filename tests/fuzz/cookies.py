"""Targets: cookies. Nothing opens but what we sealed, to the letter."""

from __future__ import annotations

from itertools import count

from admit.attempts import Attempts
from admit.base64url import to_base64url
from admit.model import IDToken, Session
from admit.ports import run_sync
from admit.sealing import Sealer, Unsealable
from admit.session_records import octets_of
from admit.sessions import CookieSessions
from fuzz.registry import target
from material import ISSUER, NOW, REQUEST

_NUMBERS = count()
CLAIMS = {"iss": ISSUER, "sub": "00u1", "name": "Alice Example"}


def _random(size: int) -> bytes:
    """Return octets that are the same in each process: what is sealed here protects nothing."""
    return next(_NUMBERS).to_bytes(size, "big")


SEALER = Sealer(["secret-of-fuzzing-" * 3], _random)
ATTEMPTS = Attempts(SEALER, "admit-attempt-", milliseconds=lambda: NOW * 1000)
SESSIONS = CookieSessions(
    SEALER, _random, name="s", audience=(ISSUER, "client"), idle=60, absolute=600
)


def _session() -> str:
    raw = ".".join(map(to_base64url, (b'{"alg":"ES256"}', b'{"sub":"00u1"}', b"signature")))
    began = SESSIONS.start(
        IDToken(raw, CLAIMS), None, attempt="attempt-of-16-ch", moment=(0, 0), now=NOW
    )
    return run_sync(began)[1]


SESSION, ATTEMPT = _session(), ATTEMPTS.seal(REQUEST)


def bent(text: str, data: bytes) -> str:
    """Return *text* with changes: for each three octets, a place, what is done there, with what."""
    for place, how, what in zip(data[::3], data[1::3], data[2::3], strict=False):
        at = (place + 256 * (how // 4)) % (len(text) + 1)
        tail = at + (how % 4 != 0)
        text = text[:at] + (chr(what) if how % 4 < 2 else "") + text[tail:]
    return text


def open_everywhere(text: str) -> None:
    session = run_sync(SESSIONS.load(text, NOW))
    assert isinstance(session, Session) == (text == SESSION)
    assert isinstance(ATTEMPTS.open(text), Unsealable) == (text != ATTEMPT)
    assert octets_of(text) is None or len(text) == 59
    assert len(ATTEMPTS.surplus({"admit-attempt-x": text}, 100)) in {0, 1}


@target
def cookie(data: bytes) -> None:
    open_everywhere(data.decode("latin-1"))


@target
def bent_session_cookie(data: bytes) -> None:
    open_everywhere(bent(SESSION, data))


@target
def bent_attempt_cookie(data: bytes) -> None:
    open_everywhere(bent(ATTEMPT, data))
