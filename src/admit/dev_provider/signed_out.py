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
    """Return what is loaded in frames, and note it for the home page."""
    frames = []
    for client in clients_of(provider, session):
        if not client.frontchannel_logout_uri:
            continue
        issuer = provider.servers[session.clients[client.client_id]].issuer
        pairs = [("iss", issuer), ("sid", session.sid)]
        frames.append(pages.with_pairs(client.frontchannel_logout_uri, pairs))
        provider.deliveries.show(
            kind="Front-channel logout",
            about="iss and sid",
            app=client.name,
            uri=client.frontchannel_logout_uri,
        )
    return frames


def _origin(uri: str) -> str:
    where = urlsplit(uri)
    return f"{where.scheme}://{where.netloc}"
