"""What the provider calls by itself: logout tokens, frames, Universal Logout, tiles."""

from __future__ import annotations

import json
import threading
from typing import Any

import flask
import pytest
from werkzeug.test import TestResponse

from adapters.site import NAVIGATION, Browser, Clock, Site, Slow, asked
from admit.errors import ProviderError, StoreUnavailable
from admit.ports import run_sync
from admit.testing import MemoryProvider, MemoryStore

BACK, FRONT, UNIVERSAL = "/backchannel-logout", "/frontchannel-logout", "/universal-logout"
ISSUER = "https://provider.test/oauth2/default"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(lambda: 0)


@pytest.fixture
def site(store: MemoryStore) -> Site:
    clock = Clock()
    site = Site(
        store=store, provider=Slow(clock, after=True), clock=clock, universal_logout_path=UNIVERSAL
    )
    # Milliseconds pass in a real store, between what comes one after the other.
    ticks = iter(range(10**9))
    store._clock = lambda: clock() + next(ticks) / 1000
    return site


def user(site: Site, sub: str, sid: str | None, email: str = "a@example.com") -> Browser:
    site.provider.user = {"sub": sub, "name": sub, "email": email}
    site.provider.claims = {} if sid is None else {"sid": sid}
    browser = site.browser()
    browser.sign_in()
    assert browser.is_signed_in()
    return browser


def post(site: Site, token: str | None, **more: Any) -> TestResponse:
    data = {} if token is None else {"logout_token": token}
    return site.browser().post(BACK, {}, data=data, **more)


# --- Back-Channel Logout -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "alive"),
    [
        ({"sid": "s1"}, [False, True, True]),
        ({"sub": "00u1", "sid": "s1"}, [False, True, True]),
        ({"sub": "00u1"}, [False, False, True]),
        ({"sub": "00u2", "sid": "s1"}, [True, True, True]),
        ({"sub": "00u9"}, [True, True, True]),
        ({"sid": "s9"}, [True, True, True]),
        ({"sub": "00u1", "aud": ["client"]}, [False, False, True]),
        ({"sub": "00u1", "exp": None}, [False, False, True]),
    ],
)
def test_a_logout_token_ends_what_it_names_and_nothing_else(
    site: Site, claims: dict[str, Any], alive: list[bool]
) -> None:
    browsers = [user(site, "00u1", "s1"), user(site, "00u1", "s2"), user(site, "00u2", "s3")]
    answer = post(site, site.provider.logout_token(**claims))
    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["Cache-Control"] == "no-store"
    assert [browser.is_signed_in() for browser in browsers] == alive
    [event] = [event for event in site.events if event.name.startswith(("session.", "logout."))]
    assert event.name == "logout.backchannel"
    assert event.fields["count"] == alive.count(False)


@pytest.mark.parametrize("typ", ["JWT", "logout+jwt", "application/logout+jwt", None])
def test_the_type_may_be_left_out(site: Site, typ: str | None) -> None:
    browser = user(site, "00u1", "s1")
    site.provider.header = {"typ": typ}
    assert post(site, site.provider.logout_token(sub="00u1")).status_code == 200
    assert not browser.is_signed_in()


DEFECTS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"alg": "none"}, {}, "logout_token.alg"),
    ({"alg": "ES256"}, {}, "logout_token.alg"),
    ({"typ": "at+jwt"}, {}, "logout_token.typ"),
    ({"crit": ["x"]}, {}, "logout_token.crit"),
    ({}, {"iss": "https://evil.test"}, "logout_token.iss_mismatch"),
    ({}, {"aud": "another"}, "logout_token.aud_mismatch"),
    ({}, {"aud": None}, "logout_token.aud_mismatch"),
    ({}, {"events": None}, "logout_token.event_missing"),
    ({}, {"events": {"another": {}}}, "logout_token.event_missing"),
    ({}, {"nonce": "n"}, "logout_token.nonce_present"),
    ({}, {"sub": None, "sid": None}, "logout_token.subject_missing"),
    ({}, {"jti": None}, "logout_token.jti_invalid"),
    ({}, {"exp": 1}, "logout_token.expired"),
    ({}, {"iat": None}, "logout_token.iat_invalid"),
    ({}, {"iat": 0}, "logout_token.iat_too_old"),
    ({}, {"iat": 8_600_000_000, "exp": 8_600_000_100}, "logout_token.iat_in_future"),
]


