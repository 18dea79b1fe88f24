"""A sign-in that goes round and round is noticed and stopped, not left to loop.

A cookie of one minute counts the sign-ins that a browser completed in a row.

May know: browser, errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from admit.browser import BrowserRequest, Cookies
from admit.errors import ResponseRejected

#: Sign-ins within this many seconds, none of which stuck, after which we stop.
MOST, WINDOW = 3, 60
COUNT = re.compile(r"([0-9])\.([0-9]{1,12})")


class Rounds:
    """Counts the sign-ins of a browser that did not stick.

    Args:
        cookies: Name the cookie.
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, cookies: Cookies, clock: Callable[[], int]) -> None:
        self._cookies = cookies
        self._clock = clock

    def of(self, request: BrowserRequest) -> int:
        """Return how often this browser was just signed in, without it having stuck.

        Raises:
            ResponseRejected: ``sign_in.loop``, after too many.
        """
        text = request.cookies.get(self._cookies.rounds)
        found = COUNT.fullmatch(text) if text else None
        if found is None or int(found[2]) + WINDOW <= self._clock():
            return 0
        if int(found[1]) >= MOST:
            raise ResponseRejected(
                "sign_in.loop",
                f"{MOST} sign-ins within {WINDOW} s, and the session did not stick",
                cause="the session's cookie does not come back, or the application sends a user who"
                " is signed in to sign in again",
                hint="look at the Set-Cookie of the callback in the browser's tools: its host, path"
                " and size; look for a redirect to the sign-in page in the application",
            )
        return int(found[1])

    def cookie(self, rounds: int) -> str:
        """Return the ``Set-Cookie`` value that remembers so many rounds."""
        value = f"{min(rounds, 9)}.{self._clock()}"
        return self._cookies.set(self._cookies.rounds, value, WINDOW)
