"""Flask-Login's words, and what an application keeps in Flask's session, beside our sign-in."""

from __future__ import annotations

from typing import Any

import flask
import pytest
from flask_login import LoginManager, UserMixin, current_user, fresh_login_required, login_user

from adapters.site import NAVIGATION, OWN, Browser, Site, asked
from admit import AuthorizationDenied

# Flask-Login 0.6.3 sets its remember-cookie by a function that Python 3.12 advises against.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


class Local(UserMixin):  # type: ignore[misc] # it has no types
    """A user of the application's own."""

    is_admin = True

    def __init__(self, name: str, *, active: bool = True) -> None:
        self.id = name
        self.active = active

    @property
    def is_active(self) -> bool:
        return self.active


@pytest.fixture
def local(site: Site) -> LoginManager:
    """An application that has users of its own, and made its manager after ours."""
    manager = LoginManager(site.app)
    manager.user_loader(Local)

    @site.app.get("/local")
    @site.sign_in.public
    def enter() -> str:
        login_user(Local("local"), remember=True)
        return "in"

    @site.app.get("/who")
    @site.sign_in.public
    def who() -> str:
        return str(current_user.get_id())

    return manager


def test_users_of_the_applications_own_live_beside_ours(
    site: Site, browser: Browser, local: LoginManager
) -> None:
    browser.get("/local")
    assert browser.get("/who").text == "local"
    browser.sign_in("/signin?prompt=login")
    assert len(browser.get("/who").text) == 32, "ours goes before"


def test_signing_out_forgets_them_too(site: Site, browser: Browser, local: LoginManager) -> None:
    browser.get("/local")
    assert "remember_token" in browser.cookies()
    browser.sign_in("/signin?prompt=login")
    browser.post("/signout", OWN)
    assert browser.get("/who").text == "None"


def test_a_user_whom_the_loader_refuses_is_nobody_whatever_else_is_there(
    site: Site, browser: Browser, local: LoginManager
) -> None:
    browser.sign_in()
    browser.get("/local")
    site.sign_in.user_loader(lambda _user: None)
    answer = browser.get("/profile")
    assert answer.status_code == 403


