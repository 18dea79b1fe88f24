"""Logout tokens: who gets one, and what it says.

May know: model, provider, deliveries, effects, logout_faults.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from admit.dev_provider.deliveries import Message
from admit.dev_provider.logout_faults import EVENT, LOGOUT_TOKEN, Change, Draft
from admit.dev_provider.model import Client, Session, User
from admit.dev_provider.provider import Provider, Server

TOKEN_SECONDS: Final = 120
FORM: Final = "application/x-www-form-urlencoded"


def logout_message(
    provider: Provider,
    client: Client,
    server: Server,
    subject: Mapping[str, str],
    changes: list[Change] | None = None,
) -> Message:
    """Return the message that tells an app of the end of a session, or of all of a user's.

    Args:
        provider: Commits the faults that are armed.
        client: The app; has a ``backchannel_logout_uri``.
        server: The one where the app signs users in.
        subject: The claims ``sub`` and ``sid``, or one of them.
        changes: The faults instead of those that are armed.

    Spec: OIDC Back-Channel Logout 1.0 2.4 and 2.5.
    """
    now = provider.now()
    draft = Draft(
        {
            "iss": server.issuer,
            "aud": client.client_id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "jti": secrets.token_urlsafe(32),
            "events": {EVENT: {}},
            **subject,
        },
        "logout+jwt",
        provider.previous_jti,
    )
    for change in provider.faults.take(LOGOUT_TOKEN) if changes is None else changes:
        change(draft)
    return Message(
        kind="Logout token",
        about=" and ".join(subject),
        app=client.name,
        uri=client.backchannel_logout_uri or "",
        headers={"Content-Type": FORM},
        body=urlencode({"logout_token": signed(provider, server, draft)}).encode("ascii"),
    )


def signed(provider: Provider, server: Server, draft: Draft) -> str:
    """Return the token of a draft, and remember its ``jti``."""
    provider.previous_jti = draft.claims.get("jti", provider.previous_jti)
    return draft.sign(server.keys, draft.claims, draft.typ)


def end_session(provider: Provider, session: Session) -> None:
    """End a session, and tell each app that signed in during it."""
    if provider.sessions.take(session.session_id) is None:
        return
    for client in clients_of(provider, session):
        _tell(provider, client, session, {"sub": session.user.sub, "sid": session.sid})


def end_all_sessions(provider: Provider, user: User) -> None:
    """End every session of a user; tell each app once, by ``sub`` alone."""
    told: set[str] = set()
    for session in provider.sessions.values():
        if session.user.sub != user.sub or provider.sessions.take(session.session_id) is None:
            continue
        for client in clients_of(provider, session):
            if client.client_id not in told:
                told.add(client.client_id)
                _tell(provider, client, session, {"sub": user.sub})


def clients_of(provider: Provider, session: Session) -> list[Client]:
    """Return the apps that signed in during a session."""
    known = (provider.clients.get(client_id) for client_id in list(session.clients))
    return [client for client in known if client is not None]


def _tell(provider: Provider, client: Client, session: Session, subject: Mapping[str, str]) -> None:
    if client.backchannel_logout_uri:
        server = provider.servers[session.clients[client.client_id]]
        message = logout_message(provider, client, server, subject)
        provider.deliveries.send_later(message)
