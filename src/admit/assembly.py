"""The parts put together, for any adapter.

May know: the core, and none of the frameworks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from admit.attempts import Attempts
from admit.browser import Cookies
from admit.endpoints import Endpoints
from admit.events import Emit
from admit.ports import Http, Lock, SessionStore
from admit.relying_party import RelyingParty
from admit.sealing import Sealer
from admit.sessions import CookieSessions, Sessions
from admit.settings import Settings
from admit.sign_out import SignOut
from admit.stored_sessions import StoredSessions


@dataclass(frozen=True, slots=True)
class Assembly:
    """What an adapter needs."""

    settings: Settings
    endpoints: Endpoints
    sign_out: SignOut
    sessions: Sessions


def assemble(
    settings: Settings,
    *,
    http: Http,
    lock: Callable[[], Lock],
    clock: Callable[[], int],
    random: Callable[[int], bytes],
    emit: Emit,
    debug: Callable[[], bool],
    store: SessionStore | None = None,
) -> Assembly:
    """Return the parts for one deployment, over the ports that an adapter hands in.

    Without a store, sessions live in the cookie.
    """
    sealer = Sealer(settings.secret_keys, random)
    cookies = Cookies(settings)
    sessions: Sessions
    audience = (settings.client.issuer, settings.client.client_id)
    idle, absolute = settings.idle_timeout, settings.absolute_timeout
    if store is None:
        sessions = CookieSessions(
            sealer,
            random,
            name=cookies.session,
            audience=audience,
            idle=idle,
            absolute=absolute,
            emit=emit,
        )
    else:
        sessions = StoredSessions(
            store, sealer, random, audience=audience, idle=idle, absolute=absolute, emit=emit
        )
    relying_party = RelyingParty(settings.client, http=http, lock=lock, clock=clock, random=random)
    endpoints = Endpoints(
        settings,
        relying_party=relying_party,
        sessions=sessions,
        attempts=Attempts(sealer, cookies.attempts),
        clock=clock,
        random=random,
        emit=emit,
        debug=debug,
    )
    sign_out = SignOut(endpoints, sealer=sealer, clock=clock, random=random, emit=emit)
    return Assembly(settings, endpoints, sign_out, sessions)
