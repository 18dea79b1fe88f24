"""A token is made worthless, and every answer that may come to it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from admit.errors import ProviderError
from admit.protocol.revocation import check_revocation_response, revocation_request
from material import CLIENT, METADATA, answer, refused

TOKEN = "rt+1/\u00fc"


def test_the_request_names_the_token_its_kind_and_who_asks() -> None:
    request = revocation_request(CLIENT, METADATA, token=TOKEN, token_type_hint="refresh_token")
    assert request is not None
    assert (request.method, request.url) == ("POST", METADATA.revocation_endpoint)
    assert request.headers["Authorization"].startswith("Basic ")
    assert parse_qs((request.body or b"").decode("ascii"), strict_parsing=True) == {
        "token": [TOKEN],
        "token_type_hint": ["refresh_token"],
    }
    assert TOKEN not in repr(request)


def test_a_provider_without_the_endpoint_is_not_asked() -> None:
    metadata = replace(METADATA, revocation_endpoint=None)
    request = revocation_request(CLIENT, metadata, token=TOKEN, token_type_hint="refresh_token")
    assert request is None


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error":"x"}'])
def test_200_is_success_whatever_the_body_says(body: bytes) -> None:
    check_revocation_response(answer(body))


@pytest.mark.parametrize(
    ("document", "status", "said"),
    [
        pytest.param({"error": "invalid_client"}, 401, ("invalid_client", ""), id="an error"),
        pytest.param({"error": "unsupported_token_type", "error_description": "No."}, 400,
                     ("unsupported_token_type", "No."), id="with a description"),
        pytest.param({"error": [], "error_description": {}}, 400, ("", ""), id="no words"),
        pytest.param(b"<html>", 404, None, id="a page"),
        pytest.param(b"", 302, None, id="a redirect"),
        pytest.param(b"", 204, None, id="another success"),
    ],
)  # fmt: skip
def test_any_other_answer_is_a_refusal(
    document: object, status: int, said: tuple[str, str] | None
) -> None:
    with refused("revocation.refused", ProviderError) as caught:
        check_revocation_response(answer(document, status))
    assert caught.value.said == said
    assert str(status) in caught.value.detail


@pytest.mark.parametrize(
    ("status", "code"),
    [(503, "provider.unavailable"), (500, "provider.unavailable"), (429, "provider.rate_limited")],
)
def test_an_endpoint_that_is_busy_is_asked_again_later(status: int, code: str) -> None:
    with refused(code, ProviderError) as caught:
        check_revocation_response(answer({"error": "invalid_client"}, status, retry_after="30"))
    assert (caught.value.status, caught.value.retry_after) == (503, 30)
