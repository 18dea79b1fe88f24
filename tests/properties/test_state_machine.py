"""Any steps in any order: nobody is ever signed in whom the provider did not vouch for just then.

In the ordinary suite it is short, and the same each time. ``make fuzz`` sets FUZZ_SECONDS, for
which each machine goes on with fresh chance.
"""

from __future__ import annotations

import logging
import os
import time

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from properties.ending_steps import EndingSteps
from properties.stored_steps import StoredSteps

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SHORT = settings(
    max_examples=30,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LONG = settings(SHORT, max_examples=10, stateful_step_count=60, derandomize=False)


class InCookies(EndingSteps):
    stored = False


class InStore(StoredSteps):
    stored = True


@pytest.mark.parametrize("machine", [InCookies, InStore])
def test_nobody_is_ever_signed_in_but_by_their_own_attempt(
    machine: type[EndingSteps], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "admit")
    run_state_machine_as_test(machine, settings=SHORT)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        run_state_machine_as_test(machine, settings=LONG)
