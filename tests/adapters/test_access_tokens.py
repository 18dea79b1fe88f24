"""`current_session.access_token()`: one refresh for each expiry, and what it never does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from adapters.site import NAVIGATION, Browser, Clock, Site, Slow, asked, passed_on
from admit.errors import ProviderError, StoreUnavailable
from admit.ports import HttpResponse, Record
from admit.testing import MemoryStore
from admit.testing.provider import JSON

SCRIPT = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
TOKEN = "/v1/token"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(lambda: 0)


@pytest.fixture
def site(store: MemoryStore) -> Site:
    clock = Clock()
    provider = Slow(clock)
    scope = "openid profile email offline_access"
    site = Site(store=store, provider=provider, scope=scope, clock=clock, idle_timeout=40_000)
    store._clock = clock
    return site


@pytest.fixture
def browser(site: Site) -> Browser:
    browser = site.browser()
    browser.sign_in()
    return browser


def refreshes(site: Site) -> int:
    return site.provider.requests["refresh"]


def test_a_token_that_lives_long_enough_is_given_as_it_is(site: Site, browser: Browser) -> None:
    first = browser.get("/token").text
    assert first.startswith("access-")
    site.clock.now += 3600 - 30
    assert browser.get("/token").text == first
    assert refreshes(site) == 0


def test_an_expired_token_is_renewed_once_and_kept(site: Site, browser: Browser) -> None:
    first = browser.get("/token").text
    site.clock.now += 3590
    second = browser.get("/token").text
    assert second != first
    assert browser.get("/token").text == second
    assert refreshes(site) == 1
    assert "refresh.ok" in site.names()
    for _ in range(3):
        site.clock.now += 3590
        browser.get("/token")
    assert refreshes(site) == 4, "the rotated token is the one that is used"
    assert browser.is_signed_in()


def test_a_provider_that_keeps_the_refresh_token_is_asked_with_it_again(
    site: Site, browser: Browser
) -> None:
    site.provider.rotates = False
    for _ in range(3):
        site.clock.now += 3590
        assert browser.get("/token").status_code == 200
    assert refreshes(site) == 3


def test_a_refreshed_id_token_is_optional(site: Site, browser: Browser) -> None:
    site.provider.refreshed = None
    site.clock.now += 3590
    assert browser.get("/token").text.startswith("access-")
    assert browser.get("/profile").text == "Alice Example|a@example.com|00u1"


def test_what_a_refresh_says_of_the_user_is_believed(site: Site, browser: Browser) -> None:
    site.provider.refreshed = {"name": "Alice Newname", "nonce": None}
    site.clock.now += 3590
    browser.get("/token")
    assert browser.get("/profile").text == "Alice Newname|a@example.com|00u1"
    hint = passed_on(browser.sign_out())[1]["id_token_hint"]
    assert hint.count(".") == 2


def test_a_token_that_never_lives_so_long_is_given_while_it_is_new(
    site: Site, browser: Browser
) -> None:
    assert browser.get("/token?min_ttl=9000").status_code == 200
    assert refreshes(site) == 0
    site.clock.now += 31
    assert browser.get("/token?min_ttl=9000").status_code == 200
    assert browser.get("/token?min_ttl=9000").status_code == 200
    assert refreshes(site) == 1


def test_a_token_lives_as_long_as_it_is_wanted_where_it_can(site: Site, browser: Browser) -> None:
    site.provider.seconds = 40
    site.clock.now += 3590
    first = browser.get("/token?min_ttl=30").text
    site.clock.now += 10
    assert browser.get("/token?min_ttl=30").text == first
    site.clock.now += 1
    assert browser.get("/token?min_ttl=30").text != first


def test_a_life_that_nobody_tells_is_taken_for_short(store: MemoryStore) -> None:
    clock = Clock()
    provider = Slow(clock)
    provider.seconds = 0
    site = Site(store=store, provider=provider, scope="openid offline_access", clock=clock)
    store._clock = clock
    browser = site.browser()
    browser.sign_in()
    clock.now += 269
    browser.get("/token")
    assert refreshes(site) == 0
    clock.now += 2
    browser.get("/token")
    assert refreshes(site) == 1


def test_eight_requests_at_once_make_one_refresh(site: Site, browser: Browser) -> None:
    assert isinstance(site.provider, Slow)
    site.clock.now += 3590
    site.provider.waits = True
    tokens: list[str] = []

    def ask() -> None:
        client = site.browser()
        client.client.set_cookie("admit", browser.cookies()["admit"], domain="localhost")
        tokens.append(client.get("/token").text)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert site.provider.reached.wait(10)
    site.provider.go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(tokens) == 8
    assert len(set(tokens)) == 1
    assert refreshes(site) == 1


@pytest.mark.parametrize("way", ["browser", "operator"])
def test_a_sign_out_while_the_provider_is_asked_wins(
    site: Site, browser: Browser, later: Callable[[], None], way: str
) -> None:
    assert isinstance(site.provider, Slow)
    site.clock.now += 3590
    site.provider.waits = True
    answers: list[int] = []
    cookie = browser.cookies()["admit"]

    def ask() -> None:
        client = site.browser()
        client.client.set_cookie("admit", cookie, domain="localhost")
        answers.append(client.get("/token", SCRIPT).status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    assert site.provider.reached.wait(10)
    if way == "browser":
        browser.sign_out()
    else:
        with site.app.app_context():
            assert site.sign_in.end_sessions(sub="00u1") == 1
    site.provider.go_on.set()
    thread.join(10)
    assert answers == [401]
    later()
    assert len(site.provider.revoked) == 2, "nobody is to use what came too late"
    thief = site.browser()
    thief.client.set_cookie("admit", cookie, domain="localhost")
    assert not thief.is_signed_in()


def answer(status: int, body: str = "{}", **headers: str) -> HttpResponse:
    return HttpResponse(status=status, headers={**JSON, **headers}, body=body.encode())


INVALID_GRANT = '{"error": "invalid_grant", "error_description": "dead"}'
NOT_NOW: list[HttpResponse | Exception] = [
    answer(429, INVALID_GRANT, **{"retry-after": "7"}),
    answer(500),
    answer(503),
    answer(200, "no json"),
    ProviderError("provider.unreachable"),
    ProviderError("provider.timeout", status=504),
]


@pytest.mark.parametrize("fault", NOT_NOW)
def test_a_provider_that_cannot_answer_signs_nobody_out(
    site: Site, browser: Browser, fault: HttpResponse | Exception
) -> None:
    first = browser.get("/token").text
    site.provider.answers[TOKEN] = fault
    site.clock.now += 3590
    assert browser.get("/token").text == first, "it lives for ten seconds more"
    site.clock.now += 10
    failed = browser.get("/token", SCRIPT)
    assert failed.status_code in {502, 503}
    assert "refresh" not in failed.text
    assert browser.is_signed_in()
    asked_so_far = site.provider.requests[TOKEN]
    assert browser.get("/token", SCRIPT).status_code == 503
    assert site.provider.requests[TOKEN] == asked_so_far, "it is left alone for five seconds"

    del site.provider.answers[TOKEN]
    site.clock.now += 6
    assert browser.get("/token").text.startswith("access-")
    assert refreshes(site) == 1


def test_a_dead_refresh_token_ends_the_session_and_signs_in_anew(
    site: Site, browser: Browser
) -> None:
    site.provider._grants.clear()
    site.clock.now += 3600
    challenge = browser.get("/token")
    assert challenge.status_code == 303
    assert challenge.location.startswith("https://provider.test/")
    assert "admit=;" in "".join(challenge.headers.getlist("Set-Cookie"))
    assert {"refresh.refused", "session.ended"} <= set(site.names())
    assert not browser.is_signed_in()
    back = browser.get(site.provider.callback(challenge.location))
    assert back.location.endswith("/token")
    assert browser.get("/token").text.startswith("access-")


def test_a_script_is_told_401_where_only_a_new_sign_in_helps(site: Site, browser: Browser) -> None:
    site.provider._grants.clear()
    site.clock.now += 3600
    refused = browser.get("/token", SCRIPT)
    assert refused.status_code == 401
    assert refused.json == {
        "error": "sign_in_required",
        "sign_in_url": "http://localhost:5000/signin",
    }
    assert refreshes(site) == 1
    assert browser.get("/token", SCRIPT).status_code == 401
    assert refreshes(site) == 1, "a dead token is not tried again"


def test_invalid_grant_ends_nothing_that_somebody_else_renewed(
    site: Site, browser: Browser, store: MemoryStore
) -> None:
    """Its holder lost the lease, and the other one was faster."""
    assert isinstance(site.provider, Slow)
    site.clock.now += 3590
    site.provider.waits = True
    tokens: list[str] = []
    cookie = browser.cookies()["admit"]

    def ask() -> None:
        client = site.browser()
        client.client.set_cookie("admit", cookie, domain="localhost")
        tokens.append(client.get("/token").text)

    late = threading.Thread(target=ask)
    late.start()
    assert site.provider.reached.wait(10)
    # The lease ends with whoever holds it: here it is taken away.
    store._leases.clear()
    site.provider.waits = False
    ask()
    site.provider.go_on.set()
    late.join(10)
    assert tokens[0] == tokens[1]
    assert refreshes(site) == 2
    assert browser.is_signed_in()


@pytest.mark.parametrize(
    ("claims", "code", "ends"),
    [
        ({"sub": "00u2"}, "refresh.sub_mismatch", True),
        ({"iss": "https://evil.test"}, "refresh.iss_mismatch", True),
        ({"sub": None}, "refresh.sub_mismatch", True),
        ({"aud": "another"}, "id_token.aud_mismatch", False),
        ({"azp": "another"}, "id_token.azp_mismatch", False),
        ({"nonce": "another"}, "refresh.nonce_mismatch", False),
        ({"auth_time": 5}, "refresh.auth_time_mismatch", False),
    ],
)
def test_a_refreshed_id_token_that_fails_a_check_brings_nothing_new(
    site: Site, browser: Browser, claims: dict[str, Any], code: str, ends: bool
) -> None:
    first = browser.get("/token").text
    site.provider.refreshed, site.provider.rotates = claims, False
    site.clock.now += 3590
    answer = browser.get("/token", SCRIPT)
    assert answer.status_code == (401 if ends else 200)
    assert (answer.text == first) is not ends, "the old token lives for ten seconds"
    browser.get("/token", SCRIPT)
    assert refreshes(site) == 1, "the provider is left alone for a while"
    [told] = [event for event in site.events if event.name == "refresh.refused"]
    assert told.fields["code"] == code
    assert browser.is_signed_in() is not ends
    site.clock.now += 11
    assert browser.get("/token", SCRIPT).status_code == 401
    challenge = browser.get("/token")
    assert challenge.status_code in {303, 503}
    assert browser.is_signed_in() is not ends


LATER: list[tuple[str, dict[str, Any]]] = [
    ("a key that cannot be had yet", {}),
    ("a clock that is behind", {"iat": 1_900_000_000, "exp": 1_900_000_300}),
    ("a clock that is ahead", {"exp": 1_800_000_100}),
]


@pytest.mark.parametrize(("why", "claims"), LATER, ids=[why for why, _ in LATER])
def test_what_cannot_be_verified_yet_signs_nobody_out(
    site: Site, browser: Browser, why: str, claims: dict[str, Any]
) -> None:
    """The provider has rotated the refresh token: the old one is worth nothing any more."""
    first = browser.get("/token").text
    if claims:
        site.provider.refreshed = claims
    else:
        site.provider.key, site.provider.published = 1, (1,)
        site.provider.answers["/v1/keys"] = answer(503)
    site.clock.now += 3590
    assert browser.get("/token", SCRIPT).text == first, "the old one serves while it lives"
    site.clock.now += 11
    failed = browser.get("/token", SCRIPT)
    assert failed.status_code == 503
    assert failed.headers["Retry-After"] == "5"
    assert browser.is_signed_in()

    site.provider.refreshed = {}
    site.provider.answers.clear()
    site.clock.now += 60
    assert browser.get("/token", SCRIPT).text.startswith("access-")
    assert "session.ended" not in site.names()


def test_keys_are_at_hand_before_a_refresh_token_is_spent(store: MemoryStore) -> None:
    """A fresh worker knows none, and the provider has none to give."""
    clock = Clock()
    scope = "openid offline_access"
    one = Site(store=store, provider=Slow(clock), scope=scope, clock=clock)
    store._clock = clock
    browser = one.browser()
    browser.sign_in()
    fresh = Site(store=store, provider=one.provider, scope=scope, clock=clock)
    other = fresh.browser()
    other.client.set_cookie("admit", browser.cookies()["admit"], domain="localhost")
    clock.now += 3590
    one.provider.answers["/v1/keys"] = answer(503)
    assert other.get("/token", SCRIPT).status_code == 200
    assert refreshes(one) == 0
    del one.provider.answers["/v1/keys"]
    clock.now += 6
    assert other.get("/token", SCRIPT).status_code == 200
    assert refreshes(one) == 1


@pytest.mark.parametrize("times", [1, 3])
def test_a_store_that_fails_when_the_new_tokens_come_is_tried_again(
    site: Site, browser: Browser, store: MemoryStore, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    replace, left = store.replace, iter(range(times))

    async def failing(*arguments: bytes) -> bool:
        if next(left, None) is not None:
            raise StoreUnavailable("it is away")
        return await replace(*arguments)

    monkeypatch.setattr(store, "replace", failing)
    site.clock.now += 3590
    second = browser.get("/token", SCRIPT).text
    assert browser.get("/token", SCRIPT).text == second
    assert refreshes(site) == 1
    site.clock.now += 3590
    assert browser.get("/token", SCRIPT).status_code == 200


def test_a_store_that_stays_away_when_the_new_tokens_come_is_a_503(
    site: Site, browser: Browser, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: bytes) -> bool:
        site.clock.now += 3
        raise StoreUnavailable("it is away")

    monkeypatch.setattr(store, "replace", failing)
    site.clock.now += 3590
    assert browser.get("/token", SCRIPT).status_code == 503
    assert browser.is_signed_in()


def test_a_holder_that_stood_still_does_not_ask(
    site: Site, browser: Browser, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease has ended meanwhile, and somebody else may have asked."""
    load, waited = store.load, iter([5])

    async def slow(key: bytes) -> Record | None:
        record = await load(key)
        if store._leases:
            site.clock.now += next(waited, 0)
            if refreshes(site) == 0:
                # Meanwhile another worker has the lease.
                store._leases.clear()
                with monkeypatch.context() as patch:
                    patch.setattr(store, "load", load)
                    other = site.browser()
                    other.client.set_cookie("admit", browser.cookies()["admit"], domain="localhost")
                    assert other.get("/token", SCRIPT).status_code == 200
        return record

    site.clock.now += 3590
    monkeypatch.setattr(store, "load", slow)
    assert browser.get("/token", SCRIPT).status_code == 200
    assert refreshes(site) == 1


