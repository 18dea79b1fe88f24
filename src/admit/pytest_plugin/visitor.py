"""What the fixtures do: visits of test clients to the applications under test.

May know: errors, flask, ports, pytest_plugin.outcomes, relying_party, settings, testing, user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import flask
from flask.testing import EnvironBuilder, FlaskClient
from werkzeug.http import parse_cookie
from werkzeug.test import TestResponse

from admit.errors import SignInError
from admit.flask.context import COOKIE, ENDED, LOADED, SESSION, UNKNOWN
from admit.flask.lookup import state_of
from admit.flask.state import AppState
from admit.ports import Http, run_sync
from admit.pytest_plugin.outcomes import FIRST_ERROR, check, told
from admit.relying_party import RelyingParty
from admit.settings import Settings
from admit.testing import MemoryProvider
from admit.user import User

PAGE = {"Accept": "text/html"}
#: What a request knows of its user.
KNOWN = (SESSION, COOKIE, UNKNOWN, ENDED, LOADED)


class Visits:
    """Signs test clients in at one provider, until the test ends."""

    def __init__(self, provider: MemoryProvider) -> None:
        self._provider = provider
        self._formers: dict[RelyingParty, Http] = {}

    def sign_in(
        self,
        client: FlaskClient,
        *,
        sub: str = "00u1",
        groups: Sequence[str] = (),
        next: str | None = None,  # noqa: A002 - the parameter's name in the address
        expect: str | None = None,
        **claims: object,
    ) -> TestResponse:
        """Sign the user of *client* in, and return the answer of the callback.

        The application goes through the whole sign-in, its hooks included. The fixture `provider`
        stands for the network meanwhile and until the test ends: it takes over the configured
        issuer and client. What bends its next sign-in bends this one.

        Args:
            client: Flask's, of an application with `SignIn`.
            sub: Who the user is.
            groups: Of the user, in the claim that ``ADMIT_GROUPS_CLAIM`` names.
            next: Where to go afterwards: a path of the application.
            expect: The code with which the sign-in must be refused. The answer is the error page.
            **claims: What else the provider says of the user, such as ``email``; None removes one.

        Raises:
            AssertionError: The sign-in was refused, or was not refused as it must be.
            LookupError: The application has no `SignIn`.
            TypeError: This is no test client, or no list of groups.
        """
        state = self._state(client)
        self._provider.sign_in_as(_user(state, sub, groups, claims))
        with told() as events:
            answer = self._answer(client, state.parts.settings, {"next": next} if next else {})
        check(answer, events, expect)
        _carry(client, state.parts.settings, answer)
        cookies = state.parts.endpoints.cookies
        _forget(client, state.parts.settings, cookies.rounds)
        return answer

    def signed_in(
        self,
        client: FlaskClient,
        *,
        sub: str = "00u1",
        groups: Sequence[str] = (),
        **claims: object,
    ) -> User:
        """Give *client* a session, and return its user.

        No page of the application is asked and no hook is called: quicker than `sign_in`, with the
        same session, and access tokens where the application keeps them.

        Args:
            client: As in `sign_in`.
            sub: Likewise.
            groups: Likewise.
            **claims: Likewise.

        Raises:
            AssertionError: The provider was bent, and no session came of it.
            LookupError: As in `sign_in`.
            TypeError: Likewise.
        """
        state = self._state(client)
        self._provider.sign_in_as(_user(state, sub, groups, claims))
        endpoints, settings = state.parts.endpoints, state.parts.settings
        party = endpoints.relying_party
        asked = settings.client.authorization_parameters
        try:
            attempt, url = run_sync(party.begin(return_to=settings.after_sign_in, parameters=asked))
            response, now = self._provider.authorize(url), party.clock()
            # No time has passed since: whatever ended before this session does not end it.
            attempt = replace(attempt, began=(now + 1) * 1000)
            session, text = run_sync(endpoints.redeem(response, attempt, now))
        except SignInError as error:
            raise AssertionError(f"no session: {error}") from error
        for domain, path in _places(client, settings):
            client.set_cookie(endpoints.cookies.session, text, domain=domain, path=path)
        return User.of(session, settings.groups_claim)

    def end(self) -> None:
        """Give the applications their transports back."""
        flask.request_started.disconnect(_see_nobody)
        for party, former in self._formers.items():
            party.talk_to(former)

    def _state(self, client: FlaskClient) -> AppState:
        """Let the application of *client* talk to the provider, and know nothing of it yet."""
        app = getattr(client, "application", None)
        if not isinstance(app, flask.Flask):
            raise TypeError(
                "a test client is needed, as app.test_client() gives it,"
                f" not {type(client).__name__}"
            )
        flask.request_started.connect(_see_nobody)
        state, provider = state_of(app), self._provider
        party = state.parts.endpoints.relying_party
        registered = party.client
        alg = registered.id_token_signed_response_alg
        if alg[:2] not in {"RS", "PS"}:
            raise AssertionError(
                f"the provider of tests does not sign with {alg}:"
                " set ADMIT_ID_TOKEN_SIGNED_RESPONSE_ALG to RS256 in tests"
            )
        provider.issuer, provider.client_id = registered.issuer, registered.client_id
        provider.client_secret = getattr(registered.authentication, "client_secret", "")
        provider.alg, provider.now = alg, party.clock
        former = party.talk_to(provider)
        self._formers.setdefault(party, former)
        return state

    def _answer(
        self, client: FlaskClient, settings: Settings, query: Mapping[str, str]
    ) -> TestResponse:
        """Go as a browser goes, as far as it comes."""
        base, way = settings.base_url, settings.client.response_mode

        def start(**more: str) -> TestResponse:
            asked = {**query, **more}
            path = settings.sign_in_path
            return client.get(path, base_url=base, query_string=asked, headers=PAGE)

        begun = start()
        if not _leads_to_provider(begun) and begun.status_code < FIRST_ERROR:
            # Somebody is signed in already.
            begun = start(prompt="login")
        if not _leads_to_provider(begun):
            return begun
        response = self._provider.authorize(begun.location)
        if way == "form_post":
            return client.post(settings.callback_path, base_url=base, data=response, headers=PAGE)
        path = settings.callback_path
        return client.get(path, base_url=base, query_string=response, headers=PAGE)


def _see_nobody(_app: flask.Flask, **_: object) -> None:
    """Let the request that begins look for its user itself.

    Where an application context stays open, as pytest-flask leaves one, requests share ``flask.g``,
    in which the user of the last one stands.
    """
    for name in KNOWN:
        flask.g.pop(name, None)


def _user(
    state: AppState, sub: str, groups: Sequence[str], claims: Mapping[str, object]
) -> dict[str, Any]:
    if isinstance(groups, str):
        raise TypeError(f"a list of groups is needed: groups=[{groups!r}]")
    listed = {state.parts.settings.groups_claim: list(groups)} if groups else {}
    return {"sub": sub, **listed, **claims}


def _leads_to_provider(answer: TestResponse) -> bool:
    return "code_challenge=" in (answer.location or "")


def _places(client: FlaskClient, settings: Settings) -> list[tuple[str, str]]:
    """Return where cookies are to be: the application's own host, and the client's."""
    own = (urlsplit(settings.base_url).hostname or "localhost", settings.cookie_path)
    with_port = EnvironBuilder(client.application, "/").host
    return [own, (urlsplit(f"//{with_port}").hostname or "localhost", "/")]


def _carry(client: FlaskClient, settings: Settings, answer: TestResponse) -> None:
    """Let requests to the client's own host bring the cookies that *answer* has set."""
    own, place = _places(client, settings)
    if own == place:
        return
    domain, path = place
    for header in answer.headers.getlist("Set-Cookie"):
        pair, _, attributes = header.partition(";")
        for name, value in parse_cookie(pair).items():
            if "max-age=0" in attributes.lower().replace(" ", ""):
                client.delete_cookie(name, domain=domain, path=path)
            else:
                client.set_cookie(name, value, domain=domain, path=path)


def _forget(client: FlaskClient, settings: Settings, name: str) -> None:
    """Let the next sign-in of *client* be no loop: tests sign in more often than people."""
    for domain, path in _places(client, settings):
        client.delete_cookie(name, domain=domain, path=path)
