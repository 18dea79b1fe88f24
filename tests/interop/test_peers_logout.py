"""Sign-out that providers that others wrote tell of, and sign-out at them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Response, expect

from admit.stores import Store
from interop.conftest import App, Peer
from interop.scripted import Browser, authenticate

YES = "Yes, sign me out"


@contextmanager
def two_apps(
    peer: Peer, store: Store, client: str, other: str, **settings: Any
) -> Iterator[tuple[App, App]]:
    """Serve two applications of one provider, on one store."""
    first = App(peer, client, store=store, **settings)
    apart: dict[str, Any] = {"base_url": peer.other_url, "cookie_name": "other"}
    second = App(peer, other, store=store, **apart, **settings)
    with first.serving(peer.app_port), second.serving(peer.other_port):
        yield first, second


def sign_in(app: App, user: str = "alice", browser: Browser | None = None) -> Browser:
    browser = browser or Browser()
    browser.open(f"{app.url}/profile")
    if browser.page.url != f"{app.url}/profile":
        authenticate(browser, user)
    assert user in browser.page.text, browser.page.text
    return browser


def is_signed_in(app: App, browser: Browser) -> bool:
    page = browser.open(f"{app.url}/profile", until=f"{app.url}/authorization-code/")
    return page.url == f"{app.url}/profile" and page.status == 200


def sign_out(app: App, browser: Browser) -> None:
    browser.open(f"{app.url}/")
    browser.press("Sign out")
    browser.press(YES)


# --- back channel: node oidc-provider -----------------------------------------------------------


def test_a_logout_token_ends_the_sessions_of_that_sign_in_and_no_others(
    oidc_provider: Peer, store: Store
) -> None:
    """Its token has sid and sub. The other browser's user is the same, in another session."""
    with two_apps(oidc_provider, store, "told-sid", "other-sid") as (app, other):
        browser = sign_in(app)
        sign_in(other, browser=browser)
        elsewhere = sign_in(other)

        sign_out(app, browser)

        assert browser.page.text == "Nobody"
        assert oidc_provider.seen()[-4:].count("told other-sid alice") == 1
        assert [ended["count"] for ended in other.told("logout.backchannel")] == [1]
        assert not is_signed_in(other, browser)
        assert is_signed_in(other, elsewhere)


def test_a_logout_token_without_sid_ends_all_sessions_of_the_user_and_of_nobody_else(
    oidc_provider: Peer, store: Store
) -> None:
    with two_apps(oidc_provider, store, "told-sid", "other-sub") as (app, other):
        browser = sign_in(app)
        sign_in(other, browser=browser)
        elsewhere, bob = sign_in(other), sign_in(other, "bob")

        sign_out(app, browser)

        assert other.told("logout.backchannel")[0]["count"] == 2
        assert not is_signed_in(other, browser)
        assert not is_signed_in(other, elsewhere)
        assert is_signed_in(other, bob)


# --- odd logout tokens, and the front channel: idpyoidc -----------------------------------------

BY_POST = {"token_endpoint_auth_method": "client_secret_post"}


def test_a_logout_token_with_a_sealed_sid_and_no_sub_ends_that_session(
    idpyoidc_provider: Peer, store: Store
) -> None:
    """It has no type either, and lives for a day."""
    with two_apps(idpyoidc_provider, store, "basic", "back", **BY_POST) as (app, other):
        browser = sign_in(other)
        sign_in(app, browser=browser)
        elsewhere = sign_in(other)

        sign_out(app, browser)

        assert [ended["count"] for ended in other.told("logout.backchannel")] == [1]
        assert not is_signed_in(other, browser)
        assert is_signed_in(other, elsewhere)


@pytest.fixture
def contexts(chromium: Chromium) -> Iterator[tuple[BrowserContext, BrowserContext]]:
    """Two browsers."""
    with chromium.new_context() as first, chromium.new_context() as second:
        for context in (first, second):
            context.set_default_timeout(10_000)
        yield first, second


@pytest.fixture
def page(contexts: tuple[BrowserContext, BrowserContext]) -> Page:
    return contexts[0].new_page()


def fill_in(page: Page, app: App) -> None:
    page.goto(f"{app.url}/profile")
    page.get_by_label("User").fill("alice")
    page.get_by_label("Password").fill("alice-pw")
    page.get_by_role("button", name="Sign in").click()
    allow(page)
    expect(page).to_have_url(f"{app.url}/profile")


