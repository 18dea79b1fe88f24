"""The sessions that are to be visited, as every worker sees them: one file for each.

A file is replaced as a whole: no lock is left behind by a worker that is killed.

May know: nothing else of this package.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A session that pages ask for.

    Attributes:
        name: New for each session.
        user: Its ``sub``.
        cookie: What its browser sends.
    """

    name: str
    user: str
    cookie: str = field(repr=False)

    @property
    def sid(self) -> str:
        """The provider's session that it began in."""
        return f"sid-{self.name}"


class Slots:
    """The newest session of each slot, and the one before it, which is over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, slot: int) -> list[Visited]:
        """Return the newest session of the slot, and the one before; empty where there is none."""
        try:
            text = self._path(slot).read_bytes()
        except FileNotFoundError:
            return []
        return [Visited(**values) for values in json.loads(text)]

    def put(self, slot: int, visited: Visited) -> None:
        """Let all workers visit a new session. Only one thread at once does so for a slot."""
        both = [asdict(one) for one in [visited, *self.read(slot)[:1]]]
        fresh = self._path(slot).with_suffix(".new")
        fresh.write_text(json.dumps(both))
        fresh.replace(self._path(slot))

    def _path(self, slot: int) -> Path:
        return self._folder / f"{slot}.slot"
