"""What Redis answers to the short way: a string and three numbers, as RESP 2 and RESP 3 write them.

The client's own reader knows all of RESP, and takes as long as the rest of a load. This one knows
what the script for loading answers, and refuses all else.

May know: nothing else of this package.
"""

from __future__ import annotations

import re
from collections.abc import Callable

CHUNK = 65_536
START = b"*4\r\n"
#: A string's length, or null.
FIRST = re.compile(rb"\*4\r\n(?:\$(\d{1,9})\r\n|_|\$-1)")
#: What follows that string.
OTHERS = re.compile(rb"\r\n:(-?\d{1,19})\r\n:(\d{1,19})\r\n:(\d{1,19})\r\n")
#: More than either of them ever has.
LONGEST = 80


def answer_of(receive: Callable[[int], bytes]) -> tuple[bytes | None, int, int, int]:
    """Return the values of an answer.

    Args:
        receive: Returns up to that many bytes; none where the other side has closed.

    Raises:
        ValueError: It is something else, such as an error, or more came than was asked for.

    Spec: RESP, arrays of bulk strings, integers and nulls.
    """
    held = b""
    while chunk := receive(CHUNK):
        held += chunk
        if not held.startswith(START[: len(held)]):
            break
        first = FIRST.match(held)
        start = first.end() if first else 0
        end = start + int(first[1] or 0) if first else 0
        if first and (others := OTHERS.fullmatch(held, end)):
            value = None if first[1] is None else held[start:end]
            return value, int(others[1]), int(others[2]), int(others[3])
        if len(held) > end + LONGEST:
            break
    raise ValueError("no answer of ours")