def test_a_lease_that_cannot_be_given_up_ends_by_itself(
    site: Site, browser: Browser, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: bytes) -> None:
        raise StoreUnavailable("it is away")

    monkeypatch.setattr(store, "release", failing)
    site.clock.now += 3590
    assert browser.get("/token", SCRIPT).status_code == 200


def test_the_tokens_of_another_user_are_given_up(
    site: Site, browser: Browser, later: Callable[[], None]
) -> None:
    site.provider.refreshed = {"sub": "00u2"}
    site.clock.now += 3590
    assert browser.get("/token", SCRIPT).status_code == 401
    later()
    assert len(site.provider.revoked) == 2


def test_without_a_refresh_token_a_new_sign_in_is_asked_for(store: MemoryStore) -> None:
    site = Site(store=store)
    store._clock = site.clock
    browser = site.browser()
    browser.sign_in()
    first = browser.get("/token").text
    site.clock.now += 3590
    challenge = browser.get("/token")
    assert challenge.location.startswith("https://provider.test/")
    assert browser.is_signed_in(), "the session itself lives on"
    browser.get(site.provider.callback(challenge.location))
    assert browser.get("/token").text != first


def test_a_token_that_ends_at_once_does_not_lead_round_in_circles(store: MemoryStore) -> None:
    site = Site(store=store)
    site.provider.seconds = 1
    store._clock = site.clock
    browser = site.browser()
    browser.sign_in()
    site.clock.now += 2
    refused = browser.get("/token")
    assert refused.status_code == 502
    assert site.events[-1].fields["code"] == "session.token_short"


