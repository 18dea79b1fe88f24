"""What Redis answers to the short way: three values at once, as RESP 2 and RESP 3 write them.

The client's own reader knows all of RESP, and takes as long as the rest of a load. This one knows
what the script for loading answers, and refuses all else.

May know: nothing else of this package.
"""

from __future__ import annotations

from collections.abc import Callable

CHUNK = 65_536
NULLS = b"_", b"$-1"
VALUES = 3


class Answer:
    """Reads one answer.

    Args:
        receive: Returns up to that many bytes; none where the other side has closed.
    """

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._held = b""
        self._place = 0

    def values(self) -> list[bytes | int | None]:
        """Return the three values of an array.

        Raises:
            ValueError: It is something else, such as an error, or more came than was asked for.

        Spec: RESP, arrays of bulk strings, integers and nulls.
        """
        if self._line() != b"*%d" % VALUES:
            raise ValueError("no array of three")
        found = [self._value() for _ in range(VALUES)]
        if self._place != len(self._held):
            raise ValueError("more than one answer")
        return found

    def _value(self) -> bytes | int | None:
        line = self._line()
        if line in NULLS:
            return None
        if line[:1] == b":":
            return int(line[1:])
        if line[:1] != b"$" or not line[1:].isdigit():
            raise ValueError("neither a string nor an integer")
        return self._octets(int(line[1:]))

    def _line(self) -> bytes:
        while (end := self._held.find(b"\r\n", self._place)) < 0:
            self._more()
        line = self._held[self._place : end]
        self._place = end + 2
        return line

    def _octets(self, size: int) -> bytes:
        start, end = self._place, self._place + size
        while len(self._held) < end + 2:
            self._more()
        if self._held[end : end + 2] != b"\r\n":
            raise ValueError("a string of another length")
        self._place = end + 2
        return self._held[start:end]

    def _more(self) -> None:
        received = self._receive(CHUNK)
        if not received:
            raise ValueError("closed")
        self._held += received
