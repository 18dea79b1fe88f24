"""Values that leave the server and come back unread and unchanged: the content of our cookies.

AES-256-GCM. Each message has a key of its own, derived from the secret, the purpose and 192 random
bits, so that no number of messages wears a key out and no message passes for one of another kind.
The message names its key, so that keys can be rotated: the first seals, all open.

May know: base64url.
"""

from __future__ import annotations

import hmac
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from enum import Enum
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from admit.base64url import from_base64url, to_base64url

VERSION = b"\x01"
KEY_ID_BYTES = 4
SALT_BYTES = 24
NONCE_BYTES = 12
HEAD_BYTES = len(VERSION) + KEY_ID_BYTES + SALT_BYTES
TAG_BYTES = 16
#: Characters of a message that is opened. Browsers keep cookies of some 4,096.
LONGEST = 8192


class Unsealable(Enum):
    """Why a message did not open."""

    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown key"
    CHANGED = "changed"


class Sealer:
    """Seals and opens under a list of secrets, newest first.

    Args:
        secrets: At least one; each with 256 bits of entropy or close to it.
        random: Returns that many fresh random bytes.
    """

    def __init__(self, secrets: Sequence[str], random: Callable[[int], bytes]) -> None:
        # Begun once and copied for each message, which spares HMAC its two first blocks.
        self._keys = {
            _id_of(key): hmac.new(key, digestmod="sha256") for key in map(_key_of, secrets)
        }
        self._newest = next(iter(self._keys))
        self._random = random

    @property
    def key_ids(self) -> tuple[bytes, ...]:
        """The ids of the keys, newest first: four bytes each."""
        return tuple(self._keys)

    def tags(self, purpose: bytes, message: bytes, length: int) -> list[bytes]:
        """Return a name for *message* under each key, newest first, that only the keys can tell."""
        named = []
        for key in self._keys.values():
            mac = key.copy()
            mac.update(b"tag " + purpose + b"\x00" + message)
            named.append(mac.digest()[:length])
        return named

    def __repr__(self) -> str:
        """Return the number of keys, and nothing of them."""
        return f"<Sealer with {len(self._keys)} keys>"

    def seal(self, purpose: bytes, message: bytes) -> str:
        """Return *message* sealed for *purpose*: base64url, a third longer, plus 60 characters."""
        return to_base64url(self.seal_octets(purpose, message))

    def seal_octets(self, purpose: bytes, message: bytes, *, key_id: bytes = b"") -> bytes:
        """Return *message* sealed for *purpose*: 45 bytes longer.

        Args:
            purpose: What it is opened for again.
            message: Of any length.
            key_id: Of the key to seal with; the newest where it is empty.
        """
        identifier = key_id or self._newest
        head = VERSION + identifier + self._random(SALT_BYTES)
        sealed = _cipher(self._keys[identifier], purpose, head).encrypt(
            head[-NONCE_BYTES:], message, head
        )
        return head + sealed

    def open(self, purpose: bytes, text: str) -> bytes | Unsealable:
        """Return the message that was sealed for *purpose*, or why there is none."""
        if len(text) > LONGEST:
            return Unsealable.MALFORMED
        try:
            octets = from_base64url(text)
        except (Base64Error, ValueError):
            return Unsealable.MALFORMED
        # The decoder skips what it does not know: one message, one spelling.
        if to_base64url(octets) != text:
            return Unsealable.MALFORMED
        return self.open_octets(purpose, octets)

    def open_octets(self, purpose: bytes, octets: bytes) -> bytes | Unsealable:
        """Return the message that was sealed for *purpose*, or why there is none."""
        if len(octets) < HEAD_BYTES + TAG_BYTES or octets[:1] != VERSION:
            return Unsealable.MALFORMED
        key = self._keys.get(octets[1 : 1 + KEY_ID_BYTES])
        if key is None:
            return Unsealable.UNKNOWN_KEY
        head = octets[:HEAD_BYTES]
        try:
            return _cipher(key, purpose, head).decrypt(
                head[-NONCE_BYTES:], octets[HEAD_BYTES:], head
            )
        except InvalidTag:
            return Unsealable.CHANGED


def key_ids_of(secrets: Sequence[str]) -> list[bytes]:
    """Return the id of each secret's key: four bytes that tell nothing of it."""
    return [_id_of(_key_of(secret)) for secret in secrets]


def key_id(octets: bytes) -> bytes:
    """Return the id of the key that sealed *octets*; the first five bytes are enough."""
    return octets[len(VERSION) : len(VERSION) + KEY_ID_BYTES]


def _key_of(secret: str) -> bytes:
    return hmac.digest(b"admit sealing v1", secret.encode(), "sha256")


def _id_of(key: bytes) -> bytes:
    return sha256(b"key id" + key).digest()[:KEY_ID_BYTES]


def _cipher(key: hmac.HMAC, purpose: bytes, head: bytes) -> AESGCM:
    """Return the cipher of one message (the expand step of HKDF, RFC 5869 2.3, one block)."""
    derived = key.copy()
    derived.update(purpose + b"\x00" + head + b"\x01")
    return AESGCM(derived.digest())
