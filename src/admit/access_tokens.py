"""An access token that is fresh, of one session, whoever asks for it at once.

One refresh for each expiry: threads, processes and machines agree on who does it by a lease in the
store. The others wait, and read what the one has kept.

May know: errors, events, model, ports, session_codec, stored_sessions, token_grants, token_renewal,
user.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

from admit.errors import AuthorizationDenied, ProviderError, SignInAgain, StoreUnavailable
from admit.events import Emit
from admit.model import Session, Tokens
from admit.ports import Keeper, Later, Pause
from admit.session_codec import decode_tokens
from admit.stored_sessions import Found, StoredSessions
from admit.token_grants import TokenGrants
from admit.token_renewal import COOL_DOWN, UNAVAILABLE, TokenRenewal
from admit.user import User

HOLDER_BYTES = 16
#: Milliseconds that a lease lives without its holder, and seconds after which it is renewed.
LEASE, RENEW_EVERY = 4000, 1.0
#: Seconds between two looks at what somebody else is doing, and for all of them.
LOOK_EVERY, LONGEST_WAIT = 0.05, 20
#: Seconds within which a holder must have looked at the record: well within the lease.
PROMPT = 1
#: Seconds for which a token is as fresh as any: asking for another would give no better one.
JUST_ISSUED = 30
#: Seconds after a sign-in in which a token that has ended already is the provider's fault.
AT_ONCE = 10


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
        self._clock = clock
        self._random = random
        self._pause = pause
        self._keeper = keeper
        self._renewal = TokenRenewal(
            sessions, grants, clock=clock, pause=pause, later=later, emit=emit
        )

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
        self._renewal.revoke_later(tokens, user)

    async def _renewed(self, text: str, session: Session, wanted: Wanted) -> Session:
        store, name = self._sessions.store, b"refresh " + session.id[-16:]
        holder = self._random(HOLDER_BYTES)
        until = self._clock() + LONGEST_WAIT
        while True:
            held_at = self._clock()
            if await store.hold(name, holder, LEASE):
                try:
                    async with self._keeper(lambda: store.hold(name, holder, LEASE), RENEW_EVERY):
                        renewed = await self._as_holder(text, wanted, held_at)
                finally:
                    # It ends by itself where it cannot be given up.
                    with suppress(StoreUnavailable):
                        await store.release(name, holder)
                if renewed is not None:
                    return renewed
            else:
                found, tokens = await self._current(text)
                if wanted.is_met(tokens, self._clock()):
                    return found.session
                _check(tokens, wanted, self._clock())
            if self._clock() >= until:
                raise ProviderError(
                    "refresh.busy",
                    f"another worker has not finished the refresh in {LONGEST_WAIT} s",
                    status=UNAVAILABLE,
                    retry_after=COOL_DOWN,
                )
            await self._pause(LOOK_EVERY)

    async def _as_holder(self, text: str, wanted: Wanted, held_at: int) -> Session | None:
        """Look again, and renew the tokens if nobody has; None to begin anew."""
        found, tokens = await self._current(text)
        if wanted.is_met(tokens, self._clock()):
            return found.session
        _check(tokens, wanted, self._clock())
        if self._clock() - held_at > PROMPT:
            # The store or this machine stood still: somebody else may have the lease by now.
            return None
        return await self._renewal.renew(text, found, tokens)

    async def _current(self, text: str) -> tuple[Found, Tokens]:
        """Return the session as it is kept now."""
        found = await self._sessions.read(text, self._clock())
        tokens = None if found is None else decode_tokens(found.session)
        if found is None or tokens is None:
            raise SignInAgain("session.ended", "the session ended before its token was renewed")
        return found, tokens


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
