"""The key set as an answer of the provider."""

from __future__ import annotations

from typing import Any

import pytest

from admit.errors import ProviderError
from admit.protocol.jwks import jwks_request, parse_jwks_response
from material import METADATA, PROVIDER, answer, refused

GOOD = PROVIDER.jwk(0)


def test_the_request_asks_for_the_key_set() -> None:
    request = jwks_request(METADATA)
    assert (request.method, request.url, request.body) == ("GET", METADATA.jwks_uri, None)
    assert request.headers == {"Accept": "application/json"}


def test_the_keys_are_read() -> None:
    keys = parse_jwks_response(answer({"keys": [GOOD, PROVIDER.jwk(1)]}))
    assert [key.kid for key in keys] == ["key-0", "key-1"]


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"kty": "unknown"}, id="an unknown kind"),
        pytest.param({"kty": []}, id="a list as kind"),
        pytest.param({"kty": {"a": 1}}, id="an object as kind"),
        pytest.param({}, id="an empty key"),
        pytest.param({"kty": "RSA", "kid": "x", "n": "!", "e": "AQAB"}, id="a malformed key"),
        pytest.param({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, id="a short EC key"),
        pytest.param({**GOOD, "use": "enc"}, id="a key for encryption"),
        pytest.param({**GOOD, "kid": 7}, id="a number as kid"),
        pytest.param({"kty": "oct", "k": "AAAA"}, id="a secret key"),
        pytest.param("word", id="a word"),
        pytest.param(None, id="null"),
        pytest.param([GOOD], id="a list"),
    ],
)
def test_odd_company_does_not_spoil_a_good_key(odd: Any) -> None:
    assert len(parse_jwks_response(answer({"keys": [odd, GOOD, odd]}))) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b'{"keys":[]}', "empty", id="no keys"),
        pytest.param(b'{"keys":"word"}', "malformed", id="a word"),
        pytest.param(b'{"keys":{}}', "malformed", id="an object"),
        pytest.param(b"{}", "malformed", id="no member keys"),
        pytest.param(b"[]", "malformed", id="a list"),
        pytest.param(b"word", "malformed", id="no JSON"),
        pytest.param(b"<html>", "malformed", id="a page"),
        pytest.param(b"", "malformed", id="nothing"),
    ],
)
def test_a_broken_set_is_the_providers_fault(body: bytes, code: str) -> None:
    with refused(f"jwks.{code}", ProviderError) as caught:
        parse_jwks_response(answer(body))
    assert caught.value.status == 502


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"kty": "oct"}, id="a secret key"),
        pytest.param({**GOOD, "use": "enc"}, id="a key for encryption"),
        pytest.param({**GOOD, "key_ops": ["encrypt"]}, id="a key for another use"),
    ],
)
def test_a_set_whose_keys_check_no_signature_is_a_set_that_no_token_fits(odd: Any) -> None:
    assert parse_jwks_response(answer({"keys": [odd]})) == ()


@pytest.mark.parametrize("status", [302, 404])
def test_another_status_is_no_key_set(status: int) -> None:
    with refused("jwks.malformed", ProviderError):
        parse_jwks_response(answer({"keys": [GOOD]}, status))


def test_a_sick_provider_is_unavailable() -> None:
    with refused("provider.unavailable", ProviderError):
        parse_jwks_response(answer({"keys": [GOOD]}, 500))
