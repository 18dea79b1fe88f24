"""Mistakes that last, though they look like an outage: only who set the store up can mend them.

May know: errors.
"""

from __future__ import annotations

from admit.errors import StoreUnavailable

ENCODED = "Percent-encode what in the password is no letter, digit, `-`, `.`, `_` or `~`."


class Mistake(StoreUnavailable):
    """The store is there and refuses this application. At the start, the application stops.

    Args:
        wrong: What is wrong, without any part of the URL.
        fix: What to do about it.
    """

    def __init__(self, wrong: str, fix: str) -> None:
        super().__init__(wrong)
        self.hint = fix


class UrlMistakeError(ValueError):
    """The URL cannot be of a store. Says what is wrong, without any part of the URL."""
