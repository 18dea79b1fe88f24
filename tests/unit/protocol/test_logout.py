"""The address that ends the provider's session."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from admit.protocol.logout import end_session_url
from material import CLIENT, METADATA


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
