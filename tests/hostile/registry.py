"""The cases: each has an id, what it tries in a few words, and a row that is run.

A row is a function that is given a `World`, does its worst over HTTP, checks the outcome that is
required, and returns in a few words what was observed. It stands in a module ``rows_*.py`` beside
this one, which is found by itself.

    @case("CBK-09", "neither code nor error")
    def neither_code_nor_error(world: World) -> str:
        browser = world.browser()
        state = state_of(browser.begin())
        answer = browser.get(f"{CALLBACK}?state={state}")
        return world.refused(answer, "response.code_missing")

Where several cases differ by one value, it is a table; the row is given the value of its case.

    @table({
        "CBK-01": ("no state", "code=c0de"),
        "CBK-02": ("an empty state", "code=c0de&state="),
    })
    def without_a_state(world: World, query: str) -> str:
        ...

What holds of every row, the harness checks by itself: see `invariants`. Every id stands in `ids`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from hostile.world import World

Row = Callable[[World], str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        tried: The attack, the fault or the bad input, in a few words.
        row: Runs it, and returns what was observed.
    """

    id: str
    tried: str
    row: Row


CASES: dict[str, Case] = {}


def case(id: str, tried: str) -> Callable[[Row], Row]:  # noqa: A002 - what the table calls it
    """Register a row. A decorator."""

    def register(row: Row) -> Row:
        _add(Case(id, tried, row))
        return row

    return register


def table(
    ways: Mapping[str, tuple[str, T]],
) -> Callable[[Callable[[World, T], str]], Callable[[World, T], str]]:
    """Register a row for each id: what it tries, and the value that the row is given."""

    def register(row: Callable[[World, T], str]) -> Callable[[World, T], str]:
        for name, (tried, value) in ways.items():
            _add(Case(name, tried, lambda world, value=value: row(world, value)))  # type: ignore[misc]
        return row

    return register


def _add(new: Case) -> None:
    assert new.id not in CASES, f"{new.id} has two rows"
    CASES[new.id] = new
