"""What Redis answers to the short way: three values at once, as RESP 2 and RESP 3 write them.

The client's own reader knows all of RESP, and takes as long as the rest of a load. This one knows
what the script for loading answers, and refuses all else.

May know: nothing else of this package.
"""

from __future__ import annotations

import re
from collections.abc import Callable

CHUNK = 65_536
START = b"*3\r\n"
#: A string's length, or null.
FIRST = re.compile(rb"\*3\r\n(?:\$(\d{1,9})\r\n|_|\$-1)")
#: What follows that string: an integer, and digits in a string, or null.
OTHERS = re.compile(rb"\r\n:(-?\d{1,19})\r\n(?:\$(\d{1,2})\r\n(\d{1,19})|_|\$-1)\r\n")
#: More than either of them ever has.
LONGEST = 64


def answer_of(receive: Callable[[int], bytes]) -> tuple[bytes | None, int, bytes | None]:
    """Return the three values of an answer.

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
            if len(others[3] or b"") != int(others[2] or 0):
                break
            return None if first[1] is None else held[start:end], int(others[1]), others[3]
        if len(held) > end + LONGEST:
            break
    raise ValueError("no answer of ours")
