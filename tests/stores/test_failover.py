"""What users see while the master of a Redis is killed, and afterwards."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient
from flask_login import current_user, login_required

from admit.flask import SignIn
from admit.testing import MemoryProvider
from stores.conftest import Failover

BASE_URL = "http://localhost:5000"
#: Enough to be on each node of a Cluster.
USERS = 24
#: Seconds within which another node has taken over: the tests' servers wait one before they vote.
BACK_WITHIN = 20
REDIRECT, UNAVAILABLE, OK = 303, 503, 200


@pytest.fixture(params=["failover", "cluster_failover"])
def redis(request: pytest.FixtureRequest) -> Failover:
    found: Failover = request.getfixturevalue(request.param)
    return found


class Site:
    def __init__(self, url: str) -> None:
        self.provider = MemoryProvider(now=lambda: int(time.time()))
        self.app = flask.Flask("site")
        self.app.config["SECRET_KEY"] = "a-key-for-tests-of-enough-length-0123"
        SignIn(
            self.app,
            http=self.provider,
            issuer=self.provider.issuer,
            client_id=self.provider.client_id,
            client_secret=self.provider.client_secret,
            base_url=BASE_URL,
            sessions=url,
        )
        stored = self.app.extensions["admit"].parts.stored
        self.store: Any = stored.sessions.store

        @self.app.get("/me")
        @login_required
        def me() -> str:
            return str(current_user.sub)

    def sign_in(self, sub: str) -> tuple[FlaskClient, int]:
        """Return the browser, and what the callback answered."""
        browser = self.app.test_client()
        self.provider.user = {**self.provider.user, "sub": sub}
        start = browser.get("/signin", base_url=BASE_URL)
        answer = browser.get(self.provider.callback(start.location), base_url=BASE_URL)
        return browser, answer.status_code


@pytest.fixture
def site(redis: Failover) -> Iterator[Site]:
    site = Site(redis.url)
    yield site
    site.store._made.close()


def replicate(client: Any) -> None:
    """Wait until a replica has what this client wrote; it has one connection to each node."""
    if hasattr(client, "get_primaries"):
        for node in client.get_primaries():
            client.execute_command("WAIT", 1, 5000, target_nodes=node)
    else:
        client.execute_command("WAIT", 1, 5000)


def test_while_a_master_is_away_a_page_is_the_users_or_unavailable_and_never_anonymous(
    redis: Failover, site: Site
) -> None:
    browsers = {f"user{number}": site.sign_in(f"user{number}")[0] for number in range(USERS)}
    replicate(site.store._made)

    redis.kill()

    seen: Counter[int] = Counter()
    end = time.monotonic() + BACK_WITHIN
    well = False
    while not well:
        assert time.monotonic() < end, "it never came back"
        well = True
        for sub, browser in browsers.items():
            page = browser.get("/me", base_url=BASE_URL)
            assert page.status_code in {OK, UNAVAILABLE}, "an outage is not the end of a session"
            assert page.status_code != OK or page.text == sub
            well = well and page.status_code == OK
            seen[page.status_code] += 1
        _, callback = site.sign_in("newcomer")
        assert callback in {REDIRECT, UNAVAILABLE}
    assert seen[UNAVAILABLE], "nothing was away"
    _, callback = site.sign_in("newcomer")
    assert callback == REDIRECT
