"""How the client proves itself: the methods, one by one."""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import unquote_plus

import pytest

from admit.client_auth import METHODS, ClientSecretBasic, ClientSecretPost, NoAuthentication

FORM = {"grant_type": "authorization_code"}


@pytest.mark.parametrize("client_id", ["client", "a:b", "j\u00f6rg", "a b+c%", "0oa1"])
@pytest.mark.parametrize("secret", ["s", "a:b:c", "p@ss w\u00f6rd+/%", "-._~"])
def test_basic_encodes_id_and_secret_so_that_they_come_apart_again(
    client_id: str, secret: str
) -> None:
    headers, form = ClientSecretBasic(secret).sign(client_id, FORM)
    scheme, _, credentials = headers["Authorization"].partition(" ")
    pair = b64decode(credentials, validate=True).decode("ascii").split(":")
    assert scheme == "Basic"
    assert [unquote_plus(part) for part in pair] == [client_id, secret]
    assert form == FORM


def test_post_puts_both_into_the_form() -> None:
    headers, form = ClientSecretPost("s").sign("client", FORM)
    assert headers == {}
    assert form == {**FORM, "client_id": "client", "client_secret": "s"}


def test_a_public_client_sends_its_id_alone() -> None:
    headers, form = NoAuthentication().sign("client", FORM)
    assert headers == {}
    assert form == {**FORM, "client_id": "client"}


@pytest.mark.parametrize("name", METHODS)
def test_the_form_that_came_in_is_left_as_it_was(name: str) -> None:
    form = dict(FORM)
    METHODS[name]("s").sign("client", form)
    assert form == FORM


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("client_secret_basic", ClientSecretBasic("s")),
        ("client_secret_post", ClientSecretPost("s")),
        ("none", NoAuthentication()),
    ],
)
def test_the_standard_names_make_the_methods(name: str, expected: object) -> None:
    assert METHODS[name]("s") == expected


@pytest.mark.parametrize("method", [ClientSecretBasic, ClientSecretPost])
def test_no_method_shows_its_secret(method: type[ClientSecretBasic]) -> None:
    assert "hidden" not in repr(method("hidden"))
