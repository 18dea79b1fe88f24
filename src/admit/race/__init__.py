"""The race: real processes go at a store at once, and what it promises is counted.

May know: the core, and none of the frameworks.
"""

from __future__ import annotations

from admit.race.options import Options
from admit.race.outcome import Outcome
from admit.race.run import race

__all__ = ["Options", "Outcome", "race"]
