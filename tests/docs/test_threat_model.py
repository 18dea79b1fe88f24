"""The threat model names nothing that does not exist, and leaves no requirement out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from admit.codes import CODES
from admit.config import NAMES
from docs.conftest import ROOT

MODEL, CHECKS = ROOT / "docs/why/threat-model.md", ROOT / "docs/why/security.md"
HOSTILE = ROOT / "tests/hostile"
SOURCE = ROOT / "src/admit"
Row = Mapping[str, str]

#: Chapter or section to how many requirements it has: RFC 9700, and OWASP ASVS 5.0.0.
BEST_PRACTICES = ["2.1", "2.1.1", "2.1.2", "2.2.1", "2.2.2", "2.3", "2.4", "2.5", "2.6"]
ATTACKS = [f"4.{number}" for number in range(1, 18)]
REQUIREMENTS = {
    "V10": {"10.1": 2, "10.2": 3, "10.3": 5, "10.4": 16, "10.5": 5},
    "V7": {"7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2},
    "V3": {"3.1": 1, "3.2": 3, "3.3": 5, "3.4": 8, "3.5": 8, "3.6": 1, "3.7": 5},
    "V16": {"16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 4},
    "V6 and V9": {"6.8": 4, "9.1": 3, "9.2": 4},
}
#: What an answer may begin with. Whatever is not plain needs its reason.
ANSWER = re.compile(
    r"yes(?:, with a store)?|(?:partly|no|not ours|the (?:application|provider|deployment)'s): .+"
)
CASE = re.compile(r"\b[0-9A-Z]{3}-[ux]?\d+\b")


def rows(page: Path) -> Iterator[Row]:
    """Return each row of each table, by the names of its columns."""
    for table in re.findall(r"(?:^\|.*\|\n)+", page.read_text(encoding="utf-8"), re.MULTILINE):
        head, _, *lines = ([cell.strip() for cell in one[1:-1].split("|")] for one in _lines(table))
        for line in lines:
            yield dict(zip(head, line, strict=True))


def _lines(table: str) -> list[str]:
    # A pipe within code is written as \| and would end a cell.
    return [line.replace("\\|", "/") for line in table.splitlines()]


def attacks() -> list[Row]:
    return [row for row in rows(MODEL) if {"Check", "Where", "Code", "Row"} <= row.keys()]


def answered(column: str) -> list[Row]:
    return [row for row in rows(MODEL) if column in row and "Answer" in row]


def checks() -> dict[int, Row]:
    return {int(row["#"]): row for row in rows(CHECKS) if row.get("#", "").isdigit()}


def numbers(text: str) -> set[int]:
    """Return the checks that *text* names: numbers, and ranges such as 9 to 16."""
    found = {int(number) for number in re.findall(r"\b\d+\b", text)}
    for first, last in re.findall(r"\b(\d+) to (\d+)\b", text):
        found |= set(range(int(first), int(last) + 1))
    return found


def modules(cell: str) -> set[str]:
    return set(re.findall(r"`([a-z_/]+)`", cell))


def test_the_checks_are_numbered_without_a_gap() -> None:
    assert list(checks()) == list(range(1, len(checks()) + 1))


def test_whoever_counts_the_checks_counts_right() -> None:
    counted = re.findall(r"\b(\d+) checks\b", (ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    assert counted == [str(len(checks()))]


def test_every_attack_names_checks_that_exist_and_every_check_stops_an_attack() -> None:
    named = set().union(*(numbers(row["Check"]) for row in attacks()))
    assert named == set(checks())


@pytest.mark.parametrize("attack", attacks(), ids=lambda row: next(iter(row.values()))[:60])
def test_every_attack_is_answered_by_code_that_exists(attack: Row) -> None:
    assert numbers(attack["Check"])
    assert modules(attack["Where"])
    codes = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", attack["Code"]))
    assert codes <= set(CODES)
    assert codes or attack["Code"].startswith(("none", "the provider refuses"))


@pytest.mark.parametrize("page", [MODEL, CHECKS], ids=lambda page: page.name)
def test_every_module_that_is_named_exists(page: Path) -> None:
    named = set().union(*(modules(row["Where"]) for row in rows(page) if "Where" in row))
    assert named
    missing = {name for name in named if not (SOURCE / f"{name}.py").exists()}
    assert missing == set()


def test_every_number_in_brackets_is_a_check() -> None:
    known = set(checks())
    cells = [*answered("Section"), *answered("Requirement")]
    texts = [row["How"] for row in cells] + [
        row["Protected by"] for row in rows(MODEL) if "Protected by" in row
    ]
    for text in texts:
        for bracket in re.findall(r"\(((?:\d+(?:, | to | and )?)+)\)", text):
            assert numbers(bracket) <= known, text


def test_every_setting_that_is_named_exists() -> None:
    named = set(re.findall(r"\bADMIT_[A-Z_]*[A-Z]\b", MODEL.read_text(encoding="utf-8")))
    assert named
    assert named <= {f"ADMIT_{name.upper()}" for name in NAMES}


def test_no_section_of_the_rfc_is_left_out() -> None:
    assert [row["Section"] for row in answered("Section")] == [*BEST_PRACTICES, *ATTACKS]


def test_no_requirement_of_asvs_is_left_out() -> None:
    expected = [
        f"{section}.{number}"
        for chapter in REQUIREMENTS.values()
        for section, count in chapter.items()
        for number in range(1, count + 1)
    ]
    assert [row["Requirement"] for row in answered("Requirement")] == expected


@pytest.mark.parametrize(
    "row",
    [*answered("Section"), *answered("Requirement")],
    ids=lambda row: row.get("Section") or row["Requirement"],
)
def test_every_answer_is_plain_or_says_why_not(row: Row) -> None:
    assert ANSWER.fullmatch(row["Answer"]), row["Answer"]
    assert row["Answer"] != "yes, with a store" or row["How"]


def cases() -> set[str]:
    """Return the rows that the hostile suite names; one such as CBK-01..03 stands for three."""
    found = set()
    for file in HOSTILE.glob("**/*.py"):
        text = file.read_text(encoding="utf-8")
        found |= set(CASE.findall(text))
        for kind, first, last in re.findall(r"\b([0-9A-Z]{3}-[ux]?)(\d+)\.\.(\d+)\b", text):
            width = len(first)
            found |= {f"{kind}{n:0{width}d}" for n in range(int(first), int(last) + 1)}
    return found


def test_every_row_of_the_hostile_suite_that_is_named_exists() -> None:
    named = set().union(*(CASE.findall(row["Row"]) for row in attacks()))
    assert named
    assert named - cases() == set()
