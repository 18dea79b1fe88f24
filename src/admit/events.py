"""What happened, as one line of the log and one call of a hook for each thing that matters.

May know: nothing else of this package.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

LOGGER = logging.getLogger("admit")
WARNINGS = frozenset(
    {
        "store.unavailable",
        "signin.refused",
        "signin.denied",
        "provider.unavailable",
        "logout.refused",
        "refresh.refused",
        "refresh.failed",
        "revocation.failed",
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        name: ``signin.elsewhere``, ``signin.started``, ``signin.ok``, ``signin.refused``,
            ``signin.denied``, ``provider.unavailable``, ``store.unavailable``,
            ``session.expired``, ``session.ended``, ``logout.local``, ``logout.returned``,
            ``logout.refused``, ``refresh.ok``, ``refresh.refused``, ``refresh.failed`` or
            ``revocation.failed``.
        fields: Never a secret, a name or an address; users appear by their id alone.
    """

    name: str
    fields: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return one line: the name, then each field."""
        shown = (f"{name}={_quoted(value)}" for name, value in self.fields.items())
        return " ".join([self.name, *shown])


def _quoted(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    text = value if value.isprintable() else ascii(value)[1:-1]
    return '"' + text.replace('"', "'") + '"'


Emit = Callable[[Event], None]


def log_event(event: Event) -> None:
    """Write *event* to the logger ``admit``."""
    telling = event.name in WARNINGS or "hint" in event.fields
    level = logging.WARNING if telling else logging.INFO
    if LOGGER.isEnabledFor(level):
        LOGGER.log(level, "%s", event, extra={"admit_event": event})
