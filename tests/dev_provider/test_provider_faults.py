"""Every fault is seen from outside, once, and then it is gone."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from admit.dev_provider import FAULTS
from dev_provider.test_provider_logout_faults import SEEN as LOGOUT_SEEN
from dev_provider.test_provider_refresh_faults import SEEN as REFRESH_SEEN
from dev_provider.test_provider_universal_logout import SEEN as UNIVERSAL_SEEN
from dev_provider.visitor import DEFAULT, Answer, Browser, base64url, is_signed, part

METADATA = f"{DEFAULT}/.well-known/openid-configuration"
Seen = Callable[[Browser], bool]
Claims = dict[str, Any]


def denied(error: str, description: str) -> Seen:
    def seen(browser: Browser) -> bool:
        answer = browser.authorize()
        if not answer.location:
            answer = browser.sign_in(answer)
        given = answer.callback
        described = given.get("error_description", "").startswith(description)
        return given.get("error") == error and described

    return seen


def repeated_state(browser: Browser) -> bool:
    return browser.sign_in(browser.authorize()).location.count("state=") > 1


def foreign_iss(browser: Browser) -> bool:
    return "iss" in browser.sign_in(browser.authorize()).callback


def refused(status: int, text: str) -> Seen:
    def seen(browser: Browser) -> bool:
        answer = browser.redeem(browser.code(prompt="login"))
        return answer.status == status and text in answer.text

    return seen


def in_id_token(rule: Callable[[Claims], bool]) -> Seen:
    def seen(browser: Browser) -> bool:
        scope = "openid profile email groups"
        return rule(part(browser.tokens(scope=scope, prompt="login")["id_token"], 1))

    return seen


def id_token(browser: Browser) -> str:
    token: str = browser.tokens(prompt="login")["id_token"]
    return token


def badly_signed(browser: Browser) -> bool:
    return not is_signed(browser, id_token(browser))


def unknown_kid(browser: Browser) -> bool:
    keys = browser.get(f"{DEFAULT}/v1/keys").json()["keys"]
    return part(id_token(browser), 0)["kid"] not in {key["kid"] for key in keys}


def unsigned(browser: Browser) -> bool:
    token = id_token(browser)
    return part(token, 0)["alg"] == "none" and token.endswith(".")


def signed_with_the_public_key(browser: Browser) -> bool:
    token = id_token(browser)
    signed, _, signature = token.rpartition(".")
    pem = browser.provider.provider.servers["default"].keys.keys()[0].as_pem(private=False)
    code = hmac.digest(pem, signed.encode(), "sha256")
    return part(token, 0)["alg"] == "HS256" and signature == base64url(code)


def encrypted(browser: Browser) -> bool:
    return id_token(browser).count(".") == 4


def about_the_user(rule: Callable[[Claims], bool]) -> Seen:
    def seen(browser: Browser) -> bool:
        tokens = browser.tokens(prompt="login", scope="openid profile email groups")
        return rule(browser.userinfo(tokens["access_token"]).json())

    return seen


def of_userinfo(rule: Callable[[Answer], bool]) -> Seen:
    def seen(browser: Browser) -> bool:
        return rule(browser.userinfo(browser.tokens(prompt="login")["access_token"]))

    return seen


def another_sub(browser: Browser) -> bool:
    tokens = browser.tokens(prompt="login")
    told = browser.userinfo(tokens["access_token"]).json()["sub"]
    return bool(told != part(tokens["id_token"], 1)["sub"])


def slow_userinfo(browser: Browser) -> bool:
    token = browser.tokens(prompt="login")["access_token"]
    try:
        browser.userinfo(token, timeout=0.25)
    except TimeoutError:
        return True
    return False


def slow_token(browser: Browser) -> bool:
    try:
        browser.token(timeout=0.25)
    except TimeoutError:
        return True
    return False


def at(path: str, rule: Callable[[Answer], bool]) -> Seen:
    return lambda browser: rule(browser.get(path))


def html(answer: Answer) -> bool:
    return answer.status == 200 and answer.headers["content-type"].startswith("text/html")


SEEN: dict[str, Seen] = {
    "login_required": denied("login_required", "The client specified not to prompt"),
    "temporarily_unavailable": denied("temporarily_unavailable", "The authorization server"),
    "user_not_assigned": denied("access_denied", "User is not assigned"),
    "no_access_policy": denied("access_denied", "Policy evaluation failed"),
    "scopes_denied": denied("access_denied", "Policy evaluation succeeded, but all"),
    "consent_refused": denied("access_denied", "The resource owner"),
    "request_expired": denied("login_required", "Request expired"),
    "many_groups": denied("server_error", "The groups claim matched too many groups"),
    "extra_iss": foreign_iss,
    "duplicate_state": repeated_state,
    "missing_email": about_the_user(lambda claims: "email" not in claims),
    "missing_name": about_the_user(lambda claims: "name" not in claims),
    "hundred_groups": in_id_token(lambda claims: len(claims["groups"]) == 100),
    "wrong_secret": refused(401, "client secret supplied"),
    "code_expired": refused(400, "invalid or has expired"),
    "redirect_mismatch": refused(400, "redirection URI used"),
    "pkce_mismatch": refused(400, "PKCE verification failed"),
    "token_429_grant": refused(429, "invalid_grant"),
    "token_429": refused(429, "E0000047"),
    "token_500": refused(500, "E0000009"),
    "token_html": refused(200, "<!doctype html>"),
    "token_slow": slow_token,
    "nonce_missing": in_id_token(lambda claims: "nonce" not in claims),
    "nonce_wrong": in_id_token(lambda claims: claims["nonce"] != "nonce-of-the-tests"),
    "wrong_iss": in_id_token(lambda claims: claims["iss"] == "https://other.example"),
    "wrong_aud": in_id_token(lambda claims: claims["aud"] != "0oa1webbasic0Local5d7"),
    "wrong_azp": in_id_token(lambda claims: "azp" in claims),
    "expired": in_id_token(lambda claims: claims["exp"] < time.time() - 600),
    "issued_in_future": in_id_token(lambda claims: claims["iat"] > time.time() + 600),
    "at_hash_wrong": in_id_token(lambda claims: claims["at_hash"] == "A" * 22),
    "bad_signature": badly_signed,
    "unknown_kid": unknown_kid,
    "alg_none": unsigned,
    "alg_hs256": signed_with_the_public_key,
    "encrypted": encrypted,
    "userinfo_sub": another_sub,
    "userinfo_401": of_userinfo(
        lambda answer: "invalid_token" in answer.headers.get(CHALLENGE, "")
    ),
    "userinfo_403": of_userinfo(lambda answer: "insufficient" in answer.headers.get(CHALLENGE, "")),
    "userinfo_500": of_userinfo(lambda answer: answer.status == 500),
    "userinfo_html": of_userinfo(html),
    "userinfo_slow": slow_userinfo,
    "metadata_issuer": at(METADATA, lambda answer: b"https://other.example" in answer.body),
    "metadata_404": at(METADATA, lambda answer: answer.status == 404),
    "keys_500": at(f"{DEFAULT}/v1/keys", lambda answer: answer.status == 500),
}
CHALLENGE = "www-authenticate"


def test_each_fault_has_a_row_here_or_beside() -> None:
    elsewhere = REFRESH_SEEN.keys() | LOGOUT_SEEN.keys() | UNIVERSAL_SEEN.keys()
    assert SEEN.keys() | elsewhere == FAULTS.keys()
    assert not SEEN.keys() & elsewhere


@pytest.mark.parametrize("name", SEEN)
def test_a_fault_is_seen_once_and_then_no_more(browser: Browser, name: str) -> None:
    browser.provider.arm(name)
    assert SEEN[name](browser)
    assert browser.get("/__dev/state").json()["armed"] == {}
    browser.provider.reset()
    assert not SEEN[name](Browser(browser.provider))


def test_a_fault_may_be_committed_several_times(browser: Browser) -> None:
    assert browser.send("POST", "/__dev/fault/keys_500?times=2").status == 200
    statuses = [browser.get(f"{DEFAULT}/v1/keys").status for _ in range(3)]
    assert statuses == [500, 500, 200]
    assert browser.get("/__dev/state").json()["requests"] == {"keys": 3}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/__dev/fault/unknown", 404),
        ("/__dev/fault/keys_500?times=-1", 400),
        ("/__dev/fault/keys_500?times=x", 400),
        ("/__dev/unknown", 404),
        ("/__dev/clients", 400),
        ("/__dev/forward?seconds=1e9", 400),
    ],
)
def test_a_wrong_command_is_explained(browser: Browser, path: str, status: int) -> None:
    answer = browser.send("POST", path)
    assert answer.status == status
    assert answer.json()["problem"]


def test_another_site_cannot_command_the_provider(browser: Browser) -> None:
    answer = browser.send(
        "POST", "/__dev/fault/keys_500", headers={"Origin": "https://evil.example"}
    )
    assert answer.status == 403
    assert browser.get(f"{DEFAULT}/v1/keys").status == 200


def test_another_name_for_the_address_is_refused(browser: Browser) -> None:
    assert browser.get("/__dev/state", Host="evil.example").status == 400


def test_the_list_of_faults_explains_each(browser: Browser) -> None:
    listed = browser.get("/__dev/faults").json()
    assert {name: row["explains"] for name, row in listed.items()} == dict(FAULTS)


def test_a_registered_client_is_known_until_the_reset(browser: Browser) -> None:
    uri = "http://localhost:7777/callback"
    browser.provider.register(redirect_uris=[uri])
    assert browser.authorize(redirect_uri=uri).status == 200
    assert json.loads(browser.send("POST", "/__dev/reset").body)["requests"] == {}
    assert browser.authorize(redirect_uri=uri).status == 400
