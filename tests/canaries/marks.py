"""The secrets of a run, each known by its kind, in every form in which it may turn up."""

from __future__ import annotations

import base64
import html
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

#: Shorter values are words: they would be found where nobody leaked them.
SHORTEST = 12
#: Of a long secret a part says as much, and texts are cut.
PART = 24
#: What every encoding changes.
ODD = "+/='&"


def mark(name: str) -> str:
    """Return a new secret of that name, with characters that no encoding leaves as they are."""
    return f"{name}-{secrets.token_hex(12)}{ODD}{secrets.token_hex(2)}"


def marks(name: str) -> Iterator[str]:
    """Return secrets without an end."""
    while True:
        yield mark(name)


class Secrets:
    """What must not be found, but where it belongs."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}
        self._forms: dict[str, tuple[str, str]] = {}

    def __len__(self) -> int:
        return len(self._kinds)

    def kinds(self) -> set[str]:
        return set(self._kinds.values())

    def add(self, kind: str, value: object) -> None:
        """Note a secret; what is no text, or a word, is none."""
        if not isinstance(value, str) or len(value) < SHORTEST or value in self._kinds:
            return
        self._kinds[value] = kind
        for name, form in _forms(value):
            self._forms.setdefault(form, (kind, name))

    def add_all(self, kind: str, values: Iterable[object]) -> None:
        for value in values:
            self.add(kind, value)

    def found(self, text: str, allowed: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
        """Return the secrets in *text*, by their kind and form, and what stands there."""
        seen = set()
        for form, (kind, name) in self._forms.items():
            if kind not in allowed and (kind, name) not in seen and form in text:
                seen.add((kind, name))
                yield f"{kind} {name}", form


def _forms(value: str) -> Iterator[tuple[str, str]]:
    for name, piece in _pieces(value):
        yield name, piece
        raw = piece.encode()
        for coded in (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()):
            yield f"{name} in base64", coded.rstrip("=")
        percent = quote(piece, safe="")
        for coded in (percent, quote(piece), quote_plus(piece), quote(percent, safe="")):
            yield f"{name} percent-encoded", coded
        yield f"{name} percent-encoded", re.sub("%..", lambda found: found[0].lower(), percent)
        yield f"{name} in JSON", json.dumps(piece)[1:-1]
        yield f"{name} in HTML", html.escape(piece)
        yield f"{name} by repr", repr(piece)[1:-1]
        yield f"{name} in hexadecimal", raw.hex()


def _pieces(value: str) -> Iterator[tuple[str, str]]:
    """Return the value, and the parts of it that say as much."""
    yield "as it is", value
    parts = value.split(".")
    if len(parts) == 3:
        # What a token's header says is known to everybody.
        for name, part in zip(("payload", "signature"), parts[1:], strict=True):
            if len(part) >= SHORTEST:
                yield f"the {name} of it", part
                yield f"the beginning of the {name} of it", part[:PART]
    elif len(value) > PART:
        yield "the beginning of it", value[:PART]
        yield "the end of it", value[-PART:]
