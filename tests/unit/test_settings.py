"""What follows from the base URL."""

from __future__ import annotations

import pytest

from admit.settings import Settings
from material import CLIENT


@pytest.mark.parametrize(
    ("base_url", "origin", "host", "prefix", "cookies"),
    [
        ("https://app.test", "https://app.test", "app.test", "", ("__Host-", "/")),
        ("https://app.test:8443", "https://app.test:8443", "app.test:8443", "", ("__Host-", "/")),
        ("https://app.test/a/b", "https://app.test", "app.test", "/a/b", ("__Secure-", "/a/b")),
        ("http://localhost:5000", "http://localhost:5000", "localhost:5000", "", ("", "/")),
        ("http://localhost/a", "http://localhost", "localhost", "/a", ("", "/a")),
    ],
)
def test_origin_host_prefix_and_cookies_follow_from_the_base_url(
    base_url: str, origin: str, host: str, prefix: str, cookies: tuple[str, str]
) -> None:
    settings = Settings(client=CLIENT, base_url=base_url, secret_keys=("k" * 32,))
    assert (settings.origin, settings.host, settings.prefix) == (origin, host, prefix)
    assert (settings.cookie_prefix, settings.cookie_path) == cookies
    assert settings.secure is base_url.startswith("https")
    assert "kkkk" not in repr(settings)
