"""What there is only where a store keeps sessions, put together.

May know: what `assembly` may.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from admit.access_tokens import AccessTokens
from admit.events import Emit
from admit.ports import Beside, SessionStore
from admit.provider_calls import ProviderCalls
from admit.relying_party import RelyingParty
from admit.sealing import Sealer
from admit.session_ends import SessionEnds
from admit.settings import Settings
from admit.stored_sessions import StoredSessions
from admit.token_grants import TokenGrants


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The parts."""

    sessions: StoredSessions
    ends: SessionEnds
    tokens: AccessTokens
    calls: ProviderCalls


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


def assemble_stored(
    settings: Settings,
    party: RelyingParty,
    store: SessionStore,
    *,
    sealer: Sealer,
    random: Callable[[int], bytes],
    emit: Emit,
    beside: Beside,
) -> Stored:
    """Return the parts for one deployment whose sessions are in *store*."""
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
