"""The sign-in's own addresses: what a browser gets there.

May know: attempts, browser, errors, events, evidence, failures, guard, pages, relying_party,
rounds, sessions, settings, user.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from admit.attempts import LIFETIME, Attempts, attempt_key
from admit.browser import NOT_STORED, BrowserRequest, BrowserResponse, Cookies, redirect
from admit.errors import ResponseRejected, SignInAgain, SignInError
from admit.events import Emit, Event
from admit.evidence import elsewhere, missing_attempt
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
from admit.user import User

#: What a visitor may add to the authorization request; all else is the application's.
VISITOR_PROMPTS = frozenset({"login", "select_account"})
LONGEST_HINT = 255
NO_CONTENT, NOT_NOW = 204, 503
#: What answers ``prompt=none`` (OIDC Core 3.1.2.6): no failure, the user is just not signed in.
SILENT = frozenset({"authorization.login_required", "authorization.interaction_required"})
#: Attempts under way in one browser that make a misconfiguration at the provider likely.
SUSPICIOUS = 2


class Endpoints:
    """Sign-in, its callback, and the session of a request.

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

    async def session(self, request: BrowserRequest) -> Session | None:
        """Return the session of *request*, if its cookie holds one that is alive."""
        text = request.cookies.get(self.cookies.session)
        return None if text is None else await self.sessions.load(text, self._clock())

    async def sign_in(self, request: BrowserRequest) -> BrowserResponse:
        """Answer the sign-in address: on to the provider, or back if already signed in."""
        try:
            return await self._sign_in(request)
        except SignInError as error:
            return self.fail(error, request, self.guard.return_to(request.parameter("next")))

    async def _sign_in(self, request: BrowserRequest) -> BrowserResponse:
        if instead := self._elsewhere(request):
            return instead
        return_to = self.guard.return_to(request.parameter("next"))
        added = _visitors(request) if request.parameters else {}
        parameters = {**self.settings.client.authorization_parameters, **added}
        if "prompt" in added or await self.session(request) is None:
            return await self.start(request, return_to, parameters)
        cookie = self.rounds.sent_back(request, return_to)
        return redirect(self.guard.absolute(return_to), [cookie])

    async def start_from(
        self,
        request: BrowserRequest,
        return_to: str,
        parameters: Mapping[str, str],
        scope: tuple[str, ...] = (),
    ) -> BrowserResponse:
        """Begin an attempt from a page of the application's; see `start`."""
        instead = self._elsewhere(request)
        return instead or await self.start(request, return_to, parameters, scope)

    async def sign_in_again(self, request: BrowserRequest, error: SignInAgain) -> BrowserResponse:
        """Answer a page whose session cannot give what the page needs.

        Returns:
            A redirect to the provider for a page that a person opens; a 401 in JSON for scripts; a
            page where what was sent is lost.
        """
        if not request.is_navigation:
            return self.guard.refuse()
        wanted = self.guard.wanted(request)
        if request.method not in {"GET", "HEAD"}:
            return self.fail(error, request, wanted)
        parameters = self.settings.client.authorization_parameters
        return await self.start_from(request, wanted, parameters, error.scope)

    def _elsewhere(self, request: BrowserRequest) -> BrowserResponse | None:
        """Answer what must not begin a sign-in here: no navigation, or on another host."""
        if request.method == "HEAD" or request.is_script_or_frame:
            return self.guard.refuse()
        if request.method == "GET" and (url := self.guard.canonical(request)):
            self._emit(elsewhere(request, self.settings))
            return redirect(url)
        return None

    async def start(
        self,
        request: BrowserRequest,
        return_to: str,
        parameters: Mapping[str, str],
        scope: tuple[str, ...] = (),
    ) -> BrowserResponse:
        """Begin an attempt and send the browser to the provider.

        Args:
            request: Whose browser it is.
            return_to: A path that was found safe.
            parameters: Extra authorization parameters that `check_parameters` has passed.
            scope: Asked for in the place of the configured one, unless empty.
        """
        try:
            attempt, url = await self.relying_party.begin(
                return_to=return_to,
                parameters=parameters,
                rounds=self.rounds.signed_in(request),
                scope=scope,
            )
        except SignInError as error:
            return self.fail(error, request, return_to)
        name = self._attempts.cookie_name(attempt.state)
        text = self._attempts.seal(attempt)
        cookies = [self.cookies.set(name, text, LIFETIME)]
        if pending := self._attempts.pending(request.cookies):
            surplus = self._attempts.surplus(request.cookies, len(name) + len(text))
            cookies += map(self.cookies.delete, surplus)
        self._emit(Event("signin.started", self._told_of(len(pending))))
        # The referrer stays the page that led here, and tells the provider its origin at most.
        return redirect(url, cookies, NOT_STORED)

    def _told_of(self, pending: int) -> dict[str, str | int]:
        """Return how many attempts never came back; from two on, with the likely reason."""
        if pending < SUSPICIOUS:
            return {"pending": pending}
        uri = self.settings.client.redirect_uri
        hint = (
            f"if the provider complains of redirect_uri, register exactly {uri} for sign-in there"
        )
        return {"pending": pending, "hint": hint}

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
        since = await self._attempts.use(attempt.state, now)
        if since is None:
            raise ResponseRejected("attempt.used", "this response was brought before")
        signed_in = await self.relying_party.complete(request.parameters, attempt)
        session, text = await self.sessions.start(
            signed_in.id_token,
            signed_in.userinfo,
            attempt=attempt_key(attempt.state),
            since=since,
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


def _visitors(request: BrowserRequest) -> dict[str, str]:
    """Return what a visitor may add to the authorization request."""
    added = {}
    if (hint := request.parameter("login_hint")) and len(hint) <= LONGEST_HINT:
        added["login_hint"] = hint
    if (prompt := request.parameter("prompt")) in VISITOR_PROMPTS:
        added["prompt"] = str(prompt)
    return added
