"""What happened, as one line of the log and one call of a hook for each thing that matters.

May know: nothing else of this package.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

LOGGER = logging.getLogger("admit")
#: The number goes up when a name or a field changes its meaning or goes away, not when one is new.
SCHEMA = 1
#: Characters of a value that are told; what is longer is cut.
LONGEST = 1000

INFO, WARNING, ERROR = logging.INFO, logging.WARNING, logging.ERROR


class Kind(NamedTuple):
    """What is promised of one event: its level, when it comes, its fields."""

    level: int
    when: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


_REFUSAL = ("reference", "status", "detail", "cause", "fix", "provider_request")
_ENDED = ("user", "session", "which")

#: Every event there is, in the order of a user's day.
EVENTS: Mapping[str, Kind] = {
    "signin.elsewhere": Kind(
        WARNING,
        "A browser on another host than the base URL's is sent there before it signs in",
        ("host", "hint"),
    ),
    "signin.started": Kind(
        INFO,
        "A browser is sent to the provider; a warning where there is a `hint`",
        ("pending",),
        ("hint",),
    ),
    "signin.ok": Kind(INFO, "Somebody signed in", ("user", "session"), ("replaced",)),
    "signin.denied": Kind(WARNING, "The provider, or a policy there, said no", ("code",), _REFUSAL),
    "signin.refused": Kind(
        WARNING,
        "A check failed, or the app turned the user away",
        ("code",),
        (*_REFUSAL, "user"),
    ),
    "provider.unavailable": Kind(
        WARNING,
        "The provider is away, its answer, metadata or keys are no good, or it refuses this client",
        ("code",),
        (*_REFUSAL, "at", "channel", "user", "session"),
    ),
    "store.unavailable": Kind(
        WARNING, "The session store is away or slow", ("code",), (*_REFUSAL, "channel")
    ),
    "config.invalid": Kind(
        ERROR,
        "The app does not start, or a page asked for what the settings rule out",
        ("code", "settings", "detail"),
        ("reference", "status"),
    ),
    "session.expired": Kind(
        INFO,
        "A browser came with a session past one of its timeouts",
        ("user", "session", "timeout"),
    ),
    "session.ended": Kind(
        INFO,
        "Sessions were ended by an operator, by the app's code, or by a refresh that was refused",
        ("by",),
        (*_ENDED, "count"),
    ),
    "refresh.ok": Kind(INFO, "An access token was renewed", ("user", "session")),
    "refresh.failed": Kind(
        WARNING,
        "The provider did not answer a refresh; the session lives on",
        ("user", "session", "code"),
    ),
    "refresh.refused": Kind(
        WARNING,
        "The provider refused a refresh, or what it gave failed a check",
        ("user", "session", "code"),
    ),
    "revocation.failed": Kind(
        WARNING, "The provider did not take tokens back that nobody needs", ("user", "code")
    ),
    "logout.local": Kind(
        INFO, "A user signed out", ("user", "session"), ("only", "everywhere", "count")
    ),
    "logout.returned": Kind(
        INFO, "The browser is back from signing out at the provider", ("state",)
    ),
    "logout.backchannel": Kind(
        INFO, "The provider ended sessions by a logout token", ("count",), ("user", "session")
    ),
    "logout.frontchannel": Kind(
        INFO, "The provider ended sessions by a page in a frame", ("count",), ("user", "session")
    ),
    "logout.universal": Kind(
        INFO, "Okta's Universal Logout ended sessions", ("count",), ("user", "session")
    ),
    "logout.refused": Kind(
        WARNING,
        "Another site tried to sign a user out, or a call that claims to be the provider's failed"
        " a check",
        ("code",),
        ("channel", "user", "session", *_REFUSAL),
    ),
}

#: Every field there is: its type, and what it holds.
FIELDS: Mapping[str, tuple[type[str | int], str]] = {
    "user": (str, "Who: `User.id`, 32 hexadecimal characters, a hash of `iss` and `sub`"),
    "session": (str, "Which session: 12 characters, as `admit sessions list` shows them too"),
    "replaced": (str, "The session that this browser had until now"),
    "code": (str, "Why: a heading of [Errors](errors.md), or a code of the app's own"),
    "reference": (str, "Eight characters that stand on the user's page too"),
    "status": (int, "The HTTP status that the browser got"),
    "detail": (str, "What was expected and what came"),
    "cause": (str, "The likely cause, by the evidence"),
    "fix": (str, "What the developer or operator can do"),
    "provider_request": (str, "The provider's own name for the exchange"),
    "host": (str, "The host in the request, or `another host` where that is no plain name"),
    "hint": (str, "What to look at"),
    "pending": (int, "Sign-ins of this browser that never came back; two or more bring a `hint`"),
    "timeout": (str, "`idle` or `absolute`"),
    "by": (str, "`operator`, `application`, or the code of the refresh that was refused"),
    "which": (str, "`all`, or `key` and the id of the key that sealed them"),
    "count": (int, "How many sessions ended"),
    "only": (str, "`app`: the provider's session stays"),
    "everywhere": (str, "`yes`: all sessions of the user, `count` of them"),
    "state": (str, "`ok`, or `unexpected` where it is not the one that was sent"),
    "channel": (str, "`backchannel`, `frontchannel` or `universal`: how the provider called"),
    "at": (str, "`sign-out`: the user is signed out here all the same"),
    "settings": (str, "The names of the settings, with commas between"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        name: One of `EVENTS`.
        fields: As `EVENTS` and `FIELDS` say. Never a secret, a name or an address; users appear by
            their id alone.
    """

    name: str
    fields: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def level(self) -> int:
        """How much it matters, as `logging` counts it."""
        level = EVENTS[self.name].level if self.name in EVENTS else INFO
        return WARNING if level == INFO and "hint" in self.fields else level

    def as_dict(self) -> dict[str, str | int]:
        """Return it flat and ready for JSON: ``event``, ``schema``, then each field.

        No value holds a control character, a line break or more than `LONGEST` characters.
        """
        told = {name: _plain(value) for name, value in self.fields.items()}
        return {"event": self.name, "schema": SCHEMA, **told}

    def __str__(self) -> str:
        """Return one line: the name, then each field."""
        shown = (f"{name}={_quoted(value)}" for name, value in self.fields.items())
        return " ".join([self.name, *shown])


def _plain(value: str | int) -> str | int:
    """Return a value in which nothing starts a line, moves a cursor or fills a disk."""
    if isinstance(value, int):
        return value
    cut = value if len(value) <= LONGEST else value[:LONGEST] + "..."
    return cut if cut.isprintable() else ascii(cut)[1:-1]


def _quoted(value: str | int) -> str:
    text = _plain(value)
    return str(text) if isinstance(text, int) else '"' + text.replace('"', "'") + '"'


Emit = Callable[[Event], None]


def log_event(event: Event) -> None:
    """Write *event* to the logger ``admit``."""
    level = event.level
    if LOGGER.isEnabledFor(level):
        LOGGER.log(level, "%s", event, extra={"admit_event": event})
