"""The token request, and every answer a token endpoint may give."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest

from admit.client_auth import ClientSecretPost, NoAuthentication
from admit.errors import ProviderError
from admit.model import AuthorizationResponse, Client
from admit.ports import HttpRequest, HttpResponse
from admit.protocol.token import parse_token_response, token_request
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


def test_the_providers_words_are_shown_without_control_characters_and_cut() -> None:
    with refused("token.refused", ProviderError) as caught:
        parse_token_response(
            answer({"error": "x\r\ny", "error_description": "<script>" + "z" * 9000}, 400)
        )
    assert "\n" not in str(caught.value)
    assert len(caught.value.detail) < 400
