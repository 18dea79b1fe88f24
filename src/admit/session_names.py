"""What sessions in a store are found by.

May know: ports, sealing.
"""

from __future__ import annotations

import hmac

from admit.ports import OWNER_BYTES
from admit.sealing import Sealer

LABEL_BYTES = 16
#: Each record begins with the tag of its application, which is no secret.
APPLICATION_BYTES = 4


class Names:
    """What sessions are found by: names that only the holder of the secret keys can tell.

    Each method returns one for each secret key, newest first: what an older key named is found
    until that key is retired.

    Args:
        sealer: Has the keys.
        audience: Issuer and client id: applications may share a store and a secret.
    """

    def __init__(self, sealer: Sealer, audience: tuple[str, str]) -> None:
        self._sealer = sealer
        self._audience = "\n".join(audience).encode()

    def owners(self, sub: str) -> list[bytes]:
        """Return the user's."""
        return self._of(b"sub", sub, OWNER_BYTES)

    def sids(self, sid: str) -> list[bytes]:
        """Return those of a session of the provider's."""
        return self._of(b"sid", sid, LABEL_BYTES)

    def emails(self, email: str) -> list[bytes]:
        """Return those of an e-mail address, whatever the case of its letters."""
        return self._of(b"email", email.casefold(), LABEL_BYTES)

    def application(self) -> bytes:
        """Return the tag that each record of the application begins with: no secret is in it."""
        return hmac.digest(self._audience, b"application", "sha256")[:APPLICATION_BYTES]

    def everybody(self) -> bytes:
        """Return that of all sessions of the application: no secret is in it."""
        return hmac.digest(self._audience, b"everybody", "sha256")

    def key(self, identifier: bytes) -> bytes:
        """Return that of all sessions that one secret key sealed."""
        return hmac.digest(self._audience, b"key" + identifier, "sha256")

    def _of(self, kind: bytes, value: str, length: int) -> list[bytes]:
        message = self._audience + b"\n" + value.encode("utf-8", "surrogatepass")
        return self._sealer.tags(kind, message, length)
