"""Any steps in any order: nobody is ever signed in whom the provider did not vouch for just then.

In the ordinary suite it is short, and the same each time. ``make fuzz`` sets FUZZ_SECONDS, for
which each machine goes on with fresh chance.
"""

from __future__ import annotations

import logging
import os
import time

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from properties.ending_steps import EndingSteps
from properties.stored_steps import StoredSteps

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
WALKS = 40
SHORT = settings(
    max_examples=4,
    stateful_step_count=25,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LONG = settings(SHORT, max_examples=10, stateful_step_count=60)


class InCookies(EndingSteps):
    stored = False


class InStore(StoredSteps):
    stored = True


@pytest.mark.parametrize("machine", [InCookies, InStore])
def test_nobody_is_ever_signed_in_but_by_their_own_attempt(
    machine: type[EndingSteps], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "admit")
    for number in range(WALKS // SHORT.max_examples):
        # Later examples repeat much of earlier ones: fresh beginnings lead further.
        begun = seed(number)(type("Walk", (machine,), {}))
        run_state_machine_as_test(begun, settings=SHORT)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        run_state_machine_as_test(machine, settings=LONG)
