"""The user, as applications see them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from admit.model import Session
from admit.user import User, session_claims, user_id
from material import ISSUER


def user_of(groups_claim: str = "groups", **claims: Any) -> User:
    return User({"iss": ISSUER, "sub": "00u1", **claims}, groups_claim)


def session_of(payload: bytes, userinfo: bytes = b"") -> Session:
    return Session(
        id=b"x" * 16, attempt="a" * 16, started_at=0, seen_at=0, header=b"{}", payload=payload,
        signature=b"s", userinfo=userinfo,
    )  # fmt: skip


def test_an_id_is_32_hexadecimal_characters_and_stays() -> None:
    assert user_id("https://acme.okta.com/oauth2/default", "00u1") == (
        "ebd66aef00ec8602c20f35cdd1b62f9e"
    )


@pytest.mark.parametrize(
    ("iss", "sub"),
    [
        (ISSUER, "00u2"),
        (ISSUER, "00U1"),
        (ISSUER, "00u1 "),
        (ISSUER + "/", "00u1"),
        (ISSUER + "0", "0u1"),
        (ISSUER[:-1], ISSUER[-1] + "00u1"),
    ],
)
def test_another_issuer_or_sub_is_another_user(iss: str, sub: str) -> None:
    assert user_id(iss, sub) != user_id(ISSUER, "00u1")


def test_a_name_that_is_no_unicode_text_has_an_id_too() -> None:
    # An argument of a command may be any bytes; so may an escape in JSON.
    assert len({user_id(ISSUER, "\udcff"), user_id(ISSUER, "\udcfe"), user_id(ISSUER, "")}) == 3


def test_the_same_mail_address_and_username_do_not_make_the_same_user() -> None:
    mine = user_of(email="victim@example.com", preferred_username="victim")
    theirs = User({**mine.claims, "sub": "00u2"})
    assert mine.id != theirs.id
    assert mine != theirs
    assert len({mine, theirs}) == 2


def test_the_same_user_is_equal_whatever_else_is_said() -> None:
    assert user_of(name="Old") == user_of(name="New")
    assert len({user_of(name="Old"), user_of(name="New")}) == 1
    assert user_of() != "00u1"


def test_flask_login_finds_what_it_expects() -> None:
    user = user_of()
    assert (user.is_authenticated, user.is_active, user.is_anonymous) == (True, True, False)
    assert user.get_id() == user.id == user_id(ISSUER, "00u1")
    assert (user.iss, user.sub) == (ISSUER, "00u1")


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": " Alice Example ", "email": "a@example.com"}, "Alice Example"),
        ({"given_name": "Alice", "family_name": "Example"}, "Alice Example"),
        ({"family_name": "Example"}, "Example"),
        ({"name": "", "preferred_username": "alice"}, "alice"),
        ({"name": 7, "given_name": ["x"], "email": "a@example.com"}, "a@example.com"),
        ({"email": None}, "00u1"),
        ({}, "00u1"),
    ],
)
def test_the_best_name_there_is_is_shown(claims: dict[str, Any], name: str) -> None:
    assert user_of(**claims).name == name


@pytest.mark.parametrize(
    ("email", "expected"),
    [("a@example.com", "a@example.com"), ("", None), (None, None), (7, None), (["a"], None)],
)
def test_an_email_is_text_or_none(email: object, expected: str | None) -> None:
    assert user_of(email=email).email == expected


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (["a", "b"], ("a", "b")),
        (("a",), ("a",)),
        ("staff", ("staff",)),
        (["a", 7, None, ["b"]], ("a",)),
        (None, ()),
        ({"a": 1}, ()),
        (7, ()),
    ],
)
def test_groups_are_words(groups: object, expected: tuple[str, ...]) -> None:
    assert user_of(groups=groups).groups == expected


def test_the_claim_of_the_groups_is_configured() -> None:
    assert user_of("roles", roles=["admin"], groups=["x"]).groups == ("admin",)


def test_a_user_is_read_only_and_shows_nothing() -> None:
    user = User.of(session_of(b'{"iss":"i","sub":"00u1","email":"a@example.com"}'))
    with pytest.raises(FrozenInstanceError):
        user.claims = {}  # type: ignore[misc]
    with pytest.raises(TypeError):
        user.claims["sub"] = "00u2"  # type: ignore[index]
    assert "00u1" not in repr(user)
    assert "a@example.com" not in repr(user)


def test_the_claims_of_a_session_are_the_id_tokens_and_what_userinfo_added() -> None:
    session = session_of(b'{"iss":"i","sub":"s","name":"A"}', b'{"name":"B","groups":["g"]}')
    assert session_claims(session) == {"iss": "i", "sub": "s", "name": "B", "groups": ["g"]}
    assert session_claims(session_of(b'{"sub":"s"}')) == {"sub": "s"}
