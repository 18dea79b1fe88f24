"""What probes are told, and that they cost the provider next to nothing."""

from __future__ import annotations

import json
import sys
from typing import Any

import flask
import pytest

from adapters.site import NOW, Clock, Site
from admit.errors import ConfigurationError, ProviderError, StoreUnavailable
from admit.flask import SignIn
from admit.health import Condition, Health
from admit.ports import HttpResponse
from admit.testing import MemoryProvider, MemoryStore

DISCOVERY, KEYS, TOKEN = "/.well-known/openid-configuration", "/v1/keys", "/v1/token"
DOWN = ProviderError("provider.unreachable", "no connection to provider.test", status=503)
WELL = {"ok": True, "code": ""}


class Store(MemoryStore):
    """A store that can be away."""

    away = False

    async def is_used(self, name: bytes) -> bool:
        if self.away:
            raise StoreUnavailable("redis://secret-host: refused")
        return await super().is_used(name)


def site_of(**settings: Any) -> Site:
    clock = Clock()
    return Site(clock=clock, store=Store(clock), health_path="/healthz", **settings)


def ask(site: Site, path: str = "/healthz") -> tuple[int, dict[str, Any]]:
    answer = site.app.test_client().get(path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_type == "application/json"
    assert "Set-Cookie" not in answer.headers
    assert ("Retry-After" in answer.headers) is (answer.status_code == 503)
    assert "provider.test" not in answer.text
    assert "secret-host" not in answer.text
    told: dict[str, Any] = json.loads(answer.text)
    return answer.status_code, told


@pytest.mark.parametrize("path", ["/healthz", "/healthz/sign-in"])
def test_all_is_well(path: str) -> None:
    assert ask(site_of(), path) == (200, {"sessions": WELL, "sign_in": WELL})


@pytest.mark.parametrize("protect_all", [True, False])
def test_anybody_may_ask(protect_all: bool) -> None:
    assert ask(site_of(protect_all=protect_all))[0] == 200


def test_the_probe_of_the_sessions_asks_the_provider_for_nothing() -> None:
    site = site_of()
    ask(site)
    assert not site.provider.requests


@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
def test_a_provider_that_is_away_is_told_and_takes_no_page_out_of_service(path: str) -> None:
    site = site_of()
    site.provider.answers[path] = DOWN
    told = {"sessions": WELL, "sign_in": {"ok": False, "code": "provider.unreachable"}}
    assert ask(site, "/healthz/sign-in") == (503, told)
    assert ask(site) == (200, told)
    del site.provider.answers[path]
    site.clock.now += 5
    assert ask(site, "/healthz/sign-in")[0] == 200
    assert ask(site) == (200, {"sessions": WELL, "sign_in": WELL})


def test_a_probe_each_second_asks_a_provider_that_is_away_once_in_five() -> None:
    site = site_of()
    site.provider.answers[DISCOVERY] = DOWN
    for _ in range(60):
        assert ask(site, "/healthz/sign-in")[0] == 503
        site.clock.now += 1
    assert site.provider.requests[DISCOVERY] <= 12


def test_a_probe_each_second_asks_a_provider_that_is_there_once() -> None:
    site = site_of()
    for _ in range(60):
        assert ask(site, "/healthz/sign-in")[0] == 200
        site.clock.now += 1
    assert site.provider.requests == {DISCOVERY: 1, KEYS: 1}


def test_a_token_endpoint_that_is_down_is_told() -> None:
    site = site_of()
    site.provider.answers[TOKEN] = HttpResponse(status=503)
    browser = site.browser()
    for _ in range(5):
        browser.sign_in()
    told = {"sessions": WELL, "sign_in": {"ok": False, "code": "provider.unavailable"}}
    assert ask(site, "/healthz/sign-in") == (503, told)
    assert ask(site) == (200, told)


def test_a_provider_that_vanishes_is_told_within_a_minute_though_sign_ins_begin() -> None:
    site = site_of()
    assert ask(site, "/healthz/sign-in")[0] == 200
    site.provider.answers.update(dict.fromkeys([DISCOVERY, KEYS, TOKEN], DOWN))
    site.clock.now += 59
    assert ask(site, "/healthz/sign-in")[0] == 200
    site.clock.now += 1
    told = {"sessions": WELL, "sign_in": {"ok": False, "code": "provider.unreachable"}}
    for _ in range(60):
        assert ask(site, "/healthz/sign-in") == (503, told)
        assert ask(site)[0] == 200
        assert site.browser().get("/signin").status_code == 303
        site.clock.now += 1
    assert site.provider.requests[DISCOVERY] <= 1 + 12
    site.provider.answers.clear()
    site.clock.now += 10
    assert ask(site, "/healthz/sign-in")[0] == 200


def test_no_sign_in_waits_for_what_a_probe_found_out() -> None:
    site = site_of()
    ask(site, "/healthz/sign-in")
    site.provider.answers[DISCOVERY] = DOWN
    site.clock.now += 60
    ask(site, "/healthz/sign-in")
    asked = site.provider.requests[DISCOVERY]
    for _ in range(29):
        ask(site)
        site.browser().get("/signin")
        site.clock.now += 1
    assert site.provider.requests[DISCOVERY] == asked


def test_what_is_too_old_to_serve_is_told() -> None:
    site = site_of(stale_limit=300)
    assert ask(site, "/healthz/sign-in")[0] == 200
    site.provider.answers[KEYS] = DOWN
    site.clock.now += 299
    assert ask(site, "/healthz/sign-in")[0] == 200
    site.clock.now += 1
    assert ask(site, "/healthz/sign-in")[0] == 503
    assert not ask(site)[1]["sign_in"]["ok"]


@pytest.mark.parametrize("path", ["/healthz", "/healthz/sign-in"])
def test_a_store_that_is_away_is_told(path: str) -> None:
    site = site_of()
    site.app.extensions["admit"].parts.store.away = True
    told = {"sessions": {"ok": False, "code": "store.unavailable"}, "sign_in": WELL}
    assert ask(site, path) == (503, told)


def test_the_application_may_ask_by_itself() -> None:
    site = site_of()
    with site.app.app_context():
        assert site.sign_in.health(ask=False) == Health(
            sessions=Condition(ok=True, detail="The session store answers."),
            sign_in=Condition(ok=True, detail="The provider has not been asked for anything yet."),
        )
        assert site.sign_in.health().sign_in.detail == "What is needed of the provider is there."
        site.provider.answers[DISCOVERY] = site.provider.answers[KEYS] = DOWN
        site.clock.now += 10**6
        sign_in = site.sign_in.health().sign_in
    assert sign_in == Condition(
        ok=False,
        code="provider.unreachable",
        detail="Sign-in is not available right now.",
    )


def test_sessions_in_cookies_always_work() -> None:
    site = Site()
    with site.app.app_context():
        health = site.sign_in.health()
    assert health.sessions == Condition(ok=True, detail="Sessions are kept in cookies.")


def test_without_the_setting_there_is_no_probe_and_its_code_is_not_loaded() -> None:
    names = ("admit.health", "admit.flask.probes")
    loaded = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        site = Site()
        assert site.browser().get("/healthz").status_code == 404
        assert not set(names) & set(sys.modules)
    finally:
        sys.modules.update(loaded)


@pytest.mark.parametrize("path", ["/signin", "/", "health", "/health path", "/health?x"])
def test_a_path_that_cannot_be_is_named_at_start(path: str) -> None:
    provider = MemoryProvider(now=lambda: NOW)
    with pytest.raises(ConfigurationError, match="path"):
        SignIn(
            flask.Flask("site"),
            issuer=provider.issuer,
            client_id="client",
            client_secret="secret",
            base_url="http://localhost:5000",
            secret_keys="a-key-of-the-test-with-enough-characters",
            health_path=path,
        )
