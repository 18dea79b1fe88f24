"""Runs the hostile suite and prints each case, what was observed, and how many held."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


class Table:
    """A plugin of pytest: gathers what rows observed, and prints it at the end."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[str, str, float]] = {}
        self._held = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.partition("test_case[")[2].rstrip("]")
        if not name or (report.when != "call" and report.passed):
            return
        told = dict(report.user_properties)
        outcome = str(told.get("outcome", ""))
        if report.passed:
            self._held += 1
        elif report.skipped:
            outcome = "NOT RUN: " + (
                report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            )
        else:
            outcome = "NOT HELD: " + _reason(report)
        self._rows[name] = str(told.get("tried", "")), outcome, report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self._lines():
            terminalreporter.write_line(line)

    def _lines(self) -> Iterator[str]:
        from hostile.ids import WAITING  # noqa: PLC0415 - found once pytest has set the path

        wide = max((len(tried) for tried, _, _ in self._rows.values()), default=0)
        yield ""
        for name, (tried, outcome, seconds) in self._rows.items():
            yield f"{name:8} {tried:{wide}}  {outcome}  {seconds:.2f} s"
        for reason in dict.fromkeys(WAITING.values()):
            names = [name for name in WAITING if WAITING[name] == reason]
            yield f"{len(names)} wait ({names[0]} ..): {reason}"
        yield f"{self._held} of {len(self._rows)} held"


def _reason(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(crash.message) if crash else str(report.longrepr)
    return message.strip().splitlines()[0]


if __name__ == "__main__":
    options = ["-q", "--no-header", *sys.argv[1:]]
    sys.exit(pytest.main([*options, str(HERE)], plugins=[Table()]))
