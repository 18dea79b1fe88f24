"""Fuzzes one target: ``one.py NAME`` and what libFuzzer takes."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Run until libFuzzer ends; a defect ends the process with the octets that show it."""
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["admit"]):
        from fuzz.targets import TARGETS  # noqa: PLC0415 - it is instrumented here
    from fuzz.mutation import mutated  # noqa: PLC0415 - the path is set above

    def mutator(data: bytes, most: int, seed: int) -> bytes:
        return mutated(data, most, seed, atheris.Mutate)

    logging.disable()
    atheris.Setup(sys.argv, TARGETS[name], custom_mutator=mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
