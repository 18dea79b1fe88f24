"""What the development provider starts with: the demo users, the demo clients, a file's content.

May know: model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from admit.dev_provider.model import Client, User

CLIENT_ID: Final = "0oa1webbasic0Local5d7"
CLIENT_SECRET: Final = "not-a-secret-for-development-only-0123456789"  # noqa: S105 - says so
REDIRECT_URI: Final = "http://localhost:5000/authorization-code/callback"
POST_LOGOUT_REDIRECT_URI: Final = "http://localhost:5000"
AUTH_METHODS: Final = ("client_secret_basic", "client_secret_post", "none")
ROTATIONS: Final = ("ROTATE", "STATIC")
LONGEST_LEEWAY: Final = 60
URIS: Final = (
    "backchannel_logout_uri",
    "frontchannel_logout_uri",
    "initiate_login_uri",
    "universal_logout_uri",
)

Record = TypeVar("Record", Client, User)


def _client(client_id: str, method: str, name: str) -> Client:
    return Client(
        client_id=client_id,
        client_secret="" if method == "none" else CLIENT_SECRET,
        token_endpoint_auth_method=method,
        redirect_uris=(REDIRECT_URI,),
        post_logout_redirect_uris=(POST_LOGOUT_REDIRECT_URI,),
        name=name,
    )


CLIENTS: Final = (
    _client(CLIENT_ID, "client_secret_basic", "My Web App"),
    _client("0oa2webpost00Local5d7", "client_secret_post", "My Web App (post)"),
    _client("0oa3public000Local5d7", "none", "My Public App"),
)


def _user(short: str, family: str, **changes: Any) -> User:  # noqa: ANN401 - the fields of User
    values: dict[str, Any] = {
        "sub": f"00u1{short}".ljust(9, "0") + "LocalDev5d7",
        "login": f"{short}@example.com",
        "password": f"{short}-password",
        "name": f"{short.title()} {family}",
        "given_name": short.title(),
        "family_name": family,
        "email": f"{short}@example.com",
    }
    return User(**{**values, **changes})


USERS: Final = (
    _user("alice", "Anderson", groups=("Everyone", "IT")),
    _user("bob", "Brown"),
    _user("carol", "Clark", name="Clark", given_name=None, email=None),
    _user("dave", "Davis", assigned=False),
    _user("erin", "Evans", email="alice@example.com"),
)


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """The provider's settings.

    Attributes:
        url: Scheme, host and port, without a slash at the end.
        slow_seconds: How long the faults named ``..._slow`` take.
        fat_id_tokens: Whether ID Tokens carry every claim of the scopes. Okta's carry a few of
            them when an access token comes along, and UserInfo has the rest.
        access_token_seconds: How long an access token is good, at most a day.
    """

    url: str = "http://127.0.0.1:9400"
    clients: tuple[Client, ...] = CLIENTS
    users: tuple[User, ...] = USERS
    slow_seconds: float = 15.0
    fat_id_tokens: bool = False
    access_token_seconds: int = 3600


def client_from_json(document: object) -> Client:
    """Return the client that a JSON object describes; what is missing is the demo client's.

    Raises:
        ValueError: The document is not such an object. The message says what is wrong.
    """
    client = _record(Client, document, {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    if client.token_endpoint_auth_method not in AUTH_METHODS:
        message = f"token_endpoint_auth_method: expected one of {', '.join(AUTH_METHODS)}"
        raise ValueError(message)
    if client.rotation not in ROTATIONS:
        message = f"rotation: expected one of {', '.join(ROTATIONS)}"
        raise ValueError(message)
    if not 0 <= client.leeway <= LONGEST_LEEWAY:
        message = f"leeway: expected a number of seconds from 0 to {LONGEST_LEEWAY}"
        raise ValueError(message)
    for name in URIS:
        uri = getattr(client, name)
        if uri is not None and not is_url(uri):
            message = f"{name}: expected a URL that begins with http:// or https://"
            raise ValueError(message)
    return client


def is_url(text: str) -> bool:
    """Return whether *text* is an ``http`` or ``https`` URL with a host."""
    try:
        where = urlsplit(text)
        # Read for the error that a wrong one raises.
        port = where.port
    except ValueError:
        return False
    named = bool(where.hostname) and port != 0
    return named and where.scheme in {"http", "https"} and re.search(r"\s", text) is None


def config_from_json(document: object, url: str) -> ProviderConfig:
    """Return the settings that a configuration file describes: ``clients`` and ``users``.

    Raises:
        ValueError: The document is not such an object. The message says what is wrong.
    """
    if not isinstance(document, dict) or not document.keys() <= {"clients", "users"}:
        message = 'expected an object with "clients" and "users"'
        raise ValueError(message)
    if not all(isinstance(part, list) for part in document.values()):
        message = '"clients" and "users" must be arrays'
        raise ValueError(message)
    clients = tuple(client_from_json(item) for item in document.get("clients", []))
    users = tuple(_record(User, item, {}) for item in document.get("users", []))
    return ProviderConfig(url=url, clients=clients or CLIENTS, users=users or USERS)


def _record(kind: type[Record], document: object, missing: Mapping[str, str]) -> Record:
    if not isinstance(document, dict):
        message = f"expected an object that describes a {kind.__name__.lower()}"
        raise ValueError(message)  # noqa: TRY004 - the caller's document, not a caller's mistake
    hints = get_type_hints(kind)
    values = {**missing, **document}
    for name, value in values.items():
        if name not in hints:
            message = f"{name!s:.40}: unknown; known are {', '.join(hints)}"
            raise ValueError(message)
        values[name] = _converted(name, value, hints[name])
    absent = [item.name for item in fields(kind)[:3] if item.name not in values]
    if kind is User and absent:
        message = f"{absent[0]}: missing"
        raise ValueError(message)
    return kind(**values)


def _converted(name: str, value: object, hint: Any) -> object:  # noqa: ANN401 - any annotation
    if get_origin(hint) is tuple:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        message = f"{name}: expected an array of strings"
        raise ValueError(message)
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if not isinstance(value, kinds):
        message = f"{name}: expected a {kinds[0].__name__}"
        raise ValueError(message)  # noqa: TRY004 - the caller's document, not a caller's mistake
    return value
