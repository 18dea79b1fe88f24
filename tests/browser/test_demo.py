"""What a person does with `make demo`, in headless Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Demo
from browser.person import ALICE, fill_in, sign_in


def test_the_five_clicks_of_the_guide(page: Page, demo: Demo) -> None:
    page.goto("/")
    expect(page.get_by_text("Not signed in")).to_be_visible()
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(re.escape(demo.provider)))
    fill_in(page)

    expect(page).to_have_url(f"{demo.url}/")
    expect(page.get_by_role("heading", name="Hello, Alice Anderson")).to_be_visible()
    page.get_by_role("link", name="Profile", exact=True).click()
    expect(page.get_by_role("heading", name="Alice Anderson")).to_be_visible()
    expect(page.get_by_role("row", name=f"email {ALICE}")).to_be_visible()
    expect(page.get_by_role("row", name=f"iss {demo.provider}/oauth2/default")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{demo.url}/")
    expect(page.get_by_text("Not signed in")).to_be_visible()


def test_after_signing_out_the_provider_asks_again(page: Page) -> None:
    sign_in(page)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_signing_out_of_this_app_only_keeps_the_providers_session(page: Page, demo: Demo) -> None:
    sign_in(page)
    page.goto("/signout")
    page.get_by_role("button", name="Sign out of this application only").click()
    expect(page.get_by_text("Not signed in")).to_be_visible()
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{demo.url}/")
    expect(page.get_by_text("Signed in as")).to_be_visible()


@pytest.mark.parametrize("path", ["/members", "/profile?tab=2"])
def test_a_deep_link_comes_back_to_where_it_was_going(page: Page, demo: Demo, path: str) -> None:
    page.goto(path)
    fill_in(page)
    expect(page).to_have_url(demo.url + path)
    expect(page.get_by_text("Signed in as")).to_be_visible()


def test_an_address_of_another_host_name_ends_on_the_right_one(page: Page, demo: Demo) -> None:
    page.goto(demo.url.replace("localhost", "127.0.0.1"))
    page.get_by_role("button", name="Sign in").click()
    fill_in(page)
    expect(page).to_have_url(f"{demo.url}/")
    expect(page.get_by_text("Signed in as")).to_be_visible()


def test_two_tabs_sign_in_side_by_side(page: Page, demo: Demo) -> None:
    other = page.context.new_page()
    page.goto("/members")
    other.goto("/profile")
    fill_in(page)
    expect(page).to_have_url(f"{demo.url}/members")
    fill_in(other)
    expect(other).to_have_url(f"{demo.url}/profile")
    page.reload()
    expect(page.get_by_text("Signed in as")).to_be_visible()


def test_a_wrong_password_is_said_and_may_be_corrected(page: Page, demo: Demo) -> None:
    page.goto("/profile")
    fill_in(page, password="wrong")
    expect(page.get_by_role("alert")).to_contain_text("Unable to sign in")
    expect(page.get_by_label("Username")).to_have_value(ALICE)
    page.get_by_label("Password").fill("alice-password")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{demo.url}/profile")


def test_a_user_without_access_is_told_so_and_may_take_another_account(
    page: Page, demo: Demo
) -> None:
    page.goto("/profile")
    page.get_by_role("button", name="dave").click()
    expect(page.get_by_role("heading", name="You do not have access")).to_be_visible()
    expect(page.get_by_text("authorization.user_not_assigned")).to_be_visible()
    page.get_by_role("link", name="Use another account").click()
    fill_in(page)
    expect(page).to_have_url(f"{demo.url}/profile")


def test_the_back_button_after_sign_out_shows_nothing(page: Page) -> None:
    sign_in(page)
    page.get_by_role("link", name="Profile", exact=True).click()
    expect(page.get_by_role("heading", name="Alice Anderson")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Not signed in")).to_be_visible()

    for _ in range(4):
        page.go_back()
        expect(
            page.get_by_text(re.compile("Not signed in|to continue to|Sign in")).first
        ).to_be_visible()
        assert "Anderson" not in page.content()


def test_a_callback_opened_again_from_history_does_no_harm(page: Page, demo: Demo) -> None:
    callbacks: list[str] = []
    page.on(
        "request",
        lambda request: (
            callbacks.append(request.url) if "/authorization-code/callback" in request.url else None
        ),
    )
    sign_in(page)
    page.goto(callbacks[0])
    expect(page).to_have_url(f"{demo.url}/")
    expect(page.get_by_text("Signed in as")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Not signed in")).to_be_visible()
    page.goto(callbacks[0])
    expect(page.get_by_role("link", name="Start again")).to_be_visible()
    page.get_by_role("link", name="Start again").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_the_keyboard_is_enough(page: Page, demo: Demo) -> None:
    page.goto("/")
    for _ in range(7):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sign in")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Username")).to_be_focused()
    page.keyboard.type(ALICE)
    page.keyboard.press("Tab")
    page.keyboard.type("alice-password")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{demo.url}/")
    for _ in range(8):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sign out")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Not signed in")).to_be_visible()


def test_a_form_of_another_site_signs_nobody_out(page: Page, demo: Demo) -> None:
    sign_in(page)
    page.goto(demo.provider)
    page.evaluate(
        """url => {
            const form = document.createElement("form");
            form.method = "post";
            form.action = url;
            document.body.append(form);
            form.submit();
        }""",
        f"{demo.url}/signout",
    )
    page.wait_for_url(re.compile("localhost"))
    page.goto("/profile")
    expect(page.get_by_text("Signed in as")).to_be_visible()


def test_a_script_gets_a_401_and_starts_nothing(page: Page) -> None:
    page.goto("/")
    page.context.set_extra_http_headers({})
    answer = page.request.get("/profile", headers={"Accept": "application/json"}, max_redirects=0)
    assert answer.status == 401
    assert answer.json()["sign_in_url"].endswith("/signin")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("carol", "Carol|Clark"), ("erin", "Erin Evans"), ("bob", "Bob Brown")],
)
def test_every_demo_user_is_one_click_away(page: Page, name: str, shown: str) -> None:
    page.goto("/profile")
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("heading", name=re.compile(shown)).first).to_be_visible()
