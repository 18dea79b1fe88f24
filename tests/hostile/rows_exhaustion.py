"""Much of everything: sign-ins that are given up, tabs, tokens, cookies, logout tokens."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from redis import Redis

from admit.ports import run_sync
from admit.spent import Spent
from admit.testing import Answer as Reply
from admit.testing import MemoryStore
from hostile.calls import done, post_token, user
from hostile.registry import case
from hostile.rows_logout_tokens import signed
from hostile.wire import exchange
from hostile.world import World
from interop.scripted import NAVIGATION
from stores.conftest import wait_until

MB = 1 << 20
HOUR, DAY = 3600, 86_400


def memory() -> int:
    """Return the bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


@case("DOS-01", "2000 sign-ins that are given up")
def abandoned(world: World) -> str:
    url = world.site.url + "/signin"
    for _ in range(100):
        exchange(url, headers=NAVIGATION)
    before, requests = memory(), sum(world.provider.requests.values())
    for _ in range(2000):
        assert exchange(url, headers=NAVIGATION).status == 303
    growth = memory() - before
    assert growth < 40 * MB, growth
    assert sum(world.provider.requests.values()) == requests, "each costs the provider nothing"
    browser = world.browser()
    world.signed_in(browser, browser.sign_in())
    return f"memory grew by {growth / MB:.1f} MB; a sign-in works"


@case("DOS-02", "60 tabs of one browser that are given up")
def tabs(world: World) -> str:
    browser = world.browser()
    largest, url = 0, ""
    for _ in range(60):
        url = browser.begin("/signin?next=/members")
        header = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        largest = max(largest, len(header))
    assert largest < 8192, largest
    answer = browser.get(browser.authorize(url))
    world.signed_in(browser, answer, "/members")
    return f"at most {largest} bytes of cookies; the last tab signs in"


@case("DOS-05", "six sign-ins that hang at the provider")
def hung(world: World) -> str:
    world.serve(ADMIT_HTTP_TIMEOUT="4")
    callbacks = []
    for _ in range(6):
        world.provider.bend(token=Reply(delay=10))
        browser = world.browser()
        callbacks.append((browser, browser.to_callback()))
    known = user(world)
    before = world.redeemed()
    with ThreadPoolExecutor(6) as pool:
        hanging = [pool.submit(browser.get, url) for browser, url in callbacks]
        wait_until(lambda: world.redeemed() == before + 6)
        began = time.monotonic()
        assert known.get("/profile").status == 200
        other = user(world, "s2", sub="00u2")
        seconds = time.monotonic() - began
        assert not any(future.done() for future in hanging), "they hang all the while"
        assert seconds < 3, seconds
        outcomes = [world.failed(future.result(), "provider.timeout", 504) for future in hanging]
    assert other.is_signed_in()
    return f"others are served within {seconds:.1f} s; the six: {outcomes[0]}"


@case("DOS-07", "an ID Token of 20 KB")
def large_token(world: World) -> str:
    outcomes = []
    for store in (None, "sqlite"):
        world.serve(store=store)
        browser = world.browser()
        world.provider.bend(claims={"filler": os.urandom(10_000).hex()})
        answer = browser.sign_in()
        if answer.status == 303:
            outcomes.append(world.signed_in(browser, answer))
        else:
            # 200 KB are no session in 4096 bytes of cookie, and the page says so.
            outcomes.append(world.refused(answer, "session.too_large", answer.status))
            assert not browser.session
            again = world.browser()
            assert again.sign_in().status == 303
    assert outcomes[1] == "signed in"
    return f"in a cookie: {outcomes[0]}; in a store: {outcomes[1]}"


@case("DOS-10", "30 KB of cookies of others")
def foreign_cookies(world: World) -> str:
    browser = user(world)
    own = dict(browser.cookies)
    few = {f"other{number}": "x" * 3000 for number in range(10)}
    many = {f"o{number}": "y" * 3 for number in range(3000)}
    for others in (few, many, {f"admit-attempt-{n}": "z" * 300 for n in range(90)}):
        browser.cookies = {**others, **own}
        for path in ("/", "/profile", "/signin"):
            answer = browser.get(path)
            assert answer.status in {200, 303, 431}, answer.status
            assert answer.seconds < 3
    return "as without them"


@case("DOS-u1", "100,000 logout tokens")
def replay_cache(world: World) -> str:
    # In the store each name has an end, however distant the token's own.
    url = world.fixture("redis_url")
    world.serve(store=url)
    with Redis.from_url(url) as redis:
        redis.flushall()
        for number in range(5):
            now = world.provider.now()
            token = signed(world, sid=f"s{number}", exp=now + 100 * DAY)
            done(world, post_token(world, token), 0)
        lasting = [redis.ttl(key) for key in redis.scan_iter()]
    assert len(lasting) >= 5
    assert all(0 < seconds <= DAY for seconds in lasting), lasting
    # What is kept in a process has an end, and a size.
    spent, clock = Spent(), [0.0]
    store = MemoryStore(lambda: clock[0])
    before = memory()
    for number in range(100_000):
        clock[0] = number / 20
        name = b"%032d" % number
        assert spent.add(name, until=int(clock[0]) + HOUR, now=int(clock[0]))
        run_sync(store.use(name, 60))
    assert len(spent._until) <= 50_000
    growth = memory() - before
    assert growth < 40 * MB, growth
    return f"names end by themselves within a day; 100,000 cost {growth / MB:.1f} MB"
