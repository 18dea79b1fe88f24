"""The parts put together, for any adapter.

May know: the core, and none of the frameworks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from admit.attempts import Attempts
from admit.browser import Cookies
from admit.endpoints import Endpoints
from admit.events import Emit
from admit.ports import Beside, Http, Lock, SessionStore
from admit.relying_party import RelyingParty
from admit.sealing import Sealer
from admit.sessions import CookieSessions, Sessions
from admit.settings import Settings
from admit.sign_out import SignOut

if TYPE_CHECKING:
    from admit.stored_assembly import Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What an adapter needs."""

    settings: Settings
    endpoints: Endpoints
    sign_out: SignOut
    sessions: Sessions
    stored: Stored | None
    store: SessionStore | None


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
    party = RelyingParty(
        settings.client,
        http=http,
        lock=lock,
        clock=seconds,
        random=random,
        stale_limit=settings.stale_limit,
        failures=settings.breaker_failures,
        seconds=settings.breaker_seconds,
    )
    stored, sessions = None, _cookie_sessions(settings, cookies, sealer, random, emit)
    if store is not None:
        # What most deployments do not need is not loaded by them.
        from admit.stored_assembly import assemble_stored  # noqa: PLC0415

        stored = assemble_stored(
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
        store=store,
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
