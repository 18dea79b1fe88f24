from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from admit.cli import main
from admit.dev_provider import ProviderConfig, Running
from admit.dev_provider.command import Options, configured, greeting


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "example.com", ""])
def test_the_command_refuses_to_listen_on_anything_but_loopback(host: str) -> None:
    result = CliRunner().invoke(main, ["provider", "--host", host])
    assert result.exit_code == 1
    assert "this machine only" in result.output
    assert len(result.output.splitlines()) == 1


def test_a_taken_port_is_said_in_one_line(provider: Running) -> None:
    port = str(urlsplit(provider.url).port)
    result = CliRunner().invoke(main, ["provider", "--port", port])
    assert result.exit_code == 1
    assert f"Cannot listen on 127.0.0.1 port {port}" in result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--redirect-uri", "localhost"),
        ("--backchannel-logout-uri", "/logout"),
        ("--frontchannel-logout-uri", "ftp://localhost/"),
        ("--initiate-login-uri", "javascript:x"),
        ("--universal-logout-uri", "http://localhost:99999/"),
    ],
)
def test_what_is_no_url_is_said_in_one_line(option: str, value: str) -> None:
    result = CliRunner().invoke(main, ["provider", "--port", "0", option, value])
    assert result.exit_code == 1
    assert f"{value!r} is no URL such as http://localhost:5000" in result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("value", ["0", "86401", "x"])
def test_an_access_token_lives_at_most_a_day(value: str) -> None:
    result = CliRunner().invoke(main, ["provider", "--access-token-lifetime", value])
    assert result.exit_code == 2
    assert "--access-token-lifetime" in result.output


def test_the_options_are_the_settings_of_the_first_client() -> None:
    options = Options(
        host="127.0.0.1",
        port=0,
        redirect_uri=("http://localhost:1/in",),
        post_logout_redirect_uri=("http://localhost:1/out",),
        backchannel_logout_uri="http://localhost:1/back",
        frontchannel_logout_uri=None,
        initiate_login_uri="http://localhost:1/start",
        universal_logout_uri="http://localhost:1/universal",
        config_file=None,
        access_token_lifetime=60,
    )
    config = configured(options, "http://127.0.0.1:1")
    first, second, *_ = config.clients
    assert first.redirect_uris == (*second.redirect_uris, "http://localhost:1/in")
    assert first.post_logout_redirect_uris[-1] == "http://localhost:1/out"
    assert first.backchannel_logout_uri == "http://localhost:1/back"
    assert first.frontchannel_logout_uri is None
    assert second.backchannel_logout_uri is None
    assert config.access_token_seconds == 60
    text = greeting(config)
    for part in ("http://localhost:1/back", "http://localhost:1/start", "Universal Logout"):
        assert part in text
    assert "Front-channel" not in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"client": []}',
        '{"clients": {}}',
        '{"clients": [1]}',
        '{"clients": [{"redirect_uris": "x"}]}',
        '{"clients": [{"token_endpoint_auth_method": "x"}]}',
        '{"users": [{"login": "x"}]}',
        '{"users": [{"admin": true}]}',
        "\udcff",
    ],
)
def test_a_wrong_configuration_file_is_explained(tmp_path: Path, text: str) -> None:
    file = tmp_path / "provider.json"
    file.write_text(text, errors="surrogateescape")
    result = CliRunner().invoke(main, ["provider", "--port", "0", "--config", str(file)])
    assert result.exit_code == 1
    assert "provider.json: " in result.output
    assert len(result.output.splitlines()) == 1


def test_the_greeting_has_all_that_an_app_needs() -> None:
    text = greeting(ProviderConfig())
    for part in (
        "/oauth2/default",
        "0oa1webbasic0Local5d7",
        "not-a-secret",
        "for development only",
    ):
        assert part in text
    assert "alice@example.com  alice-password" in text
