"""The reader of what Redis answers to the short way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from admit.stores.redis_answer import answer_of

WHOLE = b"*4\r\n$6\r\nva\r\nue\r\n:3599000\r\n:1800000000000\r\n:1700000000000\r\n"
VALUES = b"va\r\nue", 3_599_000, 1_800_000_000_000, 1_700_000_000_000


def arriving(*pieces: bytes) -> Callable[[int], bytes]:
    """Return what hands out *pieces*, and then that the other side has closed."""
    left = iter((*pieces, b""))
    return lambda _most: next(left)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (WHOLE, VALUES),
        (b"*4\r\n$0\r\n\r\n:0\r\n:7\r\n:0\r\n", (b"", 0, 7, 0)),
        (b"*4\r\n$-1\r\n:-2\r\n:7\r\n:0\r\n", (None, -2, 7, 0)),
        (b"*4\r\n_\r\n:-2\r\n:7\r\n:0\r\n", (None, -2, 7, 0)),
    ],
    ids=["all", "empty", "nulls of RESP 2", "nulls of RESP 3"],
)
def test_a_string_and_three_numbers_are_read(text: bytes, values: tuple[object, ...]) -> None:
    assert answer_of(arriving(text)) == values


@pytest.mark.parametrize("place", range(1, len(WHOLE)))
def test_an_answer_may_arrive_in_pieces(place: int) -> None:
    pieces = arriving(WHOLE[:place], WHOLE[place:])
    assert answer_of(pieces) == VALUES


@pytest.mark.parametrize("place", range(len(WHOLE)))
def test_an_answer_that_breaks_off_is_none(place: int) -> None:
    with pytest.raises(ValueError, match="no answer"):
        answer_of(arriving(*filter(None, [WHOLE[:place]])))


@pytest.mark.parametrize(
    "text",
    [
        b"-NOSCRIPT No matching script.\r\n",
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"+OK\r\n",
        b">4\r\n$6\r\nva\r\nue\r\n:1\r\n:1\r\n:1\r\n",
        b"*2\r\n_\r\n:1\r\n",
        b"*5\r\n_\r\n:1\r\n:1\r\n:1\r\n:1\r\n",
        b"*4\r\n_\r\n:1\r\n_\r\n:1\r\n",
        b"*-1\r\n",
        WHOLE + WHOLE,
        WHOLE + b"\r",
        WHOLE.replace(b"$6", b"$5"),
        WHOLE.replace(b"$6", b"$7"),
        WHOLE.replace(b"$6", b"$-6"),
        WHOLE.replace(b"$6", b"$1234567890"),
        WHOLE.replace(b":18", b"$13\r\n18"),
        WHOLE.replace(b":17", b":-17"),
        b"*4\r\n" + b"$" * 96,
        b"*4\r\n$6\r\nva\r\nue" + b"\r\n" * 48,
        WHOLE.replace(b"$6", b"$ 6"),
        WHOLE.replace(b"$6", b"$"),
        WHOLE.replace(b":3599000", b":"),
        WHOLE.replace(b":3599000", b"#t"),
        WHOLE.replace(b":3599000", b"-ERR"),
        WHOLE.replace(b":3599000", b"*0"),
    ],
)
def test_all_else_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="no answer"):
        answer_of(arriving(text))
