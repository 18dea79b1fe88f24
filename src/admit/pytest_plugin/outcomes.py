"""How a sign-in came out, as the log tells it.

May know: events.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from werkzeug.test import TestResponse

from admit.events import LOGGER, Event

FIRST_ERROR = 400


@contextmanager
def told() -> Iterator[list[Event]]:
    """Collect what is logged, whatever the application lets its log take."""
    events: list[Event] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if isinstance(event := getattr(record, "admit_event", None), Event):
                events.append(event)

    ear, level = Ear(), LOGGER.level
    LOGGER.addHandler(ear)
    if LOGGER.getEffectiveLevel() > logging.WARNING:
        LOGGER.setLevel(logging.WARNING)
    try:
        yield events
    finally:
        LOGGER.setLevel(level)
        LOGGER.removeHandler(ear)


def check(answer: TestResponse, events: Sequence[Event], expect: str | None) -> None:
    """Check that a sign-in came out as it was to.

    Args:
        answer: Of the callback, or of the last page that was reached.
        events: What was logged meanwhile.
        expect: The code of the refusal; None where there must be none.

    Raises:
        AssertionError: It did not; says why.
    """
    refusals = [event for event in events if "code" in event.fields]
    code = str(refusals[-1].fields["code"]) if refusals else None
    if code is None and answer.status_code >= FIRST_ERROR:
        code = f"status {answer.status_code}"
    if code == expect:
        return
    said = ""
    if refusals:
        fields = refusals[-1].fields
        parts = [str(fields[name]) for name in ("detail", "cause", "fix") if name in fields]
        said = "".join(f"\n  {part}" for part in parts)
    if expect is None:
        raise AssertionError(f"the sign-in was refused: {code}{said}")
    raise AssertionError(
        f"the sign-in was to be refused with {expect}, and "
        + (f"was refused with {code}{said}" if code else "was not")
    )
