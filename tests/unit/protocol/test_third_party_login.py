"""The provider starts a sign-in: whom it may name, and where it may lead."""

from __future__ import annotations

import pytest

from admit.model import ThirdPartyLogin
from admit.protocol.third_party_login import parse_third_party_login
from material import CLIENT, ISSUER, refused

ORIGIN = "https://app.test"


def parse(**parameters: str | list[str]) -> ThirdPartyLogin:
    given = {name: [v] if isinstance(v, str) else v for name, v in parameters.items()}
    return parse_third_party_login(given, client=CLIENT, origin=ORIGIN)


@pytest.mark.parametrize("iss", [ISSUER, "https://provider.test"])
def test_the_issuer_is_ours_or_its_origin(iss: str) -> None:
    assert parse(iss=iss) == ThirdPartyLogin(None, None)


@pytest.mark.parametrize(
    "iss",
    [
        pytest.param([], id="none"),
        pytest.param("", id="empty"),
        pytest.param("https://evil.example", id="another"),
        pytest.param(ISSUER + "/", id="a slash more"),
        pytest.param("https://provider.test/", id="the origin with a slash"),
        pytest.param("https://provider.test/oauth2/other", id="another server"),
        pytest.param("http://provider.test", id="another scheme"),
        pytest.param("https://provider.test.evil.example", id="a longer host"),
    ],
)
def test_another_issuer_starts_nothing(iss: str | list[str]) -> None:
    with refused("third_party_login.iss_mismatch") as caught:
        parse(iss=iss)
    assert caught.value.status == 400


@pytest.mark.parametrize("name", ["iss", "login_hint", "target_link_uri"])
def test_a_parameter_comes_once(name: str) -> None:
    with refused("third_party_login.duplicate_parameter"):
        parse_third_party_login(
            {"iss": [ISSUER], name: [ISSUER, ISSUER]}, client=CLIENT, origin=ORIGIN
        )


def test_an_unknown_parameter_may_come_twice() -> None:
    assert parse(iss=ISSUER, other=["1", "2"]).target is None


@pytest.mark.parametrize(
    ("hint", "kept"),
    [
        pytest.param("a@example.com", "a@example.com", id="an address"),
        pytest.param("j\u00f6rg", "j\u00f6rg", id="not ASCII"),
        pytest.param("j", "j", id="the shortest"),
        pytest.param("x" * 255, "x" * 255, id="the longest"),
        pytest.param("x" * 256, None, id="a character too long"),
        pytest.param("", None, id="empty"),
        pytest.param("a\r\nb", None, id="a line break"),
        pytest.param("\ud800", None, id="half a surrogate pair"),
    ],
)
def test_a_hint_that_cannot_be_passed_on_is_left_out(hint: str, kept: str | None) -> None:
    assert parse(iss=ISSUER, login_hint=hint).login_hint == kept


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        pytest.param(ORIGIN, "/", id="the origin"),
        pytest.param(ORIGIN + "/", "/", id="the home page"),
        pytest.param(ORIGIN + "/a/b?c=d&e", "/a/b?c=d&e", id="a path with a query"),
        pytest.param(ORIGIN + "/a#b", "/a", id="a fragment"),
        pytest.param(ORIGIN + "#b", "/", id="a fragment alone"),
        pytest.param(ORIGIN + "?a=b", None, id="no path"),
        pytest.param(ORIGIN + ".evil.example/", None, id="a longer host"),
        pytest.param(ORIGIN + "@evil.example/", None, id="we are the user"),
        pytest.param(ORIGIN + ":8443/", None, id="another port"),
        pytest.param(ORIGIN + "//evil.example/", None, id="two slashes"),
        pytest.param(ORIGIN + "/\\evil.example", None, id="a backslash"),
        pytest.param(ORIGIN + "/a/../..//evil.example", None, id="dots"),
        pytest.param(ORIGIN + "/a\r\nb", None, id="a line break"),
        pytest.param(ORIGIN + "/\u00fc", None, id="not ASCII"),
        pytest.param(ORIGIN + "/" + "a" * 2000, None, id="too long"),
        pytest.param("http://app.test/a", None, id="another scheme"),
        pytest.param("https://evil.example/a", None, id="another host"),
        pytest.param("//app.test/a", None, id="no scheme"),
        pytest.param("/a", None, id="a path alone"),
        pytest.param("javascript:alert(1)", None, id="a script"),
        pytest.param("", None, id="empty"),
    ],
)
def test_the_target_is_a_page_of_ours_or_is_left_out(uri: str, target: str | None) -> None:
    assert parse(iss=ISSUER, target_link_uri=uri).target == target
