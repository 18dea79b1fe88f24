"""Sealed values: what comes back is what was sealed, or nothing."""

from __future__ import annotations

import secrets

import pytest

from admit.base64url import from_base64url
from admit.sealing import LONGEST, Sealer, Unsealable

FIRST, SECOND, THIRD = "first-secret-" * 3, "second-secret-" * 3, "third-secret-" * 3
PURPOSE = b"test 1"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def sealer(*keys: str) -> Sealer:
    return Sealer(keys or (FIRST,), secrets.token_bytes)


@pytest.mark.parametrize("length", [0, 1, 2, 3, 15, 16, 17, 4000])
def test_what_was_sealed_opens(length: int) -> None:
    message = secrets.token_bytes(length)
    text = sealer().seal(PURPOSE, message)
    assert sealer().open(PURPOSE, text) == message
    assert set(text) <= set(ALPHABET)
    assert len(text) <= length * 4 / 3 + 62


def test_the_same_message_never_looks_the_same() -> None:
    one = sealer()
    texts = {one.seal(PURPOSE, b"message") for _ in range(50)}
    assert len(texts) == 50
    assert len({text[10:30] for text in texts}) == 50


def test_the_message_is_not_readable() -> None:
    text = sealer().seal(PURPOSE, b"A" * 300)
    assert b"AAAA" not in from_base64url(text)
    assert "QUFBQUFB" not in text


def test_another_purpose_does_not_open_it() -> None:
    text = sealer().seal(PURPOSE, b"message")
    assert sealer().open(b"test 2", text) is Unsealable.CHANGED


def test_another_secret_is_an_unknown_key() -> None:
    text = sealer(FIRST).seal(PURPOSE, b"message")
    assert sealer(SECOND).open(PURPOSE, text) is Unsealable.UNKNOWN_KEY


def test_the_newest_key_seals_and_the_older_ones_still_open() -> None:
    old = sealer(FIRST).seal(PURPOSE, b"old")
    both = sealer(SECOND, FIRST)
    new = both.seal(PURPOSE, b"new")
    assert both.open(PURPOSE, old) == b"old"
    assert sealer(SECOND).open(PURPOSE, new) == b"new"
    assert sealer(THIRD, SECOND).open(PURPOSE, old) is Unsealable.UNKNOWN_KEY


@pytest.mark.parametrize("length", [9, 10, 11])
def test_no_changed_letter_is_let_pass(length: int) -> None:
    one = sealer()
    text = one.seal(PURPOSE, bytes(length))
    for position, letter in enumerate(text):
        other = ALPHABET[(ALPHABET.index(letter) + 1) % 64]
        changed = text[:position] + other + text[position + 1 :]
        assert isinstance(one.open(PURPOSE, changed), Unsealable), position


@pytest.mark.parametrize("length", [9, 10, 11])
def test_no_other_spelling_is_let_pass(length: int) -> None:
    one = sealer()
    text = one.seal(PURPOSE, bytes(length))
    for other in (text + "=", text + "!", " " + text, text + "\n", text + "A", text[:-1]):
        assert isinstance(one.open(PURPOSE, other), Unsealable), other
    for position in range(len(text)):
        assert isinstance(one.open(PURPOSE, f"{text[:position]}!{text[position:]}"), Unsealable)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "null",
        "...",
        "\u00e9" * 80,
        "\udcff" * 80,
        "\x00" * 80,
        "A" * 60,
        "AQ" + "A" * 10,
        "gASVAAAA",
        "../../etc/passwd",
        "x" * 60_000,
        "a\r\nSet-Cookie: b",
    ],
)
def test_junk_is_malformed(text: str) -> None:
    assert sealer().open(PURPOSE, text) is Unsealable.MALFORMED


def test_what_no_cookie_can_hold_is_not_even_read() -> None:
    text = sealer().seal(PURPOSE, bytes(LONGEST))
    assert len(text) > LONGEST
    assert sealer().open(PURPOSE, text) is Unsealable.MALFORMED


def test_the_key_named_by_a_message_is_not_enough() -> None:
    text = sealer().seal(PURPOSE, b"message")
    assert sealer().open(PURPOSE, text[:40] + "A" * 60) is Unsealable.CHANGED


def test_nothing_of_a_secret_is_shown() -> None:
    assert repr(sealer(FIRST, SECOND)) == "<Sealer with 2 keys>"
