"""What must hold of every browser, kept beside the application as simply as can be.

A session is known by the text of its cookie, an attempt by the text of its own: what was copied is
the same, and what was changed is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

IDLE, ABSOLUTE, ATTEMPT = 600, 3000, 3600
#: A store hears of a use once this part of the idle time has passed.
TOUCH = IDLE // 8


@dataclass
class Attempt:
    """One that a browser began.

    Attributes:
        name: Of its cookie.
        began: By the machine's clock.
        secret: The number of the secret that sealed it.
        brought: The processes that saw its response.
    """

    name: str
    text: str
    state: str
    url: str
    return_to: str
    began: int
    secret: int
    brought: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Response:
    """What the provider sent back for an attempt: that *user* signed in."""

    attempt: Attempt
    code: str
    user: str
    sid: str


@dataclass
class Vouched:
    """A session, and for whom the provider vouched in the attempt that began it.

    Attributes:
        started: By the clock that its limits go by.
        since: When its sign-in was begun.
        seen: When it was last used at the latest; in cookies, by each text.
        ended: The processes that refuse it from now on; with a store, all do.
    """

    sub: str
    sid: str
    attempt: Attempt
    started: int
    since: int
    secrets: dict[str, int] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)


class Model:
    """Who may be signed in.

    Args:
        stored: Sessions are in a store, which all processes share.
    """

    def __init__(self, *, stored: bool) -> None:
        self.stored = stored
        self.process = 0
        self.secrets = [0]
        self.attempts: dict[str, Attempt] = {}
        self.sessions: dict[str, Vouched] = {}
        self._marks: dict[str, tuple[int, int, set[int]]] = {}

    @property
    def here(self) -> int:
        """What remembers ends and uses: the store, or this process."""
        return 0 if self.stored else self.process

    def may_be(self, text: str | None, now: int) -> Vouched | None:
        """Return whose session the cookie is, unless it must be dead."""
        session = self.sessions.get(text or "")
        if session is None or text is None or self.here in session.ended:
            return None
        is_over = now >= session.started + ABSOLUTE or now >= session.seen[text] + IDLE
        return None if is_over or session.secrets[text] not in self.secrets else session

    def must_be(self, text: str | None, now: int) -> Vouched | None:
        """Return whose session the cookie is, if it must be alive."""
        session = self.may_be(text, now)
        if session is None or text is None:
            return None
        margin = TOUCH + 1 if self.stored else 0
        until = min(session.seen[text] + IDLE, session.started + ABSOLUTE)
        return session if now < until - margin else None

    def begin(self, attempt: Attempt) -> None:
        self.attempts[attempt.text] = attempt

    def held(self, cookies: dict[str, str], state: str) -> Attempt | None:
        """Return the attempt of *state* that a browser with *cookies* holds."""
        found = [a for text in cookies.values() if (a := self.attempts.get(text))]
        return next((attempt for attempt in found if attempt.state == state), None)

    def is_good(self, attempt: Attempt, cookies: dict[str, str], machine: int) -> bool:
        """Tell whether a response to *attempt* may still sign in a browser with *cookies*."""
        return (
            attempt.text in cookies.values()
            and self.here not in attempt.brought
            and machine < attempt.began + ATTEMPT
            and attempt.secret in self.secrets
        )

    def start(self, text: str, session: Vouched, now: int) -> None:
        session.secrets[text], session.seen[text] = self.secrets[0], now
        self.sessions[text] = session
        if self.is_marked(["all"], session.since, now):
            session.ended.add(self.here)

    def use(self, before: str, text: str, now: int) -> None:
        """A page saw the session of *before*; its cookie is *text* by now."""
        session = self.sessions[before]
        if self.stored:
            session.seen[text] = max(now, session.seen[text])
        elif text != before:
            session.secrets[text], session.seen[text] = self.secrets[0], now
            self.sessions[text] = session

    def end(self, session: Vouched | None) -> None:
        if session is not None:
            session.ended.add(self.here)

    def end_all(self, name: str, now: int, lasting: int = 10**6, sub: str = "") -> None:
        """End what has that name: ``all``, ``sub alice``, ``sid 7``; also what is on its way."""
        at, until, secrets = self._marks.get(name, (0, 0, set()))
        secrets = secrets | set(self.secrets)
        self._marks[name] = max(at, now), max(until, now + lasting), secrets
        for session in self.sessions.values():
            named = {"all", f"sub {session.sub}", f"sid {session.sid}"}
            if name in named and session.since <= now and sub in {"", session.sub}:
                self.end(session)

    def is_marked(self, names: list[str], since: int, now: int) -> bool:
        """Tell whether what began at *since* was ended meanwhile, under a secret that is left."""
        marks = [self._marks[name] for name in names if name in self._marks]
        here = set(self.secrets)
        return any(since <= at and until > now and secrets & here for at, until, secrets in marks)
