"""An endpoint that is down is left alone, and found out about by one request."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from admit.circuits import LONGEST_HOLD, MOST, Circuits
from admit.errors import ProviderError
from admit.ports import HttpRequest, HttpResponse, run_sync
from material import NOW, answer

TOKEN, KEYS = "https://provider.test/v1/token", "https://provider.test/v1/keys"
FINE = answer({})
UNREACHABLE = ProviderError("provider.unreachable", "no route", status=503)
Outcome = HttpResponse | ProviderError


class Line:
    """A transport of the test: what it answers next, and what it was asked."""

    def __init__(self, *, failures: int = 5, seconds: int = 10) -> None:
        self.now = NOW
        self.outcome: Outcome = FINE
        self.asked: list[str] = []
        self.circuits = Circuits(self, lambda: self.now, failures=failures, seconds=seconds)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request.url)
        if isinstance(self.outcome, ProviderError):
            raise self.outcome
        return self.outcome

    def get(self, url: str = TOKEN, outcome: Outcome | None = None) -> HttpResponse:
        self.outcome = self.outcome if outcome is None else outcome
        return run_sync(self.circuits.send(HttpRequest(method="GET", url=url)))

    def fail(self, outcome: Outcome, times: int = 1, url: str = TOKEN) -> None:
        for _ in range(times):
            try:
                self.get(url, outcome)
            except ProviderError as error:
                assert error is outcome  # noqa: PT017 - an answer raises nothing

    def refused(self, url: str = TOKEN) -> ProviderError:
        """Return what is told in the place of a request, which is not made."""
        asked = len(self.asked)
        with pytest.raises(ProviderError) as caught:
            self.get(url)
        assert len(self.asked) == asked
        assert not caught.value.was_asked
        return caught.value


def failure(code: str) -> ProviderError:
    return ProviderError(f"provider.{code}", "it failed", status=502)


DOWN = [
    failure("unreachable"),
    failure("timeout"),
    failure("tls"),
    failure("broken_answer"),
    answer(b"<html>", 502),
    answer(b"<html>", 503),
    answer(b"<html>", 504),
]


@pytest.mark.parametrize("outcome", DOWN, ids=range(len(DOWN)))
def test_five_failures_in_a_row_open_the_circuit_for_ten_seconds(outcome: Outcome) -> None:
    line = Line()
    line.fail(outcome, 5)
    line.now += 4
    error = line.refused()
    code = outcome.code if isinstance(outcome, ProviderError) else "provider.unavailable"
    assert (error.code, error.status, error.retry_after) == (code, 503, 6)
    assert error.detail.endswith("(4 s ago; the provider is asked again in 6 s)")
    assert error is not outcome
    line.now += 6
    assert line.get(outcome=FINE) is FINE
    assert line.get() is FINE


@pytest.mark.parametrize(
    "outcome",
    [
        answer({"error": "invalid_grant"}, 400),
        answer({}, 401),
        answer({}, 403),
        answer({}, 404),
        answer({}, 429),
        answer({}, 429, retry_after="0"),
        answer({}, 500),
        answer({}, 501),
        answer(b"", 302),
        failure("insecure_url"),
        failure("too_large"),
    ],
    ids=range(11),
)
def test_what_one_visitor_may_bring_about_opens_nothing(outcome: Outcome) -> None:
    line = Line()
    line.fail(outcome, 50)
    assert line.get(outcome=FINE) is FINE
    assert len(line.asked) == 51


@pytest.mark.parametrize("between", [FINE, answer({}, 500), answer({}, 400), answer({}, 429)])
def test_failures_that_are_not_in_a_row_open_nothing(between: HttpResponse) -> None:
    line = Line()
    for _ in range(5):
        line.fail(UNREACHABLE, 4)
        line.fail(between)
    assert len(line.asked) == 25


def test_a_probe_that_fails_keeps_the_circuit_open_for_as_long_again() -> None:
    line = Line()
    line.fail(UNREACHABLE, 5)
    for _ in range(3):
        line.now += 10
        line.fail(UNREACHABLE)
        assert line.refused().retry_after == 10
        line.now += 9
        assert line.refused().retry_after == 1
        line.now -= 9
    assert len(line.asked) == 8


def test_a_circuit_that_was_closed_needs_five_failures_to_open_again() -> None:
    line = Line()
    line.fail(UNREACHABLE, 5)
    line.now += 10
    line.get(outcome=FINE)
    line.fail(UNREACHABLE, 4)
    line.get(outcome=FINE)


def test_while_one_request_finds_out_all_others_are_refused() -> None:
    line, crowd = Line(), 8
    line.fail(UNREACHABLE, 5)
    line.now += 10
    reached, go_on = threading.Event(), threading.Event()

    class Hung(Line):
        async def send(self, request: HttpRequest) -> HttpResponse:
            reached.set()
            assert go_on.wait(10)
            return await super().send(request)

    line.__class__ = Hung
    line.outcome = FINE
    with ThreadPoolExecutor(crowd) as pool:
        probe = pool.submit(line.get)
        assert reached.wait(10)
        assert [line.refused().code for _ in range(crowd)] == ["provider.unreachable"] * crowd
        go_on.set()
        assert probe.result() is FINE
    assert len(line.asked) == 6
    assert line.get() is FINE


def test_of_a_crowd_that_comes_at_once_one_finds_out() -> None:
    crowd = 8
    for _ in range(20):
        line = Line()
        line.fail(UNREACHABLE, 5)
        line.now += 10
        gate = threading.Barrier(crowd)

        def come(line: Line = line, gate: threading.Barrier = gate) -> None:
            gate.wait()
            with pytest.raises(ProviderError):
                line.get()

        with ThreadPoolExecutor(crowd) as pool:
            for job in [pool.submit(come) for _ in range(crowd)]:
                job.result()
        assert len(line.asked) == 6


def test_whoever_looked_at_the_same_moment_has_no_turn_of_their_own() -> None:
    line = Line()
    line.fail(UNREACHABLE, 5)
    line.now += 10

    def looking() -> int:
        # Between the look at the circuit and the turn, somebody else comes, and fails.
        line.circuits._clock = lambda: line.now
        line.fail(UNREACHABLE)
        return line.now

    line.circuits._clock = looking
    with pytest.raises(ProviderError) as caught:
        line.get(outcome=FINE)
    assert not caught.value.was_asked
    assert len(line.asked) == 6


def test_the_good_answer_of_a_slow_probe_does_not_close_what_a_later_one_found() -> None:
    line = Line()
    line.fail(UNREACHABLE, 5)
    line.now += 10

    class Late(Line):
        async def send(self, _request: HttpRequest) -> HttpResponse:
            line.__class__ = Line
            line.now += 10
            line.fail(UNREACHABLE)
            return FINE

    line.__class__ = Late
    line.get()
    assert line.refused().retry_after == 10


def test_a_probe_that_never_comes_back_is_followed_by_another() -> None:
    line = Line()
    line.fail(UNREACHABLE, 5)
    line.now += 10

    class Stuck(Line):
        async def send(self, _request: HttpRequest) -> HttpResponse:
            raise KeyboardInterrupt

    line.__class__ = Stuck
    with pytest.raises(KeyboardInterrupt):
        line.get()
    line.__class__ = Line
    line.refused()
    line.now += 10
    assert line.get(outcome=FINE) is FINE


def test_an_answer_that_was_on_its_way_does_not_close_what_opened_meanwhile() -> None:
    line = Line()

    class Late(Line):
        async def send(self, _request: HttpRequest) -> HttpResponse:
            line.__class__ = Line
            line.fail(answer({}, 429, retry_after="30"))
            return FINE

    line.__class__ = Late
    line.get()
    assert line.refused().code == "provider.rate_limited"


@pytest.mark.parametrize(
    ("said", "seconds"), [("1", 1), ("30", 30), ("60", 60), ("61", 60), ("86400", 60)]
)
def test_a_429_that_says_for_how_long_is_honoured_at_once(said: str, seconds: int) -> None:
    line = Line()
    line.fail(answer({}, 429, retry_after=said))
    error = line.refused()
    assert (error.code, error.status, error.retry_after) == (
        "provider.rate_limited",
        503,
        seconds,
    )
    line.now += seconds - 1
    assert line.refused().retry_after == 1
    line.now += 1
    line.get(outcome=FINE)
    assert line.get() is FINE
    assert seconds <= LONGEST_HOLD


def test_failures_of_requests_on_their_way_do_not_shorten_what_a_429_holds() -> None:
    line = Line()
    line.fail(UNREACHABLE, 4)

    class Late(Line):
        async def send(self, _request: HttpRequest) -> HttpResponse:
            line.__class__ = Line
            line.fail(answer({}, 429, retry_after="60"))
            raise UNREACHABLE

    line.__class__ = Late
    with pytest.raises(ProviderError):
        line.get()
    assert line.refused().retry_after == 60


def test_an_endpoint_that_is_down_stops_no_other_and_its_query_makes_no_new_one() -> None:
    line = Line()
    line.fail(UNREACHABLE, 5, KEYS)
    assert line.get(TOKEN, FINE) is FINE
    assert line.refused(KEYS + "?a=b").code == "provider.unreachable"


def test_check_tells_of_an_open_circuit_and_takes_nobodys_turn() -> None:
    line = Line()
    line.circuits.check(TOKEN)
    line.fail(UNREACHABLE, 5)
    line.circuits.check(KEYS)
    with pytest.raises(ProviderError) as caught:
        line.circuits.check(TOKEN + "?a=b")
    assert (caught.value.status, caught.value.retry_after) == (503, 10)
    line.now += 10
    for _ in range(3):
        line.circuits.check(TOKEN)
    assert line.get(outcome=FINE) is FINE


@pytest.mark.parametrize("outcome", DOWN, ids=range(len(DOWN)))
def test_switched_off_no_failure_opens_it_and_a_429_still_does(outcome: Outcome) -> None:
    line = Line(failures=0)
    line.fail(outcome, 50)
    line.fail(answer({}, 429, retry_after="3"))
    assert line.refused().retry_after == 3
    line.now += 3
    line.fail(outcome, 2)
    assert len(line.asked) == 53


@pytest.mark.parametrize("years", [-1, 1])
def test_a_clock_that_is_put_right_by_years_delays_nothing(years: int) -> None:
    line = Line()
    line.fail(UNREACHABLE, 5)
    line.now += years * 31_536_000
    assert line.get(outcome=FINE) is FINE


@pytest.mark.parametrize("outcome", [UNREACHABLE, answer({}, 429, retry_after="60")])
def test_endpoints_without_end_take_no_memory_without_end(outcome: Outcome) -> None:
    line = Line()
    for number in range(MOST * 3):
        line.fail(outcome, 1, f"https://provider.test/{number}")
    assert len(line.circuits._failed) <= MOST
    assert len(line.circuits._opened) <= MOST


def test_a_shorter_hold_told_to_a_request_under_way_takes_nothing_from_a_longer_one() -> None:
    line = Line()

    class Overtaken(Line):
        async def send(self, request: HttpRequest) -> HttpResponse:
            line.circuits.http = line
            line.outcome = answer({}, 429, retry_after="60")
            await line.circuits.send(request)
            return answer({}, 429, retry_after="1")

    line.circuits.http = Overtaken()
    line.get()
    assert line.refused().retry_after == 60
    line.now += 60
    # Whose turn it is says how long from now on.
    line.get(outcome=answer({}, 429, retry_after="1"))
    assert line.refused().retry_after == 1