@pytest.mark.parametrize(("header", "claims", "code"), DEFECTS)
def test_a_token_with_a_defect_ends_nothing(
    site: Site, header: dict[str, Any], claims: dict[str, Any], code: str
) -> None:
    browser = user(site, "00u1", "s1")
    site.provider.header = header
    answer = post(site, site.provider.logout_token(**{"sub": "00u1", "sid": "s1", **claims}))
    assert answer.status_code == 400
    assert answer.json == {"error": "invalid_request", "error_description": code}
    assert answer.headers["Cache-Control"] == "no-store"
    assert site.events[-1].name == "logout.refused"
    assert site.events[-1].fields["code"] == code
    assert browser.is_signed_in()


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c", "." * 9000, "é"])
def test_what_is_no_token_is_refused(site: Site, token: str | None) -> None:
    assert post(site, token).status_code == 400


def test_a_token_of_a_stranger_an_id_token_or_a_second_one_is_refused(site: Site) -> None:
    browser = user(site, "00u1", "s1")
    good = site.provider.logout_token(sub="00u1")
    id_token = site.provider.id_token({}, "access")
    assert post(site, id_token).status_code == 400
    twice = site.browser().post(BACK, {}, data={"logout_token": [good, good]})
    assert twice.status_code == 400
    assert site.browser().post(f"{BACK}?logout_token={good}", {}).status_code == 400
    assert site.browser().get(f"{BACK}?logout_token={good}").status_code == 405
    header, payload, signature = good.split(".")
    forged = f"{header}.{payload}.{signature[:-8]}{'A' * 8}"
    assert post(site, forged).status_code == 400
    assert browser.is_signed_in()


def test_a_token_counts_once(site: Site) -> None:
    token = site.provider.logout_token(sub="00u1", jti="once")
    user(site, "00u1", "s1")
    assert post(site, token).status_code == 200
    browser = user(site, "00u1", "s1")
    again = post(site, token)
    assert (again.status_code, again.json) == (
        400,
        {"error": "invalid_request", "error_description": "logout_token.replayed"},
    )
    assert browser.is_signed_in()


def test_applications_that_share_a_store_do_not_use_up_each_others_tokens(
    site: Site, store: MemoryStore
) -> None:
    provider = MemoryProvider(client_id="other", now=site.clock)
    for one in (site, Site(store=store, provider=provider, clock=site.clock)):
        browser = user(one, "00u1", "s1")
        assert post(one, one.provider.logout_token(sub="00u1", jti="same")).status_code == 200
        assert not browser.is_signed_in()


@pytest.mark.parametrize("claims", [{"sub": "00u1"}, {"sid": "s1"}])
def test_a_sign_in_that_is_under_way_does_not_survive(site: Site, claims: dict[str, Any]) -> None:
    assert isinstance(site.provider, Slow)
    site.provider.claims = {"sid": "s1"}
    browser = site.browser()
    callback = site.provider.callback(browser.begin())
    site.provider.waits = True
    answers: list[TestResponse] = []
    thread = threading.Thread(target=lambda: answers.append(browser.get(callback)))
    thread.start()
    assert site.provider.reached.wait(10)
    assert post(site, site.provider.logout_token(**claims)).status_code == 200
    site.provider.go_on.set()
    thread.join(10)
    assert answers[0].status_code == 400
    assert site.events[-1].fields["code"] == "session.ended_meanwhile"
    assert not browser.is_signed_in()
    site.provider.waits = False
    site.provider.claims = {"sid": "s2"}
    browser.sign_in()
    assert browser.is_signed_in(), "a sign-in that begins later counts"


