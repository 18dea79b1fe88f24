"""The ways to be signed out: by oneself, here and everywhere, and by the provider."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from browser.conftest import Demo, new_browser
from browser.person import control, is_in, is_out, sign_in, visit_home


def requests_of(page: Page) -> list[Request]:
    """Return a list that grows by each request of the browser, those of frames too."""
    seen: list[Request] = []

    def take(request: Request) -> None:
        seen.append(request)

    page.context.on("request", take)
    return seen


def press_at_provider(page: Page, demo: Demo, button: str) -> None:
    page.goto(demo.provider)
    page.get_by_role("button", name=button).click()
    expect(page).to_have_url(f"{demo.provider}/")


def test_signing_out_everywhere_ends_the_session_of_the_other_browser_too(
    page: Page, other: Page
) -> None:
    sign_in(page, "/session")
    sign_in(other, "/profile")
    page.get_by_role("button", name="Sign out everywhere").click()
    is_out(page)
    visit_home(other)
    is_out(other)


@pytest.mark.parametrize("button", ["Sign out of this app only", "Sign out"])
def test_signing_out_here_leaves_the_other_browser_signed_in(
    page: Page, other: Page, button: str
) -> None:
    sign_in(page, "/session")
    sign_in(other, "/profile")
    page.get_by_role("button", name=button, exact=True).click()
    is_out(page)
    visit_home(other)
    is_in(other)


def test_our_own_page_offers_signing_out_everywhere(page: Page, other: Page) -> None:
    sign_in(page)
    sign_in(other, "/profile")
    page.goto("/signout")
    page.get_by_role("button", name="Sign out everywhere").click()
    is_out(page)
    visit_home(other)
    is_out(other)


@pytest.mark.parametrize(
    ("button", "about"),
    [
        ("Sign alice out everywhere", "by sub"),
        ("By email", "by email"),
        ("By issuer and subject", "by issuer and subject"),
    ],
)
def test_the_provider_ends_all_sessions_of_a_user_from_another_browser(
    page: Page, other: Page, demo: Demo, button: str, about: str
) -> None:
    sign_in(page, "/profile")
    sign_in(other)
    press_at_provider(other, demo, button)
    sent = other.get_by_role("listitem").filter(has_text=about).first
    expect(sent).to_contain_text(re.compile("20[04]"))
    visit_home(page)
    is_out(page)


def test_universal_logout_leaves_other_users_signed_in(page: Page, other: Page, demo: Demo) -> None:
    page.goto("/profile")
    page.get_by_role("button", name="bob").click()
    expect(page.get_by_role("heading", name="Bob Brown")).to_be_visible()
    sign_in(other)
    press_at_provider(other, demo, "By issuer and subject")
    visit_home(page)
    is_in(page)


def test_a_frame_of_the_provider_ends_the_session_without_a_cookie(page: Page, demo: Demo) -> None:
    sign_in(page)
    # So that the frame alone can do it.
    control(demo.provider, "fault/logout_bad_signature")
    seen = requests_of(page)
    press_at_provider(page, demo, "End this session everywhere")
    sent = control(demo.provider, "deliveries?wait=1", "GET")["sent"]
    assert 400 in [one["status"] for one in sent], "the logout token was refused"

    [frame] = [request for request in seen if "/frontchannel-logout" in request.url]
    assert frame.frame != page.main_frame
    assert "sid=" in frame.url
    assert "cookie" not in frame.all_headers()
    page.goto("/")
    is_out(page)


def test_the_id_token_travels_in_a_form_and_stands_in_no_address(page: Page, demo: Demo) -> None:
    sign_in(page, "/profile")
    seen = requests_of(page)
    page.get_by_role("button", name="Sign out").click()
    is_out(page)

    [told] = [request for request in seen if request.url.endswith("/v1/logout")]
    assert told.method == "POST"
    [token] = parse_qs(told.post_data or "")["id_token_hint"]
    _, payload, signature = token.split(".")
    for request in seen:
        headers = request.all_headers()
        shown = f"{request.url} {headers.get('referer', '')} {headers.get('cookie', '')}"
        assert "id_token_hint" not in shown
        assert payload not in shown
        assert signature not in shown


def test_the_page_that_goes_on_by_itself_loads_one_script_of_ours(page: Page, demo: Demo) -> None:
    sign_in(page, "/profile")
    seen = requests_of(page)
    page.get_by_role("button", name="Sign out").click()
    is_out(page)

    ours = [request for request in seen if request.url.startswith(demo.url)]
    [script] = [request for request in ours if request.resource_type == "script"]
    assert re.fullmatch(f"{re.escape(demo.url)}/signout/[0-9a-f]{{16}}\\.js", script.url)
    answer = script.response()
    assert answer is not None
    assert answer.ok
    assert "immutable" in answer.headers["cache-control"]


def test_sign_out_works_without_javascript(chromium: Browser, demo: Demo) -> None:
    with new_browser(chromium, demo, script=False) as page:
        sign_in(page)
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Continue").click()
        expect(page).to_have_url(re.compile(re.escape(demo.provider)))
        page.get_by_role("link", name="Continue").click()
        is_out(page)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_label("Password")).to_be_visible()
