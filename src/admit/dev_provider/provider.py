"""The provider's memory: servers, sessions, codes, tokens, armed faults, counted requests.

May know: model, shelf, config, keys, armed, deliveries.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from admit.dev_provider.armed import ArmedFaults
from admit.dev_provider.config import ProviderConfig
from admit.dev_provider.deliveries import Deliveries
from admit.dev_provider.keys import KeyRing
from admit.dev_provider.model import (
    AuthorizationRequest,
    Client,
    Grant,
    Issued,
    Session,
    Transaction,
    User,
)
from admit.dev_provider.shelf import Shelf

SESSION_COOKIE: Final = "idx"
CODE_SECONDS: Final = 300
ID_TOKEN_SECONDS: Final = 3600
LONGEST_TOKEN_SECONDS: Final = 86400
REFRESH_SECONDS: Final = 7 * 86400
SESSION_SECONDS: Final = 86400
# Longer than a sign-in page may stay open, so that a late one is told so instead of forgotten.
TRANSACTION_SECONDS: Final = 86400
PAGE_SECONDS: Final = 3600
# Stands for the jti of the token before where there was none.
NO_JTI: Final = "jti-of-a-token-before"
SCOPES: Final = ("openid", "profile", "email", "address", "phone", "offline_access", "groups")


@dataclass(frozen=True, slots=True)
class Server:
    """An authorization server.

    Attributes:
        base: What the URLs of its endpoints start with, ``/v1`` not included.
        access_keys: Sign access tokens; the org server never publishes them.
    """

    name: str
    issuer: str
    base: str
    keys: KeyRing = field(default_factory=KeyRing)
    access_keys: KeyRing = field(default_factory=KeyRing)


def _servers(url: str) -> dict[str, Server]:
    keys = KeyRing()
    issuer = f"{url}/oauth2/default"
    return {
        "default": Server("default", issuer, issuer, keys, keys),
        "org": Server("org", url, f"{url}/oauth2"),
    }


class Provider:
    """One running provider. Nothing of it is ever written to disk."""

    def __init__(self, config: ProviderConfig) -> None:
        self.config = config
        self.servers = _servers(config.url)
        self.faults = ArmedFaults()
        self.deliveries = Deliveries()
        self.previous_jti = NO_JTI
        self.counts: Counter[str] = Counter()
        self.grants: Counter[str] = Counter()
        self._counting = threading.Lock()
        self.stopping = threading.Event()
        self.clients = {client.client_id: client for client in config.clients}
        self.access_token_seconds = config.access_token_seconds
        self.slow_seconds = config.slow_seconds
        self._ahead = 0
        now = self.clock
        self.transactions: Shelf[Transaction] = Shelf(now, ttl=TRANSACTION_SECONDS)
        self.sessions: Shelf[Session] = Shelf(now, ttl=SESSION_SECONDS)
        self.codes: Shelf[Grant] = Shelf(now, ttl=CODE_SECONDS)
        self.spent: Shelf[Grant] = Shelf(now, ttl=REFRESH_SECONDS)
        self.access_tokens: Shelf[Issued] = Shelf(now, ttl=LONGEST_TOKEN_SECONDS)
        self.refresh_tokens: Shelf[Issued] = Shelf(now, ttl=REFRESH_SECONDS)
        # When a refresh token was replaced for the first time.
        self.rotated: Shelf[float] = Shelf(now, ttl=REFRESH_SECONDS)

    def clock(self) -> float:
        """Return the provider's time in seconds since the epoch."""
        return time.time() + self._ahead

    def now(self) -> int:
        """Return the provider's time in whole seconds since the epoch."""
        return int(self.clock())

    def forward(self, seconds: int) -> None:
        """Let the provider's clock jump ahead, until `reset`."""
        self._ahead += seconds

    def pause(self) -> None:
        """Wait as long as a slow answer takes, or until the provider stops."""
        self.stopping.wait(self.slow_seconds)

    def count(self, endpoint: str, grant_type: str | None) -> None:
        """Count a request; those of the token endpoint by their grant type too."""
        with self._counting:
            self.counts[endpoint] += 1
            if grant_type is not None:
                self.grants[grant_type[:40]] += 1

    def reset(self) -> None:
        """Forget everything that happened; the keys stay, as apps have fetched them."""
        for shelf in (
            self.transactions,
            self.sessions,
            self.codes,
            self.spent,
            self.access_tokens,
            self.refresh_tokens,
            self.rotated,
        ):
            shelf.clear()
        self.faults.clear()
        self.deliveries.clear()
        self.previous_jti = NO_JTI
        with self._counting:
            self.counts.clear()
            self.grants.clear()
        self.access_token_seconds = self.config.access_token_seconds
        self.slow_seconds = self.config.slow_seconds
        self.clients = {client.client_id: client for client in self.config.clients}
        self._ahead = 0

    def rotate(self) -> None:
        """Sign with new keys from now on."""
        for server in self.servers.values():
            server.keys.rotate()

    def register(self, client: Client) -> None:
        """Add a client, or replace the one with the same id."""
        self.clients = {**self.clients, client.client_id: client}

    def user(self, login: str) -> User | None:
        """Return the user with that login or short name, in any case of letters."""
        wanted = login.strip().lower()
        names = ((user, (user.login.lower(), user.short_name.lower())) for user in self.users)
        return next((user for user, known in names if wanted in known), None)

    @property
    def users(self) -> tuple[User, ...]:
        """Return everybody who can sign in."""
        return self.config.users

    def checked_user(self, login: str, password: str) -> User | None:
        """Return the user if the password is right."""
        user = self.user(login)
        expected = user.password if user else ""
        right = compare_digest(password.encode(), expected.encode())
        return user if user and right else None

    def sign_in(self, user: User, replacing: str = "") -> Session:
        """Start a session with an id that nobody can have planted.

        Who types the password once more stays in the same session for the apps.
        """
        before = self.sessions.take(replacing)
        goes_on = before if before is not None and before.user == user else None
        session = Session(
            session_id=secrets.token_urlsafe(32),
            user=user,
            auth_time=self.now(),
            sid=goes_on.sid if goes_on else f"102{secrets.token_hex(9)}",
            form_token=secrets.token_urlsafe(32),
            clients=dict(goes_on.clients) if goes_on else {},
        )
        self.sessions.put(session.session_id, session)
        return session

    def session_of(self, sid: object) -> Session | None:
        """Return the session that apps know by *sid*."""
        return next((one for one in self.sessions.values() if one.sid == sid), None)

    def is_live(self, issued: Issued) -> bool:
        """Return whether a token is neither revoked nor expired."""
        return not issued.grant.revoked and issued.expires_at > self.clock()

    def issue_code(self, request: AuthorizationRequest, session: Session, user: User) -> str:
        """Return a new authorization code: 300 seconds, single use."""
        code = secrets.token_urlsafe(32)
        self.codes.put(code, Grant(request, user, session.sid, session.auth_time))
        session.clients[request.client_id] = request.server
        return code
