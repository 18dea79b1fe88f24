"""What providers that others wrote do to a sign-in, step by step over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from admit.user import User
from interop.conftest import App, Peer
from interop.scripted import Browser, Page, authenticate, fill_in
from support import Authority

CALLBACK = "/authorization-code/callback"


@pytest.fixture(params=["oidc_provider", "django_provider"])
def peer(request: pytest.FixtureRequest) -> Peer:
    peer: Peer = request.getfixturevalue(request.param)
    return peer


@pytest.fixture
def app(peer: Peer) -> Iterator[App]:
    with App(peer).serving(peer.app_port) as app:
        yield app


def to_the_callback(app: App, browser: Browser, start: str = "/profile") -> dict[str, str]:
    """Sign in, and stop where the provider sends the browser back: return what it brings."""
    until = app.url + CALLBACK
    page = browser.open(app.url + start, until=until)
    if page.status:
        page = authenticate(browser, until=until)
    assert page.url.startswith(until), f"{page.url}: {page.text}"
    return dict(parse_qsl(urlsplit(page.url).query, strict_parsing=True))


def bring(app: App, browser: Browser, response: dict[str, str]) -> Page:
    return browser.open(f"{app.url}{CALLBACK}?{urlencode(response)}")


def refused(app: App, browser: Browser, page: Page, code: str, status: int) -> None:
    """Check that the user reads a page of ours, the log has its code, and nobody is signed in."""
    event = app.events[-1]
    assert (page.status, event.fields["code"]) == (status, code)
    assert str(event.fields["reference"]) in page.text
    callback = app.url + CALLBACK
    fresh = browser.open(f"{app.url}/profile", until=callback)
    assert not fresh.url.startswith(f"{app.url}/profile")


def test_the_claims_are_those_that_the_provider_has(peer: Peer, app: App) -> None:
    users: list[User] = []
    app.sign_in.on_sign_in(users.append)

    bring(app, browser := Browser(), to_the_callback(app, browser))

    (user,) = users
    assert (user.name, user.email) == ("Alice Example", "alice@example.com")
    assert (user.iss, user.claims["aud"]) == (peer.issuer, "basic")
    assert abs(user.claims["iat"] - time()) < 30


# A change of the response, given it and that of another sign-in, and the code that it ends with.
Change = Callable[[dict[str, str], dict[str, str]], dict[str, str]]
CHANGES: dict[str, tuple[Change, str]] = {
    "the code of somebody else": (
        lambda own, other: own | {"code": other["code"]},
        "token.invalid_grant",
    ),
    "a code that was made up": (lambda own, _: own | {"code": "x" * 43}, "token.invalid_grant"),
    "no code": (lambda own, _: {"state": own["state"], **_iss(own)}, "response.code_missing"),
    "the state of somebody else": (
        lambda own, other: own | {"state": other["state"]},
        "attempt.missing",
    ),
    "the response of somebody else": (lambda _, other: other, "attempt.missing"),
    "the iss of another provider": (
        lambda own, _: own | {"iss": "https://evil.example"},
        "response.iss_mismatch",
    ),
    "an error beside the code": (
        lambda own, _: own | {"error": "access_denied"},
        "authorization.denied",
    ),
}


def _iss(response: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in response.items() if name == "iss"}


@pytest.mark.parametrize("change", CHANGES)
def test_a_response_that_was_changed_on_its_way_signs_nobody_in(app: App, change: str) -> None:
    changed, code = CHANGES[change]
    browser, other = Browser(), Browser()
    own = to_the_callback(app, browser)
    page = bring(app, browser, changed(own, to_the_callback(app, other)))

    refused(app, browser, page, code, 403 if code == "authorization.denied" else 400)


def test_a_code_works_once_even_in_an_attempt_of_its_own(app: App) -> None:
    browser, other = Browser(), Browser()
    used = to_the_callback(app, browser)
    assert bring(app, browser, used).url == f"{app.url}/profile"

    fresh = to_the_callback(app, other)
    page = bring(app, other, fresh | {"code": used["code"]})

    refused(app, other, page, "token.invalid_grant", 400)


def test_a_response_that_is_brought_again_changes_nothing(app: App) -> None:
    browser = Browser()
    response = to_the_callback(app, browser)
    bring(app, browser, response)
    assert bring(app, browser, response).status == 200
    assert [event.name for event in app.events] == ["signin.started", "signin.ok"]

    page = bring(app, Browser(), response)
    assert (page.status, app.events[-1].fields["code"]) == (400, "attempt.used")


def test_a_provider_that_goes_away_is_told_and_works_at_once_when_it_is_back(
    peer: Peer, app: App
) -> None:
    browser = Browser()
    response = to_the_callback(app, browser)
    peer.stop()
    try:
        page = bring(app, browser, response)
        assert (page.status, app.events[-1].fields["code"]) == (503, "provider.unreachable")
        assert "Sign-in is not available right now" in page.text
    finally:
        peer.start()

    browser = Browser()
    assert bring(app, browser, to_the_callback(app, browser)).url == f"{app.url}/profile"


def test_a_wrong_secret_is_no_fault_of_the_user(peer: Peer) -> None:
    with App(peer, client_secret="wrong-secret").serving(peer.app_port) as app:
        browser = Browser()
        page = bring(app, browser, to_the_callback(app, browser))
        refused(app, browser, page, "token.invalid_client", 502)


@pytest.mark.parametrize(
    ("name", "client", "no"),
    [("oidc_provider", "basic", "Deny"), ("django_provider", "consent", "Cancel")],
)
def test_a_user_who_says_no_is_not_signed_in(
    request: pytest.FixtureRequest, name: str, client: str, no: str
) -> None:
    peer: Peer = request.getfixturevalue(name)
    with App(peer, client).serving(peer.app_port) as app:
        browser = Browser()
        browser.open(f"{app.url}/profile")
        fill_in(browser)
        page = browser.press(no)
        refused(app, browser, page, "authorization.denied", 403)


# --- what only one of them does ----------------------------------------------------------------


def test_the_response_names_its_issuer(oidc_provider: Peer) -> None:
    with App(oidc_provider).serving(oidc_provider.app_port) as app:
        assert to_the_callback(app, Browser())["iss"] == oidc_provider.issuer


def test_max_age_is_verified_where_the_session_is_young_enough(oidc_provider: Peer) -> None:
    with serving_a_view(oidc_provider, max_age=600) as (app, users):
        browser = Browser()
        bring(app, browser, to_the_callback(app, browser, "/start"))
        until = app.url + CALLBACK
        assert browser.open(f"{app.url}/start", until=until).status == 0, "no form is shown again"
        browser.open(browser.page.url)
    assert len(users) == 2
    assert users[0].claims["auth_time"] == users[1].claims["auth_time"]


def test_a_provider_that_ignores_max_age_is_caught(django_provider: Peer) -> None:
    """The user's sign-in there is minutes old by the application's clock."""
    ahead = lambda: int(time()) + 300  # noqa: E731
    with serving_a_view(django_provider, max_age=60, clock=ahead) as (app, users):
        browser = Browser()
        page = bring(app, browser, to_the_callback(app, browser, "/start"))
        refused(app, browser, page, "id_token.auth_time_too_old", 400)
    assert users == []


@contextmanager
def serving_a_view(
    peer: Peer, *, max_age: int, **settings: Any
) -> Iterator[tuple[App, list[User]]]:
    """Serve an app whose own view begins the sign-in."""
    app, users = App(peer, **settings), list[User]()
    app.sign_in.on_sign_in(users.append)
    app.flask.add_url_rule("/start", "start", lambda: app.sign_in.start("/", max_age=max_age))
    with app.serving(peer.app_port):
        yield app, users


def test_a_form_brings_the_response_to_an_app_over_tls(oidc_provider: Peer) -> None:
    authority = Authority()
    app = App(oidc_provider, "tls", base_url=oidc_provider.tls_url, response_mode="form_post")
    with app.serving(oidc_provider.tls_port, authority.server("localhost")):
        browser = Browser(authority.client())
        browser.open(f"{app.url}/profile?tab=1")
        authenticate(browser)
        url, fields = browser.page.form("Continue")
        assert (url, set(fields)) == (app.url + CALLBACK, {"code", "state", "iss"})

        page = browser.press("Continue")

        assert (page.url, page.status) == (f"{app.url}/profile?tab=1", 200)
        assert app.events[-1].name == "signin.ok"
