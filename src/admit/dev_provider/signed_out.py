"""The page after signing out: it loads each app's page in a frame, then goes back.

May know: model, provider, pages, logout_tokens.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response

from admit.dev_provider import pages
from admit.dev_provider.logout_tokens import clients_of
from admit.dev_provider.model import Session
from admit.dev_provider.provider import SESSION_COOKIE, Provider


def signed_out(provider: Provider, sessions: list[Session], back: str | None) -> Response:
    """Return the answer to a browser whose sessions have ended, without their cookie.

    Args:
        provider: Knows the apps.
        sessions: The sessions that ended.
        back: Where the browser goes next, or None to stay.

    Spec: OIDC Front-Channel Logout 1.0 3.
    """
    frames = [uri for session in sessions for uri in _frames(provider, session)]
    if frames:
        origins = " ".join(sorted({_origin(uri) for uri in frames}))
        allowed = f"frame-src {origins}; script-src 'self'"
        response = pages.page("signed_out.html", allowed=allowed, frames=frames, back=back)
    elif back is not None:
        response = pages.redirect(back, [])
    else:
        response = pages.page("signed_out.html", frames=[], back=None)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="Lax")
    return response


def _frames(provider: Provider, session: Session) -> list[str]:
    return [
        pages.with_pairs(
            client.frontchannel_logout_uri,
            [
                ("iss", provider.servers[session.clients[client.client_id]].issuer),
                ("sid", session.sid),
            ],
        )
        for client in clients_of(provider, session)
        if client.frontchannel_logout_uri
    ]


def _origin(uri: str) -> str:
    where = urlsplit(uri)
    return f"{where.scheme}://{where.netloc}"
