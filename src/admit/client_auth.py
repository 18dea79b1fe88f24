"""How the client proves itself at the token endpoint: a small value for each method.

May know: nothing else of this package.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote_plus


class ClientAuthentication(Protocol):
    """A method of RFC 6749 2.3 or OIDC Core 9."""

    def sign(
        self, client_id: str, form: Mapping[str, str]
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the headers to add, and the form with what the method adds to it."""
        ...


@dataclass(frozen=True, slots=True)
class ClientSecretBasic:
    """``client_secret_basic``: id and secret, each form-encoded, in the Authorization header.

    Spec: RFC 6749 2.3.1 and appendix B.
    """

    client_secret: str = field(repr=False)

    def sign(
        self, client_id: str, form: Mapping[str, str]
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return the Authorization header, and the form as it is."""
        pair = f"{quote_plus(client_id)}:{quote_plus(self.client_secret)}"
        return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}, form


@dataclass(frozen=True, slots=True)
class ClientSecretPost:
    """``client_secret_post``: id and secret in the form.

    Only for providers without ``client_secret_basic``, which RFC 6749 2.3.1 prefers.
    """

    client_secret: str = field(repr=False)

    def sign(
        self, client_id: str, form: Mapping[str, str]
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return no headers, and the form with both credentials."""
        return {}, {**form, "client_id": client_id, "client_secret": self.client_secret}


@dataclass(frozen=True, slots=True)
class NoAuthentication:
    """``none``: a public client, which PKCE alone protects (RFC 7636)."""

    def sign(
        self, client_id: str, form: Mapping[str, str]
    ) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Return no headers, and the form with the client's id."""
        return {}, {**form, "client_id": client_id}


#: The value of ``token_endpoint_auth_method`` to what makes the method of a secret.
METHODS: Mapping[str, Callable[[str], ClientAuthentication]] = {
    "client_secret_basic": ClientSecretBasic,
    "client_secret_post": ClientSecretPost,
    "none": lambda _secret: NoAuthentication(),
}
