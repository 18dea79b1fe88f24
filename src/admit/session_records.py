"""The record of a session in a store, and the cookie that opens it.

The cookie holds its owner's name, which only our secret can tell, and 32 random bytes. The store's
key is one hash of both, and another one is part of what the record is sealed for, beside our own
secret: who has the store alone opens nothing, and can make no cookie of what is there.

Before what is sealed stands a tag of the application, for operators of a store that several share.

May know: base64url, model, ports, sealing, session_codec, session_names.
"""

from __future__ import annotations

import hmac

from admit.base64url import from_base64url, to_base64url
from admit.model import Session
from admit.ports import OWNER_BYTES
from admit.sealing import Sealer, Unsealable
from admit.session_codec import decode_session, encode_session
from admit.session_names import APPLICATION_BYTES, Names

#: The number goes up when the content changes, so that fleets of mixed versions do not misread.
PURPOSE = b"stored session 3"
SECRET_BYTES = 32
COOKIE_BYTES, COOKIE_LENGTH = OWNER_BYTES + SECRET_BYTES, 59


class SessionRecords:
    """Seals and opens the records of one application.

    Args:
        sealer: Has the keys.
        audience: Issuer and client id: applications may share a store and a secret.
    """

    def __init__(self, sealer: Sealer, audience: tuple[str, str]) -> None:
        self._sealer = sealer
        self._audience = "\n".join(audience).encode()
        self._tag = Names(sealer, audience).application()

    def seal(self, cookie: bytes, session: Session, key_id: bytes = b"") -> bytes:
        """Return the record of a session, sealed by that key, or by the newest."""
        purpose, message = self._purpose(cookie, self._tag), encode_session(session)
        return self._tag + self._sealer.seal_octets(purpose, message, key_id=key_id)

    def open(self, cookie: bytes, record: bytes) -> Session | None:
        """Return the session that a record holds, if this cookie opens it."""
        tag, sealed = record[:APPLICATION_BYTES], record[APPLICATION_BYTES:]
        message = self._sealer.open_octets(self._purpose(cookie, tag), sealed)
        if isinstance(message, Unsealable):
            return None
        return decode_session(self.key(cookie), message)

    def key(self, cookie: bytes) -> bytes:
        """Return what the store keeps the record of a cookie under."""
        return cookie[:OWNER_BYTES] + self._hash(cookie, b"key")

    def cookie_and_key(self, text: str) -> tuple[bytes, bytes] | None:
        """Return the octets of a cookie, and the key of its record; None where it is not ours."""
        cookie = octets_of(text)
        return None if cookie is None else (cookie, self.key(cookie))

    def _purpose(self, cookie: bytes, tag: bytes) -> bytes:
        return PURPOSE + tag + self._hash(cookie, b"sealing")

    def _hash(self, cookie: bytes, use: bytes) -> bytes:
        return hmac.digest(cookie, use + b"\x00" + self._audience, "sha256")


def octets_of(text: str) -> bytes | None:
    """Return the octets of a cookie; None where it has another shape."""
    if len(text) != COOKIE_LENGTH:
        return None
    try:
        cookie = from_base64url(text)
    except ValueError:
        return None
    # The last character has bits to spare: one session, one cookie.
    return cookie if len(cookie) == COOKIE_BYTES and to_base64url(cookie) == text else None
