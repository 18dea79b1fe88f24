"""The end-session endpoint.

May know: model, provider, pages, logout_tokens, signed_out.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request

from admit.dev_provider import pages
from admit.dev_provider.logout_tokens import end_session
from admit.dev_provider.model import Client
from admit.dev_provider.provider import SESSION_COOKIE, Provider, Server
from admit.dev_provider.signed_out import signed_out


def logout(provider: Provider, server: Server) -> Response:
    """End the provider's session and go back to the app.

    Spec: OpenID Connect RP-Initiated Logout 1.0 2 and 3.
    """
    given = request.form if request.method == "POST" else request.args
    hint = _hint(server, given.get("id_token_hint", ""))
    client = provider.clients.get(hint["aud"]) if hint else None
    if hint is None or client is None:
        return pages.error_page(
            "invalid_request",
            "The 'id_token_hint' parameter is missing or is not an ID token of this server.",
            "Send the ID token of the user who signs out. An expired one is accepted; one that"
            " was issued before the provider was started again is not.",
        )
    uri = given.get("post_logout_redirect_uri")
    if uri is not None and uri not in client.post_logout_redirect_uris:
        return _unknown_uri(client, uri)
    session = provider.sessions.get(request.cookies.get(SESSION_COOKIE, ""))
    if session is not None and session.user.sub != hint["sub"]:
        return pages.error_page(
            "id_token_does_not_match_session",
            "The ID token subject does not match the current session's user.",
            "Somebody else is signed in at the provider in this browser.",
        )
    # A form posted from another site brings no SameSite=Lax cookie: the ID Token knows the
    # session that it was issued in.
    found = {one.session_id: one for one in (session, provider.session_of(hint["sid"])) if one}
    for one in found.values():
        end_session(provider, one)
    state = given.get("state")
    back = uri and pages.with_pairs(uri, [] if state is None else [("state", state)])
    return signed_out(provider, list(found.values()), back)


def _hint(server: Server, token: str) -> dict[str, Any] | None:
    """Return the claims of our own ID Token, expired or not, or None."""
    claims = server.keys.verified(token) if token else None
    if claims is None or claims.get("iss") != server.issuer:
        return None
    sound = all(isinstance(claims.get(name), str) for name in ("aud", "sub", "sid"))
    return claims if sound and "events" not in claims else None


def _unknown_uri(client: Client, uri: str) -> Response:
    return pages.error_page(
        "invalid_request",
        "The 'post_logout_redirect_uri' parameter must be a Logout redirect URI in the client"
        " app settings.",
        "The two must be the same character by character. To register another one, start the"
        " provider with --post-logout-redirect-uri URI.",
        [("Received", uri)]
        + [("Registered", registered) for registered in client.post_logout_redirect_uris],
    )
