"""The values of the development provider: clients, users, sessions, grants, refusals.

May know: nothing else of this package.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Refused(Exception):  # noqa: N818 - the word of the specification is "error", in the field
    """A request is answered with an OAuth error.

    Attributes:
        error: The error code, such as ``invalid_grant``.
        description: Okta's wording.
        status: The HTTP status where the answer is not a redirect.
    """

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True, slots=True)
class Client:
    """A registered app.

    Attributes:
        token_endpoint_auth_method: ``client_secret_basic``, ``client_secret_post`` or ``none``.
        redirect_uris: Compared with a request's by string equality.
        pkce_required: Whether a request without ``code_challenge`` is refused.
    """

    client_id: str
    client_secret: str = field(repr=False)
    token_endpoint_auth_method: str = "client_secret_basic"  # noqa: S105 - a method's name
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    name: str = "Your app"
    pkce_required: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in.

    Attributes:
        sub: The stable identifier, ``00u`` and 17 characters.
        login: What is typed in; the part before the ``@`` is accepted too.
        assigned: Whether the app is assigned to the user.
    """

    sub: str
    login: str
    password: str = field(repr=False)
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    groups: tuple[str, ...] = ("Everyone",)
    assigned: bool = True

    @property
    def short_name(self) -> str:
        """Return the login's part before the ``@``."""
        return self.login.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in at the provider.

    Attributes:
        auth_time: When the user typed the password, in seconds since the epoch.
    """

    session_id: str = field(repr=False)
    user: User
    auth_time: int


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the authorization response goes: a redirect URI that was found to be registered."""

    redirect_uri: str
    response_mode: str = "query"
    state: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An authorization request that passed every check.

    Spec: RFC 6749 4.1.1, OIDC Core 3.1.2.1.
    """

    server: str
    client_id: str
    destination: Destination
    scopes: tuple[str, ...]
    nonce: str | None = field(repr=False)
    code_challenge: str | None
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str


@dataclass(frozen=True, slots=True)
class Transaction:
    """A sign-in page that is open in the browser holding the cookie *browser*."""

    request: AuthorizationRequest
    browser: str = field(repr=False)
    started_at: int


@dataclass(slots=True)
class Grant:
    """What a user allowed a client; a code and all tokens that come from it share one.

    Attributes:
        revoked: Set when a code or a refresh token of the grant is used twice.
    """

    request: AuthorizationRequest
    user: User
    session_id: str = field(repr=False)
    auth_time: int
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token or a refresh token that was issued.

    Attributes:
        expires_at: Seconds since the epoch.
    """

    grant: Grant
    scopes: tuple[str, ...]
    jti: str
    issued_at: int
    expires_at: int


class Shelf(Generic[Value]):
    """Values by key that are gone after *ttl* seconds; the oldest go first when there are many."""

    def __init__(self, now: Callable[[], float] = time.time, *, ttl: int, most: int = 5000) -> None:
        self._now = now
        self._ttl = ttl
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Value]] = OrderedDict()

    def put(self, key: str, value: Value) -> None:
        """Keep *value*."""
        with self._lock:
            self._kept[key] = (self._now() + self._ttl, value)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def get(self, key: str) -> Value | None:
        """Return the value, or None when it is unknown or too old."""
        with self._lock:
            until, value = self._kept.get(key, (0.0, None))
        return value if until > self._now() else None

    def take(self, key: str) -> Value | None:
        """Remove and return the value: of two takers at the same time one gets it."""
        with self._lock:
            until, value = self._kept.pop(key, (0.0, None))
        return value if until > self._now() else None

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        """Return how many values are kept, the old ones included."""
        return len(self._kept)
