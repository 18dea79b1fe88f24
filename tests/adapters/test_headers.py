"""The headers of every answer at our addresses, whatever the outcome."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import flask
import pytest
from werkzeug.test import TestResponse

from adapters.site import NAVIGATION, OWN, Browser, Clock, Site, passed_on
from admit.errors import AuthorizationDenied, ProviderError
from admit.testing import MemoryStore
from admit.user import User

ISSUER = "https://provider.test/oauth2/default"
CALLBACK, BACK, FRONT = (
    "/authorization-code/callback",
    "/backchannel-logout",
    "/frontchannel-logout",
)
SCRIPT = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
CROSS = {**NAVIGATION, "Sec-Fetch-Site": "cross-site"}
FRAME = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe", "Accept": "text/html"}
FORM_POST = {"response_mode": "form_post", "base_url": "https://app.example"}


def whole_site(**settings: Any) -> Site:
    clock = Clock()
    more = {"signed_out_path": "/signed-out", "universal_logout_path": "/universal"}
    return Site(clock=clock, store=MemoryStore(clock), **{**more, **settings})


def callback(browser: Browser, **response: str) -> TestResponse:
    return browser.get(browser.site.provider.callback(browser.begin(), **response))


def signed_in(browser: Browser) -> Browser:
    browser.sign_in()
    return browser


def used_twice(browser: Browser) -> TestResponse:
    url = browser.site.provider.callback(browser.begin())
    browser.get(url)
    return browser.get(url)


def turned_away(browser: Browser) -> TestResponse:
    def no(_user: User) -> None:
        raise AuthorizationDenied("app.no", "nobody is let in")

    browser.site.sign_in.on_sign_in(no)
    return browser.sign_in()


def broken_hook(browser: Browser) -> TestResponse:
    def fail(_user: User) -> None:
        raise RuntimeError("a-detail-of-the-hook")

    browser.site.app.config["PROPAGATE_EXCEPTIONS"] = False
    browser.site.sign_in.on_sign_in(fail)
    return browser.sign_in()


def away(browser: Browser) -> TestResponse:
    path = "/.well-known/openid-configuration"
    browser.site.provider.answers[path] = ProviderError("provider.unreachable")
    return browser.get("/signin")


def posted_back(browser: Browser) -> TestResponse:
    parameters = browser.site.provider.authorize(browser.begin())
    return browser.post(CALLBACK, NAVIGATION, data=parameters)


def told(browser: Browser) -> TestResponse:
    token = browser.site.provider.logout_token(sub="00u1")
    return browser.post(BACK, {}, data={"logout_token": token})


def too_large(browser: Browser) -> TestResponse:
    browser.site.app.config["MAX_CONTENT_LENGTH"] = 100
    return browser.post(BACK, {}, data={"logout_token": "x" * 1000})


def too_large_universal(browser: Browser) -> TestResponse:
    browser.site.app.config["MAX_CONTENT_LENGTH"] = 100
    return browser.post("/universal", {}, data="x" * 1000)


def script(browser: Browser) -> TestResponse:
    [url] = re.findall('<script src="([^"]+)"', signed_in(browser).sign_out().text)
    return browser.get(url, {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"})


@dataclass(frozen=True)
class Case:
    """An address, and an outcome there: its status and kind."""

    act: Callable[[Browser], TestResponse]
    status: int
    kind: str
    settings: dict[str, Any] | None = None


def get(url: str, headers: dict[str, str] = NAVIGATION) -> Callable[[Browser], TestResponse]:
    return lambda browser: browser.get(url, headers)


def post(url: str, headers: dict[str, str] = NAVIGATION) -> Callable[[Browser], TestResponse]:
    return lambda browser: browser.post(url, headers)


def other(method: str, url: str) -> Callable[[Browser], TestResponse]:
    return lambda browser: browser.open(url, method, NAVIGATION)


CASES = {
    "sign-in: on to the provider": Case(get("/signin"), 303, "start"),
    "sign-in: signed in already": Case(lambda b: signed_in(b).get("/signin"), 303, "redirect"),
    "sign-in: the provider begins it": Case(get(f"/signin?iss={ISSUER}"), 303, "start"),
    "sign-in: another begins it": Case(get("/signin?iss=https://evil.test"), 400, "page"),
    "sign-in: on another host": Case(
        lambda b: b.get("/signin", base_url="http://127.0.0.1:5000"), 303, "redirect"
    ),
    "sign-in: a script": Case(get("/signin", SCRIPT), 401, "data"),
    "sign-in: a frame": Case(get("/signin", FRAME), 401, "data"),
    "sign-in: HEAD": Case(other("HEAD", "/signin"), 401, "data"),
    "sign-in: the provider is away": Case(away, 502, "page"),
    "callback: signed in": Case(lambda b: b.sign_in(), 303, "redirect"),
    "callback: by a form": Case(posted_back, 303, "redirect", FORM_POST),
    "callback: seen again": Case(used_twice, 303, "redirect"),
    "callback: no parameters": Case(get(CALLBACK), 400, "page"),
    "callback: a stranger's": Case(get(f"{CALLBACK}?code=c&state={'s' * 43}"), 400, "page"),
    "callback: a script": Case(get(f"{CALLBACK}?code=c&state=s", SCRIPT), 400, "data"),
    "callback: denied": Case(lambda b: callback(b, error="access_denied", code=""), 403, "page"),
    "callback: nobody is signed in": Case(
        lambda b: callback(b, error="login_required", code=""), 400, "page"
    ),
    "callback: nobody is signed in, and nobody was to be asked": Case(
        lambda b: callback(b, error="login_required", code=""),
        303,
        "redirect",
        {"authorization_parameters": {"prompt": "none"}},
    ),
    "callback: turned away": Case(turned_away, 403, "page"),
    "callback: the hook raises": Case(broken_hook, 500, "flask"),
    "callback: HEAD": Case(other("HEAD", CALLBACK), 204, "empty"),
    "callback: a prefetch": Case(get(CALLBACK, {"Sec-Purpose": "prefetch"}), 503, "empty"),
    "sign-out: asks": Case(lambda b: signed_in(b).get("/signout"), 200, "page"),
    "sign-out: nobody is signed in": Case(get("/signout"), 303, "redirect"),
    "sign-out: passes on": Case(lambda b: signed_in(b).sign_out(), 200, "passing"),
    "sign-out: by an address": Case(
        lambda b: signed_in(b).sign_out(), 303, "redirect", {"end_session_method": "get"}
    ),
    "sign-out: here alone": Case(lambda b: signed_in(b).sign_out(only="app"), 303, "redirect"),
    "sign-out: another site": Case(lambda b: signed_in(b).post("/signout", CROSS), 403, "page"),
    "sign-out: everywhere": Case(lambda b: signed_in(b).sign_out(everywhere="yes"), 200, "passing"),
    "sign-out: the script": Case(script, 200, "script"),
    "signed out": Case(get("/signed-out?state=s"), 200, "page"),
    "back channel: done": Case(told, 200, "data"),
    "back channel: refused": Case(post(BACK), 400, "data"),
    "back channel: too large": Case(too_large, 413, "flask"),
    "front channel: done": Case(get(f"{FRONT}?iss={ISSUER}&sid=s1", FRAME), 200, "frame"),
    "front channel: refused": Case(get(FRONT, FRAME), 400, "frame"),
    "universal: refused": Case(post("/universal"), 401, "data"),
    "universal: too large": Case(too_large_universal, 413, "flask"),
    **{
        f"{method} {url}": Case(other(method, url), 405, "flask")
        for url, methods in {
            "/signin": ("PUT", "OPTIONS", "TRACE"),
            "/signout": ("DELETE", "OPTIONS"),
            f"{CALLBACK}?code=c&state=s": ("POST", "PUT", "OPTIONS"),
            "/signed-out": ("POST", "OPTIONS"),
            BACK: ("GET", "PUT"),
            FRONT: ("DELETE",),
            "/universal": ("GET",),
        }.items()
        for method in methods
    },
    "a slash too many at the end": Case(get(f"{CALLBACK}/?code=c&state=s"), 404, "flask"),
    "two slashes": Case(get("/authorization-code//callback?code=c&state=s"), 308, "flask"),
}
PAGES = {"page", "passing"}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_answer_has_the_headers_of_its_kind(case: Case) -> None:
    site = whole_site(**(case.settings or {}))
    answer = case.act(site.browser())
    assert answer.status_code == case.status, answer.text
    headers = answer.headers
    kept = "private, max-age=31536000, immutable"
    assert headers["Cache-Control"] == (kept if case.kind == "script" else "no-store")
    if case.kind not in {"start", "script"}:
        assert headers["Referrer-Policy"] == "no-referrer"
    if case.kind not in {"start", "redirect"}:
        assert headers["X-Content-Type-Options"] == "nosniff"
    opener = "same-origin" if case.kind in PAGES else None
    assert headers.get("Cross-Origin-Opener-Policy") == opener
    policy = headers.get("Content-Security-Policy")
    assert (policy is not None) == (case.kind in {*PAGES, "frame"})
    if policy is not None:
        assert_is_strict(policy, case.kind)
    if case.kind in PAGES:
        assert_runs_nothing(answer.text, policy or "")
    if case.kind in {"flask", "script", "data", "frame"}:
        assert "admit" not in "".join(headers.getlist("Set-Cookie"))
    if case.kind == "flask":
        assert "Traceback" not in answer.text
        assert "a-detail-of-the-hook" not in answer.text
    if case.kind == "data" and answer.data:
        assert answer.mimetype == "application/json"


def directives(policy: str) -> dict[str, str]:
    return dict(part.strip().partition(" ")[::2] for part in policy.split(";"))


def assert_is_strict(policy: str, kind: str) -> None:
    told = directives(policy)
    assert told["default-src"] == "'none'"
    assert told["base-uri"] == "'none'"
    assert told["frame-ancestors"] == ("https://provider.test" if kind == "frame" else "'none'")
    assert "unsafe" not in policy
    assert ("script-src" in told) == (kind == "passing")
    assert ("form-action" in told) == (kind != "passing"), "Chromium holds it against redirects"
    if kind != "passing":
        assert told["form-action"] in {"'none'", "http://localhost:5000", "https://app.example"}


def assert_runs_nothing(page: str, policy: str) -> None:
    """Check that the page has no script but the one that the policy names."""
    scripts = re.findall("<script[^>]*>[^<]*", page)
    allowed = directives(policy).get("script-src")
    assert len(scripts) == (allowed is not None)
    for found in scripts:
        assert re.fullmatch(f'<script src="{allowed}" integrity="sha256-[^"]+">', found)
    assert not re.search(r"\son\w+=|javascript:|\sstyle=", page)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({}, "/signout/"),
        ({"base_url": "https://app.example/shop"}, "/shop/signout/"),
        ({"sign_out_path": "/leave/now"}, "/leave/now/"),
        ({"sign_out_path": "/leave/"}, "/leave/"),
        ({"sign_out_path": "/leave/", "base_url": "https://app.example/a/b"}, "/a/b/leave/"),
        ({"protect_all": True}, "/signout/"),
    ],
)
def test_the_script_is_served_to_everybody_where_the_page_looks_for_it(
    settings: dict[str, Any], path: str
) -> None:
    site = Site(**settings)
    browser, prefix = site.browser(), urlsplit(site.base_url).path
    browser.get(site.provider.callback(browser.begin()).removeprefix(prefix))
    address = site.sign_in.__dict__["_settings"].get("sign_out_path", "/signout")
    answer = browser.post(address, OWN)
    passed_on(answer)
    [url] = re.findall('<script src="([^"]+)"', answer.text)
    parts = urlsplit(site.base_url)
    assert url.startswith(f"{parts.scheme}://{parts.netloc}{path}")
    assert re.fullmatch(
        r"[0-9a-f]{16}\.js", url.removeprefix(f"{parts.scheme}://{parts.netloc}{path}")
    )
    loaded = site.browser().get(url, {})
    assert (loaded.status_code, loaded.mimetype) == (200, "text/javascript")
    assert loaded.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Cookie" not in loaded.headers.get("Vary", "")


def test_no_cookie_of_the_applications_is_kept_with_the_script() -> None:
    """Flask sends the cookie of a permanent session with every answer."""
    site = Site()

    @site.app.before_request
    def stay() -> None:
        flask.session.permanent = True
        flask.session["of"] = "one user"

    assert "private" in script(site.browser()).headers["Cache-Control"]


def test_where_an_address_tells_the_provider_there_is_no_script() -> None:
    site = Site(end_session_method="get")
    assert not [rule for rule in site.app.url_map.iter_rules() if rule.rule.endswith(".js")]


@pytest.mark.parametrize(
    ("settings", "action"),
    [
        ({}, None),
        ({"signed_out_path": "/signed-out"}, "http://localhost:5000"),
        ({"signed_out_path": "/signed-out", "end_session_method": "get"}, None),
    ],
)
def test_the_form_that_asks_is_limited_where_it_leads_nowhere_else(
    settings: dict[str, Any], action: str | None
) -> None:
    browser = signed_in(Site(**settings).browser())
    policy = browser.get("/signout").headers["Content-Security-Policy"]
    assert directives(policy).get("form-action") == action


def test_pages_of_the_application_are_left_alone() -> None:
    browser = Site().browser()
    for url in ("/nowhere", "/signin-help", "/"):
        answer = browser.get(url)
        assert "Cache-Control" not in answer.headers
        assert "X-Content-Type-Options" not in answer.headers
