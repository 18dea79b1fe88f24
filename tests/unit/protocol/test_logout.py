"""The address that ends the provider's session, and the notice that it ended."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from admit.protocol.logout import (
    end_session_request,
    end_session_url,
    parse_frontchannel_logout,
)
from material import CLIENT, ISSUER, METADATA, refused


@pytest.mark.parametrize(
    ("endpoint", "kept"),
    [
        ("https://provider.test/logout", {}),
        ("https://provider.test/logout?p=flow", {"p": ["flow"]}),
    ],
)
def test_the_hint_the_way_back_and_the_state_are_added(
    endpoint: str, kept: dict[str, list[str]]
) -> None:
    metadata = replace(METADATA, end_session_endpoint=endpoint)
    url = end_session_url(metadata, CLIENT, id_token_hint="a.b.c", state="s&t")
    assert url is not None
    assert parse_qs(urlsplit(url).query, strict_parsing=True) == {
        **kept,
        "id_token_hint": ["a.b.c"],
        "post_logout_redirect_uri": [CLIENT.post_logout_redirect_uri],
        "state": ["s&t"],
    }
    assert url.startswith(endpoint)


def test_a_provider_without_the_endpoint_has_no_address() -> None:
    metadata = replace(METADATA, end_session_endpoint=None)
    assert end_session_url(metadata, CLIENT, id_token_hint="a.b.c", state="s") is None


def test_a_form_carries_what_the_url_does() -> None:
    request = end_session_request(METADATA, CLIENT, id_token_hint="a.b.c", state="s&t")
    url = end_session_url(METADATA, CLIENT, id_token_hint="a.b.c", state="s&t")
    assert request is not None
    endpoint, fields = request
    assert url == f"{endpoint}?{urlencode(fields)}"
    assert endpoint == METADATA.end_session_endpoint


def test_a_provider_without_the_endpoint_gets_no_form() -> None:
    metadata = replace(METADATA, end_session_endpoint=None)
    assert end_session_request(metadata, CLIENT, id_token_hint="a.b.c", state="s") is None


@pytest.mark.parametrize("sid", ["session-1", "x" * 2048], ids=["a short sid", "the longest"])
def test_a_front_channel_logout_names_the_session(sid: str) -> None:
    parameters = {"iss": [ISSUER], "sid": [sid], "other": ["1", "2"]}
    assert parse_frontchannel_logout(parameters, client=CLIENT) == sid


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        pytest.param({}, "iss_mismatch", id="bare"),
        pytest.param({"sid": ["s"]}, "iss_mismatch", id="no iss"),
        pytest.param({"iss": [], "sid": ["s"]}, "iss_mismatch", id="an empty list"),
        pytest.param({"iss": ["https://evil.example"], "sid": ["s"]}, "iss_mismatch", id="other"),
        pytest.param({"iss": [ISSUER + "/"], "sid": ["s"]}, "iss_mismatch", id="a slash more"),
        pytest.param({"iss": [ISSUER]}, "sid_missing", id="no sid"),
        pytest.param({"iss": [ISSUER], "sid": [""]}, "sid_missing", id="an empty sid"),
        pytest.param({"iss": [ISSUER], "sid": ["x" * 2049]}, "sid_missing", id="a long sid"),
        pytest.param({"iss": [ISSUER], "sid": ["\x00"]}, "sid_missing", id="a control character"),
        pytest.param(
            {"iss": [ISSUER, ISSUER], "sid": ["s"]}, "duplicate_parameter", id="iss twice"
        ),
        pytest.param({"iss": [ISSUER], "sid": ["s", "s"]}, "duplicate_parameter", id="sid twice"),
    ],
)
def test_a_front_channel_logout_that_breaks_a_rule_ends_nothing(
    parameters: dict[str, list[str]], code: str
) -> None:
    with refused(f"frontchannel.{code}"):
        parse_frontchannel_logout(parameters, client=CLIENT)
