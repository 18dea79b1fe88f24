"""What a provider repeats of what it was sent goes no further."""

from __future__ import annotations

import pytest

from canaries.echoes import CODINGS, PLACES, at_sign_in, later_on
from canaries.flows import maker
from canaries.witness import Witness


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("path", ["/v1/token", "/v1/userinfo"])
def test_no_place_of_an_answer_lets_a_secret_out(witness: Witness, path: str, place: str) -> None:
    at_sign_in(maker(witness, debug=True), place, "plain", path)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize(
    ("path", "place"), [("/v1/token", "error_description"), ("/v1/userinfo", "x-request-id")]
)
def test_no_coding_lets_a_secret_out(witness: Witness, path: str, place: str, coding: str) -> None:
    at_sign_in(maker(witness, debug=True), place, coding, path)


@pytest.mark.parametrize("place", PLACES)
def test_no_later_answer_lets_a_secret_out(witness: Witness, place: str) -> None:
    later_on(maker(witness, debug=True), place, "plain")