def allow(page: Page) -> None:
    page.wait_for_load_state()
    if (button := page.get_by_role("button", name="Allow")).count():
        button.click()


def leave(page: Page, app: App) -> None:
    page.goto(f"{app.url}/")
    page.get_by_role("button", name="Sign out").click()


def test_a_frame_without_cookies_ends_the_session_that_it_names_and_no_other(
    idpyoidc_provider: Peer, store: Store, contexts: tuple[BrowserContext, BrowserContext]
) -> None:
    page, elsewhere = (context.new_page() for context in contexts)
    frames: list[tuple[int, str | None]] = []
    address = f"{idpyoidc_provider.other_url}/frontchannel-logout"

    def note(response: Response) -> None:
        if response.url.startswith(address):
            frames.append((response.status, response.request.header_value("cookie")))

    page.on("response", note)
    with two_apps(idpyoidc_provider, store, "front", "other-front", **BY_POST) as (app, other):
        fill_in(page, other)
        fill_in(page, app)
        fill_in(elsewhere, other)

        leave(page, app)
        page.get_by_role("button", name=YES).click()
        expect(page.get_by_role("heading", name="Peer: signed out")).to_be_visible()
        page.wait_for_load_state()
        for frame in page.frames[1:]:
            assert frame.title() == "Signed out"
        page.get_by_role("button", name="Continue").click()
        expect(page).to_have_url(f"{app.url}/")

        assert frames == [(200, None)]
        assert [ended["count"] for ended in other.told("logout.frontchannel")] == [1]
        page.goto(f"{other.url}/profile")
        expect(page.get_by_role("heading", name="Peer: login")).to_be_visible()
        elsewhere.reload()
        expect(elsewhere).to_have_url(f"{other.url}/profile")


# --- the form that browsers sign out at the provider with ---------------------------------------


def test_a_form_ends_the_session_of_a_provider_that_takes_forms(
    oidc_provider_by_post: Peer, page: Page
) -> None:
    peer = oidc_provider_by_post
    with App(peer, end_session_method="post").serving(peer.app_port) as app:
        fill_in(page, app)
        leave(page, app)
        expect(page).to_have_url(f"{peer.url}/session/end")
        page.get_by_role("button", name=YES).click()
        expect(page).to_have_url(f"{app.url}/")
        assert app.told("logout.returned") == [{"state": "ok"}]
        page.goto(f"{app.url}/profile")
        expect(page.get_by_role("heading", name="Peer: login")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "client", "said"),
    [
        pytest.param("oidc_provider", "basic", "Not Found", id="no route unless it is set up"),
        pytest.param("django_provider", "basic", "CSRF verification failed", id="no form of ours"),
        pytest.param("idpyoidc_provider", "basic", "Missing cookie", id="a cookie of SameSite=Lax"),
    ],
)
def test_a_provider_that_takes_no_form_of_another_site_says_so_and_keeps_its_session(
    request: pytest.FixtureRequest, page: Page, name: str, client: str, said: str
) -> None:
    """With these, ADMIT_END_SESSION_METHOD=get is what works."""
    peer: Peer = request.getfixturevalue(name)
    more = BY_POST if name == "idpyoidc_provider" else {}
    app = App(peer, client, end_session_method="post", **more)
    with app.serving(peer.app_port):
        fill_in(page, app)
        leave(page, app)
        expect(page.get_by_text(said)).to_be_visible()
        page.goto(f"{app.url}/")
        assert page.text_content("body") == "Nobody", "signed out here in any case"

        page.goto(f"{app.url}/profile")
        allow(page)
        expect(page).to_have_url(f"{app.url}/profile")


def test_a_link_ends_the_session_of_idpyoidc(idpyoidc_provider: Peer, page: Page) -> None:
    with App(idpyoidc_provider, **BY_POST).serving(idpyoidc_provider.app_port) as app:
        fill_in(page, app)
        leave(page, app)
        page.get_by_role("button", name=YES).click()
        page.get_by_role("button", name="Continue").click()
        expect(page).to_have_url(f"{app.url}/")
        assert app.told("logout.returned") == [{"state": "ok"}]
        page.goto(f"{app.url}/profile")
        expect(page.get_by_role("heading", name="Peer: login")).to_be_visible()
