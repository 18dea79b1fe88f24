"""One refresh, by whoever holds the lease: what becomes of the session in each case.

May know: errors, events, exchanges, model, ports, session_codec, session_reference,
stored_sessions, token_grants, user.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from admit.errors import (
    ProviderError,
    ResponseRejected,
    SignInAgain,
    SignInError,
    StoreUnavailable,
)
from admit.events import Emit, Event
from admit.exchanges import tokens_of
from admit.model import Session, Tokens
from admit.ports import Later, Pause
from admit.session_codec import encode_tokens, renewed_session
from admit.session_reference import told_of
from admit.stored_sessions import Found, StoredSessions
from admit.token_grants import NOT_YET, TokenGrants
from admit.user import User, id_token_claims

#: Seconds between two tries to keep what was renewed, and for all of them.
TRY_EVERY, KEEP_TRYING = 0.25, 8
#: Seconds after a refresh that failed until the next.
COOL_DOWN = 5
UNAVAILABLE = 503
#: What says that the tokens are another user's: nothing of the session can be believed any more.
ANOTHER = frozenset({"refresh.iss_mismatch", "refresh.sub_mismatch"})


class TokenRenewal:
    """Renews the tokens of a session, and gives tokens up.

    Args:
        sessions: Keeps them.
        grants: Asks the provider.
        clock: Returns the seconds since the epoch.
        pause: Waits.
        later: Does what nobody waits for.
        emit: Takes events.
    """

    def __init__(
        self,
        sessions: StoredSessions,
        grants: TokenGrants,
        *,
        clock: Callable[[], int],
        pause: Pause,
        later: Later,
        emit: Emit,
    ) -> None:
        self._sessions = sessions
        self._grants = grants
        self._clock = clock
        self._pause = pause
        self._later = later
        self._emit = emit

    def revoke_later(self, tokens: Tokens, user: str) -> None:
        """Give tokens of the user of that id up at the provider, while nobody waits (RFC 7009)."""

        async def revoke() -> None:
            try:
                await self._grants.revoke(tokens)
            except SignInError as error:
                self._emit(Event("revocation.failed", {"user": user, "code": error.code}))

        self._later(revoke)

    async def renew(self, text: str, found: Found, tokens: Tokens) -> Session | None:
        """Renew the tokens and keep them; None where somebody else has kept other ones."""
        session, store = found.session, self._sessions.store
        if await store.is_used(_failed(session)):
            return self._while_it_lives(
                session, tokens, _unavailable("it did not answer a refresh")
            )
        try:
            response = await self._grants.refresh(tokens, tokens.refresh_token or "")
        except ProviderError as error:
            return await self._failed(session, tokens, error, error.code)
        except ResponseRejected as error:
            return await self._refused(found, tokens, error)
        renewed = tokens_of(response, asked=tokens.asked, now=self._clock(), former=tokens)
        try:
            id_token = await self._grants.verified(response, id_token_claims(session))
        except SignInError as error:
            return await self._unverified(text, found, tokens, renewed, error)
        kept = (
            replace(session, tokens=encode_tokens(renewed))
            if id_token is None
            else renewed_session(session, id_token, renewed)
        )
        if await self._keep(text, found, kept):
            self._emit(Event("refresh.ok", told_of(session)))
            return kept
        # Ended meanwhile, or renewed by somebody who had the lease after us. If ended, nobody is
        # to use what just came.
        if await self._sessions.read(text, self._clock()) is None:
            self.revoke_later(renewed, User.of(session).id)
        return None

    async def _keep(self, text: str, found: Found, kept: Session) -> bool:
        """Put what was renewed in the place of what was; a store that fails is asked for a while.

        The provider may have spent the old refresh token: what is lost here is lost for good.
        """
        until = self._clock() + KEEP_TRYING
        while True:
            try:
                return await self._sessions.replace(text, found, kept)
            except StoreUnavailable:
                if self._clock() >= until:
                    raise
            await self._pause(TRY_EVERY)

    async def _unverified(
        self, text: str, found: Found, tokens: Tokens, renewed: Tokens, error: SignInError
    ) -> Session | None:
        """Use nothing of what cannot be verified; where that is a matter of time, lose nothing."""
        session = found.session
        if isinstance(error, ResponseRejected) and error.code not in NOT_YET:
            if error.code in ANOTHER:
                self.revoke_later(renewed, User.of(session).id)
            return await self._refused(found, tokens, error)
        # The provider may have spent the old one. The new one brings an ID Token of its own.
        waiting = replace(tokens, refresh_token=renewed.refresh_token)
        if not await self._keep(text, found, replace(session, tokens=encode_tokens(waiting))):
            return None
        code = error.code
        if isinstance(error, ResponseRejected):
            error = _unavailable(f"what it sent cannot be verified yet: {code}")
        return await self._failed(session, tokens, error, code)

    async def _failed(
        self, session: Session, tokens: Tokens, error: SignInError, code: str
    ) -> Session:
        """Leave the provider alone for a while; go on with the old token while it lives."""
        await self._sessions.store.use(_failed(session), COOL_DOWN)
        self._emit(Event("refresh.failed", _told(session, code)))
        return self._while_it_lives(session, tokens, error)

    def _while_it_lives(self, session: Session, tokens: Tokens, error: SignInError) -> Session:
        """Go on with the old access token while it lives; then raise *error*."""
        if tokens.expires_at is not None and tokens.expires_at > self._clock():
            return session
        if error.code.startswith("provider."):
            error.status = UNAVAILABLE
            error.retry_after = error.retry_after or COOL_DOWN
        raise error

    async def _refused(
        self, found: Found, tokens: Tokens, error: ResponseRejected
    ) -> Session | None:
        """End the session where it cannot be renewed any more, and nobody else has renewed it.

        What is not to be trusted otherwise is left unused, and leaves the session as it is.
        """
        session = found.session
        self._emit(Event("refresh.refused", _told(session, error.code)))
        if error.code != "refresh.invalid_grant" and error.code not in ANOTHER:
            await self._sessions.store.use(_failed(session), COOL_DOWN)
            untrusted = SignInAgain(
                "session.token_expired",
                "the access token has ended, and what the provider gave to renew it failed a check",
            )
            return self._while_it_lives(session, tokens, untrusted)
        if not await self._sessions.end_unchanged(found):
            return None
        self._emit(Event("session.ended", {**told_of(session), "by": error.code}))
        raise SignInAgain("session.ended", "the provider does not renew the session any more")


def _unavailable(detail: str) -> ProviderError:
    return ProviderError(
        "provider.unavailable",
        f"{detail}; it is asked again within {COOL_DOWN} s",
        status=UNAVAILABLE,
        retry_after=COOL_DOWN,
    )


def _failed(session: Session) -> bytes:
    return b"refresh failed " + session.id[-16:]


def _told(session: Session, code: str) -> dict[str, str | int]:
    return {**told_of(session), "code": code}
