"""Tell how many of mutmut's changes to the code some test noticed; `make mutation` runs it.

A mutant is the code with one small change. Those that no test notices stand in `survivors.txt`,
with the reason why they may live. One that does not stand there is an error, as is a score below
the limit. Changes to words for people, in details, hints and causes, are counted apart: they are no
rule, and no test is to repeat them.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MUTANTS = Path(__file__).parents[2] / "mutants/src"
KEPT = Path(__file__).with_name("survivors.txt")
LIMIT = 90
#: What mutmut writes down: pytest's exit codes, its own and the signals of an end by force.
KILLED, TIMED_OUT, SURVIVED = {1, 3}, {36, -24, 24, 152, 255}, {0, 5, 33}
#: Where words for people stand: these arguments, and the second one of an error.
WORDS = {"hint", "cause"}
ERRORS = ("Error", "Rejected", "Denied", "TooLarge", "__init__")
LONGEST = 60
ROW = "{:40}{:>9}{:>8}{:>10}{:>10}{:>9}{:>17}"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed function, and what became of it."""

    module: str
    place: str
    is_words: bool
    exit_code: int | None


def read() -> Iterator[Mutant]:
    """Yield the mutants of the last run; their places hold whatever the number of the line."""
    for meta in sorted(MUTANTS.rglob("*.meta")):
        source = meta.with_suffix("")
        module = ".".join(source.relative_to(MUTANTS).with_suffix("").parts)
        functions = {
            node.name: node
            for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        codes: dict[str, int | None] = json.loads(meta.read_text())["exit_code_by_key"]
        for key, exit_code in codes.items():
            name = key.rpartition(".")[2]
            mangled = name.rpartition("__mutmut_")[0]
            # x_function, or xǁClassǁmethod
            function = mangled.removeprefix("x").replace("\u01c1", ".").removeprefix(".")
            change = Change(functions[f"{mangled}__mutmut_orig"], functions[name])
            place = f"{module}.{function.removeprefix('_')} | {change}"
            yield Mutant(module, place, change.is_words(), exit_code)


class Change:
    """The smallest part in which two trees differ.

    Args:
        old: The one tree.
        new: The other, with one change.
    """

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.above: list[ast.AST] = []
        while pair := self._only_difference(old, new):
            self.above.append(old)
            old, new = pair
        self.old, self.new = old, new

    @staticmethod
    def _only_difference(old: ast.AST, new: ast.AST) -> tuple[ast.AST, ast.AST] | None:
        ours, theirs = list(ast.iter_child_nodes(old)), list(ast.iter_child_nodes(new))
        if type(old) is not type(new) or len(ours) != len(theirs):
            return None
        pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if ast.dump(a) != ast.dump(b)]
        # An operator alone says little: shown with what it stands between.
        operator = ast.cmpop | ast.operator | ast.boolop | ast.unaryop
        return pairs[0] if len(pairs) == 1 and not isinstance(pairs[0][0], operator) else None

    def __str__(self) -> str:
        """Return the change in one line."""
        if isinstance(self.old, ast.Call) and isinstance(self.new, ast.Call):
            kept = {ast.dump(argument) for argument in arguments(self.new)}
            gone = [short(part) for part in arguments(self.old) if ast.dump(part) not in kept]
            if len(gone) == 1 and len(arguments(self.new)) < len(arguments(self.old)):
                return f"{ast.unparse(self.old.func)}(...) without {gone[0]}"
        above = self.above[-1] if self.above else None
        name = f"{above.arg}=" if isinstance(above, ast.keyword) else ""
        return f"{name}{short(self.old)} -> {short(self.new)}"

    def is_words(self) -> bool:
        """Tell whether some other words are said to people, and nothing else is changed."""
        part = self.old
        if not (isinstance(part, ast.Constant) and isinstance(part.value, str)):
            return False
        if not (isinstance(self.new, ast.Constant) and isinstance(self.new.value, str)):
            return False
        for above in reversed(self.above):
            if isinstance(above, ast.keyword):
                return above.arg in WORDS
            if isinstance(above, ast.Assign):
                return ast.unparse(above.targets[0]) == "message"
            if isinstance(above, ast.Call):
                called = ast.unparse(above.func)
                position = above.args.index(part) if part in above.args else None
                return position == (
                    1 if called.endswith(ERRORS) else 0 if called == "_malformed" else -1
                )
            part = above
        return False


def arguments(call: ast.Call) -> list[ast.AST]:
    return [*call.args, *call.keywords]


def short(node: ast.AST) -> str:
    line = " ".join(ast.unparse(node).split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


def kept() -> dict[str, str]:
    """Return the places of `survivors.txt`, each with its reason."""
    found = {}
    for line in KEPT.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            place, separator, reason = line.rpartition(" | ")
            if not separator or not reason or " | " not in place:
                sys.exit(f"{KEPT.name}: not `function | change | reason`: {line}")
            found[place] = reason
    return found


def score(mutants: Sequence[Mutant]) -> float:
    """Return the part of *mutants* that a test noticed, in percent."""
    noticed = sum(mutant.exit_code in KILLED | TIMED_OUT for mutant in mutants)
    return 100 * noticed / len(mutants) if mutants else 100.0


def row(name: str, mutants: Sequence[Mutant]) -> str:
    """Return the line of the table about *mutants*."""
    rules = [mutant for mutant in mutants if not mutant.is_words]
    counts = [
        sum(mutant.exit_code in codes for mutant in rules)
        for codes in (KILLED, TIMED_OUT, SURVIVED)
    ]
    with_words = f"{score(mutants):.1f} % of {len(mutants)}"
    return ROW.format(name, len(rules), *counts, f"{score(rules):.1f} %", with_words)


def main(mutants: Iterable[Mutant]) -> int:
    found = list(mutants)
    print(ROW.format("", "mutants", "killed", "timed out", "survived", "score", "with words"))
    for module in sorted({mutant.module for mutant in found}):
        print(row(module, [mutant for mutant in found if mutant.module == module]))
    print(row("all", found))
    reasons = kept()
    living = [m for m in found if not m.is_words and m.exit_code in SURVIVED]
    unknown = [m.place for m in living if m.place not in reasons]
    other = [m.place for m in found if m.exit_code not in KILLED | TIMED_OUT | SURVIVED]
    stale = reasons.keys() - {m.place for m in living}
    for title, places in (
        (f"Survived, and not explained in {KEPT.name}:", unknown),
        ("Not tested:", other),
        (f"Explained in {KEPT.name}, and no survivor any more:", sorted(stale)),
    ):
        if places:
            print(title, *places, sep="\n  ")
    return 1 if unknown or other or score([m for m in found if not m.is_words]) < LIMIT else 0


if __name__ == "__main__":
    sys.exit(main(read()))
