"""Access tokens that are over, in sessions that live on."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hostile.browser import Browser
from hostile.wire import Answer
from hostile.world import World

OFFLINE = "openid profile email offline_access"
#: The page of the sample app that needs an access token.
PAGE = "/session/userinfo"
HOUR = 3600


def served(world: World, **environ: str | None) -> None:
    """Serve the sample app with sessions that keep tokens, and a short patience."""
    settings: dict[str, Any] = {"ADMIT_SCOPE": OFFLINE, "ADMIT_HTTP_TIMEOUT": "1", **environ}
    world.serve(store="sqlite", **settings)


def stale(world: World, count: int = 1) -> list[Browser]:
    """Return browsers that are signed in, each with an access token that is over."""
    world.provider.seconds = 1
    browsers = [world.browser() for _ in range(count)]
    for browser in browsers:
        assert browser.sign_in().status == 303
    # A second more than the token's, as both clocks count whole ones.
    over = int(time.time()) + 1
    threading.Event().wait(over - time.time() + 0.01)
    world.provider.seconds = HOUR
    return browsers


def asked(browser: Browser) -> Answer:
    """Ask for the page that needs an access token."""
    return browser.get(PAGE)


def asked_at_once(browser: Browser, times: int) -> list[Answer]:
    """Ask for that page so many times at once."""
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(lambda _: browser.get(PAGE), range(times)))


def refreshes(world: World) -> int:
    """Return how many refreshes the provider was asked for."""
    return sum(came.form.get("grant_type") == "refresh_token" for came in world.provider.received)


def token_shown_to(world: World) -> str:
    """Return the access token that UserInfo was last asked with."""
    return [came.bearer for came in world.provider.received if came.path == "/v1/userinfo"][-1]
