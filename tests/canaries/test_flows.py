"""No flow, and no attack on one, lets a secret out."""

from __future__ import annotations

import pytest

from canaries.flows import FLOWS, Made, maker
from canaries.witness import Witness


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_no_secret_shows(witness: Witness, flow: object, debug: bool) -> None:
    assert callable(flow)
    make: Made = maker(witness, debug=debug)
    flow(make)
    assert len(witness.secrets) > 3
    assert witness.looked["repr"] > 20
