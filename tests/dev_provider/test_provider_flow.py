from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from joserfc import jws
from joserfc.jwk import KeySet

from admit.dev_provider import Running
from dev_provider.visitor import CHALLENGE, DEFAULT, REDIRECT_URI, VERIFIER, Browser, asked, part


@pytest.mark.parametrize(
    ("path", "issuer"),
    [
        ("/oauth2/default/.well-known/openid-configuration", "/oauth2/default"),
        ("/oauth2/default/.well-known/oauth-authorization-server", "/oauth2/default"),
        ("/.well-known/oauth-authorization-server/oauth2/default", "/oauth2/default"),
        ("/.well-known/openid-configuration", ""),
    ],
)
def test_the_metadata_names_the_issuer_and_its_endpoints(
    browser: Browser, path: str, issuer: str
) -> None:
    answer = browser.get(path)
    document = answer.json()
    base = browser.provider.url + (issuer or "/oauth2")
    assert document["issuer"] == browser.provider.url + issuer
    assert document["authorization_endpoint"] == f"{base}/v1/authorize"
    assert document["jwks_uri"] == f"{base}/v1/keys"
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert "authorization_response_iss_parameter_supported" not in document
    assert answer.headers["cache-control"] == "max-age=86400, must-revalidate"


@pytest.mark.parametrize("server", [DEFAULT, "/oauth2"])
def test_a_code_is_redeemed_for_an_id_token_that_a_published_key_signed(
    browser: Browser, server: str
) -> None:
    answer = browser.redeem(browser.code("alice", server), server)
    tokens = answer.json()
    assert answer.headers["cache-control"] == "no-cache, no-store"
    assert tokens["scope"] == "email openid profile"
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    published = KeySet.import_key_set(browser.get(f"{server}/v1/keys").json())
    assert jws.deserialize_compact(tokens["id_token"], published, ["RS256"]).payload
    assert part(tokens["id_token"], 0).keys() == {"kid", "alg"}
    claims = part(tokens["id_token"], 1)
    assert claims["iss"] == browser.provider.url + (DEFAULT if server == DEFAULT else "")
    assert claims["aud"] == browser.provider.client_id
    assert claims["nonce"] == "nonce-of-the-tests"
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["sub"].startswith("00u")
    assert len(claims["sub"]) == 20


@pytest.mark.parametrize(
    ("username", "scope", "present", "absent"),
    [
        ("alice", "openid profile email", {"name", "email", "given_name"}, {"groups"}),
        ("alice", "openid groups", {"groups"}, {"name", "email"}),
        ("alice", "openid", {"sub"}, {"name", "email", "groups", "preferred_username"}),
        ("carol", "openid profile email", {"preferred_username"}, {"email", "given_name"}),
    ],
)
def test_userinfo_says_what_the_scopes_ask_for(
    browser: Browser, username: str, scope: str, present: set[str], absent: set[str]
) -> None:
    tokens = browser.tokens(username, scope=scope)
    claims = browser.userinfo(tokens["access_token"]).json()
    assert claims["sub"] == part(tokens["id_token"], 1)["sub"]
    assert present <= claims.keys()
    assert not absent & claims.keys()


def test_two_users_may_share_an_email_and_are_told_apart_by_sub(provider: Running) -> None:
    alice = part(Browser(provider).tokens("alice")["id_token"], 1)
    erin = part(Browser(provider).tokens("erin")["id_token"], 1)
    assert alice["email"] == erin["email"]
    assert alice["sub"] != erin["sub"]


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"code_verifier": "x" * 43}, "PKCE verification failed."),
        ({"code_verifier": CHALLENGE}, "PKCE verification failed."),
        ({"code": "unknown"}, "The authorization code is invalid or has expired."),
        ({"redirect_uri": REDIRECT_URI + "/"}, "The 'redirect_uri' does not match"),
        ({"redirect_uri": ""}, "The 'redirect_uri' does not match"),
        ({"grant_type": "password"}, "The grant type is not supported."),
    ],
)
def test_a_code_is_not_redeemed_when(
    browser: Browser, changes: dict[str, Any], description: str
) -> None:
    code = browser.code()
    answer = browser.redeem(**{"code": code, **changes})
    assert answer.status == 400
    assert answer.json()["error_description"].startswith(description)


def test_a_code_is_not_redeemed_without_the_verifier_of_its_challenge(browser: Browser) -> None:
    form: dict[str, Any] = {"grant_type": "authorization_code", "redirect_uri": REDIRECT_URI}
    answer = browser.token(code=browser.code(), **form)
    assert answer.json()["error"] == "invalid_request"


def test_a_code_that_is_used_again_is_refused_and_revokes_what_it_gave(browser: Browser) -> None:
    code = browser.code()
    access_token = browser.redeem(code).json()["access_token"]
    assert browser.userinfo(access_token).status == 200
    assert browser.redeem(code).json()["error"] == "invalid_grant"
    assert browser.userinfo(access_token).status == 401


