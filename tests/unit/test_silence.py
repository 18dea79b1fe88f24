"""A store that is silent is asked by one at a time."""

from __future__ import annotations

import pytest

from admit.errors import StoreUnavailable
from admit.stores.silence import PROBE, REST, SLOW, Silence


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def silence(time: Time) -> Silence:
    return Silence(time)


def fail(silence: Silence, time: Time, seconds: float) -> bool:
    """Ask a store that fails after so many seconds; return whether it was really asked."""
    try:
        with silence.told():
            time.now += seconds
            raise StoreUnavailable("asked")  # noqa: TRY301 - what is inside raises it
    except StoreUnavailable as error:
        return error.detail == "asked"


def test_after_silence_nobody_waits_for_a_while(silence: Silence, time: Time) -> None:
    assert fail(silence, time, SLOW)
    assert not fail(silence, time, 0)
    time.now += REST
    assert fail(silence, time, SLOW), "then one asks again"
    assert not fail(silence, time, 0)


def test_what_is_refused_at_once_may_be_asked_again_at_once(silence: Silence, time: Time) -> None:
    for _ in range(3):
        assert fail(silence, time, SLOW / 2)
    assert not silence.is_known


def test_while_one_finds_out_the_others_do_not_wait(silence: Silence, time: Time) -> None:
    fail(silence, time, SLOW)
    time.now += REST
    with silence.told() as probes:
        assert probes
        assert not fail(silence, time, 0)
    with silence.told() as probes:
        assert not probes, "it is back"
    assert not silence.is_known


def test_whoever_found_out_and_never_came_back_is_not_waited_for(
    silence: Silence, time: Time
) -> None:
    fail(silence, time, SLOW)
    time.now += REST
    abandoned = silence.told()
    abandoned.__enter__()
    assert not fail(silence, time, 0)
    time.now += PROBE
    assert fail(silence, time, 0)
    assert not silence.is_known
    abandoned.__exit__(None, None, None)


def test_a_store_that_is_back_and_refuses_is_not_silent(silence: Silence, time: Time) -> None:
    fail(silence, time, SLOW)
    time.now += REST
    assert fail(silence, time, 0)
    assert not silence.is_known


def test_silence_that_was_seen_elsewhere_counts(silence: Silence, time: Time) -> None:
    silence.note()
    assert not fail(silence, time, 0)
