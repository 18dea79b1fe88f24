"""The same application in different places: hosts, prefixes, proxies, cookies."""

from __future__ import annotations

from typing import Any

import flask
import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from adapters.site import NAVIGATION, OWN, Browser, Clock, Site, asked, passed_on
from admit import ConfigurationError
from admit.flask import SignIn
from admit.testing import MemoryStore


def set_cookies(answer: object) -> list[str]:
    return answer.headers.getlist("Set-Cookie")  # type: ignore[attr-defined,no-any-return]


def test_a_sign_in_begins_on_the_canonical_host(site: Site, browser: Browser) -> None:
    answer = browser.get("/signin?next=/profile", base_url="http://127.0.0.1:5000")
    assert answer.location == "http://localhost:5000/signin?next=/profile&canonical=1"
    [told] = site.events
    assert (told.name, told.fields["host"]) == ("signin.elsewhere", "127.0.0.1:5000")
    assert "http://localhost:5000" in str(told.fields["hint"])
    assert browser.sign_in(answer.location).location == "http://localhost:5000/profile"


def test_a_protected_page_on_another_host_leads_to_the_canonical_one(browser: Browser) -> None:
    answer = browser.get("/profile", base_url="http://127.0.0.1:5000")
    assert answer.location == "http://localhost:5000/signin?next=/profile"


def test_a_proxy_that_hides_the_host_sends_nobody_in_circles(browser: Browser) -> None:
    first = browser.get("/signin", base_url="http://backend:8000")
    assert "canonical=1" in first.location
    again = browser.get("/signin?canonical=1", base_url="http://backend:8000")
    assert again.location.startswith("https://provider.test/")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "a." * 50, "[::1]:5000"])
def test_the_host_header_decides_nothing(site: Site, browser: Browser, host: str) -> None:
    answer = browser.get("/signin?canonical=1", {**NAVIGATION, "Host": host})
    assert asked(answer.location)["redirect_uri"].startswith("http://localhost:5000/")
    assert browser.get("/signin", {**NAVIGATION, "Host": host}).location.startswith(
        "http://localhost:5000/"
    )


