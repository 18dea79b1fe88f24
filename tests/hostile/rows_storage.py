"""A store that is down, silent, back again, empty, or asked by two at once."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

from sqlalchemy import create_engine, text

from hostile.browser import Browser
from hostile.calls import user
from hostile.registry import case, table
from hostile.rows_session import copy_of
from hostile.storage import Proxy, proxied
from hostile.wire import Answer
from hostile.world import World
from stores.conftest import wait_until
from support import needs

#: Seconds that a page may take while the store is away.
LONGEST = 15
PAGES = ("/profile", "/members", "/session")
SERVERS = ("redis_url", "postgresql_url")


@contextmanager
def behind_a_proxy(world: World, fixture: str) -> Iterator[Proxy]:
    """Serve the sample app with a real store, and yield what stands between the two."""
    with proxied(world.fixture(fixture)) as proxy:
        world.serve(store=proxy.url)
        try:
            yield proxy
        finally:
            proxy.mend()
            world.site.stop()


def away(world: World, answer: Answer) -> None:
    """Check that a page says that the store is away, and that the log does."""
    event = world.watch.event_of(answer)
    seen = answer.status, event.name, event.fields["code"]
    assert seen == (503, "store.unavailable", "store.unavailable"), seen
    assert answer.seconds <= LONGEST
    assert "admit" not in answer.cookies, "a session that cannot be looked up is not thrown away"


def comes_back(browser: Browser) -> None:
    """Check that the same session is there again, within a few seconds."""
    wait_until(lambda: browser.get("/profile").status == 200)
    assert "Name of 00u1" in browser.get("/profile").text


@table(
    {
        "STO-01": ("the store refuses, at a page", Proxy.refuse),
        "STO-02": ("the store is silent, at a page", Proxy.stall),
    }
)
def at_a_page(world: World, fault: Callable[[Proxy], None]) -> str:
    longest = 0.0
    for fixture in SERVERS:
        with behind_a_proxy(world, fixture) as proxy:
            browser, stranger = user(world), world.browser()
            fault(proxy)
            for page in PAGES:
                answer = browser.get(page)
                away(world, answer)
                longest = max(longest, answer.seconds)
            # Who has no session needs no store.
            assert stranger.get("/about").status == 200
            assert stranger.get("/profile").status == 303
            proxy.mend()
            comes_back(browser)
    return f"503 within {longest:.1f} s, the session is back afterwards; Redis and PostgreSQL"


@case("STO-04", "the store is down at a sign-in")
def at_a_sign_in(world: World) -> str:
    ways = (*((fixture, Proxy.refuse) for fixture in SERVERS), ("redis_url", Proxy.stall))
    for fixture, fault in ways:
        with behind_a_proxy(world, fixture) as proxy:
            browser = world.browser()
            url, before = browser.to_callback(), world.redeemed()
            fault(proxy)
            away(world, browser.get(url))
            assert world.redeemed() == before, "the code is kept until what it brings can be"
            assert not browser.session
            proxy.mend()
            wait_until(lambda: browser.sign_in().status == 303)  # noqa: B023
            assert browser.is_signed_in()
    return "503, no session; the next sign-in works"


@case("STO-07", "the store comes back")
def back(world: World) -> str:
    with behind_a_proxy(world, "redis_url") as proxy:
        browser = user(world)
        for fault in (proxy.refuse, proxy.stall, proxy.refuse):
            fault()
            away(world, browser.get("/profile"))
            proxy.mend()
            comes_back(browser)
            wait_until(lambda: world.browser().sign_in().status == 303)
    return "works again without a restart, time and again"


def flush_redis(url: str) -> None:
    program = needs("redis-cli", "apt-get install redis-tools brings it")
    port = str(urlsplit(url).port)
    subprocess.run([program, "-p", port, "flushall"], check=True, capture_output=True)


def flush_sql(url: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for name in ("admit_sessions", "admit_labels", "admit_names"):
            connection.execute(text(f"DELETE FROM {name}"))
    engine.dispose()


@case("STO-09", "the store loses everything")
def loses_everything(world: World) -> str:
    for fixture, flush in zip(SERVERS, (flush_redis, flush_sql), strict=True):
        url = world.fixture(fixture)
        world.serve(store=url)
        browser = user(world)
        flush(url)
        answer = browser.get("/profile")
        assert (answer.status, answer.location) == (303, f"{browser.url}/signin?next=/profile")
        assert browser.get("/").status == 200
        assert browser.post("/signout").status == 303
        assert user(world).is_signed_in()
        world.site.stop()
    return "signed out cleanly; the next sign-in works"


@case("STO-u2", "two workers take one pending sign-in")
def two_workers(world: World) -> str:
    for store in ("sqlite", world.fixture("postgresql_url")):
        first = world.serve(store=store)
        second = world.serve(store=world.sessions_of(first), ADMIT_BASE_URL=first.url)
        for _ in range(3):
            before = world.redeemed()
            browser = world.browser(first)
            url = browser.to_callback()
            start = threading.Barrier(4)

            def bring(place: int, browser: Browser = browser, url: str = url) -> int:
                copy = copy_of(world, browser)
                copy.url = (first, second)[place % 2].url  # noqa: B023
                start.wait(10)  # noqa: B023
                target = url.replace(first.url, copy.url)  # noqa: B023
                return copy.get(target).status

            with ThreadPoolExecutor(4) as pool:
                statuses = sorted(pool.map(bring, range(4)))
            assert statuses == [303, 400, 400, 400], statuses
            assert world.redeemed() == before + 1
    refused = {str(e.fields["code"]) for e in world.watch.events("signin.refused")}
    assert refused == {"attempt.used"}
    return "exactly one wins, the code is redeemed once; SQLite and PostgreSQL"
