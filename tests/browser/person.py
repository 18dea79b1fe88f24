"""What a person does at the sample app, and what is asked of the provider behind their back."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

from playwright.sync_api import Page, expect

ALICE = "alice@example.com"
USE = re.compile("Use the access token")


def fill_in(page: Page, name: str = ALICE, password: str = "alice-password") -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_in(page: Page, path: str = "/") -> None:
    page.goto(path)
    if path == "/":
        page.get_by_role("button", name="Sign in").click()
    fill_in(page)
    page.wait_for_url(re.compile(f"localhost:[0-9]+{path}$"))


def visit_home(page: Page) -> None:
    """Click the link to the home page, which needs nobody to be signed in."""
    page.get_by_role("link", name="Sample app").click()
    page.wait_for_url(re.compile("localhost:[0-9]+/$"))


def is_out(page: Page) -> None:
    expect(page.get_by_text("Not signed in")).to_be_visible()


def is_in(page: Page) -> None:
    expect(page.get_by_text("Signed in as")).to_be_visible()


def control(provider: str, command: str, method: str = "POST") -> dict[str, Any]:
    """Give the provider a command of its control API."""
    request = urllib.request.Request(f"{provider}/__dev/{command}", method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)
        return told


def use_token(page: Page) -> bool:
    """Click the button that calls UserInfo; tell whether the token was renewed for that."""
    with page.expect_navigation():
        page.get_by_role("button", name=USE).click()
    expect(page.get_by_text(re.compile("renewed just now|still fresh"))).to_be_visible()
    return page.get_by_text("renewed just now").is_visible()


def refreshes(provider: str) -> int:
    """Return how often the provider was asked for new tokens."""
    return int(control(provider, "counts", "GET")["grants"].get("refresh_token", 0))
