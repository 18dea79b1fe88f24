"""Faults and thefts of a store that the table does not have, and the rules cover all the same."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

from admit.base64url import to_base64url
from hostile.calls import alive, post_token, unavailable, user
from hostile.registry import case
from hostile.rows_session import copy_of
from hostile.rows_storage import LONGEST, behind_a_proxy
from hostile.storage import Proxy, failing, locked
from hostile.world import World
from stores.conftest import wait_until


@case("STO-x1", "the store is down at a logout token")
def at_a_logout_token(world: World) -> str:
    for fault in (Proxy.refuse, Proxy.stall):
        with behind_a_proxy(world, "redis_url") as proxy:
            browser, token = user(world), world.provider.logout_token(sid="s1")
            fault(proxy)
            answer = post_token(world, token)
            outcome = unavailable(world, answer, "store.unavailable")
            assert answer.seconds <= LONGEST
            proxy.mend()
            wait_until(lambda: post_token(world, token).status == 200)  # noqa: B023
            assert alive(browser) == [False]
    return f"{outcome}, never 200; the provider's next try ends the session"


@case("STO-x2", "the store is down at a sign-out")
def at_a_sign_out(world: World) -> str:
    with behind_a_proxy(world, "redis_url") as proxy:
        browser = user(world)
        thief = copy_of(world, browser)
        proxy.refuse()
        answer = browser.post("/signout")
        proxy.mend()
        if answer.status == 503:
            # Nobody was told that they are signed out, so they may try again.
            wait_until(lambda: browser.post("/signout").status == 303)
        assert alive(browser, thief) == [False, False]
    return f"{answer.status}; afterwards the copied cookie is dead"


@case("STO-x3", "the disk is full, or somebody holds the lock")
def full_disk(world: World) -> str:
    site = world.serve(store="sqlite")
    url = world.sessions_of(site)
    before = user(world)
    for fault in (failing(url, "INSERT", "admit_sessions"), locked(url)):
        browser = world.browser()
        callback = browser.to_callback()
        with fault:
            answer = browser.get(callback)
            assert world.watch.event_of(answer).name == "store.unavailable"
            assert answer.status == 503
            assert before.is_signed_in(), "what is read needs no write"
        assert not browser.is_signed_in()
        assert browser.sign_in().status == 303
    return "503 and no session; others stay signed in; the next sign-in works"


@case("STO-x4", "a record is cut off, changed, or another's")
def changed_record(world: World) -> str:
    site = world.serve(store="sqlite")
    alice, bob = user(world), user(world, "s2", sub="00u2")
    path = urlsplit(world.sessions_of(site)).path[1:]
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        rows = database.execute("SELECT key, value FROM admit_sessions").fetchall()
        (first, own), (second, others) = rows
        for value in (own[:-1], own[:20], b"", b"\x80\x04N.", others, own[:-1] + b"\x00"):
            database.execute("UPDATE admit_sessions SET value = ? WHERE key = ?", (value, first))
            assert sum(alive(alice, bob)) == 1, value
        database.execute("UPDATE admit_sessions SET value = ? WHERE key = ?", (own, first))
        assert second != first
    assert alive(alice, bob) == [True, True]
    return "nobody is signed in by it, and it is no error"


@case("STO-x5", "a dump of the store is stolen")
def stolen_dump(world: World) -> str:
    site = world.serve(store="sqlite", ADMIT_SCOPE="openid email offline_access")
    url = world.sessions_of(site)
    browser = user(world)
    path = urlsplit(url).path[1:]
    with closing(sqlite3.connect(path)) as database:
        rows = [row for name in ("sessions", "labels", "names")
                for row in database.execute(f"SELECT * FROM admit_{name}")]  # fmt: skip
    assert len(rows) > 1
    blobs = [value for row in rows for value in row if isinstance(value, bytes)]
    known = {*world.watch.secrets_of_providers(), browser.session, "00u1", "00u1@example.com"}
    for blob in blobs:
        assert not [secret for secret in known if len(secret) > 3 and secret.encode() in blob]
    # No part of it is a cookie.
    thief = world.browser()
    for blob in blobs:
        for value in {to_base64url(blob), blob.hex(), to_base64url(blob[:64])}:
            thief.cookies = {"admit": value[:3000]}
            assert not thief.is_signed_in()
    return f"none of {len(blobs)} values opens a session, or holds a secret, a sub or an address"


@case("STO-x6", "another application with the same secret key")
def another_application(world: World) -> str:
    for store in (None, "sqlite"):
        site = world.serve(store=store)
        browser = user(world)
        shared = None if store is None else world.sessions_of(site)
        stranger = world.new_provider().issuer
        for change in (("another-client", world.provider.issuer), ("client", stranger)):
            other = world.serve(store=shared, ADMIT_CLIENT_ID=change[0], ADMIT_ISSUER=change[1])
            thief = world.browser(other)
            thief.cookies = dict(browser.cookies)
            assert not thief.is_signed_in(), (store, change)
            assert thief.get("/session").status == 303
        assert browser.is_signed_in()
    return "its cookies and records open nothing here, in cookies or in one store"
