"""That an event is as the schema says, checked as it comes."""

from __future__ import annotations

import pytest

from admit.events import EVENTS, FIELDS, Event


def problems(event: Event) -> list[str]:
    """Return how *event* differs from the schema."""
    kind = EVENTS.get(event.name)
    if kind is None:
        return ["no such event"]
    allowed = {*kind.required, *kind.optional}
    found = [f"{name} is missing" for name in kind.required if name not in event.fields]
    found += [f"{name} is unknown" for name in event.fields if name not in allowed]
    for name, value in event.fields.items():
        if name in FIELDS and (type(value) is not FIELDS[name][0] or value == ""):
            found.append(f"{name} is {value!r}")
    return found


def check(event: Event) -> None:
    """Fail the test where *event* is not as the schema says.

    What pytest raises here is no `Exception`: no hook can swallow it.
    """
    if found := problems(event):
        pytest.fail(f"{event}: {found}")
