from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from admit.dev_provider import Delivery, Running
from dev_provider.app import App
from dev_provider.visitor import DEFAULT, Browser, is_signed, part

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def test_signing_out_tells_the_app_which_session_ended(browser: Browser, app: App) -> None:
    tokens = browser.tokens()
    id_token = part(tokens["id_token"], 1)
    form = {"id_token_hint": tokens["id_token"]}
    assert browser.send("POST", f"{DEFAULT}/v1/logout", form).status == 200
    [delivery] = browser.provider.deliveries()
    assert (delivery.app, delivery.status, delivery.body) == ("My Web App", 200, "answer")
    [got] = app.got
    assert got.path == "/backchannel?from=provider"
    assert got.headers["content-type"] == "application/x-www-form-urlencoded"
    assert part(got.logout_token, 0)["typ"] == "logout+jwt"
    assert is_signed(browser, got.logout_token)
    claims = part(got.logout_token, 1)
    assert claims == {
        **{name: id_token[name] for name in ("iss", "aud", "sub", "sid")},
        "iat": claims["iat"],
        "exp": claims["iat"] + 120,
        "jti": claims["jti"],
        "events": {EVENT: {}},
    }


def test_each_app_of_the_session_is_told_and_no_other(browser: Browser, app: App) -> None:
    for client_id in ("0oa2webpost00Local5d7", "0oa3public000Local5d7"):
        browser.provider.register(
            client_id=client_id,
            redirect_uris=["http://localhost:5000/authorization-code/callback"],
            backchannel_logout_uri=f"{app.url}/{client_id}",
        )
    hint = browser.tokens()["id_token"]
    assert browser.authorize(client_id="0oa2webpost00Local5d7").callback["code"]
    Browser(browser.provider).code(client_id="0oa3public000Local5d7")
    browser.send("POST", f"{DEFAULT}/v1/logout", {"id_token_hint": hint})
    browser.provider.deliveries()
    told = {part(got.logout_token, 1)["aud"] for got in app.got}
    assert told == {"0oa1webbasic0Local5d7", "0oa2webpost00Local5d7"}
    assert len({part(got.logout_token, 1)["sid"] for got in app.got}) == 1


def test_the_org_server_is_the_issuer_where_it_signed_the_user_in(
    browser: Browser, app: App
) -> None:
    hint = browser.redeem(browser.code(server="/oauth2"), "/oauth2").json()["id_token"]
    browser.send("POST", "/oauth2/v1/logout", {"id_token_hint": hint})
    browser.provider.deliveries()
    [got] = app.got
    assert part(got.logout_token, 1)["iss"] == browser.provider.url


def test_the_answer_to_the_browser_does_not_wait_for_the_app(browser: Browser, app: App) -> None:
    hint = browser.tokens()["id_token"]
    app.may_answer.clear()
    assert browser.send("POST", f"{DEFAULT}/v1/logout", {"id_token_hint": hint}).status == 200
    [delivery] = browser.provider.provider.deliveries.recent()
    assert (delivery.status, delivery.problem) == (None, "")
    assert "on its way" in browser.get("/").text
    app.may_answer.set()
    [delivery] = browser.provider.deliveries()
    assert delivery.status == 200


def test_who_types_the_password_again_stays_in_the_session_of_the_apps(browser: Browser) -> None:
    first, again = browser.tokens("alice"), browser.tokens("alice", prompt="login")
    other = browser.tokens("bob", prompt="login")
    sids = [part(tokens["id_token"], 1)["sid"] for tokens in (first, again, other)]
    assert sids[0] == sids[1] != sids[2]


@pytest.mark.parametrize(
    ("kind", "present"), [("sid", {"sid"}), ("sub", {"sub"}), ("both", {"sub", "sid"})]
)
def test_a_logout_token_is_sent_at_once_on_request(
    browser: Browser, app: App, kind: str, present: set[str]
) -> None:
    app.status = 400
    id_token = part(browser.tokens()["id_token"], 1)
    answer = browser.send("POST", f"/__dev/logout-token?kind={kind}&fault=logout_nonce")
    assert answer.status == 200
    assert (answer.json()["status"], answer.json()["body"]) == (400, "answer")
    claims = part(app.got[-1].logout_token, 1)
    assert {"sub", "sid"} & claims.keys() == present
    assert claims["nonce"]
    assert all(claims[name] == id_token[name] for name in present)
    # The session at the provider goes on.
    assert browser.authorize(prompt="none").callback["code"]