@pytest.mark.parametrize("way", ["sid", "sub", "everywhere", "operator", "all"])
def test_a_sign_in_that_was_begun_before_the_end_does_not_come_back(site: Site, way: str) -> None:
    """The code is on its way, in a browser that was slow or a copied address."""
    browser, other = site.browser(), user(site, "00u1", "s1")
    callback = site.provider.callback(browser.begin())
    site.clock.now += 1
    if way in {"sid", "sub"}:
        claims = {"sid": "s1"} if way == "sid" else {"sub": "00u1"}
        assert post(site, site.provider.logout_token(**claims)).status_code == 200
    elif way == "everywhere":
        other.sign_out(everywhere="yes")
    else:
        with site.app.app_context():
            if way == "operator":
                site.sign_in.end_sessions(sub="00u1")
            else:
                site.sign_in.end_all_sessions()
    site.clock.now += 30
    browser.get(callback)
    assert not browser.is_signed_in()
    browser.sign_in()
    assert browser.is_signed_in(), "a sign-in that is begun later counts"


def test_a_token_that_could_not_be_carried_out_may_come_again(
    site: Site, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = user(site, "00u1", "s1")
    token = site.provider.logout_token(sub="00u1")

    async def away(*_: object, **__: object) -> int:
        raise StoreUnavailable("it is away")

    with monkeypatch.context() as patch:
        patch.setattr(store, "end", away)
        answer = post(site, token)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
    assert browser.is_signed_in()
    assert post(site, token).status_code == 200
    assert not browser.is_signed_in()


def test_keys_that_cannot_be_had_let_the_provider_try_again(site: Site, store: MemoryStore) -> None:
    site.provider.answers["/v1/keys"] = ProviderError("provider.unreachable")
    token = site.provider.logout_token(sub="00u1")
    assert post(site, token).status_code == 502
    site.clock.now += 6
    del site.provider.answers["/v1/keys"]
    assert post(site, token).status_code == 200


def test_a_key_that_is_new_at_the_provider_is_fetched(site: Site) -> None:
    browser = user(site, "00u1", "s1")
    site.provider.key, site.provider.published = 1, (1,)
    assert post(site, site.provider.logout_token(sub="00u1")).status_code == 200
    assert not browser.is_signed_in()


def test_sessions_in_cookies_have_no_such_addresses() -> None:
    site = Site()
    token = site.provider.logout_token(sub="00u1")
    assert post(site, token).status_code == 404
    assert site.browser().get(f"{FRONT}?iss={ISSUER}&sid=s1").status_code == 404
    assert site.browser().post(UNIVERSAL).status_code == 404


# --- Front-Channel Logout ------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_frame_without_cookies_ends_the_providers_session(site: Site, method: str) -> None:
    browser, other = user(site, "00u1", "s1"), user(site, "00u1", "s2")
    fields = {"iss": ISSUER, "sid": "s1"}
    sent = {"query_string": fields} if method == "GET" else {"data": fields}
    frame = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe", "Accept": "text/html"}
    answer = site.browser().open(FRONT, method, frame, **sent)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://provider.test")
    assert "X-Frame-Options" not in answer.headers
    assert (browser.is_signed_in(), other.is_signed_in()) == (False, True)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        (f"iss={ISSUER}", 400),
        ("sid=s1", 400),
        ("iss=https://evil.test&sid=s1", 400),
        (f"iss={ISSUER}&sid=s1&sid=s2", 400),
        (f"iss={ISSUER}&sid=", 400),
        (f"iss={ISSUER}&sid=%00", 400),
        (f"iss={ISSUER}&sid=s9", 200),
    ],
)
def test_another_frame_ends_nothing(site: Site, query: str, status: int) -> None:
    browser = user(site, "00u1", "s1")
    answer = browser.get(f"{FRONT}?{query}")
    assert answer.status_code == status
    title = "Signed out" if status == 200 else "Not signed out"
    assert f"<title>{title}</title>" in answer.text
    assert browser.is_signed_in()


def test_frames_that_name_nobody_leave_little_behind(site: Site, store: MemoryStore) -> None:
    for number in range(20):
        site.browser().get(f"{FRONT}?iss={ISSUER}&sid=made-up-{number}")
    site.clock.now += 130
    assert run_sync(store.marks(list(store._marks))) == [0] * 20


# --- Universal Logout ----------------------------------------------------------------------------


def authorization(site: Site, **claims: Any) -> dict[str, str]:
    now = site.clock.now
    token = site.provider.sign(
        {
            "iss": ISSUER,
            "sub": "client",
            "aud": f"http://localhost:5000{UNIVERSAL}",
            "iat": now,
            "nbf": now - 300,
            "exp": now + 300,
            "jti": f"jti-{now}",
            **claims,
        },
        typ="global-token-revocation+jwt",
    )
    return {"Authorization": f"Bearer {token}"}


