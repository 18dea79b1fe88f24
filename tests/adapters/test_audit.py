"""One event for each thing that matters, with who, which session and why."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import flask
import pytest
from blinker import NamedSignal
from flask_login import current_user

from adapters.site import NAVIGATION, NOW, OWN, Browser, Clock, Site
from admit.errors import AuthorizationDenied, ConfigurationError, ProviderError, StoreUnavailable
from admit.events import EVENTS, LOGGER, Event
from admit.flask import SignIn, signals
from admit.flask.telling import SIGNALS
from admit.ports import HttpResponse
from admit.sealing import Sealer
from admit.session_list import SessionList
from admit.testing import SETTINGS, MemoryProvider, MemoryStore
from admit.user import User, user_id
from conforming import problems

ISSUER = "https://provider.test/oauth2/default"
ALICE = user_id(ISSUER, "00u1")
CROSS = {**NAVIGATION, "Sec-Fetch-Site": "cross-site"}
DISCOVERY = "/.well-known/openid-configuration"
AWAY = ProviderError("provider.unreachable", "the test took it away")
SECRET = "a-value-that-may-be-a-secret"


def stored_site(**settings: Any) -> Site:
    clock = Clock()
    more = {"scope": "openid profile email offline_access", "universal_logout_path": "/universal"}
    return Site(clock=clock, store=MemoryStore(clock), **{**more, **settings})


def signed_in(site: Site) -> Browser:
    browser = site.browser()
    browser.sign_in()
    return browser


class Falling(MemoryStore):
    """A store that is away, once told to."""

    away = False

    async def load(self, key: bytes) -> Any:
        if self.away:
            raise StoreUnavailable("the test took it away")
        return await super().load(key)


def denies(user: User) -> None:
    raise AuthorizationDenied("app.not_welcome", f"not {user.id}")


# --- how each event comes about: what is done, and the events it leaves ------------------------


def elsewhere(site: Site) -> None:
    site.browser().get("/signin", base_url="http://127.0.0.1:5000")


def pending(site: Site) -> None:
    browser = site.browser()
    for _ in range(3):
        browser.get("/signin")


def started_by_the_provider(site: Site) -> None:
    site.browser().sign_in(f"/signin?iss={ISSUER}")


def twice(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    browser.sign_in("/signin?prompt=login")


def seen_again(site: Site) -> None:
    browser = site.browser()
    callback = site.provider.callback(browser.begin())
    browser.get(callback)
    browser.get(callback)


def denied(site: Site) -> None:
    browser = site.browser()
    url = site.provider.callback(browser.begin(), error="access_denied", code="")
    browser.get(url.replace("&code=", ""))


def silent(site: Site) -> None:
    browser = site.browser()
    url = site.provider.callback(browser.begin(), error="login_required", code="")
    browser.get(url.replace("&code=", ""))


def refused(site: Site) -> None:
    site.browser().get("/authorization-code/callback?code=c&state=" + "s" * 43)


def turned_away_by_the_hook(site: Site) -> None:
    site.sign_in.on_sign_in(denies)
    signed_in(site)


def hook_with_a_mistake(site: Site) -> None:
    def fail(_user: User) -> None:
        raise RuntimeError("a detail of the application's")

    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    site.app.logger.disabled = True
    site.sign_in.on_sign_in(fail)
    signed_in(site)


def no_user_of_the_application(site: Site) -> None:
    browser = signed_in(site)
    site.sign_in.user_loader(lambda _user: None)
    browser.get("/profile")


def looping(site: Site) -> None:
    browser = site.browser()
    for _ in range(3):
        browser.sign_in()
        browser.client.delete_cookie("admit", domain="localhost")
    browser.get("/signin")


def provider_away(site: Site) -> None:
    site.provider.answers[DISCOVERY] = AWAY
    site.browser().get("/signin")


def provider_away_at_sign_out(site: Site) -> None:
    cookie = signed_in(Site()).cookies()["admit"]
    site.provider.answers[DISCOVERY] = AWAY
    browser = site.browser()
    browser.client.set_cookie("admit", cookie, domain="localhost")
    browser.sign_out()


def expired(site: Site) -> None:
    browser = signed_in(site)
    site.clock.now += 50_000
    browser.get("/profile")
    browser.get("/profile")
    browser.get("/signin")


def signed_out(site: Site) -> None:
    signed_in(site).sign_out()


def signed_out_here(site: Site) -> None:
    signed_in(site).sign_out(only="app")


def signed_out_by_flask_login(site: Site) -> None:
    signed_in(site).get("/leave")


def back_from_the_provider(site: Site) -> None:
    browser = signed_in(site)
    browser.sign_out()
    browser.get("/?state=another")


def cross_site(site: Site) -> None:
    signed_in(site).post("/signout", CROSS)


def everywhere_without_a_store(site: Site) -> None:
    signed_in(site).sign_out(everywhere="yes")


def everywhere(site: Site) -> None:
    signed_in(site)
    signed_in(site).sign_out(everywhere="yes")


def back_channel(site: Site) -> None:
    site.provider.claims["sid"] = "s1"
    signed_in(site)
    token = site.provider.logout_token(sub="00u1", sid="s1")
    site.browser().post("/backchannel-logout", {}, data={"logout_token": token})


def back_channel_refused(site: Site) -> None:
    site.browser().post("/backchannel-logout", {}, data={"logout_token": "x"})


def front_channel(site: Site) -> None:
    site.provider.claims["sid"] = "s1"
    signed_in(site)
    site.browser().get(f"/frontchannel-logout?iss={ISSUER}&sid=s1")


def universal(site: Site, sub: str = "00u1") -> None:
    signed_in(site)
    claims = {
        "iss": ISSUER,
        "sub": "client",
        "aud": f"{site.base_url}/universal",
        "jti": "j",
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 300,
    }
    token = site.provider.sign(claims, typ="global-token-revocation+jwt")
    body = {"sub_id": {"format": "iss_sub", "iss": ISSUER, "sub": sub}}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    site.browser().post("/universal", headers, data=json.dumps(body))


def universal_of_nobody(site: Site) -> None:
    universal(site, "00u9")


def ended_by_the_application(site: Site) -> None:
    signed_in(site)
    with site.app.app_context():
        site.sign_in.end_sessions(sub="00u1")


def renewed(site: Site) -> None:
    browser = signed_in(site)
    site.clock.now += 3590
    browser.get("/token")


def refresh_refused(site: Site) -> None:
    browser = signed_in(site)
    site.provider._grants.clear()
    site.clock.now += 3590
    browser.get("/token", {"Accept": "application/json"})


def refresh_failed(site: Site) -> None:
    browser = signed_in(site)
    site.provider.answers["/v1/token"] = HttpResponse(status=503)
    site.clock.now += 3590
    browser.get("/token", {"Accept": "application/json"})


def revocation_failed(site: Site) -> None:
    browser = signed_in(site)
    site.provider.answers["/v1/revoke"] = HttpResponse(status=503)
    browser.sign_out()
    for thread in threading.enumerate():
        if thread.name == "admit-later":
            thread.join(10)


def store_away(site: Site) -> None:
    browser = signed_in(site)
    store = site.app.extensions["admit"].parts.stored.sessions.store
    store.away = True
    browser.get("/profile")


def ill_configured(site: Site) -> None:
    signed_in(site).get("/token")


def falling_site() -> Site:
    clock = Clock()
    return Site(clock=clock, store=Falling(clock))


IN = ["signin.started", "signin.ok"]
SCENES: list[tuple[Callable[[Site], Any], Callable[[], Site], list[str]]] = [
    (elsewhere, Site, ["signin.elsewhere"]),
    (pending, Site, ["signin.started"] * 3),
    (signed_in, Site, IN),
    (started_by_the_provider, Site, IN),
    (twice, Site, [*IN, *IN]),
    (seen_again, Site, IN),
    (denied, Site, ["signin.started", "signin.denied"]),
    (silent, Site, ["signin.started", "signin.denied"]),
    (refused, Site, ["signin.refused"]),
    (turned_away_by_the_hook, Site, ["signin.started", "signin.refused"]),
    (hook_with_a_mistake, Site, ["signin.started", "signin.refused"]),
    (no_user_of_the_application, Site, [*IN, "signin.refused"]),
    (looping, Site, [*IN, *IN, *IN, "signin.refused"]),
    (provider_away, Site, ["provider.unavailable"]),
    (provider_away_at_sign_out, Site, ["logout.local", "provider.unavailable"]),
    (store_away, falling_site, [*IN, "store.unavailable"]),
    (expired, Site, [*IN, "session.expired", "signin.started"]),
    (signed_out, Site, [*IN, "logout.local"]),
    (signed_out_here, Site, [*IN, "logout.local"]),
    (signed_out_by_flask_login, Site, [*IN, "logout.local"]),
    (signed_out_by_flask_login, stored_site, [*IN, "logout.local"]),
    (back_from_the_provider, Site, [*IN, "logout.local", "logout.returned"]),
    (cross_site, Site, [*IN, "logout.refused"]),
    (everywhere_without_a_store, Site, [*IN, "logout.refused"]),
    (everywhere, stored_site, [*IN, *IN, "logout.local"]),
    (back_channel, stored_site, [*IN, "logout.backchannel"]),
    (back_channel_refused, stored_site, ["logout.refused"]),
    (front_channel, stored_site, [*IN, "logout.frontchannel"]),
    (universal, stored_site, [*IN, "logout.universal"]),
    (universal_of_nobody, stored_site, [*IN, "logout.refused"]),
    (ended_by_the_application, stored_site, [*IN, "session.ended"]),
    (renewed, stored_site, [*IN, "refresh.ok"]),
    (refresh_refused, stored_site, [*IN, "refresh.refused", "session.ended"]),
    (refresh_failed, stored_site, [*IN, "refresh.failed"]),
    (revocation_failed, stored_site, [*IN, "logout.local", "revocation.failed"]),
    (ill_configured, Site, [*IN, "config.invalid"]),
]


def name_of(scene: object) -> str:
    return getattr(scene, "__name__", "")


@pytest.mark.parametrize(("scene", "make", "names"), SCENES, ids=name_of)
def test_each_thing_that_matters_is_one_event(
    scene: Callable[[Site], Any], make: Callable[[], Site], names: list[str]
) -> None:
    site = make()
    scene(site)
    assert site.names() == names


def test_every_event_has_a_scene() -> None:
    seen = {name for _, _, names in SCENES for name in names}
    assert seen == EVENTS.keys()


# --- whoever listens and raises ------------------------------------------------------------------


def cookies_and_pages(make: Callable[[], Site], scene: Callable[[Site], Any], raising: str) -> Any:
    """Return what browsers got, with a hook, a receiver or nobody that raises."""
    site, seen = make(), []

    @site.app.after_request
    def note(response: flask.Response) -> flask.Response:
        names = [cookie.partition("=")[0][:14] for cookie in response.headers.getlist("Set-Cookie")]
        seen.append((flask.request.path, response.status_code, names))
        return response

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the listener fails")

    with ExitStack() as stack:
        if raising == "hook":
            site.listener = fail
        elif raising == "receiver":
            for signal in SIGNALS.values():
                stack.enter_context(signal.connected_to(fail, site.app))
        scene(site)
    return seen, site.names()


@pytest.mark.parametrize("raising", ["hook", "receiver"])
@pytest.mark.parametrize(("scene", "make", "names"), SCENES, ids=name_of)
def test_a_listener_that_raises_changes_nothing_and_is_in_the_log_once_each_time(
    scene: Callable[[Site], Any],
    make: Callable[[], Site],
    names: list[str],
    raising: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    quiet = cookies_and_pages(make, scene, "nobody")
    assert [record for record in caplog.records if record.exc_info] == []
    assert cookies_and_pages(make, scene, raising) == quiet
    failures = [record for record in caplog.records if record.exc_info]
    assert [record.name for record in failures] == ["admit"] * len(names)
    assert [record.getMessage().rpartition(" ")[2] for record in failures] == names


class Failing(logging.Handler):
    """A handler that does not catch what goes wrong in it, as it should."""

    def emit(self, record: logging.LogRecord) -> None:
        raise RuntimeError(record.getMessage())


def test_a_log_that_cannot_be_written_signs_nobody_out(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "admit")
    site, handler = Site(), Failing()
    LOGGER.addHandler(handler)
    try:
        browser = signed_in(site)
        assert browser.is_signed_in()
        browser.sign_out()
        assert not browser.is_signed_in()
    finally:
        LOGGER.removeHandler(handler)
    assert "RuntimeError: signin.started" in capsys.readouterr().err
    assert site.names()[0] == "signin.started"


@pytest.mark.parametrize(("key", "told"), [(SETTINGS["ADMIT_SECRET_KEYS"], 1), (SECRET * 2, 0)])
def test_a_key_that_everybody_knows_is_told_of_at_the_start(
    key: str, told: int, caplog: pytest.LogCaptureFixture
) -> None:
    Site(secret_keys=[SECRET * 3, key])
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warned) == told
    assert all("everybody knows" in line and key not in line for line in warned)


# --- who, and which session ----------------------------------------------------------------------


def fields(site: Site, name: str) -> dict[str, str | int]:
    [event] = [event for event in site.events if event.name == name]
    return dict(event.fields)


@pytest.mark.parametrize("make", [Site, stored_site])
def test_a_session_has_one_reference_from_its_begin_to_its_end(make: Callable[[], Site]) -> None:
    site = make()
    browser = signed_in(site)
    named = fields(site, "signin.ok")
    assert named == {"user": ALICE, "session": named["session"]}
    assert len(str(named["session"])) == 12
    site.clock.now += 1000
    browser.get("/profile")
    browser.post("/signout", CROSS)
    assert fields(site, "logout.refused") == {**named, "code": "sign_out.cross_site"}
    browser.sign_out()
    assert fields(site, "logout.local") == named


@pytest.mark.parametrize(
    ("scene", "name", "more"),
    [
        (renewed, "refresh.ok", {}),
        (refresh_refused, "refresh.refused", {"code": "refresh.invalid_grant"}),
        (refresh_refused, "session.ended", {"by": "refresh.invalid_grant"}),
        (back_channel, "logout.backchannel", {"count": 1}),
    ],
)
def test_what_follows_names_the_session_of_the_sign_in(
    scene: Callable[[Site], None], name: str, more: dict[str, str | int]
) -> None:
    site = stored_site()
    scene(site)
    assert fields(site, name) == {**fields(site, "signin.ok"), **more}


def test_operators_list_the_session_under_the_same_reference() -> None:
    site = stored_site()
    signed_in(site)
    parts = site.app.extensions["admit"].parts
    sealer = Sealer(parts.settings.secret_keys, os.urandom)
    listed = SessionList(parts.sessions, parts.sessions.store, sealer.key_ids)
    [seen] = listed.all()
    assert seen.reference == fields(site, "signin.ok")["session"]


def test_an_expired_session_is_named() -> None:
    site = Site()
    expired(site)
    named = {**fields(site, "signin.ok"), "timeout": "absolute"}
    assert fields(site, "session.expired") == named


def test_a_new_sign_in_names_the_session_that_it_replaces() -> None:
    site = Site()
    twice(site)
    first, second = (event.fields for event in site.events if event.name == "signin.ok")
    assert second["replaced"] == first["session"]
    assert second["session"] != first["session"]


@pytest.mark.parametrize("make", [Site, stored_site])
def test_the_reference_and_the_user_say_nothing_that_could_be_used(
    make: Callable[[], Site],
) -> None:
    site = make()
    browser = signed_in(site)
    browser.sign_out()
    said = "\n".join(json.dumps(event.as_dict()) for event in site.events)
    user = site.provider.user
    for known in (user["sub"], user["name"], user["email"], *browser.cookies().values()):
        assert known not in said
    session = str(fields(site, "signin.ok")["session"])
    thief = site.browser()
    thief.client.set_cookie("admit", session, domain="localhost")
    assert not thief.is_signed_in()
    assert session not in "".join(browser.cookies().values())


# --- what visitors send --------------------------------------------------------------------------

EVIL = ["a\r\nsignin.ok user=root", "\u2028x", "\x1b[2J", "\x00", 'q" user="root', "x" * 20_000]


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
@pytest.mark.parametrize("place", ["error", "error_description", "state", "iss", "code", "next"])
def test_no_visitor_writes_a_line_of_the_log(
    site: Site, browser: Browser, caplog: pytest.LogCaptureFixture, place: str, evil: str
) -> None:
    state = site.provider.authorize(browser.begin())["state"][0]
    asked = {"state": state, "error": "access_denied", place: evil}
    if place in {"code", "iss"}:
        asked.pop("error")
    browser.get("/authorization-code/callback", query_string=asked)
    browser.get("/signin", query_string={"next": evil, "login_hint": evil, "prompt": evil})
    browser.post("/signin", query_string={"iss": evil}, data={"iss": evil})
    assert_is_tame(caplog)


@pytest.mark.parametrize("evil", [evil for evil in EVIL if evil.isascii() and "\n" not in evil])
@pytest.mark.parametrize("header", ["User-Agent", "Origin", "Sec-Fetch-Site", "X-Forwarded-Host"])
def test_no_header_writes_a_line_of_the_log(
    site: Site, caplog: pytest.LogCaptureFixture, header: str, evil: str
) -> None:
    browser = signed_in(site)
    headers = {**OWN, header: evil}
    for method, url in [("GET", "/signin"), ("POST", "/signout"), ("GET", "/profile")]:
        browser.open(url, method, headers)
    browser.open("/signin?canonical=", "GET", NAVIGATION, environ_overrides={"HTTP_HOST": evil})
    assert_is_tame(caplog)


def assert_is_tame(caplog: pytest.LogCaptureFixture) -> None:
    for record in caplog.records:
        if hasattr(record, "admit_event"):
            line = record.getMessage()
            assert line.isprintable()
            assert len(line) < 8000
            assert " user=root" not in line.replace('"', "").partition("detail=")[0]


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"issuer": SECRET}, "issuer"),
        ({"issuer": ""}, "issuer"),
        ({"issuer": f"http://{SECRET}.test"}, "issuer"),
        ({"base_url": f"ftp://{SECRET}"}, "base_url"),
        ({"idle_timeout": SECRET}, "idle_timeout"),
        ({"protect_all": SECRET}, "protect_all"),
        ({"userinfo": SECRET}, "userinfo"),
        ({"callback_path": f"//{SECRET}"}, "callback_path"),
        ({"cookie_name": f"{SECRET} ;"}, "cookie_name"),
        ({"ca_file": SECRET}, "ca_file"),
        ({"secret_keys": "short"}, "secret_keys"),
        ({"sessions": f"redis://:{SECRET}@[x"}, "ADMIT_SESSIONS"),
        ({"sessions": f"nothing://{SECRET}"}, "sessions"),
        ({"isuer": SECRET}, "isuer"),
    ],
)
def test_settings_that_are_no_good_are_named_and_never_quoted(
    settings: dict[str, Any], named: str, caplog: pytest.LogCaptureFixture
) -> None:
    provider, events = MemoryProvider(), list[Event]()
    good = {
        "issuer": provider.issuer,
        "client_id": "client",
        "client_secret": "secret-of-the-client",
        "base_url": "http://localhost:5000",
        "secret_keys": "a-key-of-the-test-with-enough-characters",
    }
    heard: list[Event] = []
    app = flask.Flask("ill")

    def hear(_app: flask.Flask, event: Event) -> None:
        heard.append(event)

    with signals.config_invalid.connected_to(hear, app), pytest.raises(ConfigurationError):
        SignIn(app, http=provider, on_event=events.append, **{**good, **settings})
    [event] = events
    assert heard == events
    assert problems(event) == []
    assert event.name == "config.invalid"
    assert named in str(event.fields["settings"]).split(", ")
    assert named in str(event.fields["detail"])
    assert SECRET not in str(event) + caplog.text
    assert "admit" not in app.extensions


# --- signals -------------------------------------------------------------------------------------


def test_there_is_a_signal_for_each_event_and_for_nothing_else() -> None:
    own = {
        name: signal for name, signal in vars(signals).items() if isinstance(signal, NamedSignal)
    }
    assert {signal.name: name for name, signal in own.items()} == {
        name: name.replace(".", "_") for name in EVENTS
    }
    assert list(SIGNALS) == list(EVENTS)


def test_a_receiver_sees_the_new_user_and_the_application(site: Site, browser: Browser) -> None:
    seen = []

    def receive(app: flask.Flask, event: Event) -> None:
        seen.append((app.name, event.fields["user"], current_user.id, current_user.name))

    with signals.signin_ok.connected_to(receive, site.app):
        browser.sign_in()
    assert seen == [("site", ALICE, ALICE, "Alice Example")]


def test_an_application_hears_its_own_events_alone(site: Site) -> None:
    heard: list[str] = []

    def receive(_app: flask.Flask, event: Event) -> None:
        heard.append(event.name)

    with signals.signin_started.connected_to(receive, site.app):
        Site().browser().begin()
        assert heard == []
        site.browser().begin()
        with signals.signin_started.muted():
            site.browser().begin()
    assert heard == ["signin.started"]


def test_the_receivers_after_one_that_raises_are_called(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[str] = []

    def first(_app: flask.Flask, event: Event) -> None:
        called.append("first")
        raise RuntimeError(event.name)

    def second(_app: flask.Flask, event: Event) -> None:
        called.append("second")
        raise RuntimeError(event.name)

    with (
        signals.signin_started.connected_to(first, site.app),
        signals.signin_started.connected_to(second, site.app),
    ):
        site.browser().begin()
    assert sorted(called) == ["first", "second"]
    assert len([record for record in caplog.records if record.exc_info]) == 2
