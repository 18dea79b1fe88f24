"""The provider's home page: apps to open, and ways to be signed out by the provider.

May know: model, provider, pages, logout_tokens, signed_out, universal_logout.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Final
from urllib.parse import urlsplit

from flask import Response, request

from admit.dev_provider import pages
from admit.dev_provider.logout_tokens import end_all_sessions, end_session
from admit.dev_provider.model import Client, Session
from admit.dev_provider.provider import SESSION_COOKIE, Provider
from admit.dev_provider.signed_out import signed_out
from admit.dev_provider.universal_logout import FORMATS, universal_logout_message

# Long enough for an app on this machine, so that the page shows what it answered.
PATIENCE: Final = 3.0
MOST_SHOWN: Final = 6


def home(provider: Provider) -> Response:
    """Return the home page."""
    session = provider.sessions.get(request.cookies.get(SESSION_COOKIE, ""))
    clients = list(provider.clients.values())
    return pages.page(
        "home.html",
        session=session,
        servers=provider.servers.values(),
        clients=clients,
        users=provider.users,
        tiles=[_tile(provider, client) for client in clients if client.initiate_login_uri],
        formats=FORMATS,
        receivers=[client for client in clients if client.universal_logout_uri],
        deliveries=provider.deliveries.recent()[:MOST_SHOWN],
    )


def _tile(provider: Provider, client: Client) -> dict[str, str]:
    """Return what a tile shows. Okta names the org by the link, whatever server the app uses."""
    uri = client.initiate_login_uri or ""
    where = urlsplit(uri)
    return {
        "name": client.name,
        "link": pages.with_pairs(uri, [("iss", provider.config.url)]),
        "uri": uri,
        "iss": provider.servers["default"].issuer,
        "target": f"{where.scheme}://{where.netloc}/",
    }


def act(provider: Provider) -> Response:
    """Answer a button of the home page."""
    session = provider.sessions.get(request.cookies.get(SESSION_COOKIE, ""))
    token = request.form.get("form_token", "")
    if session is None or not compare_digest(session.form_token.encode(), token.encode()):
        return pages.error_page(
            "invalid_request",
            "This button belongs to a session that has ended, or to another page.",
            "Open the provider's home page again.",
        )
    action = request.form.get("action", "")
    if action in FORMATS:
        return _universal_logout(provider, session, action)
    if action == "end_session":
        end_session(provider, session)
    elif action == "end_all_sessions":
        end_all_sessions(provider, session.user)
    else:
        return pages.error_page("invalid_request", "There is no such button.")
    provider.deliveries.settled(PATIENCE)
    return signed_out(provider, [session], "/")


def _universal_logout(provider: Provider, session: Session, subject_format: str) -> Response:
    client = provider.clients.get(request.form.get("client_id", ""))
    if client is None or not client.universal_logout_uri:
        return pages.error_page("invalid_request", "That app takes no Universal Logout.")
    try:
        message = universal_logout_message(provider, client, session.user, subject_format)
    except ValueError as problem:
        return pages.error_page("invalid_request", f"{problem}.")
    provider.deliveries.send(message)
    return pages.redirect("/", [])
