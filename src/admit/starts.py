"""Where a sign-in begins: at its address, at a page that needs one, or at the provider.

May know: attempts, browser, errors, events, evidence, failure_answers, guard, model,
protocol.third_party_login, relying_party, rounds, settings.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from admit.attempts import LIFETIME, Attempts
from admit.browser import NOT_STORED, BrowserRequest, BrowserResponse, Cookies, redirect
from admit.errors import SignInAgain, SignInError
from admit.events import Emit, Event
from admit.evidence import elsewhere
from admit.failure_answers import FailureAnswers
from admit.guard import Guard
from admit.model import Session
from admit.protocol.third_party_login import parse_third_party_login
from admit.relying_party import RelyingParty
from admit.rounds import Rounds
from admit.settings import Settings

#: What a visitor may add to the authorization request; all else is the application's.
VISITOR_PROMPTS = frozenset({"login", "select_account"})
LONGEST_HINT = 255
#: The form of the cookie of a session in a store.
STORED = re.compile(r"[A-Za-z0-9_-]{59}")
#: Attempts under way in one browser that make a misconfiguration at the provider likely.
SUSPICIOUS = 2


class Starts:
    """Begins sign-ins.

    Args:
        settings: Of this deployment.
        session: Returns the session of a request.
        relying_party: Talks to the provider.
        attempts: Keeps attempts.
        cookies: Of this deployment.
        guard: Knows where a browser may be sent.
        rounds: Stops loops.
        failures: Answers what fails.
        emit: Takes events.
    """

    def __init__(
        self,
        settings: Settings,
        session: Callable[[BrowserRequest], Awaitable[Session | None]],
        *,
        relying_party: RelyingParty,
        attempts: Attempts,
        cookies: Cookies,
        guard: Guard,
        rounds: Rounds,
        failures: FailureAnswers,
        emit: Emit,
    ) -> None:
        self._settings = settings
        self._session = session
        self._party = relying_party
        self._attempts = attempts
        self._cookies = cookies
        self._guard = guard
        self._rounds = rounds
        self._fail = failures.answer
        self._emit = emit
        # The provider's form does not bring the session that ends when another one begins.
        by_form = settings.client.response_mode == "form_post"
        self._crosses = by_form and settings.are_stored

    async def answer(self, request: BrowserRequest) -> BrowserResponse:
        """Answer the sign-in address: on to the provider, or back if already signed in."""
        try:
            return await self._sign_in(request)
        except SignInError as error:
            return self._fail(error, request, self._guard.return_to(request.parameter("next")))

    async def _sign_in(self, request: BrowserRequest) -> BrowserResponse:
        if instead := self._elsewhere(request):
            return instead
        if request.method == "POST" or "iss" in request.parameters:
            return await self._provider_started(request)
        return_to = self._guard.return_to(request.parameter("next"))
        added = _visitors(request) if request.parameters else {}
        parameters = {**self._settings.client.authorization_parameters, **added}
        if "prompt" in added or await self._session(request) is None:
            return await self.start(request, return_to, parameters)
        cookie = self._rounds.sent_back(request, return_to)
        return redirect(self._guard.absolute(return_to), [cookie])

    async def _provider_started(self, request: BrowserRequest) -> BrowserResponse:
        """Begin what the provider asks for, such as by a tile of its dashboard.

        Whoever is signed in here goes along too: at the provider it may be somebody else by now.

        Spec: OIDC Core 4.
        """
        client = self._settings.client
        wish = parse_third_party_login(
            request.parameters, client=client, origin=self._settings.origin
        )
        hint = {} if wish.login_hint is None else {"login_hint": wish.login_hint}
        parameters = {**client.authorization_parameters, **hint}
        return await self.start(request, self._guard.return_to(wish.target), parameters)

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
            return self._guard.refuse()
        wanted = self._guard.wanted(request)
        if request.method not in {"GET", "HEAD"}:
            return self._fail(error, request, wanted)
        parameters = self._settings.client.authorization_parameters
        return await self.start_from(request, wanted, parameters, error.scope)

    def _elsewhere(self, request: BrowserRequest) -> BrowserResponse | None:
        """Answer what must not begin a sign-in here: no navigation, or on another host."""
        if request.method == "HEAD" or request.is_script_or_frame:
            return self._guard.refuse()
        if request.method == "GET" and (url := self._guard.canonical(request)):
            self._emit(elsewhere(request, self._settings))
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
            attempt, url = await self._party.begin(
                return_to=return_to,
                parameters=parameters,
                rounds=self._rounds.signed_in(request),
                scope=scope,
            )
        except SignInError as error:
            return self._fail(error, request, return_to)
        former = request.cookies.get(self._cookies.session, "") if self._crosses else ""
        if STORED.fullmatch(former):
            attempt = replace(attempt, former=former)
        name = self._attempts.cookie_name(attempt.state)
        text = self._attempts.seal(attempt)
        cookies = [self._cookies.set(name, text, LIFETIME)]
        if pending := self._attempts.pending(request.cookies):
            surplus = self._attempts.surplus(request.cookies, len(name) + len(text))
            cookies += map(self._cookies.delete, surplus)
        self._emit(Event("signin.started", self._told_of(len(pending))))
        # The referrer stays the page that led here, and tells the provider its origin at most.
        return redirect(url, cookies, NOT_STORED)

    def _told_of(self, pending: int) -> dict[str, str | int]:
        """Return how many attempts never came back; from two on, with the likely reason."""
        if pending < SUSPICIOUS:
            return {"pending": pending}
        uri = self._settings.client.redirect_uri
        hint = (
            f"if the provider complains of redirect_uri, register exactly {uri} for sign-in there"
        )
        return {"pending": pending, "hint": hint}


def _visitors(request: BrowserRequest) -> dict[str, str]:
    """Return what a visitor may add to the authorization request."""
    added = {}
    if (hint := request.parameter("login_hint")) and len(hint) <= LONGEST_HINT:
        added["login_hint"] = hint
    if (prompt := request.parameter("prompt")) in VISITOR_PROMPTS:
        added["prompt"] = str(prompt)
    return added
