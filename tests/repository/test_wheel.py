"""What users install."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support import ROOT, needs


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    programs = Path(sys.executable).parent
    needs(str(programs / "uv-build"), "`make test` brings it")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    subprocess.run(
        [*command, "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)],
        check=True,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
    )
    [wheel] = folder.glob("admit-*-py3-none-any.whl")
    return zipfile.ZipFile(wheel).namelist()


@pytest.mark.parametrize(
    "name",
    [
        "admit/py.typed",
        "admit/flask/__init__.py",
        "admit/dev_provider/templates/sign_in.html",
        "admit/testing/provider.py",
    ],
)
def test_the_wheel_holds_what_is_needed(names: list[str], name: str) -> None:
    assert name in names


def test_the_wheel_holds_nothing_else(names: list[str]) -> None:
    folders = {name.split("/")[0] for name in names}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"admit"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
