"""The provider of a race: it rotates refresh tokens, and remembers who brought which, and when.

May know: base64url.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from admit.base64url import to_base64url

#: Seconds that access tokens live: whole ones, as the specification has them.
LIFETIMES = (1, 2)
#: Seconds that ID Tokens and logout tokens live.
SIGNED_LIFETIME = 60
#: Seconds in which a worker that was answered may not have kept yet what came.
KEEPING = 1.0
KEY_BITS, KEY_ID = 2048, "race"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
Answer = tuple[int, dict[str, Any]]


@dataclass(slots=True)
class Presented:
    """A refresh token was brought once.

    Attributes:
        by: The worker.
        began: When its page began to ask for an access token.
        at: When the token came in here.
        answered: When the answer went out, or None.
        is_killed: The worker was killed before it can have kept the answer.
    """

    by: str
    began: float
    at: float
    answered: float | None = None
    is_killed: bool = False


@dataclass(slots=True)
class Grant:
    """What one sign-in granted: the number of its newest refresh token, and since when."""

    turn: int = 1
    since: float = 0.0


class RaceProvider:
    """Answers the workers.

    Args:
        issuer: Where it listens.
        client_id: Of the one client.
        grace: Seconds for which a replaced refresh token is taken again.
        choose: Picks one of some.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        *,
        grace: float,
        choose: Callable[[tuple[int, ...]], int],
    ) -> None:
        self.issuer = issuer
        self.presented: dict[tuple[str, int], list[Presented]] = {}
        #: Called with the worker of the next refresh, before it is answered; then no more.
        self.hunter: Callable[[str], None] | None = None
        self._client_id = client_id
        self._grace = grace
        self._choose = choose
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}
        self._key = rsa.generate_private_key(65537, KEY_BITS)
        self._dead: set[str] = set()

    def metadata(self) -> dict[str, str]:
        """Return what the provider says of itself (OIDC Discovery 3)."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def keys(self) -> dict[str, Any]:
        """Return the key set (RFC 7517 5)."""
        numbers = self._key.public_key().public_numbers()
        octets = {"n": numbers.n, "e": numbers.e}
        parts = {
            name: to_base64url(number.to_bytes((number.bit_length() + 7) // 8))
            for name, number in octets.items()
        }
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, **parts}
        return {"keys": [key]}

    def redeem(self, code: str) -> Answer:
        """Answer a code, which names the user, the session and the nonce (RFC 6749 4.1.3)."""
        user, session, nonce = code.split("|")
        with self._lock:
            self._grants[session] = Grant()
        id_token = self._signed({"sub": user, "sid": f"sid-{session}", "nonce": nonce})
        return 200, {**self._tokens(session, 1), "id_token": id_token}

    def present(self, token: str, by: str, began: float) -> tuple[Presented, Answer]:
        """Take a refresh token, and return the answer that is to go out (RFC 6749 6)."""
        session, _, number = token.rpartition("~")
        turn, now = int(number), time.monotonic()
        presented = Presented(by, began, now)
        with self._lock:
            # What a worker sent just before it was killed may be read only now.
            presented.is_killed = by in self._dead
            self.presented.setdefault((session, turn), []).append(presented)
            grant = self._grants[session]
            if turn == grant.turn:
                grant.turn, grant.since = turn + 1, now
            elif turn != grant.turn - 1 or now - grant.since > self._grace:
                return presented, (400, {"error": "invalid_grant"})
            return presented, (200, self._tokens(session, turn + 1))

    def take_hunter(self) -> Callable[[str], None] | None:
        """Return the hunter, once."""
        with self._lock:
            hunter, self.hunter = self.hunter, None
        return hunter

    def killed(self, by: str) -> None:
        """Note that a worker is dead, and what it cannot have kept."""
        now = time.monotonic()
        with self._lock:
            self._dead.add(by)
            for all_of_one in self.presented.values():
                for one in all_of_one:
                    if one.by == by and (one.answered is None or now - one.answered < KEEPING):
                        one.is_killed = True

    def logout_token(self, subject: Mapping[str, str]) -> str:
        """Return a logout token (Back-Channel Logout 2.4)."""
        claims = {**subject, "jti": secrets.token_urlsafe(16), "events": {EVENT: {}}}
        return self._signed(claims, "logout+jwt")

    def _tokens(self, session: str, turn: int) -> dict[str, Any]:
        return {
            "token_type": "Bearer",
            "access_token": f"{session}~{turn}",
            "refresh_token": f"{session}~{turn}",
            "expires_in": self._choose(LIFETIMES),
        }

    def _signed(self, claims: Mapping[str, Any], typ: str = "JWT") -> str:
        now = int(time.time())
        header = {"alg": "RS256", "kid": KEY_ID, "typ": typ}
        whole = {
            "iss": self.issuer,
            "aud": self._client_id,
            "iat": now,
            "exp": now + SIGNED_LIFETIME,
            **claims,
        }
        text = ".".join(to_base64url(json.dumps(part).encode()) for part in (header, whole))
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), SHA256())
        return f"{text}.{to_base64url(signature)}"