@pytest.mark.parametrize(("seconds", "status"), [(295, 200), (301, 400)])
def test_a_code_is_good_for_300_seconds(browser: Browser, seconds: int, status: int) -> None:
    code = browser.code()
    browser.provider.forward(seconds)
    assert browser.redeem(code).status == status


def test_a_code_of_one_server_is_worth_nothing_at_another(browser: Browser) -> None:
    assert browser.redeem(browser.code(), "/oauth2").status == 400


def test_a_wrong_secret_is_refused_and_does_not_spend_the_code(browser: Browser) -> None:
    code = browser.code()
    form: dict[str, Any] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    refused = browser.token(secret="wrong", **form)
    assert refused.status == 401
    assert refused.json() == {
        "error": "invalid_client",
        "error_description": "The client secret supplied for a confidential client is invalid.",
    }
    assert browser.redeem(code).status == 200


@pytest.mark.parametrize(
    ("form", "headers", "status", "error"),
    [
        ({}, {}, 401, "invalid_client"),
        ({"client_id": "0oa1webbasic0Local5d7"}, {}, 401, "invalid_client"),
        ({"client_id": "0oa1webbasic0Local5d7", "client_secret": "x"}, {}, 401, "invalid_client"),
        ({"client_id": "0oa2webpost00Local5d7"}, {}, 401, "invalid_client"),
        ({"client_id": "0oa3public000Local5d7"}, {}, 400, "invalid_request"),
        ({}, {"Authorization": "Basic %%%"}, 401, "invalid_client"),
        ({}, {"Authorization": "Bearer x"}, 401, "invalid_client"),
        ({"client_secret": "x"}, {"Authorization": "Basic eDp5"}, 401, "invalid_request"),
    ],
)
def test_a_client_authenticates_by_the_method_it_is_registered_with(
    browser: Browser, form: dict[str, str], headers: dict[str, str], status: int, error: str
) -> None:
    answer = browser.send("POST", f"{DEFAULT}/v1/token", form, headers)
    assert (answer.status, answer.json()["error"]) == (status, error)


@pytest.mark.parametrize("client_id", ["0oa2webpost00Local5d7", "0oa3public000Local5d7"])
def test_the_other_clients_redeem_codes_too(browser: Browser, client_id: str) -> None:
    form: dict[str, Any] = {
        "grant_type": "authorization_code",
        "code": browser.code(client_id=client_id),
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
        "client_id": client_id,
    }
    if client_id.startswith("0oa2"):
        form["client_secret"] = browser.provider.client_secret
    assert browser.send("POST", f"{DEFAULT}/v1/token", form).status == 200


def test_form_post_answers_with_a_page_that_posts_to_the_app(browser: Browser) -> None:
    answer = browser.sign_in(browser.authorize(response_mode="form_post", state="state-1"))
    assert answer.status == 200
    assert answer.inputs["action"] == REDIRECT_URI
    assert answer.inputs["state"] == "state-1"
    assert "script-src 'sha256-" in answer.headers["content-security-policy"]
    assert browser.redeem(answer.inputs["code"]).status == 200


def test_fragment_answers_behind_the_hash(browser: Browser) -> None:
    answer = browser.sign_in(browser.authorize(response_mode="fragment"))
    assert "code" in dict(parse_qsl(urlsplit(answer.location).fragment))


def test_a_rotated_key_is_new_to_everybody_and_the_old_ones_stay_published(
    browser: Browser,
) -> None:
    def kids() -> set[str]:
        return {key["kid"] for key in browser.get(f"{DEFAULT}/v1/keys").json()["keys"]}

    before = kids()
    browser.provider.rotate()
    kid = part(browser.tokens()["id_token"], 0)["kid"]
    assert kid not in before
    assert kid in kids()
    assert before & kids()


def test_a_connection_serves_many_requests(provider: Running) -> None:
    connection = HTTPConnection(urlsplit(provider.url).netloc, timeout=10)
    try:
        for path in ("/oauth2/default/v1/keys", "/nowhere", "/oauth2/default/v1/keys"):
            connection.request("GET", path)
            response = connection.getresponse()
            assert json.loads(response.read())
            assert not response.will_close
        connection.request("POST", "/oauth2/default/v1/keys", b"body that nobody reads")
        refused = connection.getresponse()
        refused.read()
        assert refused.status == 405
        connection.request("GET", "/oauth2/default/v1/keys")
        assert connection.getresponse().read()
    finally:
        connection.close()
    assert provider.counts()["keys"] == 3


def test_an_authorization_request_may_be_posted(browser: Browser) -> None:
    page = browser.send("POST", f"{DEFAULT}/v1/authorize", asked())
    assert browser.sign_in(page).callback["code"]
    repeated = browser.get(f"{DEFAULT}/v1/authorize?{urlencode(asked())}&state=again")
    assert repeated.callback["error"] == "invalid_request"
