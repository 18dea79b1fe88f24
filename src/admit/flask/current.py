"""The session of the current request, as views see it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, cast

import flask
from werkzeug.local import LocalProxy

from admit.errors import ConfigurationError, Problem, SignInAgain
from admit.flask.context import COOKIE, ENDED, SESSION, check_known, context_of_request
from admit.ports import run_sync
from admit.session_codec import decode_tokens

if TYPE_CHECKING:
    from admit.flask.state import AppState
    from admit.model import Tokens

#: Seconds that an access token is to live at least: enough for a call that follows.
MIN_TTL = 30
NO_TOKENS = Problem(
    "ADMIT_SESSIONS",
    "sessions keep no access tokens",
    "Keep sessions in a store, and leave ADMIT_ACCESS_TOKENS out.",
)


class CurrentSession:
    """The session of a request. False where nobody is signed in."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def __bool__(self) -> bool:
        """Tell whether somebody is signed in.

        Raises:
            StoreUnavailable: Nobody knows.
        """
        return self._state.session() is not None

    @property
    def started_at(self) -> int | None:
        """When the user signed in here, in seconds since the epoch; None where nobody has."""
        session = self._state.session()
        return None if session is None else session.started_at

    @property
    def scope(self) -> tuple[str, ...]:
        """What the access token is good for; empty where there is none."""
        session = self._state.session()
        tokens = None if session is None else decode_tokens(session)
        return () if tokens is None else tokens.scope

    @property
    def expires_at(self) -> int | None:
        """When the access token ends; None where there is none, or nobody knows."""
        session = self._state.session()
        tokens = None if session is None else decode_tokens(session)
        return None if tokens is None else tokens.expires_at

    def access_token(self, scopes: Collection[str] = (), min_ttl: int = MIN_TTL) -> str:
        """Return an access token that is fresh, renewed if need be.

        Let what is raised pass: each has an answer for the browser. A person is sent to sign in
        again and comes back, a script gets a 401, and a provider that is away becomes a 503.

        Args:
            scopes: What the token must be good for. What was never asked for is asked for by a
                new sign-in.
            min_ttl: Seconds it must live, if the provider gives tokens that do.

        Raises:
            SignInAgain: Nothing but a new sign-in gives such a token.
            AuthorizationDenied: ``session.scope_not_granted``: not even a new sign-in does.
            ProviderError: The provider does not answer now, and the old token has ended.
            StoreUnavailable: Nobody knows.
            ConfigurationError: Sessions keep no access tokens.
        """
        stored, settings = self._state.parts.stored, self._state.parts.settings
        if stored is None or not settings.access_tokens:
            raise ConfigurationError("config.invalid", (NO_TOKENS,))
        session, context = self._state.session(), context_of_request()
        if session is None:
            check_known(context)
            raise SignInAgain("session.missing", "nobody is signed in")
        name = self._state.parts.endpoints.cookies.session
        text = getattr(context, COOKIE, None) or flask.request.cookies[name]
        try:
            fresh = run_sync(stored.tokens.fresh(text, session, scopes, min_ttl))
        except SignInAgain as error:
            if error.code == "session.ended":
                setattr(context, SESSION, None)
                setattr(context, ENDED, True)
            raise
        setattr(context, SESSION, fresh)
        # What is fresh has tokens.
        return cast("Tokens", decode_tokens(fresh)).access_token


def _current() -> CurrentSession:
    return CurrentSession(flask.current_app.extensions["admit"])


current_session = cast("CurrentSession", LocalProxy(_current))
