"""The plugin of pytest, in a project that a developer might have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).parent / "plugin_project"
#: As it is installed, pytest finds it by itself.
PLUGIN = ("-p", "admit.pytest_plugin")


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_fixtures_do_what_a_developer_expects(tmp_path: Path) -> None:
    for file, name in (("shop.py", "shop.py"), ("shop_tests.py", "test_shop.py")):
        shutil.copyfile(PROJECT / file, tmp_path / name)
    done = run("-m", "pytest", "-q", "-W", "error", *PLUGIN, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
    assert "failed" not in done.stdout


def test_the_transport_is_given_back(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        """
from admit.flask import SignIn
from admit.http_client import BlockingHttp
from admit.testing import SETTINGS
import flask

app = flask.Flask("kept")
app.config.from_mapping(SETTINGS)
SignIn(app)
party = app.extensions["admit"].parts.endpoints.relying_party

def test_first(sign_in, provider):
    sign_in(app.test_client())
    sign_in(app.test_client())
    assert party.http.http is provider
    assert party.provider.fresh_metadata() is not None

def test_second():
    assert isinstance(party.http.http, BlockingHttp)
    assert party.provider.fresh_metadata() is None
""",
        encoding="utf-8",
    )
    done = run("-m", "pytest", "-q", *PLUGIN, cwd=tmp_path)
    assert "2 passed" in done.stdout, done.stdout


@pytest.mark.parametrize("module", ["flask", "admit.flask", "admit.testing", "cryptography"])
def test_the_plugin_loads_next_to_nothing(module: str, tmp_path: Path) -> None:
    code = f"import sys, admit.pytest_plugin; sys.exit({module!r} in sys.modules)"
    assert run("-c", code, cwd=tmp_path).returncode == 0


def test_pytest_is_told_of_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"] == {"pytest11": {"admit": "admit.pytest_plugin"}}
