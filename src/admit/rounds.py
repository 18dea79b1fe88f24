"""A sign-in that goes round and round is noticed and stopped, not left to loop.

A cookie of one minute counts. Either sign-ins in a row after which no page saw the session, or how
often somebody who is signed in was sent to sign in again from one page.

May know: base64url, browser, errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import sha256

from admit.base64url import to_base64url
from admit.browser import BrowserRequest, Cookies
from admit.errors import ResponseRejected

#: Rounds within this many seconds after which we stop.
MOST, WINDOW = 3, 60
SIGNED_IN = "s"
COUNT = re.compile(r"(s|b[A-Za-z0-9_-]{8})\.([0-9])\.([0-9]{1,12})")


class Rounds:
    """Counts the rounds of a browser.

    Args:
        cookies: Name the cookie.
        clock: Returns the seconds since the epoch.
    """

    def __init__(self, cookies: Cookies, clock: Callable[[], int]) -> None:
        self._cookies = cookies
        self._clock = clock

    def signed_in(self, request: BrowserRequest) -> int:
        """Return how often this browser was just signed in, without it having stuck.

        Raises:
            ResponseRejected: ``sign_in.loop``, after too many.
        """
        return self._count(
            request,
            SIGNED_IN,
            f"{MOST} sign-ins within {WINDOW} s, and no page saw the session",
            "the session's cookie does not come back",
            "look at the Set-Cookie of the callback in the browser's tools: host, path and size",
        )

    def sent_back(self, request: BrowserRequest, return_to: str) -> str:
        """Return the cookie that counts one more time that *return_to* sent a user to sign in.

        Raises:
            ResponseRejected: ``sign_in.loop``, after too many.
        """
        kind = "b" + to_base64url(sha256(return_to.encode()).digest())[:8]
        count = self._count(
            request,
            kind,
            f"{MOST} times within {WINDOW} s one page sent a user to sign in who is signed in",
            "the application does not take the session for a sign-in",
            "look for a redirect to the sign-in page in the application: a user without a right"
            " needs a 403 instead",
        )
        return self.cookie(count + 1, kind)

    def cookie(self, rounds: int, kind: str = SIGNED_IN) -> str:
        """Return the ``Set-Cookie`` value that remembers so many rounds."""
        value = f"{kind}.{min(rounds, 9)}.{self._clock()}"
        return self._cookies.set(self._cookies.rounds, value, WINDOW)

    def has_stuck(self, cookies: Mapping[str, str]) -> bool:
        """Tell whether a page that saw the session may forget the sign-ins before it."""
        return cookies.get(self._cookies.rounds, "").startswith(SIGNED_IN)

    def _count(self, request: BrowserRequest, kind: str, what: str, cause: str, fix: str) -> int:
        text = request.cookies.get(self._cookies.rounds)
        found = COUNT.fullmatch(text) if text else None
        # A cookie that others planted may be of the future, and would count for ever.
        if found is None or found[1] != kind or not 0 <= self._clock() - int(found[3]) < WINDOW:
            return 0
        if int(found[2]) >= MOST:
            raise ResponseRejected("sign_in.loop", what, cause=cause, hint=fix)
        return int(found[2])
