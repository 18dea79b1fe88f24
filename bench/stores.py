#!/usr/bin/env python3
"""Sessions in each store: how large one is, whether a million of them slow a page down, how long it takes to end a thousand.

Runs in the project's own environment: `make bench-stores`. See README.md.
"""
import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import flask
import servers
from admit.flask import SignIn
from admit.model import IDToken, Tokens
from admit.ports import run_sync
from admit.stores import open_store
from admit.stores.redis import RedisStore
from admit.testing import MemoryProvider
from flask_login import current_user, login_required
from flow import Wsgi
from load import cpu_of
from redis import Redis

BASE = "http://localhost:5000"
IDLE, ABSOLUTE = 3600, 43_200
OKTA = {"ver": 1, "jti": "ID." + "j" * 43, "amr": ["pwd", "mfa", "otp"], "idp": "00o1a2b3c4d5e6f7g8h9",
        "name": "Alice Example", "preferred_username": "alice@example.com", "email": "alice@example.com",
        "groups": ["Everyone", "Engineering", "On call", "Admins"]}


class Site:
    """One application over one store, called in process."""
    def __init__(self, url):
        self.provider = MemoryProvider(now=lambda: int(time.time()))
        self.provider.claims = OKTA
        self.store = open_store(url)
        self.store.create()
        self.app = flask.Flask("bench")
        self.app.config["SECRET_KEY"] = "a-key-for-this-benchmark-of-enough-length"
        SignIn(self.app, http=self.provider, issuer=self.provider.issuer, client_id=self.provider.client_id,
               client_secret=self.provider.client_secret, base_url=BASE, sessions=url)
        self.sessions = self.app.extensions["admit"].parts.stored.sessions
        self.wsgi = Wsgi(self.app, BASE)

        @self.app.get("/me")
        @login_required
        def me():
            return f"Hello {current_user.name}"

    def sign_in(self, sub, sid, tokens=None):
        """A session as a callback makes it; returns the session and its cookie."""
        raw = self.provider.id_token({"nonce": "n" * 43}, "", sub=sub, sid=sid)
        claims = {**self.provider.user, **OKTA, "sub": sub, "sid": sid}
        now = time.time()
        return run_sync(self.sessions.start(IDToken(raw, claims), None, attempt="a" * 16, since=int(now * 1000),
                                            now=int(now), tokens=tokens))

    def page(self, cookie, count):
        """CPU and time that passes, in microseconds, of a page: the median of *count*."""
        environ, cpu, wall = self.wsgi.prepare("/me", "admit=" + cookie), [], []
        for _ in range(count):
            w, c = time.perf_counter_ns(), time.process_time_ns()
            (status, _), _ = self.wsgi.run(environ)
            cpu.append(time.process_time_ns() - c)
            wall.append(time.perf_counter_ns() - w)
            assert status.startswith("200"), status
        return statistics.median(cpu) / 1e3, statistics.median(wall) / 1e3

    def logout(self, **claims):
        """Milliseconds of the endpoint that the provider tells of a sign-out."""
        body = urlencode({"logout_token": self.provider.logout_token(**claims)}).encode()
        environ = {**self.wsgi.prepare("/backchannel-logout"), "REQUEST_METHOD": "POST", "wsgi.input": BytesIO(body),
                   "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body))}
        began = time.perf_counter()
        (status, _), _ = self.wsgi.run(environ)
        assert status.startswith("200"), status
        return (time.perf_counter() - began) * 1e3


class Loader(RedisStore):
    """Saves as its parent does, through one pipeline."""
    def __init__(self, port):
        self.pipeline = Redis(port=port).pipeline(transaction=False)
        super().__init__(self.pipeline)


def some_tokens():
    """An access token of Okta's size, about 1 KB, and a refresh token."""
    return Tokens(access_token="e" * 1000, refresh_token="r" * 43, issued_at=int(time.time()),
                  expires_at=int(time.time()) + 3600, scope=("openid", "profile", "email", "offline_access"),
                  asked=("openid", "profile", "email", "offline_access"))


def fill(site, loader, count, value):
    """Save *count* sessions as large as *value*, each of a user and a provider's session of its own."""
    since = int(time.time() * 1000)
    for number in range(count):
        key, label = os.urandom(44), os.urandom(16)
        run_sync(loader.save(key, value, ABSOLUTE, since=since, lasting=ABSOLUTE, labels=(label,)))
        if number % 1000 == 999 or number == count - 1:
            loader.pipeline.execute()


def used(port):
    return int(next(line.split(":")[1] for line in servers.cli(port, "info", "memory").splitlines()
                    if line.startswith("used_memory:")))


def redis_sizes(folder):
    """Bytes of each key, with and without tokens."""
    found = {}
    for kind, tokens in (("ID Token", None), ("ID Token, access and refresh token", some_tokens())):
        with servers.redis(folder / f"sizes-{bool(tokens)}") as (port, _):
            site = Site(f"redis://127.0.0.1:{port}/0")
            session, _ = site.sign_in("00u1a2b3c4d5e6f7g8h9", "102a1b2c3d4e5f6g7h8i9j", tokens)
            run_sync(site.store.use(b"jti " + bytes(24), 3600))
            client = Redis(port=port)
            sizes = {}
            for name in client.scan_iter():
                kind_of = name.decode().partition("}:")[2].partition(":")[0]
                owner = len(name.partition(b"}")[0]) == len("admit:{") + 16
                what = {"s": "record", "u": "used name", "m": "mark"}.get(kind_of, "index of owner" if owner else "index of label")
                sizes[what] = sizes.get(what, 0) + client.memory_usage(name)
            record = run_sync(site.store.load(session.id)).value
            found[kind] = {"id_token": len(session.id_token), "sealed": len(record), "keys": sizes}
    return found


def redis_full(folder, counts, rounds):
    """Memory for each session, and a page, as the store fills up; beside each, a page with an empty store."""
    found = []
    with servers.redis(folder / "full") as (port, _), servers.redis(folder / "empty") as (empty_port, _):
        full, empty = Site(f"redis://127.0.0.1:{port}/0"), Site(f"redis://127.0.0.1:{empty_port}/0")
        cookies = [site.sign_in("alice", "one")[1] for site in (full, empty)]
        session, _ = full.sign_in("bob", "two")
        value, loader, before, held = run_sync(full.store.load(session.id)).value, Loader(port), used(port), 0
        for count in counts:
            fill(full, loader, count - held, value)
            held = count
            pairs = [(full.page(cookies[0], 200), empty.page(cookies[1], 200)) for _ in range(rounds)]
            found.append({"sessions": count, "bytes_each": (used(port) - before) / count,
                          "page_full_us": [statistics.median(f[i] for f, _ in pairs) for i in (0, 1)],
                          "page_empty_us": [statistics.median(e[i] for _, e in pairs) for i in (0, 1)],
                          "ratio": [statistics.median(f[i] / e[i] for f, e in pairs) for i in (0, 1)]})
        began = time.perf_counter()
        listed = sum(1 for _ in full.store.records())
        found[-1].update(listed=listed, listing_s=time.perf_counter() - began)
        full.logout(sub="nobody", sid=None)  # fetches the keys
        full.sign_in("carol", "three")
        found[-1]["end_one_user_ms"] = full.logout(sub="carol", sid=None)
    return found


def redis_work(folder, count=20_000):
    """CPU of Redis, in microseconds, for one page and for one sign-in."""
    with servers.redis(folder / "work") as (port, process):
        site, found = Site(f"redis://127.0.0.1:{port}/0"), {}
        session, _ = site.sign_in("alice", "one")
        key = session.id

        def sign_in(number):
            run_sync(site.store.use(b"attempt" + number.to_bytes(4, "big"), 600))
            site.sign_in(f"user{number}", f"sid{number}")
        for name, act, times in (("page", lambda _: run_sync(site.store.load(key)), count), ("sign_in", sign_in, count // 10)):
            before = cpu_of(process.pid)
            for number in range(times):
                act(number)
            found[name] = (cpu_of(process.pid) - before) / times * 1e6
        return found


def sql_size(url, count, size):
    """Bytes on the disk for each session, of *count*."""
    from admit.stores.sql_tables import LABELS, SESSIONS
    from sqlalchemy import create_engine, insert, text
    open_store(url).create()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    now = int(time.time() * 1000)
    with engine.begin() as connection:
        for _ in range(count // 1000):
            keys, until = [os.urandom(44) for _ in range(1000)], now + ABSOLUTE * 1000
            connection.execute(insert(LABELS), [{"label": os.urandom(16), "key": k, "expires_at": until} for k in keys])
            connection.execute(insert(SESSIONS), [{"key": k, "owner": k[:12], "value": os.urandom(size), "since": now,
                                                   "expires_at": now + IDLE * 1000} for k in keys])
    with engine.connect() as connection:
        if url.startswith("sqlite"):
            total = connection.execute(text("select page_count * page_size from pragma_page_count, pragma_page_size")).scalar()
        else:
            total = connection.execute(text("select pg_total_relation_size('admit_sessions')"
                                            " + pg_total_relation_size('admit_labels')")).scalar()
    engine.dispose()
    return total / count


def ends(url, count, times=5):
    """Milliseconds of the endpoint: all of one user's sessions by sub, the same by one sid, one alone by its sid."""
    site, found = Site(url), {"sub": [], "sid_of_all": [], "sid_of_one": []}
    site.logout(sub="nobody", sid=None)  # fetches the keys
    for turn in range(times):
        for _ in range(count):
            site.sign_in(f"sub{turn}", None)
        found["sub"].append(site.logout(sub=f"sub{turn}", sid=None))
        for _ in range(count):
            site.sign_in(f"sid{turn}", f"sid{turn}")
        found["sid_of_all"].append(site.logout(sub=f"sid{turn}", sid=f"sid{turn}"))
        site.sign_in(f"one{turn}", f"one{turn}")
        found["sid_of_one"].append(site.logout(sub=f"one{turn}", sid=f"one{turn}"))
    return {name: statistics.median(values) for name, values in found.items()}


def measure(args, folder, results):
    with ExitStack() as stack:
        urls = {"sqlite": f"sqlite:///{folder}/sessions.db"}
        for kind, start in (("redis", servers.redis), ("postgresql", servers.postgresql)):
            try:
                started = stack.enter_context(start(folder / kind))
                urls[kind] = started if kind == "postgresql" else f"redis://127.0.0.1:{started[0]}/0"
            except servers.Missing as missing:
                print(f"skipped {kind}: {missing}", file=sys.stderr)
        if "redis" in urls:
            yield "redis_sizes", redis_sizes(folder)
            yield "redis_work", redis_work(folder)
            yield "redis_full", redis_full(folder, args.sessions, args.rounds)
        for kind, url in urls.items():
            yield f"end_{args.of_one_user}_{kind}", ends(url, args.of_one_user)
        for kind in ("sqlite", "postgresql"):
            if kind in urls:
                own = f"sqlite:///{folder}/size.db" if kind == "sqlite" else urls[kind]
                size = results["redis_sizes"]["ID Token"]["sealed"] if "redis_sizes" in results else 1300
                yield f"size_{kind}", {"rows": args.rows, "sealed": size, "bytes_each": sql_size(own, args.rows, size)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, nargs="*", default=[10_000, 1_000_000])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--of-one-user", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("results-stores.json"))
    args, results = parser.parse_args(), {}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name, found in measure(args, Path(folder), results):
            results[name] = found
            print(f"{name}: {json.dumps(found, indent=1)}", flush=True)
            args.out.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
