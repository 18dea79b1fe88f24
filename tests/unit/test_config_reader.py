"""Looking settings up, in several places and under several names."""

from __future__ import annotations

from typing import Any

import pytest

from admit.config_reader import Reader, Source


def reader_of(*sources: tuple[str, dict[str, Any]]) -> Reader:
    return Reader([Source(kind, values) for kind, values in sources], {"name": ("OTHER_NAME",)})


def test_the_first_place_that_knows_a_setting_wins() -> None:
    reader = reader_of(("argument", {"ADMIT_NAME": None}), ("application", {"ADMIT_NAME": "b"}),
                       ("environment", {"ADMIT_NAME": "c"}))  # fmt: skip
    assert (reader.value("name"), reader.shown("name")) == ("b", "ADMIT_NAME")


def test_our_name_wins_over_another_in_the_same_place_only() -> None:
    reader = reader_of(("application", {"OTHER_NAME": "a", "ADMIT_NAME": "b"}))
    assert reader.value("name") == "b"
    reader = reader_of(("application", {"OTHER_NAME": "a"}), ("environment", {"ADMIT_NAME": "b"}))
    assert (reader.value("name"), reader.shown("name")) == ("a", "OTHER_NAME")


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("argument", "client_id"),
        ("application", "ADMIT_CLIENT_ID"),
        ("environment", "ADMIT_CLIENT_ID"),
        (".okta.env", "ADMIT_CLIENT_ID in .okta.env"),
    ],
)
def test_a_setting_is_shown_as_its_place_spells_it(kind: str, shown: str) -> None:
    assert reader_of((kind, {"ADMIT_CLIENT_ID": "x"})).shown("client_id") == shown


def test_what_nobody_set_is_none_and_shown_under_our_name() -> None:
    reader = reader_of(("argument", {}))
    assert reader.value("name") is None
    assert reader.optional("name") is None
    assert reader.shown("name") == "ADMIT_NAME"
    assert reader.problems == []


def test_a_problem_is_noted_once() -> None:
    reader = reader_of()
    for _ in range(2):
        reader.problem("name", "wrong", "fix")
    assert [str(problem) for problem in reader.problems] == ["name: wrong. fix"]


@pytest.mark.parametrize(
    ("value", "text", "problems"),
    [
        (" a ", "a", 0),
        ("", "", 0),
        ("'a'", "a", 1),
        ('"a"', "a", 1),
        ("'", "'", 0),
        ("'a\"", "'a\"", 0),
        (7, None, 1),
        (b"a", None, 1),
        (["a"], None, 1),
    ],
)
def test_text_is_stripped_and_quotes_are_told(
    value: object, text: str | None, problems: int
) -> None:
    reader = reader_of(("argument", {"ADMIT_NAME": value}))
    assert reader.optional("name") == text
    assert len(reader.problems) == problems


@pytest.mark.parametrize("secret", [True, False])
def test_a_placeholder_is_repeated_unless_it_is_a_secret(secret: bool) -> None:
    reader = reader_of(("argument", {"ADMIT_NAME": "{clientSecret}"}))
    reader.text("name", where="there", secret=secret)
    assert ("clientSecret" in str(reader.problems[0])) is not secret
    assert reader.problems[0].fix == "there"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a b", ("a", "b")),
        (" a,b ,\tc ", ("a", "b", "c")),
        (["a b", "c"], ("a b", "c")),
        (("a",), ("a",)),
        ("", ()),
        ("  ", ()),
        ([], ()),
        (None, ("default",)),
    ],
)
def test_words_are_a_list_or_one_string(value: object, words: tuple[str, ...]) -> None:
    reader = reader_of(("argument", {"ADMIT_NAME": value}))
    assert reader.words("name", ("default",)) == words
    assert reader.problems == []


@pytest.mark.parametrize("value", [7, [7], {"a": 1}, {"a"}, b"a"])
def test_other_kinds_are_no_words(value: object) -> None:
    reader = reader_of(("argument", {"ADMIT_NAME": value}))
    assert reader.words("name", ("default",)) == ("default",)
    assert len(reader.problems) == 1


@pytest.mark.parametrize("value", ["c", "A", 7])
def test_a_choice_is_one_of_its_words(value: object) -> None:
    reader = reader_of(("argument", {"ADMIT_NAME": value}))
    assert reader.choice("name", ("a", "b"), "a") == "a"
    assert len(reader.problems) == 1
    assert reader_of(("argument", {"ADMIT_NAME": "b"})).choice("name", ("a", "b"), "a") == "b"


@pytest.mark.parametrize(("value", "number"), [(5, 5), ("5", 5), (" 7 ", 7), (None, 6), (10, 10)])
def test_a_number_between_its_bounds_is_taken(value: object, number: int) -> None:
    reader = reader_of(("argument", {"ADMIT_NAME": value}))
    assert reader.number("name", 5, 10, 6) == number
    assert reader.problems == []


@pytest.mark.parametrize("value", [4, 11, "-5", "5.5", 5.5, True, "", "\u0665", "9" * 10, [5]])
def test_any_other_number_is_a_problem(value: object) -> None:
    reader = reader_of(("argument", {"ADMIT_NAME": value}))
    assert reader.number("name", 5, 10, 6) == 6
    assert "5 to 10" in reader.problems[0].fix


@pytest.mark.parametrize(
    ("value", "on", "problems"),
    [
        (True, True, 0),
        ("TRUE", True, 0),
        (1, True, 0),
        (" on ", True, 0),
        (False, False, 0),
        ("no", False, 0),
        (0, False, 0),
        ("", False, 0),
        (None, False, 0),
        ("perhaps", False, 1),
        (2, False, 1),
    ],
)
def test_a_switch_is_on_or_off(value: object, on: bool, problems: int) -> None:
    reader = reader_of(("argument", {"ADMIT_NAME": value}))
    assert reader.boolean("name") is on
    assert len(reader.problems) == problems


def test_the_frameworks_own_settings_come_from_the_application_alone() -> None:
    reader = reader_of(("environment", {"SECRET_KEY": "a"}), ("application", {"SECRET_KEY": "b"}))
    assert reader.framework("SECRET_KEY") == "b"
    assert reader_of(("environment", {"SECRET_KEY": "a"})).framework("SECRET_KEY") is None
