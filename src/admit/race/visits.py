"""What visitors do: pages with access tokens, and sign-outs of every kind. All is written down.

May know: attempts, browser, errors, model, ports, session_codec, race.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from urllib.parse import urlencode

from admit.attempts import attempt_key
from admit.browser import BrowserRequest
from admit.errors import SignInAgain, SignInError
from admit.model import Session
from admit.ports import HttpRequest, run_sync
from admit.race.journal import WAYS, Ended, Ending, Failed, Journal, Page, Renewed, Started
from admit.race.options import user_of
from admit.race.parts import Parts, clock
from admit.race.slots import Visited
from admit.session_codec import decode_tokens

OK = 200
#: Seconds that an access token must live to be good for a page.
MIN_TTL = 1
#: One page in so many is slow: it takes so many seconds at most, and notes then that its session is
#: in use.
SLOW, SLOWEST = 8, 0.03
#: Seconds.
USED_UP = 60
#: Threads of a process that wait for one session's access token at once: with more, all of them
#: would soon wait for a session whose holder was killed.
MOST_WAITING = 2
#: Seconds. Who has waited for longer may wait for a worker that was killed, and is left to see how
#: that goes on.
LATELY = 0.05


class Visits:
    """Acts on sessions, from any thread of one process.

    Args:
        parts: Of the application.
        journal: Takes what was seen.
        name: The process.
    """

    def __init__(self, parts: Parts, journal: Journal, name: str) -> None:
        self._parts = parts
        self._journal = journal
        self._name = name
        self._numbers = count()
        self._issuer = parts.party.client.issuer
        self._form = {"Content-Type": "application/x-www-form-urlencoded"}
        #: Sessions of pages that wait here, and since when, by their threads.
        self._waiting: dict[int, tuple[float, Visited]] = {}

    def waiting(self) -> Visited | None:
        """Return the session of a page here that has just begun to wait, if one has."""
        lately = time.monotonic() - LATELY
        return next((one for since, one in list(self._waiting.values()) if since > lately), None)

    @contextmanager
    def _waits(self, visited: Visited) -> Iterator[None]:
        self._waiting[threading.get_ident()] = time.monotonic(), visited
        try:
            yield
        finally:
            del self._waiting[threading.get_ident()]

    @contextmanager
    def noted(self, session: str | None) -> Iterator[None]:
        """Write down what fails inside, and go on."""
        try:
            yield
        except SignInError as error:
            self.failed(error.code, session)
        except Exception as error:  # noqa: BLE001 - a thread that ends would hide what is wrong
            self.failed(f"crash.{type(error).__name__}", session)

    def failed(self, code: str, session: str | None) -> None:
        """Write down that something failed."""
        self._journal.write(Failed(code=code, session=session, done=time.monotonic()))

    def start(self, slot: int) -> Visited:
        """Sign a user in, for a new session of *slot*.

        Raises:
            SignInError: It was not to be.
        """
        user, began = user_of(slot), time.monotonic()
        parts, name = self._parts, f"{slot}-{self._name}-{next(self._numbers)}"
        request, _ = run_sync(parts.party.begin(return_to="/", parameters={}))
        since = run_sync(parts.store.use(b"race " + os.urandom(16), USED_UP))
        answer = {"state": [request.state], "code": [f"{user}|{name}|{request.nonce}"]}
        signed_in = run_sync(parts.party.complete(answer, request))
        _, cookie = run_sync(
            parts.sessions.start(
                signed_in.id_token,
                None,
                attempt=attempt_key(request.state),
                moment=(since or 0, since or 0),
                now=clock(),
                tokens=signed_in.tokens,
            )
        )
        self._journal.write(
            Started(
                session=name,
                user=user,
                slot=slot,
                cookie=cookie,
                began=began,
                done=time.monotonic(),
            )
        )
        return Visited(name=name, user=user, cookie=cookie)

    def page(self, visited: Visited) -> bool:
        """Show a page that needs the session and an access token; tell whether there is one.

        Raises:
            SignInError: What a real page would answer with.
        """
        session = self.load(visited)
        if session is None:
            return False
        if random.randrange(SLOW) == 0:  # noqa: S311 - no secret
            with self._waits(visited):
                time.sleep(random.uniform(0, SLOWEST))  # noqa: S311
                run_sync(self._parts.sessions.touch(session, clock()))
        waiting = [one for _, one in list(self._waiting.values())].count(visited)
        return waiting >= MOST_WAITING or self.renew(visited, session)

    def load(self, visited: Visited) -> Session | None:
        """Return the session, if it is alive."""
        began = time.monotonic()
        session = run_sync(self._parts.sessions.load(visited.cookie, clock()))
        self._page(visited, began, found=session is not None)
        return session

    def renew(self, visited: Visited, session: Session) -> bool:
        """Get an access token that will do; tell whether the session was still there for it."""
        began = time.monotonic()
        self._parts.http.begin(began)
        try:
            with self._waits(visited):
                fresh = run_sync(self._parts.tokens.fresh(visited.cookie, session, (), MIN_TTL))
        except SignInAgain as again:
            if again.code != "session.ended":
                raise
            self._page(visited, began, found=False)
            return False
        tokens = decode_tokens(fresh)
        if fresh is not session and tokens is not None:
            turn = int(tokens.access_token.rpartition("~")[2])
            self._journal.write(
                Renewed(
                    session=visited.name,
                    turn=turn,
                    by=self._name,
                    began=began,
                    done=time.monotonic(),
                )
            )
        return True

    def end(self, visited: Visited, way: str) -> None:
        """End the session in one of `WAYS`.

        Raises:
            SignInError: It may still be alive.
        """
        number, of_user = f"{self._name}-{next(self._numbers)}", WAYS[way]
        began = Ending(
            number=number,
            way=way,
            session=None if of_user else visited.name,
            user=visited.user if of_user else None,
            began=time.monotonic(),
        )
        self._journal.write(began)
        if way == "sign-out":
            self._sign_out(visited)
        elif way == "everywhere":
            run_sync(self._parts.ends.of_user(visited.user, by="user"))
        else:
            self._backchannel({"sub": visited.user} if of_user else {"sid": visited.sid})
        self._journal.write(Ended(number=number, done=time.monotonic()))

    def _sign_out(self, visited: Visited) -> None:
        session = self.load(visited)
        if session is not None:
            run_sync(self._parts.sessions.end(session, clock()))

    def _backchannel(self, subject: dict[str, str]) -> None:
        """Bring a logout token of the provider's, as it would post it."""
        url, body = f"{self._issuer}/logout-token", urlencode(subject).encode()
        asked = HttpRequest(method="POST", url=url, headers=self._form, body=body)
        token = json.loads(run_sync(self._parts.http.send(asked)).body)["logout_token"]
        answer = run_sync(
            self._parts.calls.backchannel(
                BrowserRequest(
                    method="POST",
                    path="/backchannel-logout",
                    host="localhost",
                    headers={},
                    cookies={},
                    parameters={"logout_token": [token]},
                )
            )
        )
        if answer.status != OK:
            code = json.loads(answer.body)["error_description"]
            raise SignInError(code, "the logout token was refused")

    def _page(self, visited: Visited, began: float, *, found: bool) -> None:
        now = time.monotonic()
        self._journal.write(Page(session=visited.name, began=began, done=now, found=found))
