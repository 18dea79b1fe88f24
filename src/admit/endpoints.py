"""Where a sign-in comes back, and the session of a request.

May know: access_tokens, attempts, browser, errors, events, evidence, exchanges, failure_answers,
guard, model, protocol, refusals, relying_party, rounds, sealing, session_reference, sessions,
settings, starts, user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from admit.attempts import LIFETIME, Attempts, Moment, attempt_key
from admit.browser import BrowserRequest, BrowserResponse, Cookies, redirect
from admit.errors import ResponseRejected, SignInError, StoreUnavailable
from admit.events import Emit, Event
from admit.evidence import missing_attempt
from admit.exchanges import SignedIn
from admit.failure_answers import FailureAnswers
from admit.guard import Guard
from admit.model import AuthorizationRequest, Session
from admit.protocol.authorization import response_state
from admit.refusals import refined
from admit.relying_party import RelyingParty
from admit.rounds import Rounds
from admit.sealing import Unsealable
from admit.session_reference import session_reference
from admit.sessions import Sessions
from admit.settings import Settings
from admit.starts import Starts
from admit.user import User, user_id

if TYPE_CHECKING:
    # Loaded only where a store is used.
    from admit.access_tokens import AccessTokens

NO_CONTENT, NOT_NOW = 204, 503
#: What answers ``prompt=none`` (OIDC Core 3.1.2.6): no failure then, the user is not signed in.
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
        tokens: Gives up the tokens of a session, where it keeps any.
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
        tokens: AccessTokens | None = None,
    ) -> None:
        self.settings = settings
        self.cookies = Cookies(settings)
        self.guard = Guard(settings)
        self.sessions = sessions
        self.relying_party = relying_party
        #: Told the user, their session and the content of its cookie. What it raises undoes all.
        self.on_sign_in: Callable[[User, Session, str], None] = lambda _user, _session, _text: None
        self.on_sign_out: Callable[[], None] = lambda: None
        self.failures = FailureAnswers(settings, self.guard, random=random, emit=emit, debug=debug)
        self.fail = self.failures.answer
        self._attempts = attempts
        self._clock = clock
        self._emit = emit
        self._tokens = tokens
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
        silent = False
        try:
            state = response_state(request.parameters)
            former = await self.session(request)
            if former is not None and former.attempt == attempt_key(state):
                # The response is the one that began the session the browser has.
                return redirect(self.guard.absolute(return_to))
            if (name := self._attempts.cookie_name(state)) in request.cookies:
                cookies.append(self.cookies.delete(name))
            attempt = await self._attempt(request, state)
            return_to, rounds, silent = attempt.return_to, attempt.rounds, attempt.silent
            if former is None and attempt.former:
                former = await self.sessions.load(attempt.former, self._clock())
            cookies += await self._complete(request, attempt, former)
            return redirect(self.guard.absolute(return_to), cookies)
        except SignInError as error:
            if silent and refined(error).code in SILENT:
                # The application asked whether somebody is signed in, and nobody is. Whoever asks
                # again and again is stopped as in any other loop.
                self._emit(Event("signin.denied", {"code": refined(error).code}))
                cookies.append(self.rounds.cookie(rounds + 1))
                return redirect(self.guard.absolute(return_to), cookies)
            return self.fail(error, request, return_to, cookies)

    async def _complete(
        self, request: BrowserRequest, attempt: AuthorizationRequest, former: Session | None
    ) -> list[str]:
        """Finish an attempt as a whole, or change nothing; return the cookies of the new session.

        Whatever may fail is done before `on_sign_in`, or does not matter any more.
        """
        now = self._clock()
        session, text = await self.redeem(request.parameters, attempt, now)
        user = User.of(session, self.settings.groups_claim)
        try:
            self.on_sign_in(user, session, text)
        except Exception as error:
            await self._end(session, now)
            self._give_up(session)
            if not isinstance(error, SignInError):
                self._tell_mistake(error, user)
            raise
        if former is not None:
            await self._end(former, now)
            # Of the same user, some providers have one grant alone: it is the new session's by now.
            if User.of(former).id != user.id:
                self._give_up(former)
        told: dict[str, str | int] = {"user": user.id, "session": session_reference(session)}
        if former is not None:
            told["replaced"] = session_reference(former)
        self._emit(Event("signin.ok", told))
        return [
            self.cookies.set(self.cookies.session, text),
            self.rounds.cookie(attempt.rounds + 1),
        ]

    async def redeem(
        self, parameters: Mapping[str, Sequence[str]], attempt: AuthorizationRequest, now: int
    ) -> tuple[Session, str]:
        """Use an attempt up, and return the session that it gives and the content of its cookie.

        Raises:
            SignInError: Any but ConfigurationError.
        """
        moment = await self._attempts.use(attempt, now)
        if moment is None:
            raise ResponseRejected("attempt.used", "this response was brought before")
        signed_in = await self.relying_party.complete(parameters, attempt)
        return await self._start(signed_in, attempt, moment, now)

    async def _start(
        self, signed_in: SignedIn, attempt: AuthorizationRequest, moment: Moment, now: int
    ) -> tuple[Session, str]:
        """Return the new session and the content of its cookie.

        Raises:
            ResponseRejected: The session has ended already; nobody is to use its tokens.
        """
        id_token = signed_in.id_token
        tokens = signed_in.tokens if self.settings.access_tokens else None
        try:
            return await self.sessions.start(
                id_token,
                signed_in.userinfo,
                attempt=attempt_key(attempt.state),
                moment=moment,
                now=now,
                tokens=tokens,
            )
        except ResponseRejected:
            if self._tokens is not None and tokens is not None:
                user = user_id(self.settings.client.issuer, id_token.sub)
                self._tokens.revoke_tokens_later(tokens, user)
            raise

    async def _end(self, session: Session, now: int) -> None:
        """End a session whose end keeps nobody from going on."""
        try:
            await self.sessions.end(session, now)
        except StoreUnavailable as error:
            self.failures.note(error)

    def _tell_mistake(self, error: Exception, user: User) -> None:
        """Tell of a hook's own exception: no page of ours does."""
        told = {"user": user.id, "code": "sign_in.hook_failed", "detail": type(error).__name__}
        self._emit(Event("signin.refused", told))

    def _give_up(self, session: Session) -> None:
        if self._tokens is not None:
            self._tokens.revoke_later(session)

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
