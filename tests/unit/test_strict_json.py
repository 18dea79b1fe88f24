"""JSON from outside, read strictly."""

from __future__ import annotations

import pytest

from admit.strict_json import DEEPEST, parse_object


def nested(levels: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    """Return an object whose deepest value is *levels* deep, the object counted."""
    return b'{"a":' + opening * (levels - 1) + closing * (levels - 1) + b"}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"{}", {}),
        (b' {"a" : 1 }\n', {"a": 1}),
        (b'{"a":{"b":1},"c":{"b":2}}', {"a": {"b": 1}, "c": {"b": 2}}),
        ('{"name":"J\u00f6rg \U0001f600"}'.encode(), {"name": "J\u00f6rg \U0001f600"}),
        (b'{"name":"\\ud83d\\ude00"}', {"name": "\U0001f600"}),
        (b'{"a":1.5,"b":-0,"c":1e3,"d":null,"e":true}', {"a": 1.5, "b": 0, "c": 1000.0, "d": None,
                                                         "e": True}),
        (b'{"a":100000000000000000000000000000}', {"a": 10**29}),
        (b'{"":1}', {"": 1}),
    ],
)  # fmt: skip
def test_an_object_is_read(text: bytes, value: object) -> None:
    assert parse_object(text) == value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"{}{}", id="two objects"),
        pytest.param(b"{} x", id="something after it"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"text"', id="a text"),
        pytest.param(b"7", id="a number"),
        pytest.param(b"null", id="null"),
        pytest.param(b"{'a':1}", id="single quotes"),
        pytest.param(b'{"a":1,}', id="a comma too many"),
        pytest.param(b"\xef\xbb\xbf{}", id="a byte order mark"),
        pytest.param(b"\xff\xfe{}", id="no UTF-8"),
        pytest.param(b'{"a":"\xed\xa0\x80"}', id="a surrogate as bytes"),
        pytest.param(b'{"a":"\\ud800"}', id="half a surrogate pair"),
        pytest.param(b'{"\\udc00":1}', id="half a surrogate pair as name"),
        pytest.param(b'{"a":1,"a":1}', id="a name twice"),
        pytest.param(b'{"a":1,"\\u0061":2}', id="a name twice, escaped"),
        pytest.param(b'{"a":{"b":1,"b":2}}', id="a name twice, deeper"),
        pytest.param(b'{"a":NaN}', id="NaN"),
        pytest.param(b'{"a":Infinity}', id="Infinity"),
        pytest.param(b'{"a":[-Infinity]}', id="-Infinity"),
        pytest.param(b'{"a":' + b"1" * 5000 + b"}", id="endless digits"),
        pytest.param(b'{"a":"\n"}', id="a bare line break"),
        pytest.param(b'{"a":01}', id="a zero in front"),
        pytest.param(nested(100_000), id="lists without end"),
        pytest.param(nested(50_000, b'{"a":', b"}"), id="objects without end"),
        pytest.param(b"{" * 100_000, id="nothing but braces"),
    ],
)
def test_anything_else_is_a_value_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_object(text)


def test_32_levels_are_read_and_no_more() -> None:
    assert parse_object(nested(DEEPEST))
    with pytest.raises(ValueError, match="deep"):
        parse_object(nested(DEEPEST + 1))


def test_what_is_wide_is_not_deep() -> None:
    assert len(parse_object(b'{"a":[' + b"[],{}," * 5000 + b"7]}")["a"]) == 10_001