def test_a_logout_token_may_be_about_anybody(browser: Browser, app: App) -> None:
    delivery = browser.provider.send_logout_token(sub="somebody", sid="some-session")
    assert delivery.status == 200
    claims = part(app.got[-1].logout_token, 1)
    assert (claims["sub"], claims["sid"]) == ("somebody", "some-session")


def test_the_newest_session_of_a_user_is_found(provider: Running, app: App) -> None:
    signed_in = [Browser(provider).tokens(name) for name in ("bob", "bob", "alice")]
    _, newest, _ = (part(tokens["id_token"], 1) for tokens in signed_in)
    provider.send_logout_token(kind="sid", sub=newest["sub"])
    assert part(app.got[-1].logout_token, 1)["sid"] == newest["sid"]


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "all"},
        {"fault": "universal_aud"},
        {"client_id": "0oa2webpost00Local5d7"},
        {"user": "alice"},
        {"kind": "sid", "sub": "somebody"},
    ],
)
def test_a_wrong_order_is_explained(browser: Browser, app: App, query: dict[str, str]) -> None:
    browser.tokens()
    answer = browser.send("POST", f"/__dev/logout-token?{urlencode(query)}")
    assert answer.status == 400
    assert answer.json()["problem"]
    assert app.got == []


def test_an_order_without_a_session_or_an_app_is_explained(browser: Browser) -> None:
    assert "backchannel_logout_uri" in browser.send("POST", "/__dev/logout-token").text
    browser.provider.register(backchannel_logout_uri="http://127.0.0.1:9/")
    assert "Nobody is signed in" in browser.send("POST", "/__dev/logout-token").text


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("http://127.0.0.1:9/", "ConnectionRefusedError"),
        ("https://127.0.0.1:9/", "ConnectionRefusedError"),
    ],
)
def test_an_app_that_cannot_be_reached_is_a_result_too(
    browser: Browser, uri: str, problem: str
) -> None:
    browser.provider.register(backchannel_logout_uri=uri)
    delivery = browser.provider.send_logout_token(sub="a", sid="b")
    assert (delivery.status, delivery.problem) == (None, problem)
    assert delivery.is_done
    assert not delivery.was_accepted
    assert "no connection" in browser.get("/").text


def test_an_app_that_does_not_answer_in_time_is_named_so() -> None:
    late = Delivery(kind="", about="", app="", uri="", problem="TimeoutError")
    assert (late.outcome, late.is_done) == ("no answer", True)


def test_a_redirect_is_not_followed(browser: Browser, app: App) -> None:
    app.status = 302
    delivery = browser.provider.send_logout_token(sub="a", sid="b")
    assert delivery.status == 302
    assert not delivery.was_accepted
    assert len(app.got) == 1


def test_the_control_api_lists_what_was_sent_and_keeps_no_token(browser: Browser, app: App) -> None:
    browser.provider.send_logout_token(sub="a", sid="b")
    browser.provider.send_logout_token(kind="sub", sub="a")
    listed = browser.get("/__dev/deliveries?wait").json()
    assert [row["about"] for row in listed["sent"]] == ["sub", "sub and sid"]
    assert listed["settled"] is True
    assert app.got[0].logout_token not in json.dumps(listed)
    browser.provider.reset()
    assert browser.get("/__dev/deliveries").json()["sent"] == []


def test_a_logout_token_is_no_hint(browser: Browser, app: App) -> None:
    browser.tokens()
    browser.provider.send_logout_token()
    form = {"id_token_hint": app.got[-1].logout_token}
    assert browser.send("POST", f"{DEFAULT}/v1/logout", form).status == 400
    assert browser.authorize(prompt="none").callback["code"]
