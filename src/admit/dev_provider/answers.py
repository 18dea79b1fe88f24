"""The authorization response: a code, or an error, to a redirect URI that was checked.

May know: model, provider, faults, pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from admit.dev_provider import faults, pages
from admit.dev_provider.model import AuthorizationRequest, Destination, Refused, Session
from admit.dev_provider.provider import Provider

if TYPE_CHECKING:
    from flask import Response


def finish(provider: Provider, asked: AuthorizationRequest, session: Session) -> Response:
    """Answer for a user who is signed in: a code, or the reason why there is none.

    Raises:
        Refused: The user may not use the app.
    """
    user = session.user
    if not user.assigned:
        raise Refused("access_denied", "User is not assigned to the client application.")
    for error in provider.faults.take(faults.AFTER_SIGN_IN):
        raise Refused(*error)
    for change in provider.faults.take(faults.USER):
        user = change(user)
    code = provider.issue_code(asked, session, user)
    return deliver(provider, asked.destination, [("code", code)])


def refuse(provider: Provider, destination: Destination, refused: Refused) -> Response:
    """Return the error response, to the redirect URI. Spec: RFC 6749 4.1.2.1."""
    pairs = [("error", refused.error), ("error_description", refused.description)]
    return deliver(provider, destination, pairs)


def deliver(provider: Provider, destination: Destination, pairs: faults.Pairs) -> Response:
    """Return the authorization response with ``state``."""
    if destination.state is not None:
        pairs = [("state", destination.state), *pairs]
    for change in provider.faults.take(faults.RESPONSE):
        pairs = change(pairs)
    return pages.respond(destination, pairs)
