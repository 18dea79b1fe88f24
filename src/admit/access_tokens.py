"""An access token that is fresh, of one session, whoever asks for it at once.

One refresh for each expiry: threads, processes and machines agree on who does it by a lease in the
store. The others wait, and read what the one has kept.

May know: errors, events, model, ports, session_codec, stored_sessions, token_grants, user.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from admit.errors import (
    AuthorizationDenied,
    ProviderError,
    ResponseRejected,
    SignInAgain,
    SignInError,
)
from admit.events import Emit, Event
from admit.model import Session, Tokens
from admit.ports import Keeper, Later, Pause
from admit.session_codec import decode_tokens, encode_tokens, renewed_session
from admit.stored_sessions import Found, StoredSessions
from admit.token_grants import TokenGrants
from admit.user import User, id_token_claims

HOLDER_BYTES = 16
#: Milliseconds that a lease lives without its holder, and seconds after which it is renewed.
LEASE, RENEW_EVERY = 4000, 1.0
#: Seconds between two looks at what somebody else is doing, and for all of them.
LOOK_EVERY, LONGEST_WAIT = 0.05, 20
#: Seconds after a refresh that failed until the next.
COOL_DOWN = 5
#: Seconds for which a token is as fresh as any: asking for another would give no better one.
JUST_ISSUED = 30
#: Seconds after a sign-in in which a token that has ended already is the provider's fault.
AT_ONCE = 10
UNAVAILABLE = 503
#: What says that the tokens are another user's: nothing of the session can be believed any more.
ANOTHER = frozenset({"refresh.iss_mismatch", "refresh.sub_mismatch"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller needs of an access token."""

    scopes: frozenset[str]
    min_ttl: int

    def is_met(self, tokens: Tokens, now: int) -> bool:
        """Tell whether *tokens* will do."""
        if not self.scopes <= set(tokens.scope):
            return False
        if tokens.expires_at is None:
            return True
        left = tokens.expires_at - now
        return left >= self.min_ttl or (left > 0 and now - tokens.issued_at <= JUST_ISSUED)


