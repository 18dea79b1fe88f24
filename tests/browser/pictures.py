"""Take the pictures of the documentation: `make pictures`."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path
from typing import Literal

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, FloatRect, Page, Route, ViewportSize, sync_playwright

from browser.person import control
from support import ROOT, free_port, needs, process

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
FOLDER = ROOT / "docs/pictures"
SIZE: ViewportSize = {"width": 860, "height": 720}
#: Of the pages that are worth it.
TALL = 950
CARD = (
    """<figure><img src="data:image/png;base64,{image}"><figcaption>{text}</figcaption></figure>"""
)
TOUR = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 28px; display: flex; gap: 24px; width: max-content;
  background: #e4e8ef; font: 600 22px system-ui, sans-serif; color: #1c2430 }}
figure {{ margin: 0 }} img {{ width: 600px; border-radius: 12px; display: block;
  box-shadow: 0 6px 24px #1c243033 }} figcaption {{ padding: 16px 4px 0 }}
</style>{cards}"""


def main() -> None:
    """Start the demo, walk through it, and write a picture of each page."""
    port, provider_port = free_port(), free_port()
    url = f"http://localhost:{port}"
    command = ("examples/flask_app/demo.py", "--port", str(port))
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        process(sys.executable, *command, "--provider-port", str(provider_port), ready="Stop"),
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(
            executable_path=needs("chromium", "apt-get install chromium"), args=["--no-sandbox"]
        )
        for scheme in SCHEMES:
            context = chromium.new_context(
                base_url=url, viewport=SIZE, color_scheme=scheme, device_scale_factor=1
            )
            control(f"http://127.0.0.1:{provider_port}", "reset")
            walk(context.new_page(), scheme, f"http://127.0.0.1:{provider_port}")
            context.close()
        join(chromium)
        chromium.close()


def walk(page: Page, scheme: str, provider: str) -> None:
    """Go from page to page, as a user does, with a picture of each."""

    def take(name: str, height: int = SIZE["height"]) -> None:
        part: FloatRect = {"x": 0, "y": 0, "width": SIZE["width"], "height": height}
        page.screenshot(path=FOLDER / f"{name}-{scheme}.png", full_page=True, clip=part)

    page.goto("/")
    take("home")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Username").fill("alice@example.com")
    take("sign-in")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("alert").wait_for()
    take("wrong-password")
    page.get_by_label("Password").fill("alice-password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("Signed in as").wait_for()
    take("signed-in")
    for name in ("About", "Members", "Profile", "Session"):
        page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        take(name.lower(), TALL if name == "Session" else SIZE["height"])
    page.get_by_role("button", name="Use the access token").click()
    take("userinfo", TALL)
    page.goto(provider)
    page.get_by_role("button", name="By email").click()
    page.get_by_text("204").wait_for()
    take("provider", TALL)
    # Universal Logout has ended the app's session, and the provider's begins another.
    page.goto("/profile")
    page.goto("/signout")
    take("sign-out")
    stay_on_pages_that_go_on(page)
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_text("Signing out").first.wait_for()
    take("passing-on")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("You are signed out").wait_for()
    take("provider-signed-out")
    page.get_by_role("link", name="Continue").click()
    page.get_by_text("Not signed in").wait_for()
    page.goto("/profile")
    page.get_by_role("button", name="dave").click()
    page.get_by_text("Reference").wait_for()
    take("refused")


def stay_on_pages_that_go_on(page: Page) -> None:
    """Take the scripts away that lead on at once: a policy that forbids them, for each page."""

    def hold(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        policy = answer.headers.get("content-security-policy", "")
        held = re.sub("script-src [^;]*", "script-src 'none'", policy)
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": held})

    for address in ("**/signout", "**/v1/logout"):
        page.route(address, hold)


def join(browser: Browser) -> None:
    """Write the picture that the README shows."""
    steps = {"home": "1. The app", "sign-in": "2. The sign-in page", "profile": "3. The profile"}
    cards = "".join(
        CARD.format(
            image=base64.b64encode((FOLDER / f"{name}-light.png").read_bytes()).decode(), text=text
        )
        for name, text in steps.items()
    )
    page = browser.new_page(viewport={"width": 1900, "height": 640})
    page.set_content(TOUR.format(cards=cards))
    page.locator("body").screenshot(path=FOLDER / "tour.png")
    page.close()


if __name__ == "__main__":
    main()