@pytest.mark.parametrize("user", [None, Local("blocked", active=False)])
def test_a_blocked_user_gets_a_403_and_no_loop(site: Site, browser: Browser, user: Any) -> None:
    browser.sign_in()
    site.sign_in.user_loader(lambda _user: user)

    answer = browser.get("/profile")

    assert answer.status_code == 403
    assert "do not have access" in answer.text
    assert "prompt=login" in answer.text
    assert site.events[-1].fields["code"] == "sign_in.no_user"
    script = browser.get("/profile", {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"})
    assert script.status_code == 403
    assert script.mimetype == "application/json"


def test_a_fresh_sign_in_is_asked_for_and_taken(site: Site, browser: Browser) -> None:
    @site.app.get("/money")
    @fresh_login_required
    def money() -> str:
        return "money"

    browser.sign_in()
    begun = browser.get("/money")
    assert asked(begun.location)["max_age"] == "0"
    answer = browser.get(site.provider.callback(begun.location))
    assert answer.location.endswith("/money")
    assert browser.get("/money").text == "money"

    browser.sign_in("/signin?prompt=login")
    assert browser.get("/money").status_code == 303, "another sign-in is not that one"


@pytest.fixture
def basket(site: Site) -> None:
    @site.app.get("/fill")
    @site.sign_in.public
    def fill() -> str:
        flask.session["basket"] = "of " + flask.request.args["who"]
        return "filled"

    @site.app.get("/basket")
    @site.sign_in.public
    def show() -> str:
        return str(flask.session.get("basket"))


def test_a_refused_sign_in_changes_nothing(site: Site, browser: Browser, basket: None) -> None:
    browser.sign_in()
    browser.get("/fill?who=alice")

    @site.sign_in.on_sign_in
    def refuse(_user: object) -> None:
        flask.session["seen"] = True
        raise AuthorizationDenied("app.blocked")

    assert browser.sign_in("/signin?prompt=login").status_code == 403
    assert browser.get("/basket").text == "of alice"
    assert browser.is_signed_in()


def test_what_the_hook_writes_is_kept(site: Site, browser: Browser, basket: None) -> None:
    @site.sign_in.on_sign_in
    def greet(_user: object) -> None:
        flask.session["basket"] = "welcome"

    browser.get("/fill?who=nobody")
    browser.sign_in()
    assert browser.get("/basket").text == "welcome"


def test_a_form_from_the_provider_ends_the_formers_session_of_flasks(basket: None) -> None:
    site = Site(base_url="https://app.example.com", response_mode="form_post")

    @site.app.get("/fill")
    def fill() -> str:
        flask.session["basket"] = "of alice"
        return "filled"

    @site.app.get("/basket")
    def show() -> str:
        return str(flask.session.get("basket"))

    browser = site.browser()
    browser.get("/fill")
    parameters = site.provider.authorize(browser.begin())
    cookies = {n: v for n, v in browser.cookies().items() if "attempt" in n}
    crossing = {"Cookie": "; ".join(f"{n}={v}" for n, v in cookies.items())}
    answer = site.app.test_client(use_cookies=False).post(
        "/authorization-code/callback",
        base_url=site.base_url,
        headers={**NAVIGATION, **crossing},
        data=parameters,
    )
    assert answer.status_code == 303
    assert any(text.startswith("session=;") for text in answer.headers.getlist("Set-Cookie"))


# --- a session that is due to be written again ---------------------------------------------------


@pytest.fixture
def watching(site: Site) -> None:
    """An application that looks at the user before each of its pages, ours included."""

    @site.app.before_request
    def look() -> None:
        flask.g.who = current_user.is_authenticated


def test_signing_out_is_not_undone_by_a_page_that_looked(
    site: Site, browser: Browser, watching: None
) -> None:
    browser.sign_in()
    site.clock.now += 600
    answer = browser.post("/signout", OWN)
    texts = [t for t in answer.headers.getlist("Set-Cookie") if t.startswith("admit=")]
    assert len(texts) == 1
    assert "Max-Age=0" in texts[0]


def test_a_new_sign_in_is_not_undone_by_a_page_that_looked(
    site: Site, browser: Browser, watching: None
) -> None:
    browser.sign_in()
    url = browser.begin("/signin?prompt=login")
    site.clock.now += 600
    site.provider.user = {"sub": "00u2", "name": "Bob", "email": "b@example.com"}
    answer = browser.get(site.provider.callback(url))
    assert [t[:6] for t in answer.headers.getlist("Set-Cookie")].count("admit=") == 1
    assert browser.get("/profile").text.startswith("Bob|")


def test_a_slow_page_does_not_bring_back_a_session_that_ended_meanwhile(site: Site) -> None:
    browser = site.browser()

    @site.app.get("/slow")
    @site.sign_in.public
    def slow() -> str:
        assert current_user.is_authenticated
        site.app.test_client(use_cookies=False).post(
            "/signout",
            base_url=site.base_url,
            headers={**OWN, "Cookie": f"admit={browser.cookies()['admit']}"},
        )
        return "slow"

    browser.sign_in()
    site.clock.now += 600
    answer = browser.get("/slow")
    assert answer.text == "slow"
    assert "admit=" not in "".join(answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    ("given", "sent", "touched"),
    [
        ("", "private, no-store", True),
        ("no-cache", "private, no-store", True),
        ("max-age=60", "private, max-age=60", True),
        ("private, max-age=60", "private, max-age=60", True),
        ("public, max-age=60", "public, max-age=60", False),
        ("s-maxage=60", "s-maxage=60", False),
    ],
)
def test_no_shared_cache_gets_a_users_page_or_cookie(
    site: Site, browser: Browser, given: str, sent: str, touched: bool
) -> None:
    @site.app.get("/cached")
    @site.sign_in.public
    def cached() -> flask.Response:
        response = flask.Response(current_user.name)
        if given:
            response.headers["Cache-Control"] = given
        return response

    browser.sign_in()
    site.clock.now += 600
    answer = browser.get("/cached")
    assert answer.headers["Cache-Control"] == sent
    cookies = "".join(answer.headers.getlist("Set-Cookie"))
    assert ("admit=" in cookies) is touched


# --- rounds --------------------------------------------------------------------------------------


def test_honest_users_are_not_stopped(site: Site, browser: Browser) -> None:
    for number in range(6):
        browser.sign_in()
        assert browser.is_signed_in()
        assert browser.get(f"/signin?next=/doc/{number}").location.endswith(f"/doc/{number}")
        if number % 2:
            browser.get("/leave")
        else:
            browser.post("/signout", OWN)


def test_a_page_that_sends_signed_in_users_to_sign_in_is_stopped(
    site: Site, browser: Browser
) -> None:
    browser.sign_in()
    statuses = [browser.get("/signin?next=/profile").status_code for _ in range(4)]
    assert statuses == [303, 303, 303, 400]
    assert "a 403 instead" in str(site.events[-1].fields["fix"])


def test_a_session_that_times_out_is_told_to_the_log(site: Site, browser: Browser) -> None:
    browser.sign_in()
    site.clock.now += 3600
    browser.get("/profile")
    assert site.events[-1].name == "session.expired"
    assert site.events[-1].fields["timeout"] == "idle"


def test_a_sign_in_of_the_applications_own_begins_on_the_canonical_host(site: Site) -> None:
    @site.app.get("/again")
    @site.sign_in.public
    def again() -> flask.Response:
        return site.sign_in.start("/profile", prompt="login")

    browser = site.browser()
    answer = browser.get("/again?a=b", base_url="http://127.0.0.1:5000")
    assert answer.location == "http://localhost:5000/again?a=b&canonical=1"
    assert browser.get(answer.location).location.startswith(site.provider.issuer)
    for headers in ({"Sec-Fetch-Mode": "cors"}, {**NAVIGATION, "Sec-Purpose": "prefetch"}):
        assert browser.get("/again", headers).status_code == 401


def test_a_server_may_leave_an_empty_query_out(site: Site) -> None:
    from werkzeug.test import EnvironBuilder, run_wsgi_app  # noqa: PLC0415

    environ = EnvironBuilder("/", site.base_url).get_environ()
    del environ["QUERY_STRING"]
    assert run_wsgi_app(site.app.wsgi_app, environ)[1] == "200 OK"


def test_a_form_of_nobody_is_not_read(site: Site, browser: Browser) -> None:
    site.app.config["MAX_CONTENT_LENGTH"] = 10
    answer = browser.post("/profile", data={"a": "b" * 1000})
    assert answer.status_code == 401
    assert "next=/profile" in answer.text


def test_cookies_stay_below_what_servers_take(site: Site, browser: Browser) -> None:
    site.provider.user = {"sub": "00u1", "groups": [f"group-number-{n}" for n in range(120)]}
    browser.sign_in()
    for number in range(6):
        browser.begin(f"/signin?prompt=login&next=/profile?q={number}{'a' * 1000}")
    header = "; ".join(f"{name}={value}" for name, value in browser.cookies().items())
    assert len(header) < 8000