def test_scopes_that_were_never_asked_for_are_asked_for(site: Site, browser: Browser) -> None:
    assert browser.get("/token?scopes=email").status_code == 200
    challenge = browser.get("/token?scopes=email+orders:read")
    assert asked(challenge.location)["scope"] == "openid profile email offline_access orders:read"
    back = browser.get(site.provider.callback(challenge.location))
    assert back.location.endswith("/token?scopes=email+orders:read")
    assert browser.get("/token?scopes=email+orders:read").status_code == 200
    assert browser.get("/token", SCRIPT).status_code == 200


def test_scopes_that_are_not_granted_are_not_asked_for_again_and_again(
    site: Site, browser: Browser
) -> None:
    challenge = browser.get("/token?scopes=orders:read")
    for code in site.provider._codes.values():
        code["scope"] = "openid"
    url = site.provider.callback(challenge.location)
    [granted] = [c for c in site.provider._codes.values() if "orders:read" in c["scope"]]
    granted["scope"] = "openid offline_access"
    browser.get(url)
    refused = browser.get("/token?scopes=orders:read")
    assert refused.status_code == 403
    assert "sign_in" not in refused.headers.get("Location", "")
    assert site.events[-1].fields["code"] == "session.scope_not_granted"


def test_a_form_is_told_that_what_it_sent_is_lost(site: Site, browser: Browser) -> None:
    site.provider._grants.clear()
    site.clock.now += 3600
    answer = browser.post("/token")
    assert answer.status_code == 401
    assert "was not saved" in answer.text


