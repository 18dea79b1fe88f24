"""The parts of an application, put together as an adapter does, for one process of a race.

May know: the core.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, replace

from admit.access_tokens import AccessTokens
from admit.assembly import assemble
from admit.blocking import BlockingLater, BlockingLock, blocking_keeper, blocking_pause
from admit.events import Event
from admit.http_client import BlockingHttp
from admit.ports import Beside, HttpRequest, HttpResponse
from admit.provider_calls import ProviderCalls
from admit.race.options import Order, settings_of
from admit.race.server import ASKING
from admit.relying_party import RelyingParty
from admit.session_ends import SessionEnds
from admit.stored_sessions import StoredSessions
from admit.stores import Store


class AskingHttp:
    """The transport, which tells the race's provider which worker asks, and since when."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._http = BlockingHttp()
        self._page = threading.local()

    def begin(self, now: float) -> None:
        """Note that this thread's page begins to ask for an access token."""
        self._page.began = now

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Return the answer. See the port `Http`."""
        asking = f"{self._name} {getattr(self._page, 'began', 0.0)}"
        return await self._http.send(replace(request, headers={**request.headers, ASKING: asking}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an application has."""

    store: Store
    http: AskingHttp
    party: RelyingParty
    sessions: StoredSessions
    ends: SessionEnds
    tokens: AccessTokens
    calls: ProviderCalls


def assembled(order: Order) -> Parts:
    """Return the parts, over the ports of an adapter whose requests run in threads.

    Raises:
        ConfigurationError: The store's URL is no good, or a package is missing.
    """
    settings, store = settings_of(order), order.options.opener(order.options.store)
    http = AskingHttp(order.name)
    assembly = assemble(
        settings,
        http=http,
        lock=BlockingLock,
        clock=clock,
        random=os.urandom,
        emit=_silent,
        debug=bool,
        beside=Beside(pause=blocking_pause, keeper=blocking_keeper, later=BlockingLater()),
        store=store,
    )
    if assembly.stored is None:
        message = "a store was handed in, and no sessions are in it"
        raise AssertionError(message)
    party = RelyingParty(
        settings.client, http=http, lock=BlockingLock, clock=clock, random=os.urandom
    )
    stored = assembly.stored
    return Parts(
        store=store,
        http=http,
        party=party,
        sessions=stored.sessions,
        ends=stored.ends,
        tokens=stored.tokens,
        calls=stored.calls,
    )


def clock() -> int:
    """Return the seconds since the epoch."""
    return int(time.time())


def _silent(event: Event) -> None:
    """Take an event: the journals say more."""
    del event
