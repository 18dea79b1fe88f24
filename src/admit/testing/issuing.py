"""The tokens that the provider of tests signs.

May know: base64url, testing.bending, testing.bends, testing.signing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from admit.base64url import to_base64url
from admit.testing.bending import Bendable
from admit.testing.bends import LOGOUT_EVENT, STRAIGHT, Bend
from admit.testing.signing import compact, present, public_jwk, signed


@dataclass
class Issuing(Bendable):
    """Signs for one issuer and one client; see `MemoryProvider`."""

    issuer: str = "https://provider.test/oauth2/default"
    client_id: str = "client"
    client_secret: str = field(default="secret-of-the-client", repr=False)
    user: Mapping[str, Any] = field(
        default_factory=lambda: {"sub": "00u1", "name": "Alice Example", "email": "a@example.com"}
    )
    now: Callable[[], int] = lambda: 1_800_000_000
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: int = 0
    alg: str = "RS256"
    secrets: list[str] = field(default_factory=list, repr=False)
    _numbers: Iterator[int] = field(init=False, repr=False, default_factory=count)

    def logout_token(self, **claims: Any) -> str:  # noqa: ANN401 - of every kind
        """Return a signed logout token; a claim of None is left out.

        Spec: Back-Channel Logout 1.0, 2.4.
        """
        header = {"alg": self.alg, "kid": f"key-{self.key}", "typ": "logout+jwt", **self.header}
        said = {
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": self.now(),
            "exp": self.now() + 120,
            "jti": f"jti-{next(self._numbers)}",
            "events": {LOGOUT_EVENT: {}},
            **claims,
        }
        forge, self._logout = self._logout, None
        token = (forge or signed)(present(header), present(said), self)
        self.secrets.append(token)
        return token

    def id_token(self, request: Mapping[str, str], access_token: str, **more: Any) -> str:  # noqa: ANN401 - claims
        """Return a signed ID Token for an authorization request."""
        return self._id_token(request, access_token, STRAIGHT, more)

    def _id_token(
        self, asked: Mapping[str, str], access_token: str, bend: Bend, more: Mapping[str, Any]
    ) -> str:
        key = self.key if bend.key is None else bend.key
        alg = bend.alg or self.alg
        header = {"alg": alg, "kid": f"key-{key}", **self.header, **bend.header}
        claims = {
            **self.user,
            **bend.user,
            "iss": self.issuer,
            "aud": self.client_id,
            "iat": self.now(),
            "exp": self.now() + 3600,
            "auth_time": int(asked.get("auth_time", self.now())),
            "nonce": asked.get("nonce"),
            "at_hash": self._at_hash(access_token),
            **self.claims,
            **bend.claims,
            **more,
        }
        header, claims = present(header), present(claims)
        if bend.forge is not None:
            return bend.forge(header, claims, self)
        return compact(header, claims, key=key, alg=alg, secret=self.client_secret)

    def _at_hash(self, access_token: str) -> str:
        """Return the left half of the hash (OIDC Core 3.1.3.6)."""
        digest = hashlib.new(f"sha{self.alg[-3:]}", access_token.encode()).digest()
        return to_base64url(digest[: len(digest) // 2])

    def sign(self, claims: object, **header: Any) -> str:  # noqa: ANN401 - as above
        """Return *claims* signed with the current key; a claim of None is left out."""
        said = present({"alg": self.alg, "kid": f"key-{self.key}", **header, **self.header})
        content = present(claims) if isinstance(claims, dict) else claims
        return signed(said, content, self)

    def jwk(self, number: int) -> dict[str, str]:
        """Return the public key of that number as a JWK."""
        return {**public_jwk(number), "alg": self.alg}
