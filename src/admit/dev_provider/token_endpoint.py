"""The token endpoint.

May know: model, provider, faults, tokens, refresh_tokens, client_auth.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from typing import Any

from flask import Response, jsonify, request

from admit.dev_provider import faults, pages
from admit.dev_provider.client_auth import authenticated_client
from admit.dev_provider.model import Client, Grant, Refused
from admit.dev_provider.provider import Provider, Server
from admit.dev_provider.refresh_tokens import check_owner, first_refresh_token, refreshed
from admit.dev_provider.tokens import Answered, token_response

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
        next_token = first_refresh_token(provider, grant)
        asked = Answered(grant, grant.request.scopes, next_token, first=True)
        return token_response(provider, server, asked)
    if grant_type == "refresh_token":
        return token_response(provider, server, Answered(*refreshed(provider, server, client)))
    if not grant_type:
        raise Refused("invalid_request", "The token request must specify a 'grant_type'.")
    listed = ", ".join(client.grant_types)
    message = f"The grant type is not supported. Configured grant types: [{listed}]."
    raise Refused("unsupported_grant_type", message)


def _redeemed(provider: Provider, server: Server, client: Client) -> Grant:
    code = request.form.get("code", "")
    replayed = provider.spent.get(code)
    if replayed is not None:
        replayed.revoked = True
    grant = provider.codes.get(code)
    if grant is None or grant.revoked:
        raise Refused("invalid_grant", "The authorization code is invalid or has expired.")
    check_owner(grant, server, client)
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
