"""Sign-in, sign-out and a change of keys with providers that others wrote, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from interop.conftest import App, Peer

PEERS = ["oidc_provider", "django_provider"]
ALICE = {
    "oidc_provider": "User Alice Example, alice@example.com, alice",
    "django_provider": "User Alice Example, alice@example.com, 1",
}


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture(params=PEERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def peer(request: pytest.FixtureRequest, name: str) -> Peer:
    peer: Peer = request.getfixturevalue(name)
    return peer


@pytest.fixture
def app(peer: Peer) -> Iterator[App]:
    with App(peer).serving(peer.app_port) as app:
        yield app


def sign_in(page: Page, url: str) -> None:
    """Open *url*, and do at the provider whatever it asks for."""
    page.goto(url)
    expect(page.get_by_role("heading", name="Peer: login")).to_be_visible()
    page.get_by_label("User").fill("alice")
    page.get_by_label("Password").fill("alice-pw")
    page.get_by_role("button", name="Sign in").click()
    allow(page)


def allow(page: Page) -> None:
    page.wait_for_load_state()
    if page.get_by_role("button", name="Allow").count():
        page.get_by_role("button", name="Allow").click()


def test_a_user_signs_in_and_out(page: Page, app: App, peer: Peer, name: str) -> None:
    sign_in(page, f"{app.url}/profile?tab=1")
    expect(page).to_have_url(f"{app.url}/profile?tab=1")
    assert page.text_content("body") == ALICE[name]
    assert app.events[-1].name == "signin.ok"

    page.goto(f"{app.url}/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_load_state()
    if (confirm := page.get_by_role("button", name=re.compile("sign me out|Logout"))).count():
        confirm.first.click()
    expect(page).to_have_url(f"{app.url}/")
    assert page.text_content("body") == "Nobody"
    assert app.events[-1].name == "logout.returned"
    assert app.events[-1].fields["state"] == "ok"

    page.goto(f"{app.url}/profile")
    expect(page.get_by_role("heading", name="Peer: login")).to_be_visible()


def test_the_providers_session_signs_in_without_a_password(page: Page, app: App) -> None:
    sign_in(page, f"{app.url}/profile")
    expect(page).to_have_url(f"{app.url}/profile")
    page.context.clear_cookies(name="admit")
    page.goto(f"{app.url}/profile")
    allow(page)
    expect(page).to_have_url(f"{app.url}/profile")


def test_a_restart_with_new_keys_is_noticed_at_once(page: Page, app: App, peer: Peer) -> None:
    sign_in(page, f"{app.url}/profile")
    expect(page).to_have_url(f"{app.url}/profile")
    peer.restart()
    page.context.clear_cookies()

    sign_in(page, f"{app.url}/profile")

    expect(page).to_have_url(f"{app.url}/profile")
    assert [event.name for event in app.events[-2:]] == ["signin.started", "signin.ok"]


def test_a_wrong_secret_is_explained(page: Page, peer: Peer) -> None:
    with App(peer, client_secret="wrong-secret").serving(peer.app_port) as app:
        sign_in(page, f"{app.url}/profile")
        expect(page.get_by_role("heading", name="Sign-in is not set up correctly")).to_be_visible()
    assert app.events[-1].fields["code"] == "token.invalid_client"
    assert "client secret" in str(app.events[-1].fields["fix"]).lower()


def test_signed_in_users_do_not_notice_that_the_provider_is_away(
    page: Page, app: App, peer: Peer, name: str
) -> None:
    sign_in(page, f"{app.url}/profile")
    expect(page).to_have_url(f"{app.url}/profile")
    peer.stop()
    try:
        page.reload()
        assert page.text_content("body") == ALICE[name]
    finally:
        peer.start()


@pytest.mark.parametrize("client", ["post", "public"])
def test_other_ways_to_authenticate_the_client(
    page: Page, oidc_provider: Peer, client: str
) -> None:
    methods = {"post": "client_secret_post", "public": "none"}
    app = App(oidc_provider, client, token_endpoint_auth_method=methods[client])
    with app.serving(oidc_provider.app_port):
        sign_in(page, f"{app.url}/profile")
        expect(page).to_have_url(f"{app.url}/profile")


def test_a_user_who_says_no_is_told_so(page: Page, oidc_provider: Peer) -> None:
    with App(oidc_provider).serving(oidc_provider.app_port) as app:
        page.goto(f"{app.url}/profile")
        page.get_by_label("User").fill("bob")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Deny").click()
        expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    assert app.events[-1].name == "signin.denied"


def test_max_age_asks_again_and_is_verified(page: Page, oidc_provider: Peer) -> None:
    with App(oidc_provider).serving(oidc_provider.app_port) as app:
        sign_in(page, f"{app.url}/profile")
        sign_in(page, f"{app.url}/again")
        expect(page).to_have_url(f"{app.url}/profile")


def test_an_own_prompt_shows_the_form_again(page: Page, oidc_provider: Peer) -> None:
    with App(oidc_provider).serving(oidc_provider.app_port) as app:
        sign_in(page, f"{app.url}/profile")
        sign_in(page, f"{app.url}/signin?prompt=login&next=/profile")
        expect(page).to_have_url(f"{app.url}/profile")


def test_the_iss_of_the_response_is_promised_comes_and_passes(
    page: Page, oidc_provider: Peer
) -> None:
    callbacks: list[str] = []
    page.on(
        "request",
        lambda request: callbacks.append(request.url) if "/callback?" in request.url else None,
    )
    with App(oidc_provider).serving(oidc_provider.app_port) as app:
        sign_in(page, f"{app.url}/profile")
        expect(page).to_have_url(f"{app.url}/profile")
    assert f"iss={quote(oidc_provider.issuer, safe='')}" in callbacks[0]