class AccessTokens:
    """Gives access tokens of sessions in a store.

    Args:
        sessions: Keeps them.
        grants: Renews them.
        clock: Returns the seconds since the epoch.
        random: Returns that many fresh random bytes.
        pause: Waits.
        keeper: Renews the lease while the provider is asked.
        later: Does what nobody waits for.
        emit: Takes events.
    """

    def __init__(
        self,
        sessions: StoredSessions,
        grants: TokenGrants,
        *,
        clock: Callable[[], int],
        random: Callable[[int], bytes],
        pause: Pause,
        keeper: Keeper,
        later: Later,
        emit: Emit,
    ) -> None:
        self._sessions = sessions
        self._grants = grants
        self._clock = clock
        self._random = random
        self._pause = pause
        self._keeper = keeper
        self._later = later
        self._emit = emit

    async def fresh(
        self, text: str, session: Session, scopes: Collection[str], min_ttl: int
    ) -> Session:
        """Return *session* with an access token that will do.

        Args:
            text: The session's cookie.
            session: As it was loaded.
            scopes: What the token must be good for.
            min_ttl: Seconds it must live, if the provider gives tokens that do.

        Raises:
            SignInAgain: ``session.ended``, ``session.token_expired`` or ``session.scope_missing``.
            AuthorizationDenied: ``session.scope_not_granted``: signing in again does not help.
            ProviderError: The provider does not answer now. The session lives on.
            StoreUnavailable: Nobody knows.
        """
        wanted = Wanted(frozenset(scopes), min_ttl)
        tokens = decode_tokens(session)
        if tokens is not None and wanted.is_met(tokens, self._clock()):
            return session
        _check(tokens, wanted, self._clock())
        return await self._renewed(text, session, wanted)

    def revoke_later(self, session: Session) -> None:
        """Give the session's tokens up at the provider, while nobody waits (RFC 7009)."""
        tokens = decode_tokens(session)
        if tokens is not None:
            self.revoke_tokens_later(tokens, User.of(session).id)

    def revoke_tokens_later(self, tokens: Tokens, user: str) -> None:
        """Give up tokens that no session keeps, of the user of that id, while nobody waits."""

        async def revoke() -> None:
            try:
                await self._grants.revoke(tokens)
            except SignInError as error:
                self._emit(Event("revocation.failed", {"user": user, "code": error.code}))

        self._later(revoke)

    async def _renewed(self, text: str, session: Session, wanted: Wanted) -> Session:
        store, name = self._sessions.store, b"refresh " + session.id[-16:]
        holder = self._random(HOLDER_BYTES)
        until = self._clock() + LONGEST_WAIT
        while True:
            ours = await store.hold(name, holder, LEASE)
            try:
                found, tokens = await self._current(text)
                if wanted.is_met(tokens, self._clock()):
                    return found.session
                _check(tokens, wanted, self._clock())
                if ours:
                    async with self._keeper(lambda: store.hold(name, holder, LEASE), RENEW_EVERY):
                        renewed = await self._refresh(text, found, tokens)
                    if renewed is not None:
                        return renewed
            finally:
                if ours:
                    await store.release(name, holder)
            if self._clock() >= until:
                raise ProviderError(
                    "refresh.busy",
                    f"another worker has not finished the refresh in {LONGEST_WAIT} s",
                    status=503,
                    retry_after=COOL_DOWN,
                )
            await self._pause(LOOK_EVERY)

    async def _current(self, text: str) -> tuple[Found, Tokens]:
        """Return the session as it is kept now."""
        found = await self._sessions.read(text, self._clock())
        tokens = None if found is None else decode_tokens(found.session)
        if found is None or tokens is None:
            raise SignInAgain("session.ended", "the session ended before its token was renewed")
        return found, tokens

    async def _refresh(self, text: str, found: Found, tokens: Tokens) -> Session | None:
        """Renew the tokens and keep them; None where somebody else has kept other ones."""
        session, store = found.session, self._sessions.store
        failed = _failed(session)
        if await store.is_used(failed):
            return self._while_it_lives(
                session,
                tokens,
                ProviderError(
                    "provider.unavailable",
                    f"it did not answer a refresh; it is asked again within {COOL_DOWN} s",
                    status=UNAVAILABLE,
                    retry_after=COOL_DOWN,
                ),
            )
        try:
            id_token, renewed = await self._grants.refresh(
                tokens, tokens.refresh_token or "", id_token_claims(session)
            )
        except ProviderError as error:
            await store.use(failed, COOL_DOWN)
            self._emit(Event("refresh.failed", _told(session, error.code)))
            return self._while_it_lives(session, tokens, error)
        except ResponseRejected as error:
            return await self._refused(found, tokens, error)
        kept = (
            replace(session, tokens=encode_tokens(renewed))
            if id_token is None
            else renewed_session(session, id_token, renewed)
        )
        if await self._sessions.replace(text, found, kept):
            self._emit(Event("refresh.ok", _told(session)))
            return kept
        # Ended meanwhile, or renewed by somebody who had the lease after us. If ended, nobody is
        # to use what just came.
        if await self._sessions.read(text, self._clock()) is None:
            self.revoke_tokens_later(renewed, User.of(session).id)
        return None

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
        self._emit(Event("session.ended", {**_told(session), "by": error.code}))
        raise SignInAgain("session.ended", "the provider does not renew the session any more")


def _check(tokens: Tokens | None, wanted: Wanted, now: int) -> None:
    """Refuse what no refresh can bring."""
    if tokens is None:
        raise SignInAgain("session.token_expired", "the session keeps no access token")
    if missing := wanted.scopes - set(tokens.scope):
        names = " ".join(sorted(missing))
        if missing <= set(tokens.asked):
            raise AuthorizationDenied(
                "session.scope_not_granted",
                f"the provider was asked for {names!r} and did not grant it",
                hint="grant the scopes to this application, or to this user, at the provider",
            )
        scope = tuple(dict.fromkeys([*tokens.asked, *sorted(missing)]))
        raise SignInAgain("session.scope_missing", f"{names!r} was never asked for", scope=scope)
    if tokens.refresh_token is not None:
        return
    if now - tokens.issued_at <= AT_ONCE:
        # Another sign-in would bring another of these, and so on.
        raise ProviderError(
            "session.token_short",
            "the access token ended before the page could use it",
            hint="let access tokens live for minutes at the provider, or ask for offline_access",
        )
    raise SignInAgain(
        "session.token_expired", "the access token has ended, and nothing can renew it"
    )


def _failed(session: Session) -> bytes:
    return b"refresh failed " + session.id[-16:]


def _told(session: Session, code: str = "") -> dict[str, str]:
    told = {"user": User.of(session).id}
    return {**told, "code": code} if code else told
