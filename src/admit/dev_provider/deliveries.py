"""Messages that the provider sends to apps by itself, and what the apps answered.

May know: nothing else of this package.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import count
from typing import Final
from urllib.parse import urlsplit, urlunsplit

SECONDS: Final = 5.0
LARGEST_ANSWER: Final = 64 * 1024
MOST_KEPT: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A POST request to an app.

    Attributes:
        kind: What it is, for the list on the home page, such as ``Logout token``.
        about: Whom it is about, such as ``sid and sub``.
        app: The app's name.
        uri: Where it goes: ``http`` or ``https``.
    """

    kind: str
    about: str
    app: str
    uri: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of a message.

    Attributes:
        status: The HTTP status of the answer; None while there is none.
        body: The answer's body, at most 64 KiB of it.
        problem: Why there is no answer, such as ``ConnectionRefusedError``; else empty.
        framed: The browser was told to load it in a frame; nobody here sees an answer.
    """

    kind: str
    about: str
    app: str
    uri: str
    status: int | None = None
    body: str = ""
    problem: str = ""
    framed: bool = False

    @property
    def is_done(self) -> bool:
        """Return whether the app answered, or never will."""
        return self.status is not None or bool(self.problem) or self.framed

    @property
    def outcome(self) -> str:
        """Return the status, or what stands for it on a page."""
        if self.framed:
            return "in a frame"
        if self.problem == TimeoutError.__name__:
            return "no answer"
        return str(self.status or ("no connection" if self.problem else "on its way"))

    @property
    def was_accepted(self) -> bool:
        """Return whether the app did as it was told. Spec: OIDC Back-Channel Logout 1.0 2.8."""
        return self.status in {200, 204}


class Deliveries:
    """What was sent, the newest first; in the background, as apps wait for the provider too."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._numbers = count()
        self._kept: OrderedDict[int, Delivery] = OrderedDict()
        self._on_their_way = 0

    def send(self, message: Message) -> Delivery:
        """Send a message, and return what became of it within about five seconds."""
        number = self._expect(message)
        return self._deliver(number, message)

    def send_later(self, message: Message) -> None:
        """Send a message from a thread of its own."""
        number = self._expect(message)
        threading.Thread(target=self._deliver, args=(number, message), daemon=True).start()

    def show(self, *, kind: str, about: str, app: str, uri: str) -> None:
        """Note what a browser is told to load in a frame."""
        with self._changed:
            self._note(Delivery(kind=kind, about=about, app=app, uri=uri, framed=True))

    def settled(self, seconds: float = 2 * SECONDS) -> bool:
        """Wait until nothing is on its way; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._on_their_way == 0, seconds)

    def recent(self) -> list[Delivery]:
        """Return what was sent lately, the newest first."""
        with self._changed:
            return list(reversed(self._kept.values()))

    def clear(self) -> None:
        """Forget what was sent."""
        with self._changed:
            self._kept.clear()

    def _expect(self, message: Message) -> int:
        with self._changed:
            self._on_their_way += 1
            return self._note(
                Delivery(kind=message.kind, about=message.about, app=message.app, uri=message.uri)
            )

    def _note(self, delivery: Delivery) -> int:
        number = next(self._numbers)
        self._kept[number] = delivery
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return number

    def _deliver(self, number: int, message: Message) -> Delivery:
        status, body, problem = _post(message)
        with self._changed:
            self._on_their_way -= 1
            self._changed.notify_all()
            sent = Delivery(
                kind=message.kind,
                about=message.about,
                app=message.app,
                uri=message.uri,
                status=status,
                body=body,
                problem=problem,
            )
            if number in self._kept:
                self._kept[number] = sent
        return sent


def _post(message: Message) -> tuple[int | None, str, str]:
    """Return status, body and problem. A redirect is not followed."""
    try:
        where = urlsplit(message.uri)
        kind = HTTPSConnection if where.scheme == "https" else HTTPConnection
        target = urlunsplit(("", "", where.path or "/", where.query, ""))
        connection = kind(where.hostname or "", where.port, timeout=SECONDS)
        try:
            connection.request("POST", target, message.body, dict(message.headers))
            answer = connection.getresponse()
            return answer.status, answer.read(LARGEST_ANSWER).decode(errors="replace"), ""
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as problem:
        return None, "", type(problem).__name__
