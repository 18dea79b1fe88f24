"""Settings found in several places, by several names; what is wrong with them is collected.

May know: errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from admit.errors import Problem

PLACEHOLDERS = re.compile(
    r"[{}<>]|^[.*x]+$|\.\.\.$|\$\{?CLI_OKTA|NEVER-SHOW-SECRETS|dev-133337\.okta\.com"
    r"|your[-_ ]?(?:okta[-_ ]?)?domain|your[-_ ]?client",
    re.IGNORECASE,
)
#: Names so general that they count only in a file that is Okta's.
OKTA_FILE_NAMES: Mapping[str, str] = {
    "ISSUER": "OKTA_OAUTH2_ISSUER",
    "CLIENT_ID": "OKTA_OAUTH2_CLIENT_ID",
    "CLIENT_SECRET": "OKTA_OAUTH2_CLIENT_SECRET",
}
MISSING = "it is missing"
TRUE, FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


@dataclass(frozen=True, slots=True)
class Source:
    """One place that settings come from."""

    kind: str
    values: Mapping[str, Any] = field(repr=False)
    written: Mapping[str, str] = field(default_factory=dict)

    def shown(self, name: str) -> str:
        """Return *name* as this place spells it."""
        if self.kind == "argument":
            return name.removeprefix("ADMIT_").lower()
        name = self.written.get(name, name)
        return f"{name} in .okta.env" if self.kind == ".okta.env" else name


def read_okta_env(path: Path | None) -> Source:
    """Return what a dotenv file says; nothing if there is none.

    Spec: as Okta's command line writes it: ``NAME=value``, quotes and ``# comments`` allowed.
    """
    values, written = {}, {}
    text = path.read_text("utf-8", "replace") if path is not None and path.is_file() else ""
    for line in text.splitlines():
        own, equals, value = line.strip().removeprefix("export ").partition("=")
        if not equals or own.startswith("#"):
            continue
        own = own.strip()
        quoted = re.match(r"\s*(['\"])(.*?)\1\s*(?:#.*)?$", value)
        name = OKTA_FILE_NAMES.get(own, own)
        values[name] = quoted[2] if quoted else re.sub(r"\s+#.*$", "", value).strip()
        written[name] = own
    return Source(".okta.env", values, written)


def quoted_url(url: str) -> str:
    """Return what was meant as a URL for a problem, without what may be a password or a token."""
    plain = re.sub(r"(^|//).*@", r"\1[...]@", url, count=1, flags=re.DOTALL)
    return repr(re.sub(r"([?#]).*", r"\1[...]", plain, flags=re.DOTALL))


class Reader:
    """Looks settings up, first place first, and collects the problems.

    Args:
        sources: In the order of their precedence.
        aliases: Other names of a setting, accepted in each place after ours.
    """

    def __init__(self, sources: Sequence[Source], aliases: Mapping[str, tuple[str, ...]]) -> None:
        self.sources = sources
        self.problems: list[Problem] = []
        self._aliases = aliases

    def problem(self, setting: str, wrong: str, fix: str) -> None:
        """Note a problem, once."""
        found = Problem(setting, wrong, fix)
        if found not in self.problems:
            self.problems.append(found)

    def value(self, name: str) -> Any:  # noqa: ANN401 - whatever the application set
        """Return the setting as it is, or None."""
        return next((value for _, value in self._found(name)), None)

    def shown(self, name: str) -> str:
        """Return the name under which the setting was found, or ours."""
        return next((shown for shown, _ in self._found(name)), f"ADMIT_{name.upper()}")

    def place(self, name: str) -> int:
        """Return how late in the order of precedence the setting was found."""
        for place, source in enumerate(self.sources):
            if next(self._found_in(source, name), None) is not None:
                return place
        return len(self.sources)

    def framework(self, name: str) -> Any:  # noqa: ANN401 - whatever the application set
        """Return a setting of the framework's own, or None."""
        return next((s.values.get(name) for s in self.sources if s.kind == "application"), None)

    def optional(self, name: str) -> str | None:
        """Return the setting, stripped, or None; quotes and placeholders are noted."""
        value = self.value(name)
        if value is None:
            return None
        if not isinstance(value, str):
            wrong = f"a string is needed, not {type(value).__name__}"
            self.problem(self.shown(name), wrong, "Give a string.")
            return None
        return self._unquoted(name, value)

    def _unquoted(self, name: str, value: str) -> str:
        """Return *value* without blanks around it; quotes are a problem."""
        text = value.strip()
        if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
            self.problem(self.shown(name), "quotes stand around the value", "Remove the quotes.")
            return text[1:-1]
        return text

    def text(self, name: str, *, where: str, secret: bool = False) -> str:
        """Return a setting that must be there.

        Args:
            name: Of the setting.
            where: Tells where its value is found.
            secret: Its value is not repeated in a problem.
        """
        text = self.optional(name)
        if not text:
            if self.value(name) is None or text is not None:
                self.problem(self.shown(name), MISSING, where)
            return ""
        if PLACEHOLDERS.search(text):
            seen = (
                "it still holds a placeholder" if secret else f"{quoted_url(text)} is a placeholder"
            )
            self.problem(self.shown(name), seen, where)
        return text

    def words(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return a list, or a string of words with blanks or commas between."""
        value = self.value(name)
        if value is None:
            return default
        if isinstance(value, str):
            text = self._unquoted(name, value)
            return tuple(re.split(r"[\s,]+", text)) if text else ()
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.problem(self.shown(name), "words are needed", "Give a list of strings, or one string.")
        return default

    def choice(self, name: str, choices: tuple[str, ...], default: str) -> str:
        """Return one of *choices*."""
        text = self.optional(name) or default
        if text not in choices:
            fix = f"Use one of: {', '.join(choices)}."
            self.problem(self.shown(name), f"{text!r} is not known", fix)
            return default
        return text

    def number(self, name: str, least: int, most: int, default: int) -> int:
        """Return a whole number between bounds."""
        value = self.value(name)
        if value is None:
            return default
        text = self._unquoted(name, str(value))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            fix = f"Give a whole number from {least} to {most}."
            self.problem(self.shown(name), f"{text!r} does not fit", fix)
            return default
        return int(text)

    def boolean(self, name: str) -> bool:
        """Return a switch, off where it is not set."""
        value = self.value(name)
        text = "" if value is None else self._unquoted(name, str(value)).lower()
        if text not in TRUE | FALSE:
            self.problem(
                self.shown(name), f"{text!r} is neither true nor false", "Use true or false."
            )
        return text in TRUE

    def _found(self, name: str) -> Iterator[tuple[str, Any]]:
        for source in self.sources:
            yield from self._found_in(source, name)

    def _found_in(self, source: Source, name: str) -> Iterator[tuple[str, Any]]:
        for key in (f"ADMIT_{name.upper()}", *self._aliases.get(name, ())):
            if source.values.get(key) is not None:
                yield source.shown(key), source.values[key]
