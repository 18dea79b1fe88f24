"""How `make mutation` names a change to the code, and what it counts."""

from __future__ import annotations

import ast
from importlib import import_module

import pytest

from mutation.score import KEPT, Change, Mutant, kept, main, row, score


def change(old: str, new: str) -> Change:
    return Change(ast.parse(old).body[0], ast.parse(new).body[0])


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("if a >= b: pass", "if a > b: pass", "a >= b -> a > b"),
        ("return a or b(c)", "return a or b(None)", "c -> None"),
        ("raise E(a, spec=b)", "raise E(a, spec=None)", "spec=b -> None"),
        ("raise E(a, spec=b)", "raise E(a, )", "E(...) without spec=b"),
        ("raise E(a, spec=b)", "raise E(spec=b)", "E(...) without a"),
        ("x = a.lower()", "x = a.upper()", "a.lower -> a.upper"),
        ("x = f(a)", "x = None", "f(a) -> None"),
        ("x += 1", "x = 1", "x += 1 -> x = 1"),
    ],
)
def test_a_change_is_named_by_its_smallest_part(old: str, new: str, shown: str) -> None:
    assert str(change(old, new)) == shown


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("raise AnError('a.b', 'why')", "raise AnError('a.b', 'WHY')", True),
        (
            "raise AnError('a.b', 'a' if b else 'c')",
            "raise AnError('a.b', 'a' if b else 'C')",
            True,
        ),
        ("raise AnError('a.b', d, hint='do')", "raise AnError('a.b', d, hint='DO')", True),
        ("message = 'why'", "message = 'WHY'", True),
        ("raise AnError('a.b', 'why')", "raise AnError('A.B', 'why')", False),
        ("raise AnError('a.b', 'why')", "raise AnError('a.b', None)", False),
        ("raise AnError('a.b', d, spec='do')", "raise AnError('a.b', d, spec='DO')", False),
        ("x = claims.get('iss', 'a')", "x = claims.get('iss', 'A')", False),
        ("x = 'a'", "x = 'A'", False),
    ],
)
def test_words_for_people_are_told_from_what_is_a_rule(old: str, new: str, words: bool) -> None:
    assert change(old, new).is_words() is words


def mutant(exit_code: int | None, place: str = "here", *, is_words: bool = False) -> Mutant:
    return Mutant("module", place, is_words, exit_code)


def test_what_a_test_notices_or_never_ends_counts_as_noticed() -> None:
    assert score([mutant(1), mutant(3), mutant(36), mutant(-24)]) == 100
    assert score([mutant(1), mutant(0), mutant(5), mutant(33)]) == 25


def test_words_are_counted_apart() -> None:
    shown = row("module", [mutant(1), mutant(0, is_words=True)]).split()
    assert shown == ["module", "1", "1", "0", "0", "100.0", "%", "50.0", "%", "of", "2"]


@pytest.mark.parametrize(
    ("mutants", "exit_code"),
    [
        pytest.param([mutant(1)], 0, id="all killed"),
        pytest.param([mutant(1), mutant(0, is_words=True)], 0, id="words alone survive"),
        pytest.param([mutant(1)] * 99 + [mutant(0)], 1, id="one that nobody explained"),
        pytest.param([mutant(1)] * 99 + [mutant(None)], 1, id="one that was not run"),
        pytest.param([mutant(1)] * 99 + [mutant(-11)], 1, id="one that broke Python"),
    ],
)
def test_a_survivor_that_nobody_explained_is_an_error(
    mutants: list[Mutant], exit_code: int
) -> None:
    assert main(mutants) == exit_code


def test_too_many_survivors_are_an_error_whatever_their_reasons() -> None:
    explained = [mutant(0, place) for place in kept()]
    assert main([*explained, *[mutant(1)] * (len(explained) * 9)]) == 0
    assert main([*explained, *[mutant(1)] * (len(explained) * 9 - 1)]) == 1


def test_each_survivor_that_is_explained_is_in_a_function_of_ours() -> None:
    for place in kept():
        name = place.split(" | ")[0]
        parts = name.split(".")
        depth = 2 if parts[1] != "protocol" else 3
        found: object = import_module(".".join(parts[:depth]))
        for part in parts[depth:]:
            found = getattr(found, part)
        assert callable(found), KEPT.name
