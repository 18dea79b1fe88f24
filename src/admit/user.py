"""The user of a session, as applications and templates see them.

May know: model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from admit.model import Session

ID_LENGTH = 32
DECODER = json.JSONDecoder()


def user_id(iss: str, sub: str) -> str:
    """Return the stable id of a user: 32 hexadecimal characters made from ``iss`` and ``sub``.

    The two together, and nothing else, name a user (OIDC Core 5.7): never an e-mail address.

    >>> user_id("https://acme.okta.com/oauth2/default", "00u1")
    'ebd66aef00ec8602c20f35cdd1b62f9e'
    """
    named = f"{len(iss)}:{iss}{sub}".encode("utf-8", "surrogatepass")
    return sha256(named).hexdigest()[:ID_LENGTH]


def id_token_claims(session: Session) -> dict[str, Any]:
    """Return the claims of the session's ID Token."""
    claims: dict[str, Any] = DECODER.decode(session.payload.decode())
    return claims


def session_claims(session: Session) -> dict[str, Any]:
    """Return the claims of the session's ID Token, and what only UserInfo said."""
    claims = id_token_claims(session)
    if session.userinfo:
        claims.update(DECODER.decode(session.userinfo.decode()))
    return claims


@dataclass(frozen=True)
class User:
    """A signed-in user, with what Flask-Login expects of one.

    Attributes:
        claims: All that the provider said, read-only.
        groups_claim: The claim that lists the groups.
    """

    claims: Mapping[str, Any] = field(repr=False)
    groups_claim: str = field(default="groups", repr=False)

    is_authenticated = True
    is_active = True
    is_anonymous = False

    @classmethod
    def of(cls, session: Session, groups_claim: str = "groups") -> User:
        """Return the user of *session*."""
        return cls(MappingProxyType(session_claims(session)), groups_claim)

    @cached_property
    def id(self) -> str:
        """Stable, made of ``iss`` and ``sub``: 32 hexadecimal characters."""
        return user_id(self.iss, self.sub)

    def get_id(self) -> str:
        """Return `id`, under the name that Flask-Login uses."""
        return self.id

    @property
    def iss(self) -> str:
        """The issuer that vouches for the user."""
        return str(self.claims["iss"])

    @property
    def sub(self) -> str:
        """The user, as the issuer knows them."""
        return str(self.claims["sub"])

    @property
    def name(self) -> str:
        """The best name there is: full, put together, username, e-mail, or ``sub``."""
        parts = " ".join(filter(None, (self._text("given_name"), self._text("family_name"))))
        return (
            self._text("name")
            or parts
            or self._text("preferred_username")
            or self._text("email")
            or self.sub
        )

    @property
    def email(self) -> str | None:
        """The e-mail address, if the provider gave one. It names nobody: see `user_id`."""
        return self._text("email") or None

    @property
    def groups(self) -> tuple[str, ...]:
        """The user's groups, none where the provider gave none."""
        groups = self.claims.get(self.groups_claim)
        if isinstance(groups, str):
            return (groups,)
        if not isinstance(groups, list | tuple):
            return ()
        return tuple(group for group in groups if isinstance(group, str))

    def __eq__(self, other: object) -> bool:
        """Tell whether *other* is the same user, whatever else is said of them."""
        return isinstance(other, User) and other.id == self.id

    def __hash__(self) -> int:
        """Return the hash of the id."""
        return hash(self.id)

    def _text(self, claim: str) -> str:
        value = self.claims.get(claim)
        return value.strip() if isinstance(value, str) else ""
