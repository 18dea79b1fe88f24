from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from admit.cli import main
from admit.dev_provider import ProviderConfig, Running
from admit.dev_provider.command import greeting


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
