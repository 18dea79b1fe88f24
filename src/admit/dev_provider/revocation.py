"""The introspection and revocation endpoints.

May know: model, provider, client_auth, token_endpoint.
"""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request

from admit.dev_provider import pages
from admit.dev_provider.client_auth import authenticated_client
from admit.dev_provider.model import Client, Issued, Refused
from admit.dev_provider.provider import Provider, Server
from admit.dev_provider.token_endpoint import oauth_error


def introspect(provider: Provider, server: Server) -> Response:
    """Answer what a token is worth. Spec: RFC 7662 2."""
    try:
        client = authenticated_client(provider)
    except Refused as refused:
        return oauth_error(refused)
    text = request.form.get("token", "")
    issued = provider.access_tokens.get(text) or provider.refresh_tokens.get(text)
    replaced = provider.rotated.get(text) is not None
    live = issued is not None and not replaced and provider.is_live(issued)
    if issued is None or not live or not _is_of(issued, server, client):
        return pages.private(jsonify(active=False))
    return pages.private(jsonify(_described(issued, server)))


def _is_of(issued: Issued, server: Server, client: Client) -> bool:
    asked = issued.grant.request
    return (asked.client_id, asked.server) == (client.client_id, server.name)


def _described(issued: Issued, server: Server) -> dict[str, Any]:
    grant = issued.grant
    return {
        "active": True,
        "token_type": "Bearer",
        "scope": " ".join(sorted(issued.scopes)),
        "client_id": grant.request.client_id,
        "username": grant.user.login,
        "iat": issued.issued_at,
        "exp": issued.expires_at,
        "sub": grant.user.login,
        "aud": "api://default",
        "iss": server.issuer,
        "jti": issued.jti,
        "uid": grant.user.sub,
    }


def revoke(provider: Provider, server: Server) -> Response:
    """Forget a token; an unknown one is as good as revoked.

    With a refresh token all that came from its grant is gone. Without an access token the rest
    of its grant lives on. The hint about the type is not needed: both kinds are looked for.
    Spec: RFC 7009 2.
    """
    try:
        client = authenticated_client(provider)
    except Refused as refused:
        return oauth_error(refused)
    text = request.form.get("token", "")
    if not text:
        return oauth_error(Refused("invalid_request", "The 'token' parameter is missing."))
    for shelf in (provider.access_tokens, provider.refresh_tokens):
        issued = shelf.get(text)
        if issued is not None and _is_of(issued, server, client):
            shelf.take(text)
            if shelf is provider.refresh_tokens:
                issued.grant.revoked = True
    return pages.private(Response(status=200))
