"""Every attack, fault and bad input that Admit must withstand, over HTTP; `table` shows them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from hostile.ids import LISTED, SECTIONS, UNFINISHED, WAITING, expanded
from hostile.registry import CASES
from hostile.world import world

for path in sorted(Path(__file__).parent.glob("rows_*.py")):
    import_module(f"hostile.{path.stem}")


@pytest.mark.parametrize("name", [name for name in LISTED if name in CASES])
def test_case(
    name: str,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    record_property("tried", CASES[name].tried)
    with world(monkeypatch, tmp_path, request.getfixturevalue) as made:
        outcome = CASES[name].row(made)
    record_property("outcome", outcome)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_case_of_a_section_has_a_row_or_a_reason_to_wait(section: str) -> None:
    missing = set(expanded(SECTIONS[section])) - CASES.keys() - WAITING.keys()
    assert bool(missing) == (section in UNFINISHED), f"without a row: {sorted(missing)}"
    assert not CASES.keys() & WAITING.keys()


def test_every_row_is_a_case_of_the_list() -> None:
    assert CASES.keys() | WAITING.keys() <= set(LISTED)
