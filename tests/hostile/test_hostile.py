"""Every attack, fault and bad input that Admit must withstand, over HTTP; `table` shows them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from hostile.ids import LISTED, WAITING
from hostile.registry import CASES
from hostile.world import world

for path in sorted(Path(__file__).parent.glob("rows_*.py")):
    import_module(f"hostile.{path.stem}")


@pytest.mark.parametrize("name", [name for name in LISTED if name not in WAITING])
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


def test_every_case_has_a_row_or_a_reason_to_wait() -> None:
    assert not CASES.keys() & WAITING.keys()
    assert CASES.keys() | WAITING.keys() == set(LISTED)
