"""Each kept input of the fuzzers goes through its target, on every Python, without a fuzzer."""

from __future__ import annotations

import logging
import time

import pytest

from fuzz.registry import CORPUS, kept
from fuzz.targets import TARGETS

#: Far more than any needs: what takes seconds is a defect.
SECONDS, MOST_FILES, MOST_BYTES = 2, 200, 20_000


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "admit")


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_what_was_found_before_lets_nothing_but_a_refusal_out(name: str) -> None:
    files = kept(name)
    assert files, "a target without a corpus guards nothing"
    for file in files:
        began = time.perf_counter()
        TARGETS[name](file.read_bytes())
        assert time.perf_counter() - began < SECONDS, file


def test_the_corpus_is_small_and_belongs_to_the_targets() -> None:
    folders = {folder.name for folder in CORPUS.iterdir() if folder.is_dir()}
    assert folders == set(TARGETS)
    files = [file for name in TARGETS for file in kept(name)]
    assert len(files) < MOST_FILES
    assert max(file.stat().st_size for file in files) < MOST_BYTES
