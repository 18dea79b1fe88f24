"""The token request, and every answer a token endpoint may give."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest

from admit.client_auth import ClientSecretPost, NoAuthentication
from admit.errors import ProviderError, SignInError
from admit.model import AuthorizationResponse, Client, TokenResponse
from admit.ports import HttpRequest, HttpResponse
from admit.protocol.token import (
    LONGEST_LIFETIME,
    parse_refresh_response,
    parse_token_response,
    refresh_request,
    token_request,
)
from material import CLIENT, METADATA, MISSING, REQUEST, answer, refused

RESPONSE = AuthorizationResponse("code+1/\u00fc", REQUEST)
TOKENS = {"access_token": "at", "id_token": "it", "token_type": "Bearer", "expires_in": 3600}


def request_of(client: Client = CLIENT) -> tuple[HttpRequest, dict[str, list[str]]]:
    request = token_request(client, METADATA, RESPONSE)
    return request, parse_qs((request.body or b"").decode("ascii"), strict_parsing=True)


def tokens_with(**changes: Any) -> HttpResponse:
    merged = {**TOKENS, **changes}
    return answer({name: value for name, value in merged.items() if value is not MISSING})


def test_the_request_redeems_the_code_once_with_its_verifier_and_redirect_uri() -> None:
    request, form = request_of()
    assert (request.method, request.url) == ("POST", METADATA.token_endpoint)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["Accept"] == "application/json"
    assert form == {
        "grant_type": ["authorization_code"],
        "code": [RESPONSE.code],
        "redirect_uri": [REQUEST.redirect_uri],
        "code_verifier": [REQUEST.code_verifier],
    }
    assert RESPONSE.code not in repr(request)
    assert "Basic" not in repr(request)


def test_client_secret_basic_is_id_and_secret_and_stays_out_of_the_form() -> None:
    request, form = request_of()
    scheme, _, credentials = request.headers["Authorization"].partition(" ")
    pair = b64decode(credentials).decode().split(":")
    assert scheme == "Basic"
    assert [unquote_plus(part) for part in pair] == ["client", "secret-of-the-client"]
    assert not {"client_id", "client_secret"} & form.keys()


def test_client_secret_post_is_in_the_form_alone() -> None:
    request, form = request_of(replace(CLIENT, authentication=ClientSecretPost("s")))
    assert "Authorization" not in request.headers
    assert (form["client_id"], form["client_secret"]) == (["client"], ["s"])


def test_a_public_client_sends_its_id_and_the_verifier() -> None:
    request, form = request_of(replace(CLIENT, authentication=NoAuthentication()))
    assert "Authorization" not in request.headers
    assert form["client_id"] == ["client"]
    assert form["code_verifier"] == [REQUEST.code_verifier]
    assert "client_secret" not in form


def test_a_good_answer_gives_the_tokens_and_shows_none() -> None:
    tokens = parse_token_response(tokens_with(refresh_token="rt", unknown=[1]))
    assert (tokens.id_token, tokens.access_token) == ("it", "at")
    assert "'at'" not in repr(tokens)
    assert "'it'" not in repr(tokens)


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", "BEARER"])
def test_the_token_type_is_bearer_in_any_case(token_type: str) -> None:
    assert parse_token_response(tokens_with(token_type=token_type)).access_token == "at"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"token_type": "mac"}, "token_type", id="an unknown token type"),
        pytest.param({"token_type": MISSING}, "token_type", id="no token type"),
        pytest.param({"token_type": ["Bearer"]}, "token_type", id="a list as token type"),
        pytest.param({"token_type": "DPoP"}, "token_type", id="a bound token"),
        pytest.param({"token_type": "t" * 99}, "token_type", id="a token as its own type"),
        pytest.param({"id_token": MISSING}, "id_token_missing", id="no ID Token"),
        pytest.param({"id_token": ""}, "id_token_missing", id="an empty ID Token"),
        pytest.param({"id_token": []}, "id_token_missing", id="a list as ID Token"),
        pytest.param({"id_token": {}}, "id_token_missing", id="an object as ID Token"),
        pytest.param({"id_token": 7}, "id_token_missing", id="a number as ID Token"),
        pytest.param({"id_token": False}, "id_token_missing", id="false as ID Token"),
        pytest.param({"access_token": MISSING}, "access_token_missing", id="no access token"),
        pytest.param({"access_token": 7}, "access_token_missing", id="a number as access token"),
        pytest.param({"access_token": ""}, "access_token_missing", id="an empty access token"),
    ],
)
def test_an_answer_that_lacks_what_a_sign_in_needs_is_refused(
    changes: dict[str, Any], code: str
) -> None:
    with refused(f"token.{code}"):
        parse_token_response(tokens_with(**changes))


def test_an_id_token_that_is_null_is_missing() -> None:
    with refused("token.id_token_missing"):
        parse_token_response(answer({**TOKENS, "id_token": None}))


@pytest.mark.parametrize("status", [200, 400, 404, 302])
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'"word"', b"word", b"null", b"\xff\xfe", b"{", b'{"a":1,"a":2}'],
)
def test_an_answer_that_is_no_object_is_the_providers_fault(status: int, body: bytes) -> None:
    with refused("token.malformed", ProviderError) as caught:
        parse_token_response(answer(body, status, content_type="text/html"))
    assert "text/html" in caught.value.detail
    assert caught.value.status == 502


@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_a_sick_endpoint_is_unavailable(status: int) -> None:
    with refused("provider.unavailable", ProviderError) as caught:
        parse_token_response(answer(b"<html>", status, retry_after="30"))
    assert (caught.value.status, caught.value.retry_after) == (503, 30)


def test_a_rate_limit_dressed_as_an_error_is_a_rate_limit() -> None:
    with refused("provider.rate_limited", ProviderError) as caught:
        parse_token_response(answer({"error": "invalid_grant"}, 429, retry_after="90"))
    assert (caught.value.status, caught.value.retry_after) == (503, 90)


@pytest.mark.parametrize("status", [200, 400, 401])
def test_a_code_that_the_provider_does_not_take_is_refused(status: int) -> None:
    with refused("token.invalid_grant") as caught:
        parse_token_response(
            answer({"error": "invalid_grant", "error_description": "PKCE"}, status)
        )
    assert caught.value.said == ("invalid_grant", "PKCE")
    assert "invalid_grant" in caught.value.detail


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client"])
def test_a_client_that_the_provider_does_not_know_is_for_the_operator(error: str) -> None:
    with refused("token.invalid_client", ProviderError) as caught:
        parse_token_response(answer({"error": error, "error_description": "No."}, 401))
    assert "client secret" in caught.value.hint
    assert (caught.value.status, caught.value.said) == (502, (error, "No."))


@pytest.mark.parametrize(
    ("document", "status"),
    [
        pytest.param({"error": "invalid_scope"}, 400, id="another code"),
        pytest.param({"error": []}, 400, id="a list as code"),
        pytest.param({"error": {"a": []}}, 400, id="an object as code"),
        pytest.param({"error": None}, 200, id="null as code"),
        pytest.param({"error": 7, "error_description": {"a": 1}}, 400, id="numbers and objects"),
        pytest.param({"errorCode": "E0000021", "errorSummary": "x"}, 400, id="Okta's other form"),
        pytest.param({}, 400, id="nothing"),
        pytest.param(TOKENS, 302, id="tokens with a redirect"),
        pytest.param(TOKENS, 201, id="tokens with another status"),
        pytest.param({**TOKENS, "error": "server_error"}, 200, id="tokens beside an error"),
    ],
)
def test_any_other_refusal_is_the_providers(document: dict[str, Any], status: int) -> None:
    with refused("token.refused", ProviderError) as caught:
        parse_token_response(answer(document, status))
    assert all(isinstance(word, str) for word in caught.value.said or ())


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        pytest.param({"error": "invalid_scope"}, "400 'invalid_scope'", id="a code"),
        pytest.param(
            {"error": "invalid_scope", "error_description": "No.", "errorCode": "E0000021"},
            "400 'invalid_scope': 'No.'",
            id="a code and a description",
        ),
        pytest.param(
            {"errorCode": "E0000021", "errorSummary": "No."},
            "400 'E0000021': 'No.'",
            id="Okta's other form",
        ),
        pytest.param(
            {"error": "invalid_grant", "error_description": "No."},
            "400 'invalid_grant': 'No.'",
            id="a dead code",
        ),
        pytest.param({"error": "invalid_client"}, "400 'invalid_client'", id="an unknown client"),
        pytest.param(
            {"error": "x", "error_description": ["No."]}, "400 'x'", id="a list as description"
        ),
    ],
)
def test_the_status_and_the_providers_own_words_are_shown(
    document: dict[str, Any], detail: str
) -> None:
    with pytest.raises(SignInError) as caught:
        parse_token_response(answer(document, 400))
    assert caught.value.detail == detail


def test_the_providers_words_are_shown_without_control_characters_and_cut() -> None:
    with refused("token.refused", ProviderError) as caught:
        parse_token_response(
            answer({"error": "x\r\ny", "error_description": "<script>" + "z" * 9000}, 400)
        )
    assert "\n" not in str(caught.value)
    assert len(caught.value.detail) < 400


REFRESH_TOKEN = "rt+1/\u00fc.~"


def refresh_form(client: Client = CLIENT, scope: tuple[str, ...] = ()) -> dict[str, list[str]]:
    request = refresh_request(client, METADATA, refresh_token=REFRESH_TOKEN, scope=scope)
    assert (request.method, request.url) == ("POST", METADATA.token_endpoint)
    assert REFRESH_TOKEN not in repr(request)
    return parse_qs((request.body or b"").decode("ascii"), strict_parsing=True)


def test_a_refresh_sends_the_token_the_scope_and_who_asks() -> None:
    form = refresh_form(replace(CLIENT, authentication=ClientSecretPost("s")), ("openid", "email"))
    assert form == {
        "grant_type": ["refresh_token"],
        "refresh_token": [REFRESH_TOKEN],
        "scope": ["openid email"],
        "client_id": ["client"],
        "client_secret": ["s"],
    }


def test_a_refresh_without_a_scope_leaves_it_as_granted() -> None:
    assert "scope" not in refresh_form()


def test_client_secret_basic_is_for_the_refresh_too() -> None:
    request = refresh_request(CLIENT, METADATA, refresh_token=REFRESH_TOKEN, scope=())
    assert request.headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("parse", [parse_token_response, parse_refresh_response])
@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        pytest.param(3600, 3600, id="a number"),
        pytest.param("3600", 3600, id="a number as text"),
        pytest.param(299.9, 299, id="a fraction"),
        pytest.param(1, 1, id="one second"),
        pytest.param(10**400, LONGEST_LIFETIME, id="more than a float holds"),
        pytest.param("9" * 10, LONGEST_LIFETIME, id="centuries as text"),
        pytest.param(0, None, id="nothing"),
        pytest.param("0", None, id="nothing as text"),
        pytest.param(-1, None, id="the past"),
        pytest.param("-1", None, id="the past as text"),
        pytest.param("9" * 11, None, id="a long text"),
        pytest.param("soon", None, id="a word"),
        pytest.param("\u0663", None, id="a digit of another script"),
        pytest.param(True, None, id="a truth value"),
        pytest.param([3600], None, id="a list"),
        pytest.param(MISSING, None, id="missing"),
    ],
)
def test_the_lifetime_is_whole_positive_seconds_or_unknown(
    parse: Callable[[HttpResponse], TokenResponse], expires_in: object, seconds: int | None
) -> None:
    assert parse(tokens_with(expires_in=expires_in)).expires_in == seconds


def test_an_endless_lifetime_is_cut() -> None:
    body = b'{"access_token":"at","token_type":"Bearer","expires_in":1e999}'
    assert parse_refresh_response(answer(body)).expires_in == LONGEST_LIFETIME


@pytest.mark.parametrize("parse", [parse_token_response, parse_refresh_response])
@pytest.mark.parametrize(
    ("changes", "refresh_token", "scope"),
    [
        pytest.param({}, None, None, id="neither"),
        pytest.param({"refresh_token": "r"}, "r", None, id="a refresh token"),
        pytest.param({"refresh_token": ""}, None, None, id="an empty one"),
        pytest.param({"refresh_token": ["r"]}, None, None, id="a list"),
        pytest.param({"scope": "openid  email"}, None, ("openid", "email"), id="a scope"),
        pytest.param({"scope": ""}, None, (), id="an empty scope"),
        pytest.param({"scope": ["openid"]}, None, None, id="a list as scope"),
    ],
)
def test_refresh_token_and_scope_are_what_the_provider_said(
    parse: Callable[[HttpResponse], TokenResponse],
    changes: dict[str, Any],
    refresh_token: str | None,
    scope: tuple[str, ...] | None,
) -> None:
    tokens = parse(tokens_with(**changes))
    assert (tokens.refresh_token, tokens.scope) == (refresh_token, scope)


@pytest.mark.parametrize("absent", [{}, {"id_token": None}])
def test_a_refresh_may_come_without_an_id_token(absent: dict[str, Any]) -> None:
    document = {"access_token": "new", "token_type": "Bearer", **absent}
    tokens = parse_refresh_response(answer(document))
    assert (tokens.access_token, tokens.id_token, tokens.refresh_token) == ("new", None, None)


def test_an_id_token_of_a_refresh_is_handed_on_to_be_verified() -> None:
    assert parse_refresh_response(tokens_with()).id_token == "it"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"id_token": ""}, "id_token_missing", id="an empty ID Token"),
        pytest.param({"id_token": 7}, "id_token_missing", id="a number as ID Token"),
        pytest.param({"access_token": MISSING}, "access_token_missing", id="no access token"),
        pytest.param({"token_type": "DPoP"}, "token_type", id="a bound token"),
    ],
)
def test_a_refresh_that_gives_no_usable_token_is_refused(
    changes: dict[str, Any], code: str
) -> None:
    with refused(f"token.{code}"):
        parse_refresh_response(tokens_with(**changes))


@pytest.mark.parametrize("status", [200, 400, 401, 403])
def test_a_dead_refresh_token_is_told_from_all_other_trouble(status: int) -> None:
    document = {"error": "invalid_grant", "error_description": "The refresh token is invalid."}
    with refused("refresh.invalid_grant") as caught:
        parse_refresh_response(answer(document, status))
    assert caught.value.said == ("invalid_grant", "The refresh token is invalid.")


@pytest.mark.parametrize(
    ("document", "status", "code"),
    [
        pytest.param({"error": "invalid_grant"}, 429, "provider.rate_limited", id="a rate limit"),
        pytest.param({"error": "invalid_grant"}, 500, "provider.unavailable", id="a failure"),
        pytest.param(b"<html>", 503, "provider.unavailable", id="a page"),
        pytest.param({"error": "invalid_client"}, 401, "token.invalid_client", id="the client"),
        pytest.param({"error": "invalid_scope"}, 400, "token.refused", id="the scope"),
        pytest.param(b"<html>", 400, "token.malformed", id="a page of a proxy"),
    ],
)
def test_trouble_that_says_nothing_of_the_refresh_token_is_the_providers(
    document: object, status: int, code: str
) -> None:
    with refused(code, ProviderError) as caught:
        parse_refresh_response(answer(document, status, retry_after="30"))
    assert caught.value.retry_after == (30 if code.startswith("provider.") else None)


def test_a_refusal_that_repeats_the_refresh_token_can_be_concealed() -> None:
    with refused("refresh.invalid_grant") as caught:
        parse_refresh_response(
            answer({"error": "invalid_grant", "error_description": f"no {REFRESH_TOKEN}"}, 400)
        )
    caught.value.conceal([REFRESH_TOKEN])
    assert REFRESH_TOKEN not in str(caught.value)
