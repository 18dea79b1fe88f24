"""Base64url without padding, as all of JOSE and PKCE writes it (RFC 7515 2).

May know: nothing else of this package.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode


def to_base64url(octets: bytes) -> str:
    """Return *octets* in base64url, without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """Return the octets that *text* stands for. What is no letter of base64url is skipped.

    Raises:
        ValueError: The text has an impossible length, or is not ASCII.
    """
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