def revoke(site: Site, subject: Any, headers: dict[str, str]) -> TestResponse:
    body = subject if isinstance(subject, bytes) else json.dumps({"sub_id": subject}).encode()
    return site.browser().post(UNIVERSAL, headers, data=body, content_type="application/json")


BY_EMAIL = {"format": "email", "email": "A@example.com"}
BY_SUB = {"format": "iss_sub", "iss": ISSUER, "sub": "00u1"}


@pytest.mark.parametrize(
    ("subject", "alive"), [(BY_EMAIL, [False, False, True]), (BY_SUB, [False, True, True])]
)
def test_universal_logout_ends_all_sessions_of_a_user(
    site: Site, subject: dict[str, str], alive: list[bool]
) -> None:
    browsers = [
        user(site, "00u1", None),
        user(site, "00u2", None),
        user(site, "00u3", None, "c@example.com"),
    ]
    answer = revoke(site, subject, authorization(site))
    assert (answer.status_code, answer.text) == (204, "")
    assert [browser.is_signed_in() for browser in browsers] == alive
    replayed = revoke(site, subject, authorization(site))
    assert replayed.status_code == 401
    assert replayed.json["error_description"] == "universal_logout.replayed"  # type: ignore[index]


def test_universal_logout_works_where_the_application_has_read_the_body(site: Site) -> None:
    @site.app.before_request
    def look() -> None:
        flask.request.get_data()

    browser = user(site, "00u1", None)
    assert revoke(site, BY_SUB, authorization(site)).status_code == 204
    assert not browser.is_signed_in()
    assert revoke(site, b" " * 20_000, authorization(site, jti="another")).status_code == 400


def test_a_user_whose_address_has_changed_is_found_once_a_refresh_told_so(
    store: MemoryStore,
) -> None:
    scope = "openid email offline_access"
    site = Site(store=store, universal_logout_path=UNIVERSAL, scope=scope, idle_timeout=7200)
    ticks = iter(range(10**9))
    store._clock = lambda: site.clock() + next(ticks) / 1000
    browser = user(site, "00u1", "s1")
    site.provider.user = {"sub": "00u1", "email": "new@example.com"}
    new = {"format": "email", "email": "new@example.com"}
    site.clock.now += 3590
    assert browser.get("/token").status_code == 200
    assert browser.is_signed_in()
    assert revoke(site, new, authorization(site)).status_code == 204
    assert not browser.is_signed_in()


@pytest.mark.parametrize(
    ("subject", "status"),
    [
        ({"format": "email", "email": "nobody@example.com"}, 404),
        ({"format": "iss_sub", "iss": ISSUER, "sub": "00u9"}, 404),
        ({"format": "iss_sub", "iss": "https://evil.test", "sub": "00u1"}, 404),
        ({"format": "phone_number", "phone_number": "+1"}, 400),
        ({}, 400),
        (b"", 400),
        (b"no json", 400),
        (b'{"sub_id": ' + b"[" * 20_000, 400),
    ],
)
def test_a_subject_that_names_nobody_ends_nothing(site: Site, subject: Any, status: int) -> None:
    browser = user(site, "00u1", None)
    assert revoke(site, subject, authorization(site)).status_code == status
    assert browser.is_signed_in()


@pytest.mark.parametrize("subject", [BY_EMAIL, BY_SUB])
def test_an_answer_that_is_lost_is_the_same_when_it_is_asked_for_again(
    site: Site, subject: dict[str, str]
) -> None:
    user(site, "00u1", None)
    for number in range(3):
        headers = authorization(site, jti=f"try-{number}")
        assert revoke(site, subject, headers).status_code == 204


