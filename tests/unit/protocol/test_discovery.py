"""Discovery: whose metadata it is, and which endpoints may be used."""

from __future__ import annotations

from typing import Any

import pytest

from admit.errors import ProviderError
from admit.model import ProviderMetadata
from admit.protocol.discovery import (
    discovery_request,
    discovery_url,
    is_loopback,
    is_usable_endpoint,
    parse_discovery_response,
)
from material import ISSUER, METADATA, answer, refused

LOCAL = "http://127.0.0.1:8080"
ENDPOINTS = (
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    "end_session_endpoint",
    "revocation_endpoint",
)
DOCUMENT: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": METADATA.authorization_endpoint,
    "token_endpoint": METADATA.token_endpoint,
    "jwks_uri": METADATA.jwks_uri,
    "userinfo_endpoint": METADATA.userinfo_endpoint,
    "end_session_endpoint": METADATA.end_session_endpoint,
    "revocation_endpoint": METADATA.revocation_endpoint,
}


def parse(document: object, issuer: str = ISSUER, status: int = 200) -> ProviderMetadata:
    return parse_discovery_response(answer(document, status), issuer)


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://a.example", "https://a.example/.well-known/openid-configuration"),
        ("https://a.example/", "https://a.example/.well-known/openid-configuration"),
        ("https://a.example/b/c", "https://a.example/b/c/.well-known/openid-configuration"),
        ("https://a.example/b/c/", "https://a.example/b/c/.well-known/openid-configuration"),
    ],
)
def test_the_metadata_is_below_the_issuer_less_one_slash(issuer: str, url: str) -> None:
    assert discovery_url(issuer) == url
    request = discovery_request(issuer)
    assert (request.method, request.url, request.body) == ("GET", url, None)
    assert request.headers == {"Accept": "application/json"}


def test_the_document_is_read() -> None:
    assert parse(DOCUMENT) == METADATA


def test_what_is_not_required_may_be_missing() -> None:
    required = {k: v for k, v in DOCUMENT.items() if k[:4] not in {"user", "end_", "revo"}}
    metadata = parse(required)
    assert (metadata.userinfo_endpoint, metadata.end_session_endpoint) == (None, None)
    assert metadata.revocation_endpoint is None
    assert metadata.authorization_response_iss_parameter_supported is False


@pytest.mark.parametrize(
    "more",
    [
        {"unknown": {"deep": [1, 2]}},
        {"code_challenge_methods_supported": ["plain"]},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
        {"userinfo_endpoint": None},
        {"scopes_supported": "nonsense"},
    ],
)
def test_other_metadata_changes_nothing(more: dict[str, Any]) -> None:
    assert parse({**DOCUMENT, **more}).token_endpoint == METADATA.token_endpoint


@pytest.mark.parametrize(
    ("value", "promised"), [(True, True), (False, False), ("true", False), (1, False)]
)
def test_the_promise_of_iss_is_a_truth_value(value: object, promised: bool) -> None:
    document = {**DOCUMENT, "authorization_response_iss_parameter_supported": value}
    assert parse(document).authorization_response_iss_parameter_supported is promised


def test_an_issuer_keeps_its_slash() -> None:
    document = {**DOCUMENT, "issuer": ISSUER + "/"}
    assert parse(document, ISSUER + "/").issuer == ISSUER + "/"


@pytest.mark.parametrize(
    ("issuer", "cause"),
    [
        (ISSUER + "/", "slash"),
        (ISSUER + "INVALID", "two servers"),
        ("https://login.example.com/oauth2/default", "custom domain"),
        ("https://evil.example", ""),
        ("https://[", ""),
        (ISSUER.upper(), ""),
        (None, ""),
        ([ISSUER], ""),
        ({}, ""),
    ],
)
def test_metadata_of_another_issuer_is_refused(issuer: object, cause: str) -> None:
    with refused("discovery.issuer_mismatch", ProviderError) as caught:
        parse({**DOCUMENT, "issuer": issuer})
    assert cause in caught.value.cause


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 204])
def test_a_missing_document_asks_for_another_look_at_the_issuer(status: int) -> None:
    with refused("discovery.not_found", ProviderError) as caught:
        parse(DOCUMENT, status=status)
    assert str(status) in caught.value.detail
    assert "issuer" in caught.value.hint


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"<html>maintenance</html>", b"null", b"\xff", b'{"issuer":', b"7"]
)
def test_a_document_that_is_no_object_is_the_providers_fault(body: bytes) -> None:
    with refused("discovery.malformed", ProviderError):
        parse(body)


@pytest.mark.parametrize("status", [500, 503])
def test_a_sick_provider_is_unavailable(status: int) -> None:
    with refused("provider.unavailable", ProviderError) as caught:
        parse(DOCUMENT, status=status)
    assert caught.value.status == 503


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    "url",
    [
        "http://provider.test/x",
        "http://127.0.0.1/x",
        "ftp://provider.test/x",
        "//provider.test/x",
        "/x",
        "https://",
        "https:///x",
        "https://user@provider.test/x",
        "https://provider.test/x#part",
        "https://provider.test/x#",
        "https://provider.test:port/x",
        "https://[/x",
        "https://provider.test/ x",
        "https://provider.test/\r\nx",
        "https://provider.test\\@evil.example/",
        "https://provider.test/a\\b",
        "https://pr\u00f6vider.test/x",
        "javascript:alert(1)",
        "",
        7,
        ["https://provider.test/x"],
        {"https": 1},
    ],
)
def test_an_endpoint_that_is_no_plain_https_url_is_refused(name: str, url: object) -> None:
    with refused("discovery.bad_endpoint", ProviderError) as caught:
        parse({**DOCUMENT, name: url})
    assert caught.value.detail.startswith(name)


@pytest.mark.parametrize("name", ENDPOINTS[:3])
def test_an_endpoint_that_is_needed_must_be_there(name: str) -> None:
    with refused("discovery.bad_endpoint", ProviderError):
        parse({k: v for k, v in DOCUMENT.items() if k != name})


@pytest.mark.parametrize(
    ("url", "issuer", "usable"),
    [
        ("http://127.0.0.1:8080/x", LOCAL, True),
        ("http://localhost/x", LOCAL, True),
        ("http://[::1]:9/x", LOCAL, True),
        ("https://provider.test/x?p=flow", LOCAL, True),
        ("http://provider.test/x", LOCAL, False),
        ("ftp://127.0.0.1:8080/x", LOCAL, False),
        ("http://127.0.0.1:8080/x", ISSUER, False),
    ],
)
def test_plain_http_is_for_loopback_under_such_an_issuer(
    url: str, issuer: str, usable: bool
) -> None:
    assert is_usable_endpoint(url, issuer) is usable


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("", False),
        (None, False),
    ],
)
def test_loopback_is_this_machine_alone(host: str | None, loopback: bool) -> None:
    assert is_loopback(host) is loopback
