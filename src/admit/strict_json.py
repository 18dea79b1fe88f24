"""JSON from outside, read strictly.

May know: nothing else of this package.
"""

from __future__ import annotations

import json
from typing import Any

DEEPEST = 32


def parse_object(text: bytes) -> dict[str, Any]:
    """Return the JSON object in *text*.

    Raises:
        ValueError: Not UTF-8, not JSON, not an object, a name given twice, a number that JSON does
            not know (``NaN``), endless digits, half a surrogate pair, or nesting beyond 32 levels.

    Spec: RFC 8259; RFC 7519 section 4 asks that duplicate names be refused or the last one taken.
    """
    value, wrong = _parsed(text)
    # Raised here, and not where it was found: no exception before it holds the text.
    if wrong:
        raise ValueError(wrong)
    if not isinstance(value, dict):
        message = f"a JSON object was expected, not {type(value).__name__}"
        raise ValueError(message)  # noqa: TRY004 - the one error that callers expect
    if _depth(value) > DEEPEST:
        message = "nested too deeply"
        raise ValueError(message)
    return value


def _parsed(text: bytes) -> tuple[Any, str]:
    """Return what *text* holds, or what is wrong with it."""
    try:
        value = json.loads(
            text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
        if b"\\u" in text:
            # Half a surrogate pair is no character: nothing could ever encode it again.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        return None, "nested too deeply"
    except UnicodeError:
        return None, "not a JSON object"
    except ValueError as error:
        return None, str(error)
    return value, ""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a name is given twice"
        raise ValueError(message)
    return found


def _no_constant(name: str) -> Any:  # noqa: ANN401 - the hook's type
    message = f"{name} is not JSON"
    raise ValueError(message)


def _depth(value: object) -> int:
    """Return how deep *value* is nested, without recursion of its own."""
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        depth += 1
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
    return depth
