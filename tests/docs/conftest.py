"""A place where the documentation's code runs: its settings, its templates, a provider."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from admit.testing import MemoryProvider, serving

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    if not path.name.startswith(".")
)
#: A template of the text: its name, then the block.
TEMPLATE = re.compile(r"`(templates/[\w.-]+)`[^\n]*:\n\n```html\n(.*?)\n```", re.DOTALL)


@pytest.fixture
def provider() -> Iterator[MemoryProvider]:
    """The provider, behind a port of this machine."""
    with serving(MemoryProvider(now=lambda: int(time.time()))) as served:
        yield served


@pytest.fixture
def deployment(
    provider: MemoryProvider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> MemoryProvider:
    """The environment that the text asks for, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "ADMIT_ISSUER": provider.issuer,
        "ADMIT_CLIENT_ID": provider.client_id,
        "ADMIT_CLIENT_SECRET": provider.client_secret,
        "ADMIT_BASE_URL": "http://localhost:5000",
        "ADMIT_SECRET_KEYS": "a-key-of-the-test-with-enough-characters",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    return provider
