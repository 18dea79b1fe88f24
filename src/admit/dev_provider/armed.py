"""Which faults are committed next.

May know: effects, faults.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from admit.dev_provider.effects import Effect, Fault
from admit.dev_provider.faults import FAULTS


class ArmedFaults:
    """Which faults are committed next, and how often."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, int] = {}

    def arm(self, name: str, times: int = 1) -> None:
        """Commit a fault the next *times* times its place is reached; 0 disarms it.

        Raises:
            KeyError: There is no such fault.
        """
        if name not in FAULTS:
            raise KeyError(name)
        with self._lock:
            self._left[name] = times

    def take(self, table: Mapping[str, Fault[Effect]]) -> list[Effect]:
        """Return the effects of the table's armed faults, and count them down."""
        effects = []
        with self._lock:
            for name, fault in table.items():
                if self._left.get(name, 0) > 0:
                    self._left[name] -= 1
                    effects.append(fault.effect)
        return effects

    def left(self) -> dict[str, int]:
        """Return how often each armed fault is still to be committed."""
        with self._lock:
            return {name: times for name, times in self._left.items() if times}

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._left.clear()
