"""What the signed tokens have in common, beside what each token's own tests show."""

from __future__ import annotations

import pytest

from admit.protocol.claims import is_plain


@pytest.mark.parametrize(
    ("value", "longest", "plain"),
    [
        pytest.param("00u1", 255, True, id="a name"),
        pytest.param("x", 255, True, id="the shortest"),
        pytest.param(" ", 255, True, id="a blank"),
        pytest.param("x" * 255, 255, True, id="the longest"),
        pytest.param("x" * 256, 256, True, id="the longest elsewhere"),
        pytest.param("", 255, False, id="empty"),
        pytest.param("x" * 256, 255, False, id="a character too long"),
        pytest.param("a\x7f", 255, False, id="a control character"),
        pytest.param("j\u00f6rg", 255, False, id="not ASCII"),
        pytest.param(7, 255, False, id="a number"),
        pytest.param(["x"], 255, False, id="a list"),
        pytest.param(None, 255, False, id="nothing"),
    ],
)
def test_a_name_is_printable_ascii_that_is_neither_empty_nor_long(
    value: object, longest: int, plain: bool
) -> None:
    assert is_plain(value, longest) is plain
