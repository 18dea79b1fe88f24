"""What the fixtures of the plugin do, asked directly."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import flask
import pytest
from flask_login import current_user

from admit.errors import AuthorizationDenied
from admit.events import LOGGER
from admit.flask import SignIn
from admit.pytest_plugin.visitor import Visits
from admit.testing import SETTINGS, MemoryProvider
from admit.user import User


@pytest.fixture
def visits() -> Iterator[Visits]:
    visits = Visits(MemoryProvider())
    yield visits
    visits.end()


def app_of(**settings: object) -> flask.Flask:
    app = flask.Flask("visited")
    app.config.from_mapping({**SETTINGS, **settings})
    sign_in = SignIn(app)

    @sign_in.on_sign_in
    def check(user: User) -> None:
        flask.session["seen"] = user.sub
        if user.sub == "mallory":
            raise AuthorizationDenied("app.mallory", "not this one")
        if user.sub == "broken":
            message = "a mistake of the application"
            raise KeyError(message)

    @app.get("/who")
    def who() -> str:
        return f"{current_user.sub if current_user.is_authenticated else None}"

    @app.get("/seen")
    def seen() -> str:
        return str(flask.session.get("seen"))

    return app


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ADMIT_BASE_URL": "https://app.example.com/under/it"},
        {"ADMIT_BASE_URL": "https://app.example.com", "ADMIT_RESPONSE_MODE": "form_post"},
        {"ADMIT_BASE_URL": "https://app.example.com", "ADMIT_TOKEN_ENDPOINT_AUTH_METHOD": "none"},
        {"ADMIT_BASE_URL": "http://127.0.0.1:5000", "ADMIT_USERINFO": "always"},
    ],
)
def test_every_cookie_of_the_sign_in_comes_to_the_clients_own_host(
    visits: Visits, settings: dict[str, object]
) -> None:
    client = app_of(**settings).test_client()
    assert visits.sign_in(client, sub="00u4").status_code == 303
    assert client.get("/who").text == "00u4"
    assert client.get("/seen").text == "00u4"


def test_the_applications_own_host_keeps_its_cookies(visits: Visits) -> None:
    base_url = "https://app.example.com"
    client = app_of(ADMIT_BASE_URL=base_url).test_client()
    visits.sign_in(client, sub="00u4")
    assert client.get("/who", base_url=base_url).text == "00u4"
    visits.signed_in(client, sub="00u5")
    assert client.get("/who", base_url=base_url).text == "00u5"
    assert client.get("/who").text == "00u5"


def test_no_hook_runs_for_a_session_without_a_sign_in(visits: Visits) -> None:
    client = app_of().test_client()
    assert visits.signed_in(client, sub="mallory").sub == "mallory"
    assert client.get("/seen").text == "None"


@pytest.mark.parametrize("level", [logging.NOTSET, logging.CRITICAL])
def test_a_refusal_says_why_whatever_the_log_takes(visits: Visits, level: int) -> None:
    former = LOGGER.level
    LOGGER.setLevel(level)
    try:
        with pytest.raises(AssertionError, match=r"app\.mallory\n  not this one"):
            visits.sign_in(app_of().test_client(), sub="mallory")
        assert LOGGER.level == level
    finally:
        LOGGER.setLevel(former)


def test_what_the_application_raises_comes_through_where_it_is_tested(visits: Visits) -> None:
    app = app_of(TESTING=True)
    with pytest.raises(KeyError, match="a mistake"):
        visits.sign_in(app.test_client(), sub="broken")


def test_a_hook_that_raises_fails_the_test_too(visits: Visits) -> None:
    with pytest.raises(AssertionError, match=r"refused: sign_in.hook_failed"):
        visits.sign_in(app_of().test_client(), sub="broken")


def test_silence_is_a_refusal_with_a_code(visits: Visits) -> None:
    client = app_of(ADMIT_AUTHORIZATION_PARAMETERS={"prompt": "none"}).test_client()
    visits._provider.commit("response.login_required")
    assert visits.sign_in(client, expect="authorization.login_required").status_code == 303
    assert client.get("/who").text == "None"


def test_an_app_without_a_sign_in_is_named(visits: Visits) -> None:
    with pytest.raises(LookupError, match="the app 'bare' has no SignIn"):
        visits.sign_in(flask.Flask("bare").test_client())


@pytest.mark.parametrize("what", [None, flask.Flask("bare"), "client"])
def test_what_is_no_test_client_is_told_from_one(visits: Visits, what: object) -> None:
    with pytest.raises(TypeError, match=r"app\.test_client\(\)"):
        visits.sign_in(what)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"app\.test_client\(\)"):
        visits.signed_in(what)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_a_name_is_no_list_of_groups(visits: Visits) -> None:
    client = app_of().test_client()
    with pytest.raises(TypeError, match=r"groups=\['staff'\]"):
        visits.sign_in(client, groups="staff")
    with pytest.raises(TypeError, match=r"groups=\['staff'\]"):
        visits.signed_in(client, groups="staff")


def test_each_request_has_its_own_user_where_a_context_stays_open(visits: Visits) -> None:
    # As pytest-flask leaves one open during each test.
    app = app_of()
    with app.test_request_context():
        one, other = app.test_client(), app.test_client()
        visits.sign_in(one, sub="one")
        visits.signed_in(other, sub="other")
        assert (one.get("/who").text, other.get("/who").text) == ("one", "other")
        one.post("/signout", headers={"Sec-Fetch-Site": "same-origin"})
        assert (one.get("/who").text, other.get("/who").text) == ("None", "other")
        assert app.test_client().get("/who").text == "None"


def test_several_applications_get_their_own_transports_back() -> None:
    visits = Visits(MemoryProvider())
    apps = [app_of(ADMIT_ISSUER=f"https://org{number}.okta.com") for number in range(2)]
    parties = [app.extensions["admit"].parts.endpoints.relying_party for app in apps]
    formers = [party.http.http for party in parties]
    for app in (*apps, *apps):
        client = app.test_client()
        visits.sign_in(client)
        assert client.get("/who").text == "00u1"
    visits.end()
    assert [party.http.http for party in parties] == formers
    assert formers[0] is not formers[1]
