"""Signing keys: made when first needed, published in shuffled order, changed on request.

May know: nothing else of this package.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
from collections.abc import Mapping
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

PUBLISHED: Final = 3


def new_key() -> RSAKey:
    """Return a new RSA key of 2048 bits with a random ``kid``."""
    kid = secrets.token_urlsafe(32)
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


class KeyRing:
    """The keys of one authorization server: the newest signs, the newest three are published."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: list[RSAKey] = []

    def keys(self) -> list[RSAKey]:
        """Return all keys that ever signed, the newest first."""
        with self._lock:
            if not self._keys:
                self._keys = [new_key(), new_key()]
            return list(self._keys)

    def rotate(self) -> None:
        """Sign with a new key from now on, one that nobody can have fetched before."""
        before = self.keys()
        with self._lock:
            self._keys = [new_key(), *before]

    def jwks(self) -> dict[str, Any]:
        """Return the public key set. The order is shuffled: no client may rely on it."""
        published = [key.as_dict(private=False) for key in self.keys()[:PUBLISHED]]
        random.SystemRandom().shuffle(published)
        return {"keys": published}

    def sign(self, claims: Mapping[str, Any], typ: str | None = None) -> str:
        """Return a JWT whose header is ``kid`` and ``alg``, as Okta's is, and ``typ`` if given."""
        key = self.keys()[0]
        header = {"kid": key.kid, "alg": "RS256", **({"typ": typ} if typ else {})}
        return jws.serialize_compact(header, json.dumps(claims), key)

    def verified(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a JWT that one of the keys signed, published or not, or None."""
        for key in self.keys():
            try:
                claims = json.loads(jws.deserialize_compact(token, key, ["RS256"]).payload)
            except (JoseError, ValueError):
                continue
            return claims if isinstance(claims, dict) else None
        return None
