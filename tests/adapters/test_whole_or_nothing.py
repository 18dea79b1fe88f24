"""A sign-in stands as a whole or not at all: session, Flask's session, cookie, tokens, hook."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import flask
import pytest
from flask_login import current_user, logout_user

from adapters.site import Browser, Clock, Site
from admit.errors import AuthorizationDenied, SignInAgain, StoreUnavailable
from admit.events import Event
from admit.flask import current_session
from admit.ports import HttpResponse
from admit.spent import Spent
from admit.testing import MemoryProvider, MemoryStore
from admit.user import User, user_id

ALICE = {"sub": "00u1", "name": "Alice Example", "email": "a@example.com"}
BOB = {"sub": "00u2", "name": "Bob Example", "email": "b@example.com"}
AS_BOB = "/signin?prompt=login"


class Store(MemoryStore):
    """A store whose methods fail once their turn has come."""

    def __init__(self) -> None:
        self.clock = Clock()
        super().__init__(lambda: self.clock())  # noqa: PLW0108 - it is put in later
        self.fails: set[str] = set()

    def __getattribute__(self, name: str) -> Any:
        if name != "fails" and name in self.fails:
            raise StoreUnavailable("it is away")
        return super().__getattribute__(name)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def site(store: Store) -> Site:
    scope = "openid profile email offline_access"
    site = Site(store=store, scope=scope, provider=MemoryProvider(now=store.clock),
                clock=store.clock)  # fmt: skip

    @site.app.get("/fill")
    @site.sign_in.public
    def fill() -> str:
        flask.session["whose"] = "alice's"
        return "filled"

    @site.app.get("/whose")
    @site.sign_in.public
    def whose() -> str:
        return str(flask.session.get("whose"))

    return site


@pytest.fixture
def browser(site: Site) -> Browser:
    return alices(site)


def alices(site: Site) -> Browser:
    """Return Alice's browser, where Bob is the next who signs in."""
    browser = site.browser()
    browser.sign_in()
    browser.get("/fill")
    assert name_of(browser) == "Alice Example"
    site.provider.user = BOB
    return browser


@pytest.fixture
def later() -> Callable[[], None]:
    """Wait for what is done beside the requests."""

    def wait() -> None:
        for thread in threading.enumerate():
            if thread.name == "admit-later":
                thread.join(10)

    return wait


def name_of(browser: Browser) -> str:
    return browser.get("/profile").text.split("|")[0]


def greet(site: Site, hook: Callable[[User], Any]) -> None:
    """Let *hook* be called, and Flask's session be Bob's."""

    @site.sign_in.on_sign_in
    def on_sign_in(user: User) -> None:
        flask.session["whose"] = f"{user.sub}'s"
        hook(user)


@pytest.mark.parametrize("fails", ["use", "save", "marks"])
def test_what_fails_before_the_hook_leaves_the_former_user_in(
    site: Site, browser: Browser, store: Store, fails: str
) -> None:
    kept = set(store._kept)
    greet(site, lambda _user: None)
    callback = site.provider.callback(browser.begin(AS_BOB))
    store.fails = {fails}
    assert browser.get(callback).status_code == 503
    store.fails = set()
    assert name_of(browser) == "Alice Example"
    assert browser.get("/whose").text == "alice's"
    assert set(store._kept) == kept, "no record of Bob stays"


@pytest.mark.parametrize("fails", [{"delete"}, {"delete", "load"}])
def test_what_fails_after_the_hook_lets_the_new_user_in(
    site: Site, browser: Browser, store: Store, fails: set[str]
) -> None:
    def hook(_user: User) -> None:
        store.fails = fails

    greet(site, hook)
    assert browser.sign_in(AS_BOB).status_code == 303
    assert [event.name for event in site.events[-2:]] == ["store.unavailable", "signin.ok"]
    store.fails = set()
    assert name_of(browser) == "Bob Example"
    assert browser.get("/whose").text == "00u2's"


def refuse(_user: User) -> None:
    raise AuthorizationDenied("app.blocked")


def fall_over(_user: User) -> None:
    raise KeyError("a defect of the application")


