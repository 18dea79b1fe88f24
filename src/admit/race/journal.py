"""What the workers saw and when, a line for each thing: what a killed worker wrote is still there.

All times are seconds of the monotonic clock, which is one for all processes of a machine.

May know: nothing else of this package.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

SUFFIX = ".journal"
#: The ways to end a session; those with True end all of its user.
WAYS = {"sign-out": False, "everywhere": True, "sid": False, "sub": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A session was started, and is in the store."""

    kind: ClassVar[str] = "started"
    session: str
    user: str
    slot: int
    cookie: str
    began: float
    done: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Somebody began to end a session (*session*) or all of a user (*user*)."""

    kind: ClassVar[str] = "ending"
    number: str
    way: str
    session: str | None
    user: str | None
    began: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of that number was acknowledged."""

    kind: ClassVar[str] = "ended"
    number: str
    done: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page asked for a session."""

    kind: ClassVar[str] = "page"
    session: str
    began: float
    done: float
    found: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """A page of the worker *by* waited for a new access token, the so manyth, and got it."""

    kind: ClassVar[str] = "renewed"
    session: str
    turn: int
    by: str
    began: float
    done: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Something failed with a code; *session* is the one that it was about, where there is one."""

    kind: ClassVar[str] = "failed"
    code: str
    session: str | None
    done: float


Line = Started | Ending | Ended | Page | Renewed | Failed
KINDS: dict[str, type[Line]] = {
    kind.kind: kind for kind in (Started, Ending, Ended, Page, Renewed, Failed)
}


class Journal:
    """Writes lines that outlive the process, from any of its threads."""

    def __init__(self, folder: Path, name: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(folder / (name + SUFFIX), flags, 0o600)
        self._lock = threading.Lock()

    def write(self, line: Line) -> None:
        """Write *line*."""
        text = json.dumps([line.kind, *asdict(line).values()], separators=(",", ":"))
        with self._lock:
            os.write(self._file, text.encode() + b"\n")

    def close(self) -> None:
        """Write no more."""
        os.close(self._file)


def read_journals(folder: Path) -> Iterator[Line]:
    """Return the lines of all journals in *folder*."""
    for path in sorted(folder.glob("*" + SUFFIX)):
        for text in path.read_bytes().splitlines(keepends=True):
            # Who was killed may have been writing.
            if text.endswith(b"\n"):
                yield _line(json.loads(text))


def _line(values: list[Any]) -> Line:
    kind = KINDS[values[0]]
    return kind(**dict(zip((one.name for one in fields(kind)), values[1:], strict=True)))
