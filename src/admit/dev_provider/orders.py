"""Messages that a test orders: sent at once, with or without a fault.

May know: model, provider, deliveries, effects, logout_faults, logout_tokens, universal_logout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from admit.dev_provider.deliveries import Delivery
from admit.dev_provider.effects import Fault
from admit.dev_provider.logout_faults import LOGOUT_TOKEN, UNIVERSAL_LOGOUT, Change
from admit.dev_provider.logout_tokens import logout_message
from admit.dev_provider.model import Client, Session, User
from admit.dev_provider.provider import Provider
from admit.dev_provider.universal_logout import FORMATS, universal_logout_message

KINDS: Final = {"sid": ("sid",), "sub": ("sub",), "both": ("sub", "sid")}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutOrder:
    """A logout token to send.

    Attributes:
        kind: ``sid``, ``sub`` or ``both``: what it says.
        fault: A name of `LOGOUT_TOKEN`, or nothing.
        client_id: The app, or nothing: the first that takes logout tokens.
        sub: The user, or nothing: the one of the newest session of the app.
        sid: The session, or nothing: the newest of the app, of that user if one is given.
    """

    kind: str = "both"
    fault: str = ""
    client_id: str = ""
    sub: str = ""
    sid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UniversalOrder:
    """A Universal Logout to send.

    Attributes:
        format: ``email`` or ``iss_sub``: how it names the user.
        fault: A name of `UNIVERSAL_LOGOUT`, or nothing.
        client_id: The app, or nothing: the first that takes Universal Logout.
        login: The user, or nothing: the one of the newest session, or the first.
    """

    format: str = "email"
    fault: str = ""
    client_id: str = ""
    login: str = ""


def send_logout_token(provider: Provider, order: Mapping[str, str]) -> Delivery:
    """Send a logout token, and return what the app answered.

    Args:
        provider: Sends.
        order: The fields of `LogoutOrder`.

    Raises:
        LookupError: There is no such kind, fault or app.
        TypeError: There is no such field.
        ValueError: There is no session, and what the kind needs is not given.
    """
    asked = LogoutOrder(**order)
    if asked.kind not in KINDS:
        message = f"kind: expected one of {', '.join(KINDS)}"
        raise LookupError(message)
    changes = _changes(asked.fault, LOGOUT_TOKEN)
    client = _client(provider, asked.client_id, "backchannel_logout_uri")
    session = _newest(provider, client, asked.sub)
    subject = {
        "sub": asked.sub or (session.user.sub if session else ""),
        "sid": asked.sid or (session.sid if session else ""),
    }
    if not all(subject[name] for name in KINDS[asked.kind]):
        message = "Nobody is signed in at that app; give sub or sid."
        raise ValueError(message)
    told = {name: subject[name] for name in KINDS[asked.kind]}
    server = session.clients[client.client_id] if session else "default"
    return provider.deliveries.send(
        logout_message(provider, client, provider.servers[server], told, changes)
    )


def send_universal_logout(provider: Provider, order: Mapping[str, str]) -> Delivery:
    """Send a Universal Logout, and return what the app answered.

    Args:
        provider: Sends.
        order: The fields of `UniversalOrder`.

    Raises:
        LookupError: There is no such format, fault, app or user.
        TypeError: There is no such field.
        ValueError: The user has no email, and the format asks for it.
    """
    asked = UniversalOrder(**order)
    if asked.format not in FORMATS:
        message = f"format: expected one of {', '.join(FORMATS)}"
        raise LookupError(message)
    changes = _changes(asked.fault, UNIVERSAL_LOGOUT)
    client = _client(provider, asked.client_id, "universal_logout_uri")
    user = _user(provider, client, asked.login)
    return provider.deliveries.send(
        universal_logout_message(provider, client, user, asked.format, changes)
    )


def _changes(fault: str, table: Mapping[str, Fault[Change]]) -> list[Change] | None:
    """Return what a fault changes; None without one, so that the armed ones count."""
    if not fault:
        return None
    if fault not in table:
        message = f"fault: expected one of {', '.join(table)}"
        raise LookupError(message)
    return [table[fault].effect]


def _client(provider: Provider, client_id: str, field: str) -> Client:
    for client in provider.clients.values():
        if client_id in {"", client.client_id} and getattr(client, field):
            return client
    message = f"No such app has a {field}."
    raise LookupError(message)


def _newest(provider: Provider, client: Client, sub: str) -> Session | None:
    for session in reversed(provider.sessions.values()):
        if client.client_id in session.clients and sub in {"", session.user.sub}:
            return session
    return None


def _user(provider: Provider, client: Client, login: str) -> User:
    session = _newest(provider, client, "")
    if not login:
        return session.user if session else provider.users[0]
    user = provider.user(login)
    if user is None:
        message = "login: there is no such user"
        raise LookupError(message)
    return user
