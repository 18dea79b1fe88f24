"""What happened, as one line of the log and one flat document."""

from __future__ import annotations

import json
import logging
import re

import pytest

from admit.events import EVENTS, FIELDS, LONGEST, SCHEMA, Event, log_event

#: What a visitor may send in the place of a plain value.
HOSTILE = [
    "a\nb", "a\r\nb", "a\x0bb", "a\x0cb", "a\x1cb", "a\x85b", "a\u2028b", "a\u2029b", "a\x00b",
    "a\x1b[2Jb", "a\x9b2Jb", "a\x08b", "a\u202eb", "a\u200bb", "a\ud800b", "\ufeffa",
    'a" event="signin.ok', 'a"\nsignin.ok user="root', "x" * 100_000, "\n" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Event("signin.ok"), "signin.ok"),
        (Event("signin.ok", {"user": "abc"}), 'signin.ok user="abc"'),
        (Event("x", {"a": "J\u00f6rg"}), 'x a="J\u00f6rg"'),
        (Event("signin.started", {"pending": 2}), "signin.started pending=2"),
        (Event("x", {"a": 'say "hi"', "b": 1}), "x a=\"say 'hi'\" b=1"),
    ],
)
def test_an_event_is_one_line(event: Event, line: str) -> None:
    assert str(event) == line


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_starts_a_new_line_moves_the_cursor_or_fills_the_disk(value: str) -> None:
    event = Event("signin.refused", {"code": "a.b", "detail": value})
    line = str(event)
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert line.count('"') == 4, "no value adds a field"
    assert len(line) < 10 * LONGEST
    told = event.as_dict()["detail"]
    assert isinstance(told, str)
    assert told.isprintable()
    assert len(json.dumps(event.as_dict()).encode()) < 10 * LONGEST


def test_a_document_is_flat_and_names_its_schema() -> None:
    event = Event("signin.started", {"pending": 2, "hint": "look"})
    told = {"event": "signin.started", "schema": SCHEMA, "pending": 2, "hint": "look"}
    assert json.loads(json.dumps(event.as_dict())) == told


@pytest.mark.parametrize("name", EVENTS)
def test_each_event_has_its_level(name: str, caplog: pytest.LogCaptureFixture) -> None:
    event = Event(name, {"code": "a.b"})
    with caplog.at_level(logging.INFO, logger="admit"):
        log_event(event)
    (record,) = caplog.records
    assert record.levelno == EVENTS[name].level
    assert record.getMessage() == str(event)
    assert record.__dict__["admit_event"] is event


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (Event("signin.started", {"pending": 1}), logging.INFO),
        (Event("signin.started", {"pending": 2, "hint": "look"}), logging.WARNING),
        (Event("config.invalid", {"hint": "look"}), logging.ERROR),
        (Event("of.tomorrow"), logging.INFO),
    ],
)
def test_a_hint_makes_it_a_warning_and_an_unknown_name_does_no_harm(
    event: Event, level: int
) -> None:
    assert event.level == level


def test_what_is_not_wanted_is_not_written(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="admit"):
        log_event(Event("signin.refused"))
    assert caplog.records == []


@pytest.mark.parametrize("name", EVENTS)
def test_the_table_is_whole(name: str) -> None:
    kind = EVENTS[name]
    assert re.fullmatch(r"[a-z]+\.[a-z]+", name)
    assert kind.level in {logging.INFO, logging.WARNING, logging.ERROR}
    fields = [*kind.required, *kind.optional]
    assert len(fields) == len(set(fields))
    assert set(fields) <= FIELDS.keys()
    assert not set(fields) & {"event", "schema"}, "a document has these for itself"


def test_every_field_is_of_some_event() -> None:
    used = {name for kind in EVENTS.values() for name in (*kind.required, *kind.optional)}
    assert used == FIELDS.keys()
