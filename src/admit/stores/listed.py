"""What operators see of a record, in whatever store it is: never what is in it.

May know: sealing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from admit.sealing import key_id

#: Bytes of a record that are enough to tell which secret key sealed it.
HEAD_BYTES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A record as operators see it.

    Attributes:
        key: Its key; ours, and of no use without the cookie.
        key_id: Names the secret key that it is sealed with.
        left: Seconds it has left to live.
        size: Bytes.
    """

    key: bytes = field(repr=False)
    key_id: bytes
    left: int
    size: int


def listed(key: bytes, head: bytes, *, left: int, size: int) -> Listed:
    """Return what operators see, from the first bytes of a record."""
    return Listed(key=key, key_id=key_id(head), left=left, size=size)
