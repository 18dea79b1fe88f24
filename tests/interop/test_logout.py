"""Sign-out that providers that others wrote tell of, and sign-out at them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, expect

from admit.stores import Store
from interop.conftest import App, Peer
from interop.scripted import Browser, authenticate

YES = "Yes, sign me out"


@contextmanager
def two_apps(
    peer: Peer, store: Store, client: str, other: str
) -> Iterator[tuple[App, App]]:
    """Serve two applications of one provider, on one store."""
    first = App(peer, client, store=store)
    second = App(peer, other, store=store, base_url=peer.other_url, cookie_name="other")
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
        assert [ended["by"] for ended in other.told("session.ended")] == ["backchannel"]
        assert other.told("session.ended")[0]["count"] == 1
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

        assert other.told("session.ended")[0]["count"] == 2
        assert not is_signed_in(other, browser)
        assert not is_signed_in(other, elsewhere)
        assert is_signed_in(other, bob)


# --- front channel, and odd logout tokens: idpyoidc ---------------------------------------------


def sign_in_at(page: Page, app: App) -> None:
    page.goto(f"{app.url}/profile")
    page.get_by_label("User").fill("alice")
    page.get_by_label("Password").fill("alice-pw")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{app.url}/profile")


@pytest.fixture
def contexts(chromium: Chromium) -> Iterator[tuple[BrowserContext, BrowserContext]]:
    """Two browsers."""
    pair = chromium.new_context(), chromium.new_context()
    for context in pair:
        context.set_default_timeout(10_000)
    yield pair
    for context in pair:
        context.close()


def test_try(idpyoidc_provider: Peer, store: Store) -> None:
    with two_apps(idpyoidc_provider, store, "front", "back") as (app, other):
        browser = sign_in(app)
        sign_in(other, browser=browser)
        print(app.events, other.events)
        sign_out(app, browser)
        print(browser.page, app.events, other.events, idpyoidc_provider.seen())
        assert 0
