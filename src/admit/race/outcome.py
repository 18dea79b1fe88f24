"""What a race found: its figures, and each rule that was broken.

May know: nothing else of this package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

#: Each rule, and what it looks like when it is broken.
RULES: Mapping[str, str] = {
    "refreshed_twice": "one expiry led to several refreshes at once",
    "rotation_lost": "a refresh token was used again after its successor had been kept",
    "back_from_the_dead": "a page found a session whose end had been acknowledged",
    "session_lost": "a session was gone that nobody had ended",
    "failed": "a page, a sign-in or a sign-out failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule that was broken.

    Attributes:
        rule: One of `RULES`.
        times: How often.
        examples: Where, for a few of those times.
    """

    rule: str
    times: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was counted.

    Attributes:
        seconds: How long the race took.
        pages: Looks at a session.
        sessions: That were started.
        ends: That were acknowledged, by their way.
        expiries: Access tokens that ended, and were wanted again.
        refreshes: Calls of the provider's for them.
        killed: Workers that were killed.
        interrupted: Refreshes whose worker was killed, or whose store failed, in the middle.
        interrupted_lost: Sessions that ended by that: the provider had no grace left for them.
        waits: Milliseconds that pages waited for a new access token: of half of them, of 99 in 100
            and of all at most.
        store_errors: Times that the store was away.
    """

    seconds: float
    pages: int
    sessions: int
    ends: Mapping[str, int]
    expiries: int
    refreshes: int
    killed: int
    interrupted: int
    interrupted_lost: int
    waits: tuple[float, float, float]
    store_errors: int

    @property
    def pages_per_second(self) -> float:
        """Looks at a session in a second."""
        return self.pages / self.seconds

    @property
    def refreshes_per_expiry(self) -> float:
        """Calls of the provider's for each expiry; 0 where nothing expired."""
        return self.refreshes / self.expiries if self.expiries else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a race found.

    Attributes:
        store: What raced, without its address.
        figures: What was counted.
        broken: The rules that were broken; empty where all held.
    """

    store: str
    figures: Figures
    broken: tuple[Broken, ...] = field(default=())

    @property
    def has_held(self) -> bool:
        """Whether no rule was broken."""
        return not self.broken

    def as_json(self) -> str:
        """Return the outcome as a JSON object."""
        figures = self.figures
        document = {
            "store": self.store,
            "held": self.has_held,
            "figures": {
                **asdict(figures),
                "pages_per_second": round(figures.pages_per_second, 1),
                "refreshes_per_expiry": round(figures.refreshes_per_expiry, 4),
                "waits": dict(zip(("p50_ms", "p99_ms", "max_ms"), figures.waits, strict=True)),
            },
            "broken": [asdict(one) for one in self.broken],
        }
        return json.dumps(document, indent=2)

    def as_table(self) -> str:
        """Return the outcome as lines for people."""
        rows = [*_rows(self.figures), *((rule, self._times(rule)) for rule in RULES)]
        width = max(len(name) for name, _ in rows)
        lines = [f"  {name:{width}}  {value:>10}" for name, value in rows]
        if self.has_held:
            return "\n".join([*lines, "", "All rules held."])
        told = []
        for one in self.broken:
            told.append(f"BROKEN {one.times} times: {one.rule}: {RULES[one.rule]}")
            told += [f"  {example}" for example in one.examples]
        return "\n".join([*lines, "", *told])

    def _times(self, rule: str) -> str:
        return f"{sum(one.times for one in self.broken if one.rule == rule):,}"


def _rows(figures: Figures) -> list[tuple[str, str]]:
    half, most, longest = figures.waits
    return [
        ("seconds", f"{figures.seconds:,.1f}"),
        ("pages", f"{figures.pages:,}"),
        ("pages a second", f"{figures.pages_per_second:,.0f}"),
        ("sessions started", f"{figures.sessions:,}"),
        *((f"ended by {way}", f"{times:,}") for way, times in figures.ends.items()),
        ("access tokens expired", f"{figures.expiries:,}"),
        ("refreshes", f"{figures.refreshes:,}"),
        ("refreshes per expiry", f"{figures.refreshes_per_expiry:.4f}"),
        ("wait for a token, p50 ms", f"{half:,.0f}"),
        ("wait for a token, p99 ms", f"{most:,.0f}"),
        ("wait for a token, max ms", f"{longest:,.0f}"),
        ("workers killed", f"{figures.killed:,}"),
        ("refreshes interrupted", f"{figures.interrupted:,}"),
        ("sessions lost by that", f"{figures.interrupted_lost:,}"),
        ("store errors", f"{figures.store_errors:,}"),
    ]
