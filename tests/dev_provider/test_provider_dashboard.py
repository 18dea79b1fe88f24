from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from admit.dev_provider import Running
from dev_provider.app import App
from dev_provider.visitor import DEFAULT, REDIRECT_URI, Answer, Browser, part

HOME = "http://localhost:5000"


def press(browser: Browser, action: str, **fields: str) -> Answer:
    [token] = set(re.findall(r'name="form_token" value="([^"]+)"', browser.get("/").text))
    return browser.send("POST", "/actions", {"form_token": token, "action": action, **fields})


def frames(answer: Answer) -> list[str]:
    return [html.unescape(uri) for uri in re.findall(r'<iframe src="([^"]+)"', answer.text)]


def test_ending_a_session_everywhere_ends_that_one_and_tells_its_apps(
    provider: Running, app: App
) -> None:
    here, elsewhere = Browser(provider), Browser(provider)
    claims = part(here.tokens()["id_token"], 1)
    elsewhere.tokens()
    answer = press(here, "end_session")
    assert (answer.status, answer.location) == (302, "/")
    assert "idx" not in here.cookies
    assert here.authorize(prompt="none").callback["error"] == "login_required"
    assert elsewhere.authorize(prompt="none").callback["code"]
    [got] = app.got
    told = part(got.logout_token, 1)
    assert (told["sub"], told["sid"]) == (claims["sub"], claims["sid"])
    page = here.get("/").text
    assert "Logout token, by sub and sid" in page
    assert re.search(r'class="badge good">200<', page)


def test_signing_a_user_out_everywhere_ends_all_sessions_and_tells_each_app_once(
    provider: Running, app: App
) -> None:
    here, elsewhere, other = Browser(provider), Browser(provider), Browser(provider)
    sub = part(here.tokens("alice")["id_token"], 1)["sub"]
    elsewhere.tokens("alice")
    other.tokens("bob")
    app.status = 400
    press(here, "end_all_sessions")
    [got] = app.got
    claims = part(got.logout_token, 1)
    assert claims["sub"] == sub
    assert "sid" not in claims
    for browser in (here, elsewhere):
        assert browser.authorize(prompt="none").callback["error"] == "login_required"
    assert other.authorize(prompt="none").callback["code"]
    assert re.search(r'class="badge bad">400<', here.get("/").text)


@pytest.mark.parametrize("subject_format", ["email", "iss_sub"])
def test_a_button_sends_universal_logout_and_the_session_stays(
    browser: Browser, app: App, subject_format: str
) -> None:
    browser.tokens()
    client_id = browser.provider.client_id
    answer = press(browser, subject_format, client_id=client_id)
    assert (answer.status, answer.location) == (302, "/")
    [got] = app.got
    assert f'"format": "{subject_format}"'.encode() in got.body
    assert "Universal Logout, by" in browser.get("/").text
    assert browser.authorize(prompt="none").callback["code"]


def test_who_has_no_email_is_not_offered_universal_logout_by_email(
    browser: Browser, app: App
) -> None:
    browser.tokens("carol")
    page = browser.get("/").text
    assert 'value="iss_sub"' in page
    assert 'value="email"' not in page
    assert press(browser, "email", client_id=browser.provider.client_id).status == 400
    assert app.got == []


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "end_session"},
        {"action": "end_session", "form_token": "wrong"},
        {"action": "end_session", "form_token": "ü"},
        {"action": "end_all_sessions", "form_token": ""},
    ],
)
def test_a_button_without_the_token_of_the_page_does_nothing(
    browser: Browser, app: App, fields: dict[str, str]
) -> None:
    browser.tokens()
    assert browser.send("POST", "/actions", fields).status == 400
    assert browser.authorize(prompt="none").callback["code"]
    assert app.got == []


@pytest.mark.parametrize(
    ("action", "client_id"),
    [("", ""), ("unknown", ""), ("email", ""), ("iss_sub", "0oa2webpost00Local5d7")],
)
def test_a_button_that_is_not_there_does_nothing(
    browser: Browser, app: App, action: str, client_id: str
) -> None:
    browser.tokens()
    assert press(browser, action, client_id=client_id).status == 400
    assert app.got == []


def test_the_token_of_the_page_is_known_to_no_app(browser: Browser) -> None:
    sid = part(browser.tokens()["id_token"], 1)["sid"]
    form = {"form_token": sid, "action": "end_session"}
    assert browser.send("POST", "/actions", form).status == 400


