"""Okta's Universal Logout: one server tells another to end all sessions of a user.

May know: model, provider, deliveries, logout_faults, logout_tokens.
"""

from __future__ import annotations

import json
import secrets
from typing import Final
from urllib.parse import urlsplit

from admit.dev_provider.deliveries import Message
from admit.dev_provider.logout_faults import UNIVERSAL_LOGOUT, Change, Draft
from admit.dev_provider.logout_tokens import signed
from admit.dev_provider.model import Client, User
from admit.dev_provider.provider import Provider

MINUTES: Final = 5
FORMATS: Final = {"email": "email", "iss_sub": "issuer and subject"}
TYP: Final = "global-token-revocation+jwt"


def universal_logout_message(
    provider: Provider,
    client: Client,
    user: User,
    subject_format: str,
    changes: list[Change] | None = None,
) -> Message:
    """Return the message that tells an app to sign a user out everywhere.

    Args:
        provider: Signs, and commits the faults that are armed.
        client: The app; has a ``universal_logout_uri``.
        user: Whom it is about.
        subject_format: A key of `FORMATS`: how it names the user.
        changes: The faults instead of those that are armed.

    Raises:
        ValueError: The user has no email, and the format asks for it.

    Spec: Okta, Universal Logout; Global Token Revocation (draft) 3.
    """
    server = provider.servers["default"]
    if subject_format == "email":
        if user.email is None:
            message = f"{user.login} has no email"
            raise ValueError(message)
        subject = {"format": "email", "email": user.email}
    else:
        subject = {"format": "iss_sub", "iss": server.issuer, "sub": user.sub}
    uri = client.universal_logout_uri or ""
    now = provider.now()
    draft = Draft(
        {
            "iss": server.issuer,
            "sub": client.client_id,
            "aud": urlsplit(uri)._replace(query="", fragment="").geturl(),
            "jti": secrets.token_urlsafe(32),
            "iat": now,
            "nbf": now - MINUTES * 60,
            "exp": now + MINUTES * 60,
        },
        TYP,
        provider.previous_jti,
        body={"sub_id": subject},
    )
    for change in provider.faults.take(UNIVERSAL_LOGOUT) if changes is None else changes:
        change(draft)
    headers = {"Content-Type": "application/json"}
    if draft.scheme:
        headers["Authorization"] = f"{draft.scheme} {signed(provider, server, draft)}"
    return Message(
        kind="Universal Logout",
        about=FORMATS[subject_format],
        app=client.name,
        uri=uri,
        headers=headers,
        body=json.dumps(draft.body).encode(),
    )
