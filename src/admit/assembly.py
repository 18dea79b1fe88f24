"""The parts put together, for any adapter.

May know: the core, and none of the frameworks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from admit.access_tokens import AccessTokens
from admit.attempts import Attempts
from admit.browser import Cookies
from admit.endpoints import Endpoints
from admit.events import Emit
from admit.ports import Http, Keeper, Later, Lock, Pause, SessionStore
from admit.provider_calls import ProviderCalls
from admit.relying_party import RelyingParty
from admit.sealing import Sealer
from admit.session_ends import SessionEnds
from admit.sessions import CookieSessions, Sessions
from admit.settings import Settings
from admit.sign_out import SignOut
from admit.stored_sessions import StoredSessions
from admit.token_grants import TokenGrants


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a deployment does beside its requests, and while it waits.

    Attributes:
        pause: Waits.
        keeper: Renews a lease while something slow is done.
        later: Does what nobody waits for.
    """

    pause: Pause
    keeper: Keeper
    later: Later


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What there is only where a store keeps sessions."""

    sessions: StoredSessions
    ends: SessionEnds
    tokens: AccessTokens
    calls: ProviderCalls


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What an adapter needs."""

    settings: Settings
    endpoints: Endpoints
    sign_out: SignOut
    sessions: Sessions
    stored: Stored | None


def assemble(
    settings: Settings,
    *,
    http: Http,
    lock: Callable[[], Lock],
    clock: Callable[[], float],
    random: Callable[[int], bytes],
    emit: Emit,
    debug: Callable[[], bool],
    beside: Beside,
    store: SessionStore | None = None,
) -> Assembly:
    """Return the parts for one deployment, over the ports that an adapter hands in.

    Without a store, sessions live in the cookie. The clock returns the seconds since the epoch, and
    is the finer the better.
    """

    def seconds() -> int:
        return int(clock())

    sealer = Sealer(settings.secret_keys, random)
    cookies = Cookies(settings)
    party = RelyingParty(settings.client, http=http, lock=lock, clock=seconds, random=random)
    stored, sessions = None, _cookie_sessions(settings, cookies, sealer, random, emit)
    if store is not None:
        stored = _stored(
            settings, party, store, sealer=sealer, random=random, emit=emit, beside=beside
        )
    endpoints = Endpoints(
        settings,
        relying_party=party,
        sessions=sessions if stored is None else stored.sessions,
        attempts=Attempts(
            sealer,
            cookies.attempts,
            milliseconds=lambda: int(clock() * 1000),
            store=store,
        ),
        clock=seconds,
        random=random,
        emit=emit,
        debug=debug,
        tokens=stored.tokens if stored else None,
    )
    sign_out = SignOut(
        endpoints,
        sealer=sealer,
        clock=seconds,
        random=random,
        emit=emit,
        ends=stored.ends if stored else None,
        tokens=stored.tokens if stored else None,
    )
    return Assembly(
        settings=settings,
        endpoints=endpoints,
        sign_out=sign_out,
        sessions=endpoints.sessions,
        stored=stored,
    )


def _cookie_sessions(
    settings: Settings,
    cookies: Cookies,
    sealer: Sealer,
    random: Callable[[int], bytes],
    emit: Emit,
) -> CookieSessions:
    return CookieSessions(
        sealer,
        random,
        name=cookies.session,
        audience=settings.audience,
        idle=settings.idle_timeout,
        absolute=settings.absolute_timeout,
        emit=emit,
    )


def stored_sessions(
    settings: Settings,
    store: SessionStore,
    *,
    sealer: Sealer,
    random: Callable[[int], bytes],
    emit: Emit,
) -> StoredSessions:
    """Return the sessions of a deployment in *store*."""
    return StoredSessions(
        store,
        sealer,
        random,
        audience=settings.audience,
        idle=settings.idle_timeout,
        absolute=settings.absolute_timeout,
        by_email=settings.universal_logout_path is not None,
        emit=emit,
    )


def _stored(
    settings: Settings,
    party: RelyingParty,
    store: SessionStore,
    *,
    sealer: Sealer,
    random: Callable[[int], bytes],
    emit: Emit,
    beside: Beside,
) -> Stored:
    sessions = stored_sessions(settings, store, sealer=sealer, random=random, emit=emit)
    ends = SessionEnds(sessions, issuer=settings.client.issuer, emit=emit)
    return Stored(
        sessions=sessions,
        ends=ends,
        tokens=AccessTokens(
            sessions,
            TokenGrants(settings.client, party.provider, party.http, party.clock),
            clock=party.clock,
            random=random,
            pause=beside.pause,
            keeper=beside.keeper,
            later=beside.later,
            emit=emit,
        ),
        calls=ProviderCalls(
            settings, provider=party.provider, ends=ends, store=store, clock=party.clock, emit=emit
        ),
    )
