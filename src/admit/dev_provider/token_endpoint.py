"""The token, introspection and revocation endpoints.

May know: model, provider, faults, tokens, client_auth.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from typing import Any

from flask import Response, jsonify, request

from admit.dev_provider import faults, pages
from admit.dev_provider.client_auth import authenticated_client
from admit.dev_provider.model import Client, Grant, Issued, Refused
from admit.dev_provider.provider import Provider, Server
from admit.dev_provider.tokens import token_response

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def token(provider: Provider, server: Server) -> Response:
    """Answer a token request. Spec: RFC 6749 4.1.3 and 6, RFC 7636 4.6."""
    try:
        return pages.private(jsonify(_tokens(provider, server)))
    except Refused as refused:
        return oauth_error(refused)


def oauth_error(refused: Refused) -> Response:
    """Return the JSON error response. Spec: RFC 6749 5.2."""
    body = jsonify(error=refused.error, error_description=refused.description)
    body.status_code = refused.status
    if refused.status == 401 and "Authorization" in request.headers:  # noqa: PLR2004 - HTTP
        body.headers["WWW-Authenticate"] = 'Basic realm="OAuth"'
    return pages.private(body)


def _tokens(provider: Provider, server: Server) -> dict[str, Any]:
    repeated = next((name for name in request.form if len(request.form.getlist(name)) > 1), None)
    if repeated is not None:
        message = f"Duplicate parameter provided in request: '{repeated[:40]}'."
        raise Refused("invalid_request", message)
    client = authenticated_client(provider)
    if "Origin" in request.headers and "code_verifier" not in request.form:
        message = "Browser requests to the token endpoint must use Proof Key for Code Exchange."
        raise Refused("invalid_client", message, 401)
    for error in provider.faults.take(faults.TOKEN):
        raise Refused(*error)
    grant_type = request.form.get("grant_type", "")
    if grant_type == "authorization_code":
        grant = _redeemed(provider, server, client)
        return token_response(provider, server, grant, grant.request.scopes, first=True)
    if grant_type == "refresh_token":
        grant, scopes = _refreshed(provider, server, client)
        return token_response(provider, server, grant, scopes, first=False)
    if not grant_type:
        raise Refused("invalid_request", "The token request must specify a 'grant_type'.")
    message = "The grant type is not supported. Configured grant types: [authorization_code]."
    raise Refused("unsupported_grant_type", message)


def _redeemed(provider: Provider, server: Server, client: Client) -> Grant:
    code = request.form.get("code", "")
    replayed = provider.spent.get(code)
    if replayed is not None:
        replayed.revoked = True
    grant = provider.codes.get(code)
    if grant is None or grant.revoked:
        raise Refused("invalid_grant", "The authorization code is invalid or has expired.")
    _check_owner(grant, server, client)
    # Of two requests at the same time, one takes it.
    if provider.codes.take(code) is None:
        raise Refused("invalid_grant", "The authorization code is invalid or has expired.")
    provider.spent.put(code, grant)
    if request.form.get("redirect_uri") != grant.request.destination.redirect_uri:
        message = (
            "The 'redirect_uri' does not match the redirection URI used in the authorization"
            " request."
        )
        raise Refused("invalid_grant", message)
    _check_verifier(grant.request.code_challenge)
    return grant


def _check_owner(grant: Grant, server: Server, client: Client) -> None:
    if grant.request.client_id != client.client_id:
        message = "The grant was issued to another client and can't be used by this client."
        raise Refused("invalid_grant", message)
    if grant.request.server != server.name:
        message = "The grant was issued for another authorization server."
        raise Refused("invalid_request", message)


def _check_verifier(challenge: str | None) -> None:
    verifier = request.form.get("code_verifier")
    if challenge is None and verifier is None:
        return
    if verifier is None:
        message = "PKCE code verifier is required when the token request has a code challenge."
        raise Refused("invalid_request", message)
    digest = hashlib.sha256(verifier.encode()).digest()
    computed = urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
    if computed != challenge or not VERIFIER.fullmatch(verifier):
        raise Refused("invalid_grant", "PKCE verification failed.")


def _refreshed(provider: Provider, server: Server, client: Client) -> tuple[Grant, tuple[str, ...]]:
    token = request.form.get("refresh_token", "")
    replayed = provider.spent.get(token)
    if replayed is not None:
        replayed.revoked = True
    issued = provider.refresh_tokens.get(token)
    if issued is None or issued.grant.revoked:
        raise Refused("invalid_grant", "The refresh token is invalid or expired.")
    grant = issued.grant
    _check_owner(grant, server, client)
    asked = tuple(request.form.get("scope", "").split()) or issued.scopes
    if not set(asked) <= set(issued.scopes):
        message = "One or more scopes were not granted to this refresh token."
        raise Refused("invalid_scope", message)
    if provider.refresh_tokens.take(token) is None:
        raise Refused("invalid_grant", "The refresh token is invalid or expired.")
    provider.spent.put(token, grant)
    return grant, asked


def introspect(provider: Provider, server: Server) -> Response:
    """Answer what a token is worth. Spec: RFC 7662 2."""
    try:
        client = authenticated_client(provider)
    except Refused as refused:
        return oauth_error(refused)
    text = request.form.get("token", "")
    issued = provider.access_tokens.get(text) or provider.refresh_tokens.get(text)
    if issued is None or not _is_of(issued, server, client):
        return pages.private(jsonify(active=False))
    return pages.private(jsonify(_described(issued, server)))


def _is_of(issued: Issued, server: Server, client: Client) -> bool:
    asked = issued.grant.request
    same = (asked.client_id, asked.server) == (client.client_id, server.name)
    return same and not issued.grant.revoked


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
    """Forget a token; an unknown one is as good as revoked. Spec: RFC 7009 2."""
    try:
        client = authenticated_client(provider)
    except Refused as refused:
        return oauth_error(refused)
    text = request.form.get("token", "")
    for shelf in (provider.access_tokens, provider.refresh_tokens):
        issued = shelf.get(text)
        if issued is not None and _is_of(issued, server, client):
            shelf.take(text)
            if shelf is provider.refresh_tokens:
                issued.grant.revoked = True
    return pages.private(Response(status=200))