def test_a_tile_opens_the_app_with_the_org_as_issuer_or_by_a_form(browser: Browser) -> None:
    browser.provider.register(initiate_login_uri=f"{HOME}/auth/initiate?a=1", name="Tile & Co")
    assert "Tile &amp; Co</b>" not in browser.get("/").text
    browser.provider.register(
        initiate_login_uri=f"{HOME}/auth/initiate?a=1",
        name="Tile & Co",
        redirect_uris=[REDIRECT_URI],
    )
    browser.tokens()
    page = browser.get("/")
    [link] = re.findall(r'class="tile" href="([^"]+)"', page.text)
    where = urlsplit(html.unescape(link))
    assert where.path == "/auth/initiate"
    assert dict(parse_qsl(where.query)) == {"a": "1", "iss": browser.provider.url}
    fields = page.inputs
    assert fields["action"] == f"{HOME}/auth/initiate?a=1"
    assert fields["iss"] == browser.provider.issuer
    assert fields["login_hint"] == "alice@example.com"
    assert fields["target_link_uri"] == f"{HOME}/"


def with_frame(browser: Browser, uri: str = f"{HOME}/front?a=1") -> str:
    """Register the frame, sign in, and return the ID Token."""
    browser.provider.register(
        redirect_uris=[REDIRECT_URI],
        post_logout_redirect_uris=[HOME],
        frontchannel_logout_uri=uri,
    )
    token: str = browser.tokens()["id_token"]
    return token


def test_signing_out_loads_each_apps_page_in_a_frame_and_goes_back(browser: Browser) -> None:
    hint = with_frame(browser)
    form: dict[str, Any] = {
        "id_token_hint": hint,
        "post_logout_redirect_uri": HOME,
        "state": "s&1",
    }
    answer = browser.send("POST", f"{DEFAULT}/v1/logout", form)
    assert answer.status == 200
    [frame] = frames(answer)
    assert frame.startswith(f"{HOME}/front?")
    assert dict(parse_qsl(urlsplit(frame).query)) == {
        "a": "1",
        "iss": browser.provider.issuer,
        "sid": part(hint, 1)["sid"],
    }
    assert f'id="back" href="{HOME}?state=s%261"' in answer.text
    policy = answer.headers["content-security-policy"]
    assert f"frame-src {HOME}; script-src 'self'" in policy
    assert "unsafe" not in policy
    assert 'src="/assets/signed_out.js"' in answer.text
    script = browser.get("/assets/signed_out.js")
    assert script.status == 200
    assert "javascript" in script.headers["content-type"]


def test_nothing_is_framed_when_no_session_ended(browser: Browser) -> None:
    hint = with_frame(browser)
    form = {"id_token_hint": hint, "post_logout_redirect_uri": HOME}
    browser.send("POST", f"{DEFAULT}/v1/logout", form)
    assert browser.send("POST", f"{DEFAULT}/v1/logout", form).location == HOME


def test_without_a_place_to_go_back_to_the_page_stays(browser: Browser) -> None:
    hint = with_frame(browser)
    answer = browser.get(f"{DEFAULT}/v1/logout?{urlencode({'id_token_hint': hint})}")
    assert len(frames(answer)) == 1
    assert "signed_out.js" not in answer.text


def test_the_button_loads_the_frames_too(browser: Browser) -> None:
    with_frame(browser)
    answer = press(browser, "end_session")
    assert len(frames(answer)) == 1
    assert 'href="/"' in answer.text
    home = browser.get("/").text
    assert "Front-channel logout, by iss and sid" in home
    assert '<span class="badge open">in a frame</span>' in home


@pytest.mark.parametrize(
    "fields",
    [
        {"backchannel_logout_uri": "ftp://localhost/"},
        {"frontchannel_logout_uri": "javascript:alert(1)"},
        {"initiate_login_uri": "/relative"},
        {"universal_logout_uri": ""},
        {"universal_logout_uri": "http://["},
        {"universal_logout_uri": "http://localhost:99999/"},
        {"universal_logout_uri": "http://:80/"},
        {"universal_logout_uri": 1},
        {"rotation": "SOMETIMES"},
        {"leeway": 61},
        {"leeway": -1},
        {"leeway": "30"},
        {"refresh_token": "yes"},
    ],
)
def test_a_client_that_cannot_be_is_refused(provider: Running, fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(fields))):
        provider.register(**fields)


def test_the_metadata_offers_every_way_to_be_signed_out(browser: Browser) -> None:
    document = browser.get(f"{DEFAULT}/.well-known/openid-configuration").json()
    for way in ("backchannel", "frontchannel"):
        assert document[f"{way}_logout_supported"] is True
        assert document[f"{way}_logout_session_supported"] is True
    assert document["revocation_endpoint"].endswith("/v1/revoke")
    assert "offline_access" in document["scopes_supported"]
    assert {"authorization_code", "refresh_token"} <= set(document["grant_types_supported"])
