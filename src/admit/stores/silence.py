"""A store that is silent costs each who asks it a wait. This spares most of them.

May know: errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from time import monotonic

from admit.errors import StoreUnavailable

#: Seconds of a server that does not answer; one that is down refuses at once.
SLOW = 0.5
#: Seconds after silence until somebody asks again, and that this one is given.
REST, PROBE = 1.0, 5.0


class Silence:
    """Remembers, in each process, that a store was silent.

    After silence one caller at a time asks again; the others hear at once that it is away. So
    threads and workers stay free for pages that do not need the store.

    Args:
        clock: Returns seconds that only go up.
        slow: Seconds after which a failure was silence; what is refused at once may be asked again
            at once.
    """

    def __init__(self, clock: Callable[[], float] = monotonic, slow: float = SLOW) -> None:
        self._clock = clock
        self._slow = slow
        self._until = 0.0

    @property
    def is_known(self) -> bool:
        """Whether the store was silent when it was last asked."""
        return self._until > 0

    def note(self) -> None:
        """Remember that the store was silent just now."""
        if self._slow < inf:
            self._until = self._clock() + REST

    @contextmanager
    def told(self) -> Iterator[bool]:
        """Ask the store inside; what is given says whether this is to find out if it is back.

        Raises:
            StoreUnavailable: It was silent a moment ago, or what is inside raises it.
        """
        began = self._clock()
        probes = self.is_known
        if began < self._until:
            raise StoreUnavailable("the store was silent a moment ago")
        if probes:
            self._until = began + PROBE
        try:
            yield probes
        except StoreUnavailable:
            now = self._clock()
            self._until = now + REST if now - began >= self._slow else 0.0
            raise
        if probes:
            self._until = 0.0