@pytest.mark.parametrize(("hook", "status"), [(refuse, 403), (fall_over, 500)])
def test_a_hook_that_fails_leaves_the_former_user_in_and_gives_the_new_tokens_up(
    site: Site, browser: Browser, store: Store, later: Callable[[], None], hook: Any, status: int
) -> None:
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    kept, grants = set(store._kept), set(site.provider._grants)
    greet(site, hook)
    assert browser.sign_in(AS_BOB).status_code == status
    assert name_of(browser) == "Alice Example"
    assert browser.get("/whose").text == "alice's"
    assert set(store._kept) == kept
    later()
    assert len(site.provider.revoked) == 2
    assert set(site.provider._grants) == grants, "the former user's live on"


def test_a_refusal_stays_one_where_the_store_is_away(
    site: Site, browser: Browser, store: Store, later: Callable[[], None]
) -> None:
    def hook(user: User) -> None:
        store.fails = {"delete"}
        refuse(user)

    greet(site, hook)
    assert browser.sign_in(AS_BOB).status_code == 403
    later()
    assert len(site.provider.revoked) == 2
    assert "store.unavailable" in site.names()


def end_meanwhile(site: Site, then: Callable[[], None] = lambda: None) -> None:
    """Let Bob be signed out everywhere while his sign-in is under way."""
    send = site.provider.send

    async def ended_meanwhile(request: Any) -> Any:
        answer = await send(request)
        if request.url.endswith("/v1/token"):
            with site.app.app_context():
                site.sign_in.end_sessions(sub="00u2")
            then()
        return answer

    site.provider.send = ended_meanwhile  # type: ignore[method-assign]


@pytest.mark.parametrize("fails", [set(), {"delete"}])
def test_a_user_who_was_signed_out_meanwhile_leaves_no_tokens(
    site: Site, browser: Browser, store: Store, later: Callable[[], None], fails: set[str]
) -> None:
    end_meanwhile(site, lambda: setattr(store, "fails", fails))
    assert browser.sign_in(AS_BOB).status_code == 400
    assert site.events[-1].fields["code"] == "session.ended_meanwhile"
    later()
    assert len(site.provider.revoked) == 2


def test_tokens_that_the_provider_does_not_take_back_are_told_with_their_user(
    site: Site, browser: Browser, later: Callable[[], None]
) -> None:
    end_meanwhile(site)
    site.provider.answers["/v1/revoke"] = HttpResponse(status=503)
    browser.sign_in(AS_BOB)
    later()
    told = {"user": user_id(site.provider.issuer, "00u2"), "code": "provider.unavailable"}
    assert Event("revocation.failed", told) in site.events


@pytest.mark.parametrize("meanwhile", [False, True])
def test_where_no_tokens_are_kept_none_are_given_up(
    store: Store, later: Callable[[], None], *, meanwhile: bool
) -> None:
    site = Site(store=store, clock=store.clock, access_tokens=False)
    browser = site.browser()
    browser.sign_in()
    site.provider.user = BOB
    if meanwhile:
        end_meanwhile(site)
    assert browser.sign_in(AS_BOB).status_code == (400 if meanwhile else 303)
    later()
    assert site.provider.revoked == []


def test_a_memory_that_is_full_keeps_no_session_from_being_replaced() -> None:
    site = Site()
    browser = site.browser()
    site.app.extensions["admit"].parts.endpoints.sessions._ended = Spent(size=1)
    for _ in range(3):
        assert browser.sign_in(AS_BOB).status_code == 303
        assert browser.is_signed_in()
    site.sign_in.on_sign_in(refuse)
    site.clock.now += 61
    assert browser.sign_in(AS_BOB).status_code == 403
    assert browser.is_signed_in()


@pytest.mark.parametrize(("user", "revoked"), [(ALICE, 0), (BOB, 2)])
def test_the_tokens_of_a_session_that_is_replaced_are_given_up_if_they_are_another_users(
    site: Site, browser: Browser, later: Callable[[], None], user: dict[str, str], revoked: int
) -> None:
    former = set(site.provider._grants)
    site.provider.user = user
    browser.sign_in(AS_BOB)
    later()
    # Of the same user, some providers have one grant alone: its end would be the new one's too.
    assert len(site.provider.revoked) == revoked
    assert former.isdisjoint(site.provider._grants) is bool(revoked)
    assert browser.get("/token").status_code == 200


