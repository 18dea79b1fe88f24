"""A transport that leaves an endpoint alone while it is down: a circuit breaker.

An endpoint that failed several times in a row is not asked for some seconds. Whoever needs it gets
the last failure again, at once. Then one request goes through, and its answer decides. No lock
stands here: an opened circuit is a value that is put in the place of another as a whole, and the
one turn that it gives is taken out of a list, which threads cannot do twice.

May know: errors, ports, protocol.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from admit.errors import ProviderError
from admit.ports import Http, HttpRequest, HttpResponse
from admit.protocol.answers import TOO_MANY_REQUESTS, check_available

#: Failures in a row that open a circuit, and seconds for which it is open.
FAILURES, SECONDS = 5, 10
#: Seconds for which a provider may hold us off by 429 and ``Retry-After``.
LONGEST_HOLD = 60
#: Endpoints that are told apart: a provider has five or six.
MOST = 64
#: Answers of whatever stands before the provider: it is down. One user's request brings about a
#: 500 or a 4xx, and nobody else is to pay for it.
DOWN = frozenset({502, 503, 504})
#: So does an answer that is too large: it may be all of one user's claims.
TRANSPORT = frozenset(
    {
        "provider.unreachable",
        "provider.timeout",
        "provider.tls",
        "provider.broken_answer",
    }
)
UNAVAILABLE = 503


class Opened:
    """A circuit that is open. Nothing of it changes but whose turn it is.

    Args:
        failure: What opened it.
        since: When; seconds since the epoch.
        until: When one request may find out.
    """

    __slots__ = ("failure", "since", "turn", "until")

    def __init__(self, failure: ProviderError, *, since: int, until: int) -> None:
        self.failure = failure
        self.since = since
        self.until = until
        #: One item, which belongs to the request that takes it out.
        self.turn: list[None] = [None]

    def is_over(self, now: int) -> bool:
        """Tell whether it is time to find out. A clock that was set back delays nothing."""
        return not self.since <= now < self.until

    def refusal(self, now: int) -> ProviderError:
        """Return the failure for a request that is not made."""
        error = self.failure.again(ago=max(now - self.since, 0), wait=max(self.until - now, 1))
        error.status = UNAVAILABLE
        error.retry_after = max(self.until - now, 1)
        return error


class Circuits:
    """The port `Http` around another one. One circuit for each endpoint.

    Args:
        http: What really sends.
        clock: Returns the seconds since the epoch.
        failures: So many in a row open a circuit; 0 is never.
        seconds: For which it is open.
    """

    def __init__(
        self,
        http: Http,
        clock: Callable[[], int],
        *,
        failures: int = FAILURES,
        seconds: int = SECONDS,
    ) -> None:
        self.http = http
        self._clock = clock
        self._most = failures
        self._seconds = seconds
        self._failed: dict[str, int] = {}
        self._opened: dict[str, Opened] = {}

    def use(self, http: Http) -> Http:
        """Send by another transport from now on, with all circuits closed; return the former."""
        former, self.http = self.http, http
        self._failed, self._opened = {}, {}
        return former

    def check(self, url: str) -> None:
        """Pass an endpoint that may be asked now, or found out about.

        Raises:
            ProviderError: Its circuit is open; status 503 with ``retry_after``.
        """
        # Nearly always there is none at all.
        if self._opened and (opened := self._opened.get(_endpoint(url))) is not None:
            now = self._clock()
            if not opened.is_over(now):
                raise opened.refusal(now)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer, whatever its status. See the port `Http`.

        Raises:
            ProviderError: What the transport raises; or the endpoint's last failure again, with
                status 503 and ``retry_after``, where its circuit is open.
        """
        endpoint = _endpoint(request.url)
        seen = self._admitted(endpoint)
        try:
            answer = await self.http.send(request)
        except ProviderError as error:
            if error.code in TRANSPORT:
                self._count(endpoint, error, seen)
            raise
        if answer.status in DOWN or answer.status == TOO_MANY_REQUESTS:
            self._note(endpoint, answer, seen)
        else:
            self._close(endpoint, seen)
        return answer

    def _admitted(self, endpoint: str) -> Opened | None:
        """Return the circuit that this request probes; None where it is closed.

        Raises:
            ProviderError: It is open, or somebody else probes it.
        """
        opened = self._opened.get(endpoint)
        if opened is None:
            return None
        now = self._clock()
        if not opened.is_over(now):
            raise opened.refusal(now)
        try:
            opened.turn.pop()
        except IndexError:
            raise opened.refusal(now) from None
        # A probe that never comes back, such as after a fork, is followed by another one.
        return self._open(endpoint, opened.failure, now, self._seconds)

    def _note(self, endpoint: str, answer: HttpResponse, seen: Opened | None) -> None:
        """Note an answer that says no more than "not now"."""
        try:
            check_available(answer, urlsplit(endpoint).hostname or "")
        except ProviderError as error:
            if answer.status in DOWN:
                self._count(endpoint, error, seen)
            elif error.retry_after:
                now, hold = self._clock(), min(error.retry_after, LONGEST_HOLD)
                self._open(endpoint, error, now, max(hold, self._held(endpoint, now, seen)))
            else:
                self._close(endpoint, seen)

    def _count(self, endpoint: str, error: ProviderError, seen: Opened | None) -> None:
        """Count a failure; open the circuit where it is one too many, or a probe's."""
        if not self._most:
            self._close(endpoint, seen)
            return
        failed = self._failed.get(endpoint, 0) + 1
        if seen is None and failed < self._most:
            _bound(self._failed, endpoint)
            self._failed[endpoint] = failed
            return
        now = self._clock()
        held = self._held(endpoint, now, seen)
        self._open(endpoint, error, now, max(self._seconds, held))

    def _held(self, endpoint: str, now: int, seen: Opened | None) -> int:
        """Return for how long the endpoint is left alone already, not by this request's turn.

        Who holds us off for longer is not asked earlier because others failed.
        """
        opened = self._opened.get(endpoint)
        if opened is None or opened is seen or opened.is_over(now):
            return 0
        return opened.until - now

    def _open(self, endpoint: str, error: ProviderError, now: int, seconds: int) -> Opened:
        _bound(self._opened, endpoint)
        opened = Opened(error, since=now, until=now + seconds)
        self._opened[endpoint] = opened
        return opened

    def _close(self, endpoint: str, seen: Opened | None) -> None:
        """Forget the failures; close the circuit if it is the one that was probed.

        One that was opened while the answer was on its way stays open.
        """
        self._failed.pop(endpoint, None)
        if seen is not None and self._opened.get(endpoint) is seen:
            self._opened.pop(endpoint, None)


def _endpoint(url: str) -> str:
    return url.partition("?")[0]


def _bound(circuits: dict[str, int] | dict[str, Opened], endpoint: str) -> None:
    """Make room for one more."""
    if len(circuits) >= MOST and endpoint not in circuits:
        circuits.clear()