def test_who_is_not_known_is_not_known_when_asked_again_and_the_token_is_spent(
    site: Site,
) -> None:
    browser = user(site, "00u1", None)
    nobody = {"format": "iss_sub", "iss": ISSUER, "sub": "00u9"}
    for number in range(2):
        assert revoke(site, nobody, authorization(site, jti=f"try-{number}")).status_code == 404
    assert revoke(site, BY_SUB, authorization(site, jti="try-0")).status_code == 401
    assert browser.is_signed_in()


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.test"},
        {"sub": "another"},
        {"aud": "http://localhost:5000/"},
        {"exp": 1},
        {"jti": None},
    ],
)
def test_nobody_but_the_provider_may_ask(site: Site, claims: dict[str, Any]) -> None:
    browser = user(site, "00u1", None)
    assert revoke(site, BY_SUB, authorization(site, **claims)).status_code == 401
    assert revoke(site, BY_SUB, {}).status_code == 401
    assert revoke(site, BY_SUB, {"Authorization": "Basic eDp5"}).status_code == 401
    assert browser.is_signed_in()


def test_it_is_off_until_it_is_set(store: MemoryStore) -> None:
    site = Site(store=store)
    assert site.browser().post(UNIVERSAL, {}).status_code == 404


# --- a sign-in that the provider starts ----------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("issuer", [ISSUER, "https://provider.test"])
def test_a_tile_begins_a_sign_in(site: Site, method: str, issuer: str) -> None:
    fields = {
        "iss": issuer,
        "login_hint": "alice@example.com",
        "target_link_uri": "http://localhost:5000/profile?x=1",
    }
    sent = {"query_string": fields} if method == "GET" else {"data": fields}
    cross = {**NAVIGATION, "Sec-Fetch-Site": "cross-site"}
    browser = site.browser()
    begun = browser.open("/signin", method, cross, **sent)
    assert begun.status_code == 303
    assert asked(begun.location)["login_hint"] == "alice@example.com"
    back = browser.get(site.provider.callback(begun.location))
    assert back.location == "http://localhost:5000/profile?x=1"
    assert browser.is_signed_in()


def test_a_tile_takes_along_whoever_is_signed_in(site: Site) -> None:
    browser = user(site, "00u1", None)
    site.provider.user = {"sub": "00u2", "name": "Bob", "email": "b@example.com"}
    begun = browser.get(f"/signin?iss={ISSUER}")
    browser.get(site.provider.callback(begun.location))
    assert browser.get("/profile").text.startswith("Bob")


@pytest.mark.parametrize(
    "query",
    [
        "iss=https://evil.test",
        "iss=",
        f"iss={ISSUER}&iss={ISSUER}",
        "iss=https://provider.test.evil",
    ],
)
def test_another_issuer_begins_nothing(site: Site, query: str) -> None:
    answer = site.browser().get(f"/signin?{query}")
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    "target",
    ["https://evil.test/", "http://localhost:5000.evil.test/", "//evil.test", "/signout",
     "http://localhost:5000/signin", "http://localhost:5000//evil.test"],
)  # fmt: skip
def test_a_target_elsewhere_is_the_default_page(site: Site, target: str) -> None:
    browser = site.browser()
    begun = browser.get(f"/signin?iss={ISSUER}&target_link_uri={target}")
    back = browser.get(site.provider.callback(begun.location))
    assert back.location == "http://localhost:5000/"


def test_a_form_without_an_issuer_begins_nothing(site: Site) -> None:
    assert site.browser().post("/signin").status_code == 400


# --- everywhere ----------------------------------------------------------------------------------


def test_sign_out_everywhere_ends_every_session_of_the_user(site: Site) -> None:
    one, two, other = user(site, "00u1", "s1"), user(site, "00u1", "s2"), user(site, "00u2", "s3")
    assert "Sign out everywhere" in one.get("/signout").text
    assert one.sign_out(everywhere="yes").status_code == 200
    assert [b.is_signed_in() for b in (one, two, other)] == [False, False, True]
    [event] = [event for event in site.events if event.name == "logout.local"]
    assert (event.fields["everywhere"], event.fields["count"]) == ("yes", 2)
    assert "session.ended" not in site.names()


def test_another_site_ends_nothing_everywhere(site: Site) -> None:
    one, two = user(site, "00u1", "s1"), user(site, "00u1", "s2")
    cross = {**NAVIGATION, "Sec-Fetch-Site": "cross-site"}
    assert one.post("/signout", cross, data={"everywhere": "yes"}).status_code == 403
    assert (one.is_signed_in(), two.is_signed_in()) == (True, True)