# --- who is who inside the hook ------------------------------------------------------------------


@pytest.mark.parametrize("looks_before", [False, True])
def test_the_hook_sees_the_new_user_and_the_new_session(site: Site, *, looks_before: bool) -> None:
    seen: list[tuple[str, str, int | None]] = []
    if looks_before:

        @site.app.before_request
        def look() -> None:
            assert current_user.is_authenticated in {True, False}

    @site.app.after_request
    def look_again(response: flask.Response) -> flask.Response:
        if flask.request.path == "/authorization-code/callback":
            seen.append((current_user.sub, "", current_session.started_at))
        return response

    browser = alices(site)
    former = browser.get("/token").text
    site.clock.now += 1

    @site.sign_in.on_sign_in
    def hook(_user: User) -> None:
        token = current_session.access_token()
        seen.append((current_user.sub, token, current_session.started_at))

    seen.clear()
    answer = browser.sign_in(AS_BOB)
    cookies = [value.partition("=")[0] for value in answer.headers.getlist("Set-Cookie")]
    assert len(cookies) == len(set(cookies)), "no cookie is set twice"
    (sub, token, started_at), after = seen
    assert (sub, started_at) == ("00u2", site.clock.now)
    assert token != former
    assert token == browser.get("/token").text
    assert after == ("00u2", "", site.clock.now)


def test_the_hook_may_renew_the_new_token(site: Site) -> None:
    tokens: list[str] = []

    @site.sign_in.on_sign_in
    def hook(_user: User) -> None:
        site.clock.now += 3590
        tokens.append(current_session.access_token())

    browser = site.browser()
    browser.sign_in()
    assert browser.get("/token").text == tokens[0]
    assert site.provider.requests["refresh"] == 1


def ends(_user: User) -> None:
    raise SignInAgain("session.ended", "as a hook does whose token the provider takes back")


@pytest.mark.parametrize("hook", [refuse, ends])
def test_a_hook_that_refuses_gives_the_former_user_back(
    site: Site, browser: Browser, hook: Any
) -> None:
    seen: list[str] = []

    @site.sign_in.failure_page
    def page(_failure: object) -> str:
        seen.append(current_user.sub)
        return f"{current_user.name} {current_session.access_token()}"

    def look(user: User) -> None:
        assert current_user.sub == "00u2"
        hook(user)

    site.sign_in.on_sign_in(look)
    token = browser.get("/token").text
    assert browser.sign_in(AS_BOB).text == f"Alice Example {token}"
    assert seen == ["00u1"]
    assert name_of(browser) == "Alice Example"


# --- a page of the application's own, while the store is away -------------------------------------


def test_a_failure_page_that_asks_for_the_user_sees_nobody_and_asks_no_store(
    site: Site, browser: Browser, store: Store
) -> None:
    asked: list[bool] = []

    @site.sign_in.failure_page
    def page(_failure: object) -> str:
        asked.append(bool(current_session))
        return f"ours, signed in: {current_user.is_authenticated}"

    store.fails = {"load"}
    answer = browser.get("/profile")
    assert (answer.status_code, answer.text) == (503, "ours, signed in: False")
    assert asked == [False]
    assert "Set-Cookie" not in answer.headers
    store.fails = set()
    assert name_of(browser) == "Alice Example"


def test_a_failure_page_that_cannot_be_made_is_ours(
    site: Site, browser: Browser, store: Store
) -> None:
    @site.sign_in.failure_page
    def page(_failure: object) -> str:
        return current_session.access_token()

    callback = site.provider.callback(browser.begin(AS_BOB))
    store.fails = {"load"}
    for url in (callback, "/profile", "/signout"):
        answer = browser.get(url)
        assert answer.status_code == 503
        assert "You stay signed in" in answer.text


def test_signing_out_is_not_said_to_be_done_where_nobody_knows_the_session(
    site: Site, browser: Browser, store: Store
) -> None:
    @site.sign_in.failure_page
    def page(_failure: object) -> str:
        logout_user()
        return "signed out"

    store.fails = {"load"}
    for url in ("/profile", "/leave"):
        assert "You stay signed in" in browser.get(url).text
    store.fails = set()
    assert name_of(browser) == "Alice Example"
