"""The code of the documentation runs, each page in a namespace of its own."""

from __future__ import annotations

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
WITH_CODE = [page for page in PAGES if "python\n" in page.read_text(encoding="utf-8")]
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
