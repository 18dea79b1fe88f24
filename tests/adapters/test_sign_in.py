"""Signing in with Flask: the whole way, and every way to break it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from adapters.site import NAVIGATION, NOW, PAGE, Browser, Clock, Site, asked
from admit.attempts import LIFETIME, MOST
from admit.errors import AuthorizationDenied, ProviderError
from admit.ports import HttpResponse
from admit.testing import MemoryStore
from admit.user import User

CALLBACK = "/authorization-code/callback"


def test_a_user_signs_in_and_sees_the_profile(site: Site, browser: Browser) -> None:
    assert "Sign in" in browser.get("/").text

    answer = browser.sign_in()

    assert (answer.status_code, answer.location) == (303, "http://localhost:5000/")
    assert browser.get("/profile").text == "Alice Example|a@example.com|00u1"
    assert "Sign out" in browser.get("/").text
    assert site.names() == ["signin.started", "signin.ok"]
    assert site.provider.requests["/v1/token"] == 1


def test_a_warm_sign_in_makes_one_request(site: Site, browser: Browser) -> None:
    browser.sign_in()
    site.provider.requests.clear()

    site.browser().sign_in()

    assert dict(site.provider.requests) == {"/v1/token": 1}


def test_the_authorization_request_is_whole_and_fresh_each_time(site: Site) -> None:
    requests = [asked(site.browser().begin()) for _ in range(5)]

    for request in requests:
        assert request["response_type"] == "code"
        assert request["response_mode"] == "query"
        assert request["client_id"] == "client"
        assert request["redirect_uri"] == "http://localhost:5000" + CALLBACK
        assert request["scope"] == "openid profile email"
        assert request["code_challenge_method"] == "S256"
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", request["code_challenge"])
    for name in ("state", "nonce", "code_challenge"):
        values = {request[name] for request in requests}
        assert len(values) == 5
        assert all(len(value) >= 43 for value in values)
    assert not {"client_secret", "code_verifier"} & requests[0].keys()


def test_a_visitor_adds_nothing_but_a_hint_and_a_prompt(browser: Browser) -> None:
    query = urlencode(
        {
            "redirect_uri": "https://evil.example/",
            "client_id": "evil",
            "state": "fixed",
            "nonce": "fixed",
            "request_uri": "urn:evil",
            "scope": "all",
            "acr_values": "low",
            "login_hint": "alice@example.com",
            "prompt": "login",
        }
    )
    request = asked(browser.begin(f"/signin?{query}"))

    assert request["login_hint"] == "alice@example.com"
    assert request["prompt"] == "login"
    assert "evil" not in str(request)
    assert "fixed" not in str(request)
    assert "acr_values" not in request


@pytest.mark.parametrize("prompt", ["none", "consent", "login none", "<x>"])
def test_other_prompts_of_a_visitor_are_dropped(browser: Browser, prompt: str) -> None:
    assert "prompt" not in asked(browser.begin(f"/signin?prompt={quote(prompt)}"))


def test_whoever_is_signed_in_goes_straight_on(site: Site, browser: Browser) -> None:
    browser.sign_in()
    answer = browser.get("/signin?next=/profile")
    assert answer.location == "http://localhost:5000/profile"
    assert site.names().count("signin.started") == 1


def test_a_deep_link_is_where_the_sign_in_ends(site: Site, browser: Browser) -> None:
    challenge = browser.get("/profile?tab=2&q=a%20b")
    assert challenge.status_code == 303

    answer = browser.get(site.provider.callback(browser.begin(challenge.location)))

    assert answer.location == "http://localhost:5000/profile?tab=2&q=a%20b"


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/%09/evil.example",
        "/\t/evil.example",
        "/%2f/evil.example",
        "/%5cevil.example",
        "/..//evil.example",
        "/.//evil.example",
        "@evil.example",
        "/%0d%0aSet-Cookie:a=b",
        "/é",
        "profile",
        "?next=x",
        "/signin",
        "/signin/",
        "/signout",
        "/authorization-code/callback?code=1",
        "/" + "a" * 2000,
        "",
    ],
)
def test_nobody_is_sent_elsewhere(site: Site, browser: Browser, path: str) -> None:
    answer = browser.sign_in(f"/signin?{urlencode({'next': path})}")
    assert answer.location == "http://localhost:5000/"


def test_a_page_that_is_fine_is_kept_as_it_is(browser: Browser) -> None:
    answer = browser.sign_in(f"/signin?{urlencode({'next': '/a/b?c=d&e=//f#g'})}")
    assert answer.location == "http://localhost:5000/a/b?c=d&e=//f#g"


def test_two_tabs_both_finish(site: Site, browser: Browser) -> None:
    first, second = browser.begin("/signin?next=/a"), browser.begin("/signin?next=/b")
    assert browser.get(site.provider.callback(second)).location.endswith("/b")
    assert browser.get(site.provider.callback(first)).location.endswith("/a")


def test_a_flood_of_attempts_stays_bounded_and_the_newest_works(
    site: Site, browser: Browser
) -> None:
    urls = [browser.begin() for _ in range(20)]
    attempts = [name for name in browser.cookies() if "attempt" in name]
    assert len(attempts) <= MOST
    assert sum(map(len, browser.cookies().values())) < 8192
    assert browser.get(site.provider.callback(urls[-1])).status_code == 303
    assert browser.is_signed_in()


# --- the callback ------------------------------------------------------------------------------


def refused(site: Site, browser: Browser, answer: Any, code: str, status: int = 400) -> None:
    """Check a refusal: status, page, headers, log, and that nobody is signed in."""
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    event = site.events[-1]
    assert event.fields["code"] == code
    assert str(event.fields["reference"]) in answer.text
    assert code not in answer.text
    assert not browser.is_signed_in()


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "response.state_missing"),
        ("code=c", "response.state_missing"),
        ("code=c&state=", "response.state_missing"),
        ("code=c&state=unknown", "attempt.missing"),
        ("code=%ff%fe&state=%ff%fe", "attempt.missing"),
        ("code=%00&state=%00", "attempt.missing"),
        ("code=c&state=" + "x" * 30_000, "attempt.missing"),
        ("code=c&state=%F0%9F%92%A9", "attempt.missing"),
    ],
)
def test_a_callback_without_its_attempt_is_refused(
    site: Site, browser: Browser, query: str, code: str
) -> None:
    browser.begin()
    answer = browser.get(f"{CALLBACK}?{query}")
    found = site.events[-1].fields["code"]
    assert str(found).startswith(("response.", "attempt."))
    refused(site, browser, answer, str(found))
    assert site.provider.requests["/v1/token"] == 0


@pytest.mark.parametrize("name", ["state", "code", "iss", "error"])
@pytest.mark.parametrize("first", [True, False])
def test_a_parameter_twice_is_refused(site: Site, browser: Browser, name: str, first: bool) -> None:
    path = site.provider.callback(browser.begin())
    path, _, query = path.partition("?")
    if name not in {"state", "code"}:
        query += f"&{name}=x"
    query = f"{name}=other&{query}" if first else f"{query}&{name}=other"
    answer = browser.get(f"{path}?{query}")
    refused(site, browser, answer, "response.duplicate_parameter")
    assert site.provider.requests["/v1/token"] == 0


@pytest.mark.parametrize(
    ("response", "code", "status"),
    [
        ({"code": ""}, "response.code_missing", 400),
        ({"code": "c" * 30_000}, "response.code_too_long", 400),
        ({"iss": "https://evil.example"}, "response.iss_mismatch", 400),
        ({"code": "", "error": "access_denied"}, "authorization.denied", 403),
        (
            {"code": "", "error": "access_denied", "iss": "https://evil.example"},
            "response.iss_mismatch",
            400,
        ),
    ],
)
def test_a_response_that_is_no_good_is_refused_before_its_code_is_redeemed(
    site: Site, browser: Browser, response: dict[str, str], code: str, status: int
) -> None:
    answer = browser.get(site.provider.callback(browser.begin(), **response))
    refused(site, browser, answer, code, status)
    assert site.provider.requests["/v1/token"] == 0


def test_the_right_iss_passes(site: Site, browser: Browser) -> None:
    answer = browser.get(site.provider.callback(browser.begin(), iss=site.provider.issuer))
    assert answer.status_code == 303
    assert browser.is_signed_in()


def test_an_iss_that_was_promised_must_be_there(site: Site, browser: Browser) -> None:
    site.provider.metadata["authorization_response_iss_parameter_supported"] = True
    answer = browser.get(site.provider.callback(browser.begin()))
    refused(site, browser, answer, "response.iss_missing")


@pytest.mark.parametrize(
    "markup", ["<script>alert(1)</script>", '"><img src=x onerror=1>', "\u202e\x00\x1b[31m"]
)
def test_nothing_that_the_provider_says_is_markup(
    site: Site, browser: Browser, markup: str
) -> None:
    site.app.debug = True
    answer = browser.get(
        site.provider.callback(
            browser.begin(), code="", error=markup, error_description=markup, error_uri=markup
        )
    )
    assert answer.status_code in {400, 403, 502}
    assert markup not in answer.text
    assert "<img" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_callback_seen_twice_goes_home_without_a_second_request(
    site: Site, browser: Browser
) -> None:
    path = site.provider.callback(browser.begin("/signin?next=/profile"))
    browser.get(path)

    again = browser.get(path)

    assert (again.status_code, again.location) == (303, "http://localhost:5000/")
    assert site.provider.requests["/v1/token"] == 1
    assert browser.is_signed_in()


def test_a_copied_attempt_is_used_once(site: Site, browser: Browser) -> None:
    path = site.provider.callback(browser.begin())
    [(name, value)] = [(n, v) for n, v in browser.cookies().items() if "attempt" in n]
    browser.get(path)
    thief = site.browser()
    thief.client.set_cookie(name, value, domain="localhost")
    refused(site, thief, thief.get(path), "attempt.used")
    assert site.provider.requests["/v1/token"] == 1


@pytest.mark.parametrize("pending", [False, True])
def test_the_callback_of_another_browser_signs_nobody_in(site: Site, pending: bool) -> None:
    victim, attacker = site.browser(), site.browser()
    if pending:
        own = victim.begin()
    path = site.provider.callback(attacker.begin())
    refused(site, victim, victim.get(path), "attempt.missing")
    assert site.provider.requests["/v1/token"] == 0
    if pending:
        assert victim.get(site.provider.callback(own)).status_code == 303


def test_a_code_of_another_attempt_is_refused_by_pkce(site: Site) -> None:
    victim, attacker = site.browser(), site.browser()
    stolen = site.provider.authorize(victim.begin())["code"][0]
    answer = attacker.get(site.provider.callback(attacker.begin(), code=stolen))
    refused(site, attacker, answer, "token.pkce_failed")


@pytest.mark.parametrize(
    ("seconds", "status"), [(LIFETIME - 1, 303), (LIFETIME, 400), (LIFETIME * 30, 400)]
)
def test_an_attempt_lives_for_an_hour(site: Site, seconds: int, status: int) -> None:
    browser = site.browser()
    path = site.provider.callback(browser.begin())
    site.clock.now += seconds
    assert browser.get(path).status_code == status


@pytest.mark.parametrize("how", ["HEAD", "Sec-Purpose", "Purpose", "X-Moz"])
def test_looking_ahead_redeems_no_code(site: Site, browser: Browser, how: str) -> None:
    path = site.provider.callback(browser.begin())
    if how == "HEAD":
        answer = browser.open(path, "HEAD")
    else:
        answer = browser.get(path, {**PAGE, how: "prefetch;prerender"})
    assert answer.status_code < 504
    assert site.provider.requests["/v1/token"] == 0
    assert browser.get(path).status_code == 303


def test_the_answer_of_the_callback_leads_away_and_shows_nothing(
    site: Site, browser: Browser
) -> None:
    answer = browser.sign_in()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "?" not in answer.location


@pytest.mark.parametrize("how", ["changed", "another key"])
def test_an_attempt_that_does_not_open_is_explained(site: Site, browser: Browser, how: str) -> None:
    path = site.provider.callback(browser.begin())
    [(name, value)] = [(n, v) for n, v in browser.cookies().items() if "attempt" in n]
    if how == "changed":
        spoilt = value[:-8] + "AAAAAAAA"
    else:
        other = Site(secret_keys=["another-key-of-the-test-long-enough"]).browser()
        other.begin()
        [spoilt] = [v for n, v in other.cookies().items() if "attempt" in n]
    browser.client.set_cookie(name, spoilt, domain="localhost")
    refused(site, browser, browser.get(path), "attempt.unreadable")
    cause = str(site.events[-1].fields["cause"])
    assert ("changed or cut off" if how == "changed" else "a key that is not configured") in cause


def test_another_host_is_told_as_the_cause(site: Site, browser: Browser) -> None:
    path = site.provider.callback(browser.begin())
    answer = site.browser().get(path, base_url="http://127.0.0.1:5000")
    assert answer.status_code == 400
    assert "127.0.0.1:5000" in str(site.events[-1].fields["cause"])
    assert "http://localhost:5000" in str(site.events[-1].fields["fix"])


# --- the provider's side -----------------------------------------------------------------------


def answer_of(status: int, body: bytes, **headers: str) -> HttpResponse:
    given = {"content-type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status=status, headers=given, body=body)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (answer_of(401, b'{"error":"invalid_client"}'), 502),
        (answer_of(400, b'{"error":"invalid_grant"}'), 400),
        (answer_of(500, b"<html>oops</html>", content_type="text/html"), 503),
        (answer_of(429, b'{"errorCode":"E0000047"}', retry_after="7"), 503),
        (answer_of(200, b"<html>", content_type="text/html"), 502),
        (answer_of(200, b"[" * 100_000), 502),
        (answer_of(200, b'{"access_token":"a","token_type":"mac","id_token":"x"}'), 400),
        (answer_of(200, b'{"access_token":"a","token_type":"Bearer"}'), 400),
        (ProviderError("provider.timeout", status=504), 504),
    ],
    ids=range(9),
)
def test_a_sick_token_endpoint_is_no_500_and_no_session(
    site: Site, browser: Browser, answer: Any, status: int
) -> None:
    url = browser.begin()
    site.provider.answers["/v1/token"] = answer
    response = browser.get(site.provider.callback(url))
    assert response.status_code == status
    assert not browser.is_signed_in()
    if isinstance(answer, HttpResponse) and answer.status == 429:
        assert response.headers["Retry-After"] == "7"


def test_sign_in_says_503_while_the_provider_is_away_and_works_when_it_is_back(
    site: Site, browser: Browser
) -> None:
    path = "/.well-known/openid-configuration"
    site.provider.answers[path] = ProviderError("provider.unreachable", status=503)

    answer = browser.get("/signin")
    assert answer.status_code == 503
    assert site.names() == ["provider.unavailable"]
    assert browser.get("/").status_code == 200

    del site.provider.answers[path]
    site.clock.now += 60
    assert browser.sign_in().status_code == 303


@pytest.mark.parametrize(
    ("description", "code"),
    [
        ("User is not assigned to the client application.", "authorization.user_not_assigned"),
        (
            "Policy evaluation failed for this request, please check the policy configurations.",
            "authorization.no_access_policy",
        ),
    ],
)
def test_the_commonest_refusals_of_okta_are_explained_to_both_readers(
    site: Site, browser: Browser, description: str, code: str
) -> None:
    site.app.debug = True
    answer = browser.get(
        site.provider.callback(
            browser.begin(), code="", error="access_denied", error_description=description
        )
    )
    assert answer.status_code == 403
    assert site.events[-1].fields["code"] == code
    assert site.events[-1].name == "signin.denied"
    assert "do not have access" in answer.text
    assert "prompt=login" in answer.text
    assert code in answer.text, "debug mode shows the code"


def test_the_developers_side_is_shown_in_debug_mode_only(site: Site, browser: Browser) -> None:
    answer = browser.get(f"{CALLBACK}?code=c&state=s")
    assert "For the developer" not in answer.text
    site.app.debug = True
    answer = browser.get(f"{CALLBACK}?code=c&state=s")
    assert "For the developer" in answer.text
    assert "attempt.missing" in answer.text


@pytest.mark.parametrize("claim", ["iss", "aud", "azp", "nonce", "sub"])
def test_no_event_tells_a_state_that_an_answer_repeats(
    site: Site, browser: Browser, claim: str
) -> None:
    url = browser.begin()
    state = asked(url)["state"]
    if claim == "iss":
        answer = browser.get(site.provider.callback(url, iss=f"https://evil.example/{state}"))
    else:
        site.provider.bend(claims={claim: state})
        answer = browser.get(site.provider.callback(url))
    assert answer.status_code in {303, 400}
    assert state not in str(site.events)


@pytest.mark.parametrize("ahead", [1, 60, 10**9])
def test_a_planted_count_of_the_future_stops_nobody(
    site: Site, browser: Browser, ahead: int
) -> None:
    browser.client.set_cookie("admit-rounds", f"s.9.{site.clock.now + ahead}", domain="localhost")
    assert browser.sign_in().status_code == 303
    assert browser.is_signed_in()


@pytest.mark.parametrize("path", ["/bye", "/bye/", "/frontchannel-logout", "/backchannel-logout"])
def test_no_page_of_our_own_is_a_way_back(path: str) -> None:
    clock = Clock()
    site = Site(clock=clock, store=MemoryStore(clock), signed_out_path="/bye")
    assert site.browser().sign_in(f"/signin?next={path}").location == f"{site.base_url}/"


def test_sign_in_that_goes_round_and_round_is_stopped(site: Site, browser: Browser) -> None:
    for _ in range(3):
        browser.sign_in()
        browser.client.delete_cookie("admit", domain="localhost")
        site.clock.now += 1
    answer = browser.get("/signin")
    assert answer.status_code == 400
    assert site.events[-1].fields["code"] == "sign_in.loop"

    site.clock.now += 61
    assert browser.sign_in().status_code == 303


def test_a_new_sign_in_replaces_the_session_and_empties_the_applications(site: Site) -> None:
    browser = site.browser()
    browser.sign_in()
    before = browser.cookies()["admit"]
    with browser.client.session_transaction(base_url=site.base_url) as session:
        session["basket"] = "of whoever was here before"

    browser.sign_in("/signin?prompt=login")

    assert browser.cookies()["admit"] != before
    with browser.client.session_transaction(base_url=site.base_url) as session:
        assert dict(session) == {}
    thief = site.browser()
    thief.client.set_cookie("admit", before, domain="localhost")
    assert not thief.is_signed_in(), "the old session ended"


def test_two_users_see_their_own(site: Site) -> None:
    alice, bob = site.browser(), site.browser()
    alice.sign_in()
    site.provider.user = {"sub": "00u2", "name": "Bob", "email": "a@example.com"}
    bob.sign_in()
    assert alice.get("/profile").text.startswith("Alice Example|")
    assert bob.get("/profile").text == "Bob|a@example.com|00u2"


def test_the_hook_sees_the_user_and_may_refuse(site: Site, browser: Browser) -> None:
    seen: list[User] = []

    @site.sign_in.on_sign_in
    def store(user: User) -> None:
        seen.append(user)
        if user.sub == "00u9":
            raise AuthorizationDenied("app.blocked", "this user is blocked here")

    browser.sign_in()
    assert [user.name for user in seen] == ["Alice Example"]

    site.provider.user = {"sub": "00u9"}
    other = site.browser()
    answer = other.sign_in()
    refused(site, other, answer, "app.blocked", 403)


def test_the_application_may_load_its_own_user(site: Site, browser: Browser) -> None:
    @site.sign_in.user_loader
    def load(user: User) -> User | None:
        return None if site.provider.user["sub"] == "gone" else user

    browser.sign_in()
    assert browser.is_signed_in()
    site.provider.user = {"sub": "gone"}
    assert not browser.is_signed_in()


def test_the_application_may_write_the_failure_page(site: Site, browser: Browser) -> None:
    @site.sign_in.failure_page
    def page(failure: Any) -> str:
        return f"ours: {failure.code} {failure.reference}"

    assert browser.get(f"{CALLBACK}?code=c&state=s").text.startswith("ours: attempt.missing")


def test_extra_parameters_are_the_applications_and_are_verified(site: Site) -> None:
    @site.app.get("/again")
    @site.sign_in.public
    def again() -> Any:
        return site.sign_in.start("/profile", max_age=300, acr_values="urn:okta:loa:2fa:any")

    browser = site.browser()
    url = browser.begin("/again")
    assert asked(url)["max_age"] == "300"
    site.provider.claims = {"auth_time": NOW - 1000, "acr": "urn:okta:loa:2fa:any"}
    refused(site, browser, browser.get(site.provider.callback(url)), "id_token.auth_time_too_old")

    site.provider.claims = {"acr": "urn:okta:loa:1fa:any"}
    answer = browser.get(site.provider.callback(browser.begin("/again")))
    refused(site, browser, answer, "id_token.acr_unsatisfied")

    site.provider.claims = {"acr": "urn:okta:loa:2fa:any"}
    answer = browser.get(site.provider.callback(browser.begin("/again")))
    assert answer.location == "http://localhost:5000/profile"


@pytest.mark.parametrize("name", ["state", "nonce", "redirect_uri", "code_challenge", "client_id"])
def test_nobody_overrides_what_security_needs(site: Site, name: str) -> None:
    with site.app.test_request_context("/"), pytest.raises(ValueError, match=name):
        site.sign_in.start("/", **{name: "x"})


def test_a_thin_id_token_is_completed_by_userinfo(site: Site, browser: Browser) -> None:
    site.provider.claims = {"name": None, "email": None}
    browser.sign_in()
    assert browser.get("/profile").text == "Alice Example|a@example.com|00u1"
    assert site.provider.requests["/v1/userinfo"] == 1


def test_userinfo_is_called_when_a_wanted_claim_is_missing() -> None:
    site = Site(claims="email phone_number")
    site.provider.userinfo = {"phone_number": "+1"}
    browser = site.browser()
    browser.sign_in()
    assert site.provider.requests["/v1/userinfo"] == 1
    site.provider.userinfo = {"phone_number": "+1", "sub": "another"}
    other = site.browser()
    refused(site, other, other.sign_in(), "userinfo.sub_mismatch")


def test_a_session_too_large_for_a_cookie_is_a_named_error(site: Site, browser: Browser) -> None:
    site.provider.user = {"sub": "00u1", "groups": [f"group-number-{n}" for n in range(400)]}
    refused(site, browser, browser.sign_in(), "session.too_large", 502)


def test_navigation_is_needed_to_begin(site: Site, browser: Browser) -> None:
    for headers in (
        {**NAVIGATION, "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Mode": "cors", "Accept": "*/*"},
        {**PAGE, "X-Requested-With": "XMLHttpRequest"},
        {**PAGE, "Sec-Purpose": "prefetch"},
    ):
        answer = browser.get("/signin", headers)
        assert answer.status_code == 401
        assert json.loads(answer.data)["sign_in_url"] == "http://localhost:5000/signin"
    assert browser.open("/signin", "HEAD").status_code == 401
    assert site.events == []


def test_a_broken_signature_does_not_hide_a_rotation_of_keys(site: Site) -> None:
    site.browser().sign_in()
    site.provider.key, site.provider.header = 1, {"kid": "key-0"}
    forged = site.browser()
    refused(site, forged, forged.sign_in(), "id_token.signature")

    site.provider.header, site.provider.published = {}, (1,)
    assert site.browser().sign_in().status_code == 303


def test_a_flood_of_unknown_keys_costs_the_provider_one_request_a_cool_down(site: Site) -> None:
    site.browser().sign_in()
    site.provider.requests.clear()
    for number in range(20):
        site.provider.header = {"kid": f"unknown-{number}"}
        browser = site.browser()
        refused(site, browser, browser.sign_in(), "id_token.unknown_key")
    assert site.provider.requests["/v1/keys"] == 1


@pytest.mark.parametrize("error", ["login_required", "interaction_required", "consent_required"])
def test_a_silent_question_is_answered_silently_and_not_for_ever(site: Site, error: str) -> None:
    @site.app.get("/silent")
    @site.sign_in.public
    def silent() -> Any:
        return site.sign_in.start("/plain", prompt="none")

    browser = site.browser()
    for _ in range(3):
        url = browser.begin("/silent")
        assert asked(url)["prompt"] == "none"
        answer = browser.get(site.provider.callback(url, code="", error=error))
        assert (answer.status_code, answer.location) == (303, "http://localhost:5000/plain")
        assert site.events[-1].name == "signin.denied"
    assert not browser.is_signed_in()
    assert browser.get("/silent").status_code == 400


@pytest.mark.parametrize("error", ["login_required", "interaction_required", "consent_required"])
def test_who_asked_to_sign_in_is_told_that_it_did_not_work(site: Site, error: str) -> None:
    browser = site.browser()
    answer = browser.get(site.provider.callback(browser.begin(), code="", error=error))
    assert answer.status_code == 400
    assert "You are not signed in" in answer.text
    assert site.events[-1].name == "signin.denied"
    assert browser.sign_in().status_code == 303
