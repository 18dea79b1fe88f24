"""Refresh tokens: what one is good for, when it is replaced, and when its family dies.

May know: model, provider, refresh_faults.
"""

from __future__ import annotations

import secrets

from flask import request

from admit.dev_provider import refresh_faults
from admit.dev_provider.model import Client, Grant, Issued, Refused, unauthorized_grant
from admit.dev_provider.provider import REFRESH_SECONDS, Provider, Server


def check_owner(grant: Grant, server: Server, client: Client) -> None:
    """Check that a grant is used by its client, at its server.

    Raises:
        Refused: It is not.
    """
    if grant.request.client_id != client.client_id:
        message = "The grant was issued to another client and can't be used by this client."
        raise Refused("invalid_grant", message)
    if grant.request.server != server.name:
        message = "The grant was issued for another authorization server."
        raise Refused("invalid_request", message)


def first_refresh_token(provider: Provider, grant: Grant) -> str | None:
    """Return the refresh token that comes with a redeemed code, if one was asked for."""
    if "offline_access" not in grant.request.scopes:
        return None
    now = provider.now()
    return _kept(provider, grant, now, now + REFRESH_SECONDS)


def refreshed(
    provider: Provider, server: Server, client: Client
) -> tuple[Grant, tuple[str, ...], str | None]:
    """Return what a refresh request may have: the grant, the scopes, the next refresh token.

    The next one is None where the client keeps the one it has. It never lives longer than the
    one before.

    Raises:
        Refused: The refresh token is not good, or not for this.

    Spec: RFC 6749 6, RFC 9700 4.14.2.
    """
    if not client.refresh_token:
        raise unauthorized_grant(client)
    token = request.form.get("refresh_token", "")
    issued = provider.refresh_tokens.get(token)
    if issued is None or not provider.is_live(issued):
        raise _invalid()
    check_owner(issued.grant, server, client)
    _check_reuse(provider, client, issued.grant, token)
    scopes = tuple(dict.fromkeys(request.form.get("scope", "").split())) or issued.scopes
    if not set(scopes) <= set(issued.scopes):
        message = "One or more scopes were not granted to this refresh token."
        raise Refused("invalid_scope", message)
    return issued.grant, scopes, _next(provider, client, token, issued, scopes)


def _check_reuse(provider: Provider, client: Client, grant: Grant, token: str) -> None:
    """Revoke the whole family when a token is used long after it was replaced."""
    rotated_at = provider.rotated.get(token)
    if rotated_at is not None and provider.clock() - rotated_at >= client.leeway:
        grant.revoked = True
        raise _invalid()


def _next(
    provider: Provider, client: Client, token: str, issued: Issued, scopes: tuple[str, ...]
) -> str | None:
    kept = bool(provider.faults.take(refresh_faults.ROTATION))
    if kept or client.rotation == "STATIC" or "offline_access" not in scopes:
        return None
    # Of two requests at the same time, the second finds the mark of the first.
    if provider.rotated.put_once(token, provider.clock()) is not None:
        _check_reuse(provider, client, issued.grant, token)
    return _kept(provider, issued.grant, provider.now(), issued.expires_at)


def _kept(provider: Provider, grant: Grant, issued_at: int, expires_at: int) -> str:
    token = secrets.token_urlsafe(32)
    jti = f"RT.{secrets.token_urlsafe(32)}"
    scopes = grant.request.scopes
    provider.refresh_tokens.put(token, Issued(grant, scopes, jti, issued_at, expires_at))
    return token


def _invalid() -> Refused:
    return Refused("invalid_grant", "The refresh token is invalid or expired.")
