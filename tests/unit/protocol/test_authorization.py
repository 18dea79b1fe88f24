"""The authorization request, and what comes back to the callback."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from admit.base64url import to_base64url as base64url
from admit.errors import AuthorizationDenied
from admit.protocol.authorization import (
    LONGEST_OTHER,
    RESERVED,
    authorization_url,
    authorization_url_start,
    check_parameters,
    code_challenge,
    new_authorization_request,
    parse_authorization_response,
    response_state,
)
from material import CLIENT, ISSUER, METADATA, NOW, REQUEST, refused

RANDOM = bytes(range(97))
STATE, NONCE, VERIFIER = (base64url(RANDOM)[start : start + 43] for start in (0, 43, 86))
PROMISED = replace(METADATA, authorization_response_iss_parameter_supported=True)


def url_of(parameters: dict[str, str] | None = None, **changes: Any) -> str:
    client = replace(CLIENT, **changes)
    request = new_authorization_request(
        client, random=RANDOM, now=NOW, return_to="/", parameters=parameters or {}
    )
    start = authorization_url_start(client, METADATA, parameters or {})
    return authorization_url(start, request)


def test_the_challenge_is_the_one_of_the_specifications_example() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize("verifier", ["", "v" * 42, "v" * 129, "v" * 42 + "!", "v" * 42 + "\u00e9"])
def test_a_verifier_of_another_shape_is_a_bug_of_the_caller(verifier: str) -> None:
    with pytest.raises(ValueError, match="43 to 128"):
        code_challenge(verifier)


def test_an_attempt_has_three_secrets_of_256_bits_that_are_not_shown() -> None:
    request = new_authorization_request(
        CLIENT, random=RANDOM, now=NOW, return_to="/reports", parameters={}, rounds=2
    )
    secrets = (request.state, request.nonce, request.code_verifier)
    assert secrets == (STATE, NONCE, VERIFIER)
    assert not any(secret in repr(request) for secret in secrets)
    assert (request.issuer, request.redirect_uri) == (ISSUER, CLIENT.redirect_uri)
    assert (request.return_to, request.started_at, request.rounds) == ("/reports", NOW, 2)
    assert (request.max_age, request.acr_values) == (None, ())


@pytest.mark.parametrize(
    ("given", "rounds", "scope"),
    [({}, 0, ()), ({"rounds": 2, "scope": ("openid", "email")}, 2, ("openid", "email"))],
)
def test_an_attempt_is_the_first_for_the_configured_scope_unless_it_is_said(
    given: dict[str, Any], rounds: int, scope: tuple[str, ...]
) -> None:
    request = new_authorization_request(
        CLIENT, random=RANDOM, now=NOW, return_to="/", parameters={}, **given
    )
    assert (request.rounds, request.scope) == (rounds, scope)


def test_what_is_to_be_verified_afterwards_is_remembered() -> None:
    parameters = {"max_age": "0", "acr_values": "urn:one  urn:two"}
    request = new_authorization_request(
        CLIENT, random=RANDOM, now=NOW, return_to="/", parameters=parameters
    )
    assert request.max_age == 0
    assert request.acr_values == ("urn:one", "urn:two")


@pytest.mark.parametrize("count", [0, 96, 98])
def test_fewer_or_more_random_bytes_are_a_bug_of_the_caller(count: int) -> None:
    with pytest.raises(ValueError, match="97"):
        new_authorization_request(
            CLIENT, random=bytes(count), now=NOW, return_to="/", parameters={}
        )


def test_the_url_asks_for_a_code_with_pkce_and_a_nonce_and_nothing_more() -> None:
    url = url_of()
    endpoint, _, query = url.partition("?")
    asked = dict(parse_qsl(query, strict_parsing=True))
    challenge = base64url(sha256(VERIFIER.encode()).digest())
    assert endpoint == METADATA.authorization_endpoint
    assert asked == {
        "response_type": "code",
        "response_mode": "query",
        "client_id": "client",
        "redirect_uri": CLIENT.redirect_uri,
        "scope": "openid profile email",
        "state": STATE,
        "nonce": NONCE,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    assert len(parse_qsl(query)) == len(asked)
    assert re.fullmatch(r"[A-Za-z0-9._~-]{43}", asked["nonce"])
    assert "secret-of-the-client" not in url
    assert VERIFIER not in url


def test_extra_parameters_go_along_encoded() -> None:
    query = parse_qs(urlsplit(url_of({"login_hint": "a&state=x@example.com"})).query)
    assert query["login_hint"] == ["a&state=x@example.com"]
    assert query["state"] == [STATE]


def test_what_security_needs_wins_over_an_extra_parameter() -> None:
    query = parse_qs(urlsplit(url_of({"response_type": "token", "client_id": "evil"})).query)
    assert (query["response_type"], query["client_id"]) == (["code"], ["client"])


def test_the_response_mode_is_the_clients() -> None:
    query = parse_qs(urlsplit(url_of(response_mode="form_post")).query)
    assert query["response_mode"] == ["form_post"]


def test_an_endpoint_with_a_query_keeps_it() -> None:
    metadata = replace(METADATA, authorization_endpoint="https://provider.test/authorize?p=flow")
    url = authorization_url_start(CLIENT, metadata, {})
    assert url.startswith("https://provider.test/authorize?p=flow&response_type=code&")


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_parameter_is_nobodys_to_set(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        check_parameters({name: "x"})


def test_request_objects_are_among_what_is_reserved() -> None:
    assert {"request", "request_uri", "state", "nonce", "redirect_uri"} <= RESERVED


def test_a_value_that_is_no_string_is_named() -> None:
    parameters: Any = {"max_age": 300}
    with pytest.raises(TypeError, match="max_age"):
        check_parameters(parameters)


@pytest.mark.parametrize("value", ["", "-1", "1.5", "soon", "\u0663", "9" * 11])
def test_a_max_age_that_is_no_number_of_seconds_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="max_age"):
        check_parameters({"max_age": value})


@pytest.mark.parametrize(
    "parameters",
    [{}, {"prompt": "login"}, {"prompt": "login", "max_age": "0", "idp": "0oa1"}],
)
def test_other_parameters_pass(parameters: dict[str, str]) -> None:
    check_parameters(parameters)


def test_all_that_is_reserved_is_named_at_once() -> None:
    with pytest.raises(ValueError, match="nonce, state"):
        check_parameters({"state": "x", "prompt": "login", "nonce": "y"})


def test_the_state_of_a_response_names_its_attempt() -> None:
    assert response_state({"state": ["abc"], "code": ["x"]}) == "abc"


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "name", ["state", "iss", "error", "error_description", "error_uri", "code"]
)
def test_a_parameter_that_came_twice_is_refused(name: str, first: bool) -> None:
    values = ["right", "other"] if first else ["other", "right"]
    with refused("response.duplicate_parameter") as caught:
        response_state({"state": ["right"], "code": ["c"], name: values})
    assert "right" not in str(caught.value)


@pytest.mark.parametrize("name", ["state", "iss", "error", "error_description", "error_uri"])
def test_a_parameter_has_an_end(name: str) -> None:
    parameters = {"state": ["right"], "code": ["c"], name: ["x" * LONGEST_OTHER]}
    assert response_state(parameters) == parameters["state"][0]
    parameters[name] = ["x" * (LONGEST_OTHER + 1)]
    with refused("response.parameter_too_long") as caught:
        response_state(parameters)
    assert caught.value.detail == f"{name} has {LONGEST_OTHER + 1} characters"


def test_a_code_may_be_longer_than_the_other_parameters() -> None:
    assert response_state({"state": ["the-state"], "code": ["c" * 4000]}) == "the-state"


@pytest.mark.parametrize(
    ("parameters", "silent"),
    [({"prompt": "none"}, True), ({"prompt": "login"}, False), ({}, False), ({"x": "none"}, False)],
)
def test_that_nobody_was_to_be_asked_is_remembered(
    parameters: dict[str, str], silent: bool
) -> None:
    request = new_authorization_request(
        CLIENT, random=bytes(97), now=NOW, return_to="/", parameters=parameters
    )
    assert request.silent is silent


def test_a_parameter_that_means_nothing_may_come_twice() -> None:
    assert response_state({"state": ["abc"], "utm_source": ["a", "b"]}) == "abc"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        pytest.param({}, "empty", id="nothing"),
        pytest.param({"utm_source": ["mail"]}, "empty", id="nothing of a provider's"),
        pytest.param({"id_token": ["x"], "access_token": ["y"]}, "empty", id="tokens alone"),
        pytest.param({"iss": [ISSUER]}, "third_party_initiated", id="an issuer alone"),
        pytest.param(
            {"iss": [ISSUER], "login_hint": ["a"]}, "third_party_initiated", id="issuer and hint"
        ),
        pytest.param({"code": ["x"]}, "state_missing", id="no state"),
        pytest.param({"iss": [ISSUER], "code": ["x"]}, "state_missing", id="iss and code"),
        pytest.param({"iss": [ISSUER], "error": ["x"]}, "state_missing", id="iss and error"),
        pytest.param({"state": [""], "code": ["x"]}, "state_missing", id="state is empty"),
        pytest.param({"state": [], "code": ["x"]}, "state_missing", id="state without a value"),
        pytest.param({"state": [""]}, "state_missing", id="an empty state alone"),
        pytest.param({"error": ["access_denied"]}, "state_missing", id="an error without state"),
    ],
)
def test_a_response_without_a_state_is_refused(parameters: dict[str, list[str]], code: str) -> None:
    with refused(f"response.{code}"):
        response_state(parameters)


def test_a_good_response_gives_its_code_and_its_attempt() -> None:
    response = parse_authorization_response(
        {"state": [REQUEST.state], "code": ["code-1"]}, request=REQUEST, metadata=METADATA
    )
    assert (response.code, response.request) == ("code-1", REQUEST)
    assert "code-1" not in repr(response)


@pytest.mark.parametrize("metadata", [METADATA, PROMISED])
def test_the_right_iss_passes(metadata: Any) -> None:
    response = parse_authorization_response(
        {"state": [REQUEST.state], "code": ["c"], "iss": [ISSUER]},
        request=REQUEST,
        metadata=metadata,
    )
    assert response.code == "c"


@pytest.mark.parametrize(
    "code", ["4/0AX4-XfWh_~.b", "a b", "~", "!" * 4096, "SplxlOBeZQQYbYS6WxSbIA"]
)
def test_a_code_of_any_visible_characters_passes(code: str) -> None:
    response = parse_authorization_response(
        {"state": [REQUEST.state], "code": [code]}, request=REQUEST, metadata=METADATA
    )
    assert response.code == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"state": ["other"]}, "state_mismatch", id="state of another attempt"),
        pytest.param({"state": [REQUEST.state + "1"]}, "state_mismatch", id="state with a 1 more"),
        pytest.param({"state": ["\ufffd\ufffd"]}, "state_mismatch", id="bad UTF-8 in state"),
        pytest.param({"state": ["\x00"]}, "state_mismatch", id="NUL in state"),
        pytest.param({"state": []}, "state_mismatch", id="no state"),
        pytest.param({"iss": ["https://evil.example"]}, "iss_mismatch", id="iss of another"),
        pytest.param({"iss": [ISSUER + "/"]}, "iss_mismatch", id="iss with a slash more"),
        pytest.param({"iss": [""]}, "iss_mismatch", id="iss is empty"),
        pytest.param({"code": []}, "code_missing", id="no code"),
        pytest.param({"code": [""]}, "code_missing", id="code is empty"),
        pytest.param({"code": ["\ufffd\ufffd"]}, "code_missing", id="bad UTF-8 in code"),
        pytest.param({"code": ["\udcff"]}, "code_missing", id="half a surrogate pair in code"),
        pytest.param({"code": ["a\x00b"]}, "code_missing", id="NUL in code"),
        pytest.param({"code": ["a\r\nb"]}, "code_missing", id="CR LF in code"),
        pytest.param({"code": ["x" * 4097]}, "code_too_long", id="a code too long"),
        pytest.param({"code": ["x" * 30_000]}, "code_too_long", id="a code of 30 KB"),
        pytest.param(
            {"code": [], "id_token": ["x"], "access_token": ["y"]},
            "code_missing",
            id="tokens in place of a code",
        ),
        pytest.param(
            {"iss": ["https://evil.example"], "error": ["access_denied"]},
            "iss_mismatch",
            id="iss is checked before error",
        ),
        pytest.param(
            {"state": ["other"], "error": ["access_denied"]},
            "state_mismatch",
            id="state is checked before error",
        ),
        pytest.param(
            {"state": ["other"], "iss": ["https://evil.example"]},
            "state_mismatch",
            id="state is checked before iss",
        ),
    ],
)
def test_a_response_that_fails_a_check_is_refused(change: dict[str, list[str]], code: str) -> None:
    parameters = {"state": [REQUEST.state], "code": ["code-1"], **change}
    with refused(f"response.{code}") as caught:
        parse_authorization_response(parameters, request=REQUEST, metadata=METADATA)
    assert REQUEST.state not in str(caught.value)
    assert "code-1" not in str(caught.value)


def test_an_iss_that_was_promised_must_be_there() -> None:
    with refused("response.iss_missing"):
        parse_authorization_response(
            {"state": [REQUEST.state], "code": ["c"]}, request=REQUEST, metadata=PROMISED
        )


@pytest.mark.parametrize(
    ("description", "detail"),
    [
        (None, "'access_denied'"),
        ("", "'access_denied'"),
        ("The user said no.", "'access_denied': 'The user said no.'"),
        ("a\r\nb\x00\u00e9", r"'access_denied': 'a\r\nb\x00\xe9'"),
    ],
)
def test_an_error_response_is_a_denial_in_the_providers_words(
    description: str | None, detail: str
) -> None:
    parameters = {"state": [REQUEST.state], "error": ["access_denied"], "code": ["c"]}
    if description is not None:
        parameters["error_description"] = [description]
    with refused("authorization.error", AuthorizationDenied) as caught:
        parse_authorization_response(parameters, request=REQUEST, metadata=METADATA)
    assert caught.value.detail == detail
    assert caught.value.said == ("access_denied", description or "")
    assert caught.value.status == 403


def test_long_words_of_the_provider_are_cut() -> None:
    parameters = {"state": [REQUEST.state], "error": ["x" * 9000]}
    with refused("authorization.error", AuthorizationDenied) as caught:
        parse_authorization_response(parameters, request=REQUEST, metadata=METADATA)
    assert len(caught.value.detail) < 200
