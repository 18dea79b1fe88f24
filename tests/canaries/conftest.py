"""The fixture that watches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from canaries.witness import Witness, watched


@pytest.fixture
def witness(capsys: pytest.CaptureFixture[str]) -> Iterator[Witness]:
    """A witness of the whole test, which fails it where something leaked."""
    with watched(capsys) as made:
        yield made
    assert made.leaks() == []
