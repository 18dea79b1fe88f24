"""The command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from admit.cli import main

ENVIRONMENT = {
    "ADMIT_ISSUER": "https://acme.okta.com/oauth2/default",
    "ADMIT_CLIENT_ID": "0oa1b2c3",
    "ADMIT_CLIENT_SECRET": "a-very-secret-secret",
    "ADMIT_BASE_URL": "http://localhost:5000",
    "ADMIT_SECRET_KEYS": "a-key-of-the-test-with-enough-characters",
}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return CliRunner()


def test_settings_prints_what_to_paste_and_no_secret(run: CliRunner) -> None:
    result = run.invoke(main, ["settings"])
    assert result.exit_code == 0
    rows = [line.split("  ") for line in result.output.splitlines()]
    told = {row[1].strip(): row[-1].strip() for row in rows if len(row) > 2}
    assert told["Application type"] == "Web Application"
    assert told["Sign-in redirect URI"] == "http://localhost:5000/authorization-code/callback"
    assert told["Sign-out redirect URI"] == "http://localhost:5000"
    assert told["Issuer"] == "https://acme.okta.com/oauth2/default"
    assert "Security > API > default > Access Policies" in result.output
    assert "secret-secret" not in result.output
    assert ENVIRONMENT["ADMIT_SECRET_KEYS"] not in result.output


def test_settings_prints_where_a_provider_ends_sessions(run: CliRunner) -> None:
    environ = {
        **ENVIRONMENT,
        "ADMIT_SESSIONS": "redis://:hidden@host/0",
        "ADMIT_SCOPE": "openid offline_access",
        "ADMIT_UNIVERSAL_LOGOUT_PATH": "/universal-logout",
    }
    shown = run.invoke(main, ["settings"], env=environ).output
    for uri in ("backchannel-logout", "frontchannel-logout", "universal-logout"):
        assert f"/{uri}\n" in shown
    assert "Authorization Code, Refresh Token" in shown
    assert "hidden" not in shown
    assert "logout URI" not in run.invoke(main, ["settings"]).output


@pytest.mark.parametrize(
    ("sessions", "fix"),
    [
        ("redis://:hidden@host/0", "rediss://"),
        ("redis+sentinel://one:26379,two:26379/main", "rediss+sentinel://"),
        ("postgresql://app:hidden@host/app?sslmode=require", "?sslmode=verify-full"),
        ("rediss://:hidden@host/0", None),
        ("rediss+cluster://host:6379", None),
        ("postgres://app:hidden@host/app?sslmode=verify-full", None),
        ("redis://localhost:6379/0", None),
        ("postgresql://127.0.0.1/app", None),
        ("sqlite:////var/lib/sessions.db", None),
        ("cookie", None),
    ],
)
def test_settings_reminds_of_a_store_that_is_asked_in_the_clear(
    run: CliRunner, sessions: str, fix: str | None
) -> None:
    shown = run.invoke(main, ["settings"], env={**ENVIRONMENT, "ADMIT_SESSIONS": sessions}).output
    assert ("ADMIT_SESSIONS" in shown) == (fix is not None)
    assert fix is None or f"use {fix}." in shown
    assert "hidden" not in shown


def test_settings_reads_an_app(run: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "site_of_the_test.py").write_text(
        "from flask import Flask\nfrom admit.flask import SignIn\n"
        "app = Flask(__name__)\nSignIn(app, base_url='https://app.example.com/portal')\n"
    )
    result = run.invoke(main, ["settings", "--app", "site_of_the_test:app"])
    assert result.exit_code == 0
    assert "https://app.example.com/portal/authorization-code/callback" in result.output


def test_settings_tells_all_problems_at_once(
    run: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMIT_ISSUER", "https://acme-admin.okta.com/oauth2/default")
    monkeypatch.setenv("ADMIT_CLIENT_ID", "{yourClientId}")
    result = run.invoke(main, ["settings"])
    assert result.exit_code == 1
    assert "Use acme.okta.com." in result.output
    assert "placeholder" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("name", ["no_such_module:app", "json:app"])
def test_settings_says_what_is_wrong_with_an_app(run: CliRunner, name: str) -> None:
    result = run.invoke(main, ["settings", "--app", name])
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert result.output.startswith("Error: ")


def test_settings_prints_what_to_register_before_anything_is_registered(
    run: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ADMIT_CLIENT_ID", "ADMIT_CLIENT_SECRET", "ADMIT_SECRET_KEYS"):
        monkeypatch.delenv(name)
    result = run.invoke(main, ["settings"])
    assert result.exit_code == 0
    assert "http://localhost:5000/authorization-code/callback" in result.output
    assert "ADMIT_CLIENT_ID: it is missing" in result.output
    assert "ADMIT_SECRET_KEYS: it is missing" in result.output

    monkeypatch.delenv("ADMIT_BASE_URL")
    result = run.invoke(main, ["settings"])
    assert result.exit_code == 1
    assert "ADMIT_BASE_URL: it is missing" in result.output


def test_a_provider_registers_nothing_that_is_no_url(run: CliRunner) -> None:
    result = run.invoke(main, ["provider", "--port", "0", "--redirect-uri", "notauri"])
    assert result.exit_code == 1
    assert "'notauri' is no URL such as http://localhost:5000/" in result.output