def test_nobody_signed_in_is_sent_to_sign_in(site: Site) -> None:
    assert site.browser().get("/token").location.startswith("https://provider.test/")
    assert site.browser().get("/token", SCRIPT).status_code == 401


@pytest.mark.parametrize(
    "settings", [{"store": None}, {"access_tokens": False, "store": MemoryStore(lambda: 0)}]
)
def test_sessions_without_tokens_say_how_to_keep_them(settings: dict[str, Any]) -> None:
    site = Site(**settings)
    browser = site.browser()
    browser.sign_in()
    answer = browser.get("/token")
    assert answer.status_code == 500
    assert site.events[-1].fields["code"] == "config.invalid"
    assert site.events[-1].name == "config.invalid"
    assert site.events[-1].fields["settings"] == "ADMIT_SESSIONS"


@pytest.mark.parametrize("way", ["signout", "leave"])
def test_tokens_are_given_up_at_sign_out_while_nobody_waits(
    site: Site, browser: Browser, later: Callable[[], None], way: str
) -> None:
    token = browser.get("/token").text
    if way == "signout":
        browser.sign_out()
    else:
        browser.get("/leave")
    later()
    assert len(site.provider.revoked) == 2
    assert site.provider.revoked[0].startswith("refresh-")
    assert site.provider.revoked[1] == token


def test_a_provider_that_takes_no_token_back_keeps_nobody_signed_in(
    site: Site, browser: Browser, later: Callable[[], None]
) -> None:
    site.provider.answers["/v1/revoke"] = answer(503)
    assert browser.sign_out().status_code == 200
    later()
    assert not browser.is_signed_in()
    assert "revocation.failed" in site.names()


@pytest.fixture
def later() -> Callable[[], None]:
    """Wait for what is done beside the requests."""

    def wait() -> None:
        for thread in threading.enumerate():
            if thread.name == "admit-later":
                thread.join(10)

    return wait


def test_no_token_is_in_a_cookie_a_page_or_an_event(site: Site, browser: Browser) -> None:
    site.clock.now += 3590
    token = browser.get("/token").text
    browser.get("/profile", NAVIGATION)
    browser.sign_out()
    told = "".join(map(str, site.events)) + str(browser.cookies())
    assert token not in told
    assert "refresh-" not in told
