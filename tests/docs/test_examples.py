"""The code of the documentation runs, each page in a namespace of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser
from werkzeug.test import TestResponse

from admit.testing import MemoryProvider
from docs.conftest import PAGES, ROOT, TEMPLATE

READER = Sybil(parsers=[PythonCodeBlockParser()], path=str(ROOT), pattern="*.md")
BLOCK = re.MULTILINE | re.DOTALL
#: Its code is tests: they run in a pytest of their own.
OF_TESTS = "test-your-app.md"
WITH_CODE = [
    page
    for page in PAGES
    if "python\n" in page.read_text(encoding="utf-8") and page.name != OF_TESTS
]
NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


class Visitor:
    """A browser of one visitor, for the hidden blocks that check what the shown ones built."""

    def __init__(self, app: flask.Flask, provider: MemoryProvider) -> None:
        self._client: FlaskClient = app.test_client()
        self._provider = provider

    def open(self, url: str, method: str = "GET", **more: Any) -> TestResponse:
        base = "http://localhost:5000"
        url = url.removeprefix(base) or "/"
        headers = {**NAVIGATION, "Sec-Fetch-Site": "same-origin"}
        return self._client.open(url, method=method, base_url=base, headers=headers, **more)

    def sign_in(self, page: str = "/signin") -> TestResponse:
        """Follow the visitor from *page* through the provider to what the callback answers."""
        answer = self.open(page)
        if not answer.location.startswith(self._provider.issuer):
            answer = self.open(answer.location)
        return self.open(self._provider.callback(answer.location))


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_runs(page: Path, deployment: MemoryProvider, tmp_path: Path) -> None:
    for name, template in TEMPLATE.findall(page.read_text(encoding="utf-8")):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(template, encoding="utf-8")
    visitor: Callable[[flask.Flask], Visitor] = lambda app: Visitor(app, deployment)  # noqa: E731
    document = READER.parse(page)
    # The name of no module: Flask then looks for templates in the current folder.
    document.namespace.update(__name__="the_app", visitor=visitor, provider=deployment)
    for example in document.examples():
        example.evaluate()


def test_pages_with_code_were_found() -> None:
    assert {page.name for page in WITH_CODE} >= {"README.md", "tutorial.md", "flask.md"}


def test_the_tests_of_a_page_pass(tmp_path: Path) -> None:
    page = ROOT / "docs/how-to" / OF_TESTS
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), BLOCK)
    (tmp_path / "test_page.py").write_text("\n\n".join(blocks), encoding="utf-8")
    shutil.copy(ROOT / "tests/testing/plugin_project/shop.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "admit.pytest_plugin"],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    tests = sum(len(re.findall(r"^ *def test_", block, re.MULTILINE)) for block in blocks)
    assert f"{tests} passed" in done.stdout, done.stdout
