"""The values of a sign-in: frozen, and silent about secrets."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from admit.base64url import from_base64url
from admit.model import (
    AuthorizationResponse,
    EmailSubject,
    IDToken,
    IssSubSubject,
    LogoutToken,
    Session,
    ThirdPartyLogin,
    TokenResponse,
    UserInfo,
)
from admit.ports import HttpRequest, HttpResponse
from material import CLIENT, METADATA, PROVIDER, REQUEST

RAW = PROVIDER.sign({"sub": "secret-value"})
PARTS = [from_base64url(part) for part in RAW.split(".")]
SESSION = Session(
    id=b"secret-value", attempt="secret-value", started_at=1, seen_at=2, header=PARTS[0],
    payload=PARTS[1], signature=PARTS[2], userinfo=b"secret-value",
)  # fmt: skip
VALUES = [
    CLIENT,
    METADATA,
    REQUEST,
    AuthorizationResponse("secret-value", REQUEST),
    TokenResponse(
        id_token="secret-value", access_token="secret-value", refresh_token="secret-value"
    ),
    IDToken("secret-value", {"sub": "secret-value"}),
    UserInfo({"sub": "secret-value"}),
    SESSION,
    EmailSubject("secret-value"),
    IssSubSubject("iss", "sub"),
    ThirdPartyLogin("secret-value", "/"),
    LogoutToken(jti="j", sub="00u1", sid=None, expires_at=1),
    HttpRequest(method="GET", url="u", headers={"a": "secret-value"}, body=b"secret-value"),
    HttpResponse(status=200, headers={"a": "secret-value"}, body=b"secret-value"),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_is_frozen_and_shows_no_secret(value: object) -> None:
    shown = repr(value)
    for secret in ("secret-value", REQUEST.state, REQUEST.nonce, REQUEST.code_verifier):
        assert secret not in shown
    assert "secret-of-the-client" not in shown
    name = fields(value)[0].name  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        setattr(value, name, None)
    assert not hasattr(value, "__dict__")


def test_a_session_gives_its_id_token_back_to_the_letter() -> None:
    assert SESSION.id_token == RAW


def test_the_sub_of_an_id_token_is_its_claim() -> None:
    assert IDToken("raw", {"sub": "00u1"}).sub == "00u1"
