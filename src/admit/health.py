"""Whether sessions work, and whether somebody could sign in now: for probes and for operators.

May know: browser, codes, errors, ports, relying_party.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from admit.browser import NOT_STORED, BrowserResponse
from admit.codes import text_of
from admit.errors import SignInError
from admit.ports import SessionStore
from admit.relying_party import RelyingParty

OK, UNAVAILABLE = 200, 503
#: Seconds after which a probe may come again, where it is not well.
AGAIN = 5
#: A name that nothing else has: what is asked for is never there.
NAME = b"health"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How one part is.

    Attributes:
        ok: It works.
        code: What keeps it from working, as in ``docs/reference/errors.md``; empty where it works.
        detail: A sentence that names no host, no user and no setting.
    """

    ok: bool
    code: str = ""
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a deployment is.

    Attributes:
        sessions: Whether it is known who is signed in: pages work.
        sign_in: Whether somebody could sign in now.
    """

    sessions: Condition
    sign_in: Condition


async def examine(party: RelyingParty, store: SessionStore | None, *, ask: bool) -> Health:
    """Return how the deployment is.

    Args:
        party: Knows the provider.
        store: Keeps the sessions; None where they are in cookies. It is read once.
        ask: Ask the provider for what is not known of it, and wait for the answer: one request in
            some seconds at most, however often this is called. Else only what is known counts.
    """
    return Health(sessions=await _sessions(store), sign_in=await _sign_in(party, ask=ask))


async def _sessions(store: SessionStore | None) -> Condition:
    if store is None:
        return Condition(ok=True, detail="Sessions are kept in cookies.")
    try:
        await store.is_used(NAME)
    except SignInError as error:
        return _broken(error)
    return Condition(ok=True, detail="The session store answers.")


async def _sign_in(party: RelyingParty, *, ask: bool) -> Condition:
    provider = party.provider
    try:
        if ask:
            await provider.metadata()
            await provider.keys()
        elif (error := provider.standing()) is not None:
            return _broken(error)
        if (metadata := provider.known_metadata()) is None:
            return Condition(ok=True, detail="The provider has not been asked for anything yet.")
        party.check(metadata.token_endpoint)
        if party.client.userinfo != "never" and metadata.userinfo_endpoint is not None:
            party.check(metadata.userinfo_endpoint)
    except SignInError as error:
        return _broken(error)
    return Condition(ok=True, detail="What is needed of the provider is there.")


def _broken(error: SignInError) -> Condition:
    return Condition(ok=False, code=error.code, detail=f"{text_of(error.code).title}.")


def health_response(health: Health, *, ok: bool) -> BrowserResponse:
    """Return the answer to a probe: the codes alone, with 200 where what it asks for is *ok*."""
    told = {
        name: {"ok": part.ok, "code": part.code}
        for name, part in (("sessions", health.sessions), ("sign_in", health.sign_in))
    }
    wait = () if ok else (("Retry-After", str(AGAIN)),)
    return BrowserResponse(
        status=OK if ok else UNAVAILABLE,
        body=json.dumps(told) + "\n",
        content_type="application/json",
        headers=(*NOT_STORED, *wait),
    )
