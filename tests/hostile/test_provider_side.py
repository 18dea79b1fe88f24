"""What rows check hosts, memory and sign-ins with notices what it is there to notice."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hostile.provider_side import failed, growing_less_than, refused, trap
from hostile.world import world


def test_a_trap_notices_who_speaks_to_it() -> None:
    with pytest.raises(AssertionError, match="spoken to"), trap() as url:
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)).close()


def test_a_trap_that_nobody_speaks_to_is_silent() -> None:
    with trap():
        pass


def test_memory_that_grows_is_noticed() -> None:
    with pytest.raises(AssertionError, match="MB more"), growing_less_than(20):
        bytearray(b"x") * (60 << 20)


def test_memory_that_does_not_grow_is_not() -> None:
    with growing_less_than(20):
        pass


@pytest.mark.parametrize("check", [refused, failed])
def test_an_honest_sign_in_is_neither_refused_nor_failed(
    check: object, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert callable(check)
    with (
        pytest.raises(AssertionError, match="no refusal"),
        world(monkeypatch, tmp_path, request.getfixturevalue) as made,
    ):
        check(made, "id_token.alg")
