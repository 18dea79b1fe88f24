"""What is otherwise in one sign-in than in an honest one, and what came of it.

May know: ports, testing.answers, testing.issuing for a type.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from admit.ports import HttpRequest
from admit.testing.answers import Answer

if TYPE_CHECKING:
    from admit.testing.issuing import Issuing

#: Makes a whole token of the header and the claims that an honest one would have.
Forge = Callable[[dict[str, Any], dict[str, Any], "Issuing"], str]
#: Member of ``events`` in a logout token (Back-Channel Logout 1.0, 2.4).
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
#: Values of a parameter: some, one, none.
Values = str | Sequence[str] | None
#: What a token, a code or a secret travels as, in a form.
SECRET_FIELDS = frozenset(
    {
        "client_assertion", "client_secret", "code", "code_verifier", "id_token_hint",
        "refresh_token", "token",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Bend:
    """What is otherwise in one sign-in; see `MemoryProvider.bend`."""

    user: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    header: Mapping[str, Any] = field(default_factory=dict)
    alg: str | None = None
    key: int | None = None
    forge: Forge | None = None
    userinfo: Mapping[str, Any] = field(default_factory=dict)
    refreshed: Mapping[str, Any] | None = field(default_factory=dict)
    response: Mapping[str, Values] = field(default_factory=dict)
    discovery: Answer | None = None
    keys: Answer | None = None
    token: Answer | None = None
    userinfo_answer: Answer | None = None
    refresh: Answer | None = None
    revocation: Answer | None = None
    logout_token: Forge | None = None


STRAIGHT = Bend()


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as the provider got it.

    Attributes:
        method: Such as ``GET``.
        path: Less that of the issuer: ``/v1/token``.
        headers: Names in lower case.
        form: What was posted, or the query of a GET.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    form: Mapping[str, str] = field(repr=False)

    @property
    def bearer(self) -> str:
        """The token in the Authorization header, or nothing."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""

    def secrets(self) -> Iterator[str]:
        """Return each secret that came."""
        yield from (value for name, value in self.form.items() if name in SECRET_FIELDS and value)
        value = self.headers.get("authorization", "")
        scheme, _, credentials = value.partition(" ")
        if credentials:
            yield from (value, credentials)
        if scheme.lower() == "basic":
            try:
                secret = base64.b64decode(credentials).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return
            yield from {secret, unquote_plus(secret)} - {""}


def received(request: HttpRequest, issuer: str) -> Received:
    """Return *request* as the provider at *issuer* takes it."""
    url = urlsplit(request.url)
    form = url.query if request.body is None else request.body.decode("utf-8", "replace")
    return Received(
        method=request.method,
        path=url.path.removeprefix(urlsplit(issuer).path.rstrip("/")),
        headers={name.lower(): value for name, value in request.headers.items()},
        form=dict(parse_qsl(form, keep_blank_values=True)),
    )
