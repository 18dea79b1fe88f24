"""Signing out."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

import pytest

from adapters.site import NAVIGATION, OWN, PAGE, Browser, Site, asked, passed_on
from admit.errors import ProviderError

CROSS = {**NAVIGATION, "Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def signed_in(browser: Browser) -> Browser:
    browser.sign_in()
    return browser


def test_it_ends_the_local_session_then_the_providers(site: Site, signed_in: Browser) -> None:
    endpoint, request = passed_on(signed_in.sign_out())

    assert endpoint == "https://provider.test/oauth2/default/v1/logout"
    assert request["post_logout_redirect_uri"] == "http://localhost:5000"
    assert request["id_token_hint"].count(".") == 2
    assert len(request["state"]) == 43
    assert not signed_in.is_signed_in()

    back = signed_in.get(f"/?state={request['state']}")
    assert (back.status_code, back.location) == (303, "http://localhost:5000/")
    assert site.events[-1].fields["state"] == "ok"
    assert "Sign in" in signed_in.get("/").text


def test_the_id_token_stays_out_of_addresses(signed_in: Browser) -> None:
    answer = signed_in.sign_out()
    _, request = passed_on(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    [(script, digest)] = re.findall(
        '<script src="(.*?)" integrity="sha256-(.*?)"></script>', answer.text
    )
    assert answer.text.count("<script") == 1
    assert f"; script-src {script};" in policy
    loaded = signed_in.get(script, {})
    assert b64encode(sha256(loaded.data).digest()).decode() == digest
    assert request["id_token_hint"] not in str(answer.headers)


def test_a_provider_that_wants_it_by_get_is_asked_so() -> None:
    site = Site(end_session_method="get")
    browser = site.browser()
    browser.sign_in()
    answer = browser.sign_out()
    assert answer.status_code == 303
    assert answer.location.startswith("https://provider.test/oauth2/default/v1/logout?")
    assert asked(answer.location).keys() == {"id_token_hint", "post_logout_redirect_uri", "state"}
    assert not browser.is_signed_in()


def test_cookies_cannot_be_ended_everywhere_and_nobody_is_told_so(
    site: Site, signed_in: Browser
) -> None:
    assert "everywhere" not in signed_in.get("/signout").text
    answer = signed_in.sign_out(everywhere="yes")
    assert answer.status_code == 501
    assert site.events[-1].fields["code"] == "sign_out.everywhere"
    assert signed_in.is_signed_in()


def test_a_state_that_was_not_sent_is_only_told_to_the_log(site: Site, signed_in: Browser) -> None:
    signed_in.post("/signout", OWN)
    assert signed_in.get("/?state=another").status_code == 303
    assert site.events[-1].fields["state"] == "unexpected"
    assert signed_in.get("/?state=mine").status_code == 200, "the application's own parameter"


def test_a_copied_cookie_is_dead_in_the_process_that_saw_the_sign_out(
    site: Site, signed_in: Browser
) -> None:
    copy = signed_in.cookies()["admit"]
    signed_in.post("/signout", OWN)
    thief = site.browser()
    thief.client.set_cookie("admit", copy, domain="localhost")
    assert not thief.is_signed_in()


def test_this_application_only(signed_in: Browser) -> None:
    answer = signed_in.post("/signout", OWN, data={"only": "app"})
    assert answer.location == "http://localhost:5000/"
    assert not signed_in.is_signed_in()


def test_get_asks_first_and_its_form_signs_out(signed_in: Browser) -> None:
    page = signed_in.get("/signout")
    assert page.status_code == 200
    assert "Sign out?" in page.text
    assert signed_in.is_signed_in()

    [token] = re.findall(r'name="token" value="([^"]+)"', page.text)
    endpoint, _ = passed_on(signed_in.post("/signout", PAGE, data={"token": token}))
    assert endpoint.endswith("/v1/logout")
    assert not signed_in.is_signed_in()


@pytest.mark.parametrize(
    "headers",
    [
        CROSS,
        {**NAVIGATION, "Sec-Fetch-Site": "same-site"},
        {**NAVIGATION, "Sec-Fetch-Site": "none"},
        {**PAGE, "Origin": "https://evil.example"},
        {**PAGE, "Origin": "http://localhost:5001"},
        {**CROSS, "Origin": "http://localhost:5000"},
    ],
)
def test_another_site_signs_nobody_out(
    site: Site, signed_in: Browser, headers: dict[str, str]
) -> None:
    answer = signed_in.post("/signout", headers)
    assert answer.status_code == 403
    assert "You are still signed in" in answer.text
    assert site.events[-1].name == "logout.refused"
    assert signed_in.is_signed_in()


@pytest.mark.parametrize("token", [None, "", "x", "A" * 200])
@pytest.mark.parametrize("origin", [{}, {"Origin": "null"}])
def test_without_headers_only_our_token_signs_out(
    signed_in: Browser, token: str | None, origin: dict[str, str]
) -> None:
    data = {} if token is None else {"token": token}
    assert signed_in.post("/signout", {**PAGE, **origin}, data=data).status_code == 200
    assert signed_in.is_signed_in()


def test_the_token_of_another_session_does_not_count(site: Site, signed_in: Browser) -> None:
    other = site.browser()
    other.sign_in()
    [token] = re.findall(r'name="token" value="([^"]+)"', other.get("/signout").text)
    signed_in.post("/signout", PAGE, data={"token": token})
    assert signed_in.is_signed_in()


def test_the_origin_header_is_proof_enough(signed_in: Browser) -> None:
    signed_in.post("/signout", {**PAGE, "Origin": "http://localhost:5000"})
    assert not signed_in.is_signed_in()


def test_nobody_is_kept_from_signing_out_by_a_provider_that_is_away(
    site: Site, signed_in: Browser
) -> None:
    site.clock.now += 1000
    signed_in.get("/profile")
    path = "/.well-known/openid-configuration"
    site.provider.answers[path] = ProviderError("provider.unreachable", status=503)
    site.clock.now += 3000
    signed_in.get("/profile")
    assert signed_in.post("/signout", OWN).status_code == 200
    assert not signed_in.is_signed_in()


def test_a_provider_without_logout_still_ends_the_local_session(site: Site) -> None:
    site.provider.metadata["end_session_endpoint"] = None
    browser = site.browser()
    browser.sign_in()
    assert browser.post("/signout", OWN).location == "http://localhost:5000/"
    assert not browser.is_signed_in()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whoever_is_signed_out_already_comes_home(browser: Browser, method: str) -> None:
    answer = browser.open("/signout", method, OWN)
    assert (answer.status_code, answer.location) == (303, "http://localhost:5000/")


def test_logout_user_ends_the_local_session_wherever_it_is_called(
    site: Site, signed_in: Browser
) -> None:
    copy = signed_in.cookies()["admit"]
    answer = signed_in.get("/leave")
    assert answer.text == "signed in: False"
    assert "admit=;" in answer.headers["Set-Cookie"]
    assert not signed_in.is_signed_in()
    signed_in.client.set_cookie("admit", copy, domain="localhost")
    assert not signed_in.is_signed_in()


def test_a_landing_page_of_its_own_says_signed_out() -> None:
    site = Site(signed_out_path="/signed-out")
    browser = site.browser()
    browser.sign_in()
    _, request = passed_on(browser.sign_out())
    assert request["post_logout_redirect_uri"] == "http://localhost:5000/signed-out"
    page = browser.get(f"/signed-out?state={request['state']}")
    assert page.status_code == 200
    assert "You are signed out" in page.text


def test_sign_out_empties_the_applications_session_too(site: Site, signed_in: Browser) -> None:
    with signed_in.client.session_transaction(base_url=site.base_url) as session:
        session["basket"] = "full"
    signed_in.post("/signout", OWN)
    with signed_in.client.session_transaction(base_url=site.base_url) as session:
        assert dict(session) == {}
