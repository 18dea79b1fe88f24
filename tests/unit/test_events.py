"""What happened, as one line of the log."""

from __future__ import annotations

import logging

import pytest

from admit.events import WARNINGS, Event, log_event


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Event("signin.ok"), "signin.ok"),
        (Event("signin.ok", {"user": "abc"}), 'signin.ok user="abc"'),
        (Event("signin.started", {"pending": 2}), "signin.started pending=2"),
        (Event("x", {"a": 'say "hi"', "b": 1}), "x a=\"say 'hi'\" b=1"),
    ],
)
def test_an_event_is_one_line(event: Event, line: str) -> None:
    assert str(event) == line


@pytest.mark.parametrize("value", ["a\nb", "a\r\nb", "a\x0bb", "a\x85b", "a\u2028b", "a\x1b[2Jb"])
def test_no_value_starts_a_new_line_or_moves_the_cursor(value: str) -> None:
    line = str(Event("signin.refused", {"detail": value}))
    assert len(line.splitlines()) == 1
    assert line.isprintable()


@pytest.mark.parametrize("name", ["signin.started", "signin.ok", "logout.local", *sorted(WARNINGS)])
def test_what_went_wrong_is_a_warning(name: str, caplog: pytest.LogCaptureFixture) -> None:
    event = Event(name, {"code": "a.b"})
    with caplog.at_level(logging.INFO, logger="admit"):
        log_event(event)
    (record,) = caplog.records
    assert record.levelno == (logging.WARNING if name in WARNINGS else logging.INFO)
    assert record.getMessage() == str(event)
    assert record.__dict__["admit_event"] is event


def test_what_is_not_wanted_is_not_written(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="admit"):
        log_event(Event("signin.refused"))
    assert caplog.records == []
