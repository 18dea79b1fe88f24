"""The targets of fuzzing, by name: each takes octets, and lets nothing but a defect come out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Target = Callable[[bytes], object]

HERE = Path(__file__).parent
CORPUS, CRASHES = HERE / "corpus", HERE / "crashes"
TARGETS: dict[str, Target] = {}


def target(function: Target) -> Target:
    """Add a target under the name of its function."""
    TARGETS[function.__name__] = function
    return function


def kept(name: str) -> list[Path]:
    """Return the files of the corpus that is kept for a target."""
    return sorted((CORPUS / name).iterdir())