def test_behind_a_tls_proxy_cookies_are_bound_to_the_host() -> None:
    site = Site(base_url="https://app.example.com")
    browser = site.browser()
    # The proxy speaks plain http to the application.
    begun = browser.client.get("/signin", base_url="http://app.example.com", headers=NAVIGATION)
    [attempt] = set_cookies(begun)
    assert attempt.startswith("__Host-admit-attempt-")
    for attribute in ("Path=/;", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=3600"):
        assert attribute in attempt
    answer = browser.sign_in()
    session = next(text for text in set_cookies(answer) if text.startswith("__Host-admit="))
    for attribute in ("Path=/;", "HttpOnly", "Secure", "SameSite=Lax"):
        assert attribute in session
    assert "Domain" not in session
    assert "Max-Age" not in session
    assert asked(browser.begin("/signin?prompt=login"))["redirect_uri"].startswith("https://app.")


def test_on_loopback_over_http_cookies_are_not_secure_but_all_else(browser: Browser) -> None:
    [attempt] = set_cookies(browser.get("/signin"))
    assert attempt.startswith("admit-attempt-")
    assert "Secure" not in attempt
    assert "HttpOnly; SameSite=Lax" in attempt


def test_under_a_prefix_everything_stays_below_it() -> None:
    site = Site(base_url="https://example.com/app")
    outer = flask.Flask("outer")
    client = Client(DispatcherMiddleware(outer.wsgi_app, {"/app": site.app.wsgi_app}))

    def get(path: str) -> object:
        return client.get(path, base_url="https://example.com", headers=NAVIGATION)

    challenge = get("/app/profile")
    assert challenge.location == "https://example.com/app/signin?next=/app/profile"  # type: ignore[attr-defined]
    begun = get("/app/signin?next=/app/profile")
    [attempt] = set_cookies(begun)
    assert attempt.startswith("__Secure-admit-attempt-")
    assert "Path=/app;" in attempt
    url = begun.location  # type: ignore[attr-defined]
    assert asked(url)["redirect_uri"] == "https://example.com/app/authorization-code/callback"
    answer = get(site.provider.callback(url))
    assert answer.location == "https://example.com/app/profile"  # type: ignore[attr-defined]
    assert get("/app/profile").status_code == 200  # type: ignore[attr-defined]
    out = client.post("/app/signout", base_url="https://example.com", headers=OWN)
    assert passed_on(out)[1]["post_logout_redirect_uri"] == "https://example.com/app"


def test_paths_are_the_applications_choice() -> None:
    site = Site(
        sign_in_path="/login",
        sign_out_path="/logout",
        callback_path="/oidc/return",
        after_sign_in="/profile",
    )
    browser = site.browser()
    assert browser.sign_in("/login").location == "http://localhost:5000/profile"
    assert browser.get("/profile").status_code == 200
    with site.app.test_request_context():
        assert flask.url_for("signin") == "/login"


def test_form_post_crosses_sites_with_the_attempt_alone() -> None:
    site = Site(base_url="https://app.example.com", response_mode="form_post")
    browser = site.browser()
    begun = browser.get("/signin")
    assert asked(begun.location)["response_mode"] == "form_post"
    [attempt] = set_cookies(begun)
    assert "SameSite=None" in attempt
    assert "Secure" in attempt
    parameters = site.provider.authorize(begun.location)
    cross = {**NAVIGATION, "Sec-Fetch-Site": "cross-site", "Origin": "https://provider.test"}
    answer = browser.post("/authorization-code/callback", cross, data=parameters)
    assert answer.status_code == 303
    session = next(text for text in set_cookies(answer) if text.startswith("__Host-admit="))
    assert "SameSite=Lax" in session
    assert browser.is_signed_in()


class ByForm:
    """A browser that brings to a form of another site only what may cross sites."""

    def __init__(self) -> None:
        clock = Clock()
        self.site = Site(
            base_url="https://app.example.com",
            response_mode="form_post",
            store=MemoryStore(clock),
            clock=clock,
        )
        self.client = self.site.app.test_client(use_cookies=False)

    def send(self, method: str, url: str, cookie: str, **more: Any) -> TestResponse:
        return self.client.open(
            url,
            method=method,
            base_url=self.site.base_url,
            headers={**NAVIGATION, "Cookie": cookie},
            **more,
        )

    def sign_in(self, session: str = "", later: str = "") -> str:
        """Sign in where *session* is the cookie of one, and return that of the new one.

        *later* is one that began meanwhile, and that the browser brings to the form all the same.
        """
        begun = self.send("GET", "/signin?prompt=login", session)
        parameters = self.site.provider.authorize(begun.location)
        attempt = set_cookies(begun)[0].split(";")[0]
        cookies = "; ".join(filter(None, [attempt, later]))
        answer = self.send("POST", "/authorization-code/callback", cookies, data=parameters)
        assert answer.status_code == 303
        [cookie] = [text for text in set_cookies(answer) if text.startswith("__Host-admit=")]
        return cookie.split(";")[0]

    def is_signed_in(self, session: str) -> bool:
        return self.send("GET", "/profile", session).status_code == 200


def test_a_form_from_the_provider_ends_the_former_session_too() -> None:
    browser = ByForm()
    former = browser.sign_in()
    assert browser.is_signed_in(former)
    newer = browser.sign_in(former)
    assert "replaced" in browser.site.events[-1].fields
    assert browser.is_signed_in(newer)
    assert not browser.is_signed_in(former)


def test_the_session_that_a_browser_brings_is_the_former_one() -> None:
    browser = ByForm()
    first = browser.sign_in()
    second = browser.sign_in()
    third = browser.sign_in(first, later=second)
    assert [browser.is_signed_in(cookie) for cookie in (first, second, third)] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    "junk",
    ["x", "x" * 60, '"' + r"\012" * 59 + '"', '"' + "x" * 58 + r'\377"', '"' + "x" * 58 + r'\012"'],
)
def test_a_former_session_that_is_none_changes_no_attempt(junk: str) -> None:
    browser = ByForm()
    assert browser.is_signed_in(browser.sign_in(f"__Host-admit={junk}"))


def test_a_query_response_may_not_come_as_a_form(site: Site, browser: Browser) -> None:
    parameters = site.provider.authorize(browser.begin())
    assert browser.post("/authorization-code/callback", data=parameters).status_code == 405


def test_two_workers_share_what_they_need() -> None:
    one, two = Site(), Site()
    two.provider = one.provider
    two.sign_in._http = one.provider
    browser = one.browser()
    browser.sign_in()
    other = two.browser()
    other.client.set_cookie("admit", browser.cookies()["admit"], domain="localhost")
    assert other.is_signed_in(), "a session opens in each process"


@pytest.mark.parametrize(
    "key", [None, "", "short", "dev", "change-me-change-me-change-me-change", "a" * 64]
)
def test_a_key_that_is_no_good_stops_the_application(key: str | None) -> None:
    app = flask.Flask("app")
    app.config["SECRET_KEY"] = key
    with pytest.raises(ConfigurationError) as caught:
        SignIn(
            app,
            issuer="https://provider.test",
            client_id="c",
            client_secret="s",
            base_url="http://localhost:5000",
        )
    [problem] = caught.value.problems
    assert problem.setting == ("SECRET_KEY" if key else "ADMIT_SECRET_KEYS")
    assert "secrets.token_urlsafe" in problem.fix
    if key:
        assert key not in str(caught.value)
