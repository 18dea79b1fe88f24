"""What operators see of a record, in whatever store it is: never what is in it.

May know: sealing, session_names.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from admit.sealing import key_id
from admit.session_names import APPLICATION_BYTES

#: Bytes of a record that are enough to tell whose it is, and which secret key sealed it.
HEAD_BYTES = APPLICATION_BYTES + 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A record as operators see it.

    Attributes:
        key: Its key; ours, and of no use without the cookie.
        application: The tag of the application that it belongs to.
        key_id: Names the secret key that it is sealed with.
        left: Seconds it has left to live.
        size: Bytes.
    """

    key: bytes = field(repr=False)
    application: bytes
    key_id: bytes
    left: int
    size: int


def sealed_by(head: bytes) -> bytes:
    """Return the id of the secret key that sealed a record, from its first bytes."""
    return key_id(head[APPLICATION_BYTES:HEAD_BYTES])


def listed(key: bytes, head: bytes, *, left: int, size: int) -> Listed:
    """Return what operators see, from the first bytes of a record."""
    application = head[:APPLICATION_BYTES]
    return Listed(key=key, application=application, key_id=sealed_by(head), left=left, size=size)
