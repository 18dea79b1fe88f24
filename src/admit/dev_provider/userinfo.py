"""The UserInfo endpoint.

May know: provider, faults, tokens.
"""

from __future__ import annotations

from flask import Response, jsonify, request

from admit.dev_provider import faults, pages
from admit.dev_provider.provider import Provider, Server
from admit.dev_provider.tokens import user_claims


def userinfo(provider: Provider, server: Server) -> Response:
    """Answer who the access token is about. Spec: OIDC Core 5.3."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    issued = provider.access_tokens.get(token)
    if scheme.lower() != "bearer" or issued is None or not provider.is_live(issued):
        return _refused(401, "invalid_token", "The access token is invalid.")
    if issued.grant.request.server != server.name:
        return _refused(401, "invalid_token", "The issuer of the access token is another one.")
    if "openid" not in issued.scopes:
        return _refused(403, "insufficient_scope", "The access token must have the scope openid.")
    user = issued.grant.user
    claims = {"sub": user.sub, **user_claims(user, issued.scopes)}
    for change in provider.faults.take(faults.USERINFO):
        change(claims)
    return pages.private(jsonify(claims))


def _refused(status: int, error: str, description: str) -> Response:
    header = f'Bearer error="{error}", error_description="{description}"'
    return pages.private(Response(status=status, headers={"WWW-Authenticate": header}))
