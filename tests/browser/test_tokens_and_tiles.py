"""What the session page shows, and sign-ins that the provider starts."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, Request, expect

from browser.conftest import Demo
from browser.person import USE, control, is_in, is_out, refreshes, sign_in, use_token


def test_the_session_page_tells_times_and_scope_but_no_token(page: Page) -> None:
    sign_in(page, "/session")
    expect(page.get_by_role("row", name="Kept in a store: sqlite")).to_be_visible()
    expect(page.get_by_role("row", name="Access token ends")).to_contain_text("UTC")
    expect(page.get_by_role("row", name="Access token is for")).to_contain_text("offline_access")
    assert "eyJ" not in page.content()


def test_the_access_token_opens_userinfo(page: Page, demo: Demo) -> None:
    sign_in(page, "/session")
    before = refreshes(demo.provider)
    page.get_by_role("button", name=USE).click()
    expect(page.get_by_text('"email": "alice@example.com"')).to_be_visible()
    expect(page.get_by_text("was still fresh")).to_be_visible()
    assert refreshes(demo.provider) == before


@pytest.fixture
def expiring(page: Page, demo: Demo) -> Page:
    """The session page of somebody whose access token ends in a second; the next lives longer."""
    control(demo.provider, "access-token-lifetime?seconds=1")
    try:
        sign_in(page, "/session")
    finally:
        control(demo.provider, "access-token-lifetime?seconds=60")
    return page


def use_until(page: Page, text: str) -> None:
    """Click until the old token has ended, which shows by *text*."""
    end = time.monotonic() + 10
    while text not in page.content():
        assert time.monotonic() < end, "it never expired"
        with page.expect_navigation():
            page.get_by_role("button", name=USE).click()


def test_an_access_token_that_has_expired_is_renewed_by_a_click_and_once(
    expiring: Page, demo: Demo
) -> None:
    before = refreshes(demo.provider)
    use_until(expiring, "was renewed just now")
    expect(expiring.get_by_text('"email": "alice@example.com"')).to_be_visible()
    assert not use_token(expiring)
    assert refreshes(demo.provider) == before + 1


def test_who_cannot_get_a_new_token_signs_in_again_and_comes_back(
    expiring: Page, demo: Demo
) -> None:
    starts: list[str] = []

    def take(request: Request) -> None:
        if "/v1/authorize" in request.url:
            starts.append(request.url)

    expiring.on("request", take)
    # The provider still knows the browser, so it asks for nothing.
    control(demo.provider, "fault/refresh_invalid")
    end = time.monotonic() + 10
    while not starts:
        assert time.monotonic() < end, "it never expired"
        with expiring.expect_navigation():
            expiring.get_by_role("button", name=USE).click()
    expect(expiring).to_have_url(re.compile(re.escape(f"{demo.url}/session/userinfo")))
    expect(expiring.get_by_text("was still fresh")).to_be_visible()
    expect(expiring.get_by_text('"email": "alice@example.com"')).to_be_visible()


def test_a_provider_that_is_away_at_the_refresh_signs_nobody_out(
    expiring: Page, demo: Demo
) -> None:
    control(demo.provider, "fault/refresh_500?times=2")
    use_until(expiring, "not available right now")
    assert expiring.reload().status == 503  # type: ignore[union-attr]
    control(demo.provider, "fault/refresh_500?times=0")
    expiring.goto("/session")
    is_in(expiring)


@pytest.mark.parametrize("fault", ["userinfo_401", "userinfo_500", "userinfo_html"])
def test_an_api_that_fails_is_told_on_the_page(page: Page, demo: Demo, fault: str) -> None:
    sign_in(page, "/session")
    control(demo.provider, f"fault/{fault}")
    page.get_by_role("button", name=USE).click()
    expect(page.get_by_text("There was no answer that can be shown")).to_be_visible()
    page.get_by_role("button", name=USE).click()
    expect(page.get_by_text('"email": "alice@example.com"')).to_be_visible()


@pytest.mark.parametrize("form", [False, True], ids=["GET", "POST"])
def test_a_tile_of_the_provider_signs_in_without_a_question(
    page: Page, demo: Demo, form: bool
) -> None:
    sign_in(page, "/session")
    page.get_by_role("button", name="Sign out of this app only").click()
    is_out(page)
    page.goto(demo.provider)
    if form:
        page.get_by_text("Open by a form").click()
        page.get_by_label("target_link_uri").fill(f"{demo.url}/members")
        page.get_by_role("button", name="Open My Web App").click()
    else:
        page.get_by_role("link", name="My Web App").click()
    expect(page).to_have_url(f"{demo.url}/members" if form else f"{demo.url}/")
    is_in(page)


def test_a_tile_does_not_lead_to_another_site(page: Page, demo: Demo) -> None:
    sign_in(page)
    page.goto(demo.provider)
    page.get_by_text("Open by a form").click()
    page.get_by_label("target_link_uri").fill(f"{demo.provider}/elsewhere")
    page.get_by_role("button", name="Open My Web App").click()
    page.wait_for_url(re.compile(re.escape(demo.url)))
    assert "/elsewhere" not in page.url
