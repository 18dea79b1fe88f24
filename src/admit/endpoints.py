"""Where a sign-in comes back, and the session of a request.

May know: attempts, browser, errors, events, evidence, failure_answers, guard, model, protocol,
refusals, relying_party, rounds, sealing, sessions, settings, starts, user.
"""

from __future__ import annotations

from collections.abc import Callable

from admit.attempts import LIFETIME, Attempts, attempt_key
from admit.browser import BrowserRequest, BrowserResponse, Cookies, redirect
from admit.errors import ResponseRejected, SignInError
from admit.events import Emit, Event
from admit.evidence import missing_attempt
from admit.failure_answers import FailureAnswers
from admit.guard import Guard
from admit.model import AuthorizationRequest, Session
from admit.protocol.authorization import response_state
from admit.refusals import refined
from admit.relying_party import RelyingParty
from admit.rounds import Rounds
from admit.sealing import Unsealable
from admit.sessions import Sessions
from admit.settings import Settings
from admit.starts import Starts
from admit.user import User

NO_CONTENT, NOT_NOW = 204, 503
#: What answers ``prompt=none`` (OIDC Core 3.1.2.6): no failure, the user is just not signed in.
SILENT = frozenset({"authorization.login_required", "authorization.interaction_required"})


class Endpoints:
    """The callback, and the session of a request; `starts` begins what comes back there.

    Args:
        settings: Of this deployment.
        relying_party: Talks to the provider.
        sessions: Keeps sessions.
        attempts: Keeps attempts.
        clock: Returns the seconds since the epoch.
        random: Returns that many fresh random bytes.
        emit: Takes events.
        debug: Pages tell the developer's side.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        relying_party: RelyingParty,
        sessions: Sessions,
        attempts: Attempts,
        clock: Callable[[], int],
        random: Callable[[int], bytes],
        emit: Emit,
        debug: Callable[[], bool],
    ) -> None:
        self.settings = settings
        self.cookies = Cookies(settings)
        self.guard = Guard(settings)
        self.sessions = sessions
        self.relying_party = relying_party
        self.on_sign_in: Callable[[User], None] = lambda _user: None
        self.on_sign_out: Callable[[], None] = lambda: None
        self.failures = FailureAnswers(settings, self.guard, random=random, emit=emit, debug=debug)
        self.fail = self.failures.answer
        self._attempts = attempts
        self._clock = clock
        self._emit = emit
        self.rounds = Rounds(self.cookies, clock)
        self.starts = Starts(
            settings,
            self.session,
            relying_party=relying_party,
            attempts=attempts,
            cookies=self.cookies,
            guard=self.guard,
            rounds=self.rounds,
            failures=self.failures,
            emit=emit,
        )

    async def session(self, request: BrowserRequest) -> Session | None:
        """Return the session of *request*, if its cookie holds one that is alive."""
        text = request.cookies.get(self.cookies.session)
        return None if text is None else await self.sessions.load(text, self._clock())

    async def callback(self, request: BrowserRequest) -> BrowserResponse:
        """Answer the redirect URI: the one way to become signed in."""
        if request.method == "HEAD" or request.is_prefetch:
            return BrowserResponse(status=NO_CONTENT if request.method == "HEAD" else NOT_NOW)
        return_to, cookies, rounds = self.guard.default, list[str](), 0
        try:
            state = response_state(request.parameters)
            if await self._is_seen_again(request, state):
                return redirect(self.guard.absolute(return_to))
            if (name := self._attempts.cookie_name(state)) in request.cookies:
                cookies.append(self.cookies.delete(name))
            attempt = await self._attempt(request, state)
            return_to, rounds = attempt.return_to, attempt.rounds
            cookies += await self._complete(request, attempt)
            return redirect(self.guard.absolute(return_to), cookies)
        except SignInError as error:
            if refined(error).code in SILENT:
                # The application asked whether somebody is signed in, and nobody is. Whoever asks
                # again and again is stopped as in any other loop.
                self._emit(Event("signin.denied", {"code": refined(error).code}))
                cookies.append(self.rounds.cookie(rounds + 1))
                return redirect(self.guard.absolute(return_to), cookies)
            return self.fail(error, request, return_to, cookies)

    async def _complete(self, request: BrowserRequest, attempt: AuthorizationRequest) -> list[str]:
        """Finish an attempt, and return the cookies of the new session."""
        now = self._clock()
        moment = await self._attempts.use(attempt, now)
        if moment is None:
            raise ResponseRejected("attempt.used", "this response was brought before")
        signed_in = await self.relying_party.complete(request.parameters, attempt)
        session, text = await self.sessions.start(
            signed_in.id_token,
            signed_in.userinfo,
            attempt=attempt_key(attempt.state),
            moment=moment,
            now=now,
            tokens=signed_in.tokens if self.settings.access_tokens else None,
        )
        user = User.of(session, self.settings.groups_claim)
        try:
            self.on_sign_in(user)
        except SignInError:
            await self.sessions.end(session, now)
            raise
        if (former := await self.session(request)) is not None:
            await self.sessions.end(former, now)
        self._emit(Event("signin.ok", {"user": user.id}))
        return [
            self.cookies.set(self.cookies.session, text),
            self.rounds.cookie(attempt.rounds + 1),
        ]

    async def _is_seen_again(self, request: BrowserRequest, state: str) -> bool:
        """Tell whether the response is the one that began the session the browser has."""
        session = await self.session(request)
        return session is not None and session.attempt == attempt_key(state)

    async def _attempt(self, request: BrowserRequest, state: str) -> AuthorizationRequest:
        """Return the attempt that this browser holds for *state*."""
        text = request.cookies.get(self._attempts.cookie_name(state))
        if text is None:
            if await self._attempts.is_spent(state):
                raise ResponseRejected("attempt.used", "this response was brought before")
            pending = len(self._attempts.pending(request.cookies))
            raise missing_attempt(request, self.settings, pending)
        attempt = self._attempts.open(text)
        if isinstance(attempt, Unsealable):
            raise ResponseRejected(
                "attempt.unreadable",
                f"the attempt's cookie does not open: {attempt.value}",
                cause="it was sealed with a key that is not configured here"
                if attempt is Unsealable.UNKNOWN_KEY
                else "the cookie was changed or cut off on its way",
                hint="all workers need the same secret keys, and they must outlive a restart",
            )
        now = self._clock()
        if attempt.state == state and now >= attempt.started_at + LIFETIME:
            raise ResponseRejected(
                "attempt.expired",
                f"it began {now - attempt.started_at} s ago, {LIFETIME} s are given",
            )
        if attempt.issuer != self.settings.client.issuer:
            raise ResponseRejected("attempt.other_issuer", "the issuer was changed meanwhile")
        return attempt
