"""The reference says what the code has, no more and no less."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from admit.browser import Cookies
from admit.cli import main
from admit.codes import CODES
from admit.config import ALIASES, NAMES, read_settings
from admit.events import EVENTS, FIELDS, SCHEMA, Event
from admit.flask import SignIn, settings_of
from admit.testing import FAULTS, MemoryProvider, MemoryStore
from conforming import problems
from docs.conftest import PAGES, ROOT

REFERENCE = ROOT / "docs/reference"
LINK = re.compile(r"\]\(([^)\s]+)\)")
URL_FOR = re.compile(r"url_for\(['\"]([\w.]+)['\"]")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def headings(page: Path, level: int = 2) -> list[str]:
    text = re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    return re.findall(rf"^#{{{level}}} (.+?)\s*$", text, re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page as GitHub makes them of its headings."""
    text = re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^#+ (.+?)\s*$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def endpoints(**settings: Any) -> set[str]:
    app = Flask("reference")
    SignIn(app, http=MemoryProvider(), **settings)
    return {rule.endpoint for rule in app.url_map.iter_rules()} - {"static"}


def test_every_setting_has_a_heading_and_nothing_else_has() -> None:
    assert headings(REFERENCE / "settings.md") == [f"ADMIT_{name.upper()}" for name in NAMES]


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_names_its_type_its_default_and_its_aliases(name: str) -> None:
    section = text_of(REFERENCE / "settings.md").split(f"\n## ADMIT_{name.upper()}\n")[1]
    section = section.split("\n## ")[0]
    assert re.search(r"^\| Type \| .+ \|$", section, re.MULTILINE)
    assert re.search(r"^\| Default \| .+ \|$", section, re.MULTILINE)
    for alias in ALIASES.get(name, ()):
        assert f"`{alias}`" in section


def plain_defaults() -> dict[str, str]:
    """Return the defaults, as the reader of settings makes them, that are text or numbers."""
    read = read_settings(
        {
            "issuer": "https://acme.okta.com",
            "client_id": "client",
            "client_secret": "secret",
            "base_url": "http://localhost:5000",
            "secret_keys": "a-key-of-the-test-with-enough-characters",
        },
        {},
        {},
    )
    found = {}
    for name in NAMES[6:]:
        value = getattr(read, name, getattr(read.client, name, None))
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            found[name] = str(value) if isinstance(value, str) else f"{value:.0f}"
    return {
        **found,
        "scope": " ".join(read.client.scope),
        "claims": " ".join(read.client.claims),
        "userinfo": read.client.userinfo,
        "response_mode": read.client.response_mode,
    }


@pytest.mark.parametrize(("name", "default"), plain_defaults().items())
def test_the_defaults_are_those_of_the_code(name: str, default: str) -> None:
    section = text_of(REFERENCE / "settings.md").split(f"\n## ADMIT_{name.upper()}\n")[1]
    told = re.search(r"^\| Default \| (.+) \|$", section, re.MULTILINE)
    assert told is not None
    assert told[1].startswith(f"`{default}`")


def test_every_code_has_a_heading_and_nothing_else_has() -> None:
    assert headings(REFERENCE / "errors.md") == list(CODES)


@pytest.mark.parametrize("code", CODES)
def test_each_code_tells_its_status_its_causes_and_its_fix(code: str) -> None:
    section = text_of(REFERENCE / "errors.md").split(f"\n## {code}\n")[1].split("\n## ")[0]
    assert re.match(r"\n(?:Status \d{3}|No status: .+)\. [A-Z`]", section)
    assert "\n- **Likely causes:** " in section
    assert "\n- **Fix:** " in section


def test_every_event_has_a_heading_and_nothing_else_has() -> None:
    page = REFERENCE / "events.md"
    events = [heading for heading in headings(page, 3) if "." in heading]
    assert events == list(EVENTS)
    assert f"This is schema {SCHEMA}." in text_of(page)


@pytest.mark.parametrize("name", EVENTS)
def test_each_event_tells_its_level_when_it_comes_and_its_fields(name: str) -> None:
    section = text_of(REFERENCE / "events.md").split(f"\n### {name}\n")[1].split("\n### ")[0]
    kind = EVENTS[name]
    level = logging.getLevelName(kind.level).lower()
    assert section.startswith(f"\nLevel: {level}. {kind.when}.\n")
    needs = [(field, "always") for field in kind.required]
    needs += [(field, "perhaps") for field in kind.optional]
    assert re.findall(r"^\| `(\w+)` \| (\w+) \| (\w+) \| (.+) \|$", section, re.MULTILINE) == [
        (field, "text" if FIELDS[field][0] is str else "number", need, FIELDS[field][1])
        for field, need in needs
    ]


@pytest.mark.parametrize("name", EVENTS)
def test_the_example_of_an_event_is_one(name: str) -> None:
    section = text_of(REFERENCE / "events.md").split(f"\n### {name}\n")[1].split("\n### ")[0]
    [line] = re.findall(r"^```text\n(.+)\n```$", section, re.MULTILINE)
    told = re.findall(r' (\w+)=(?:"([^"]*)"|(\d+))', line)
    event = Event(name, {key: text or int(number) for key, text, number in told})
    assert str(event) == line
    assert problems(event) == []


def test_every_code_that_a_page_mentions_exists() -> None:
    doors = "|".join(sorted({re.escape(code.partition(".")[0]) for code in CODES}))
    mentioned = re.compile(rf"`((?:{doors})\.[a-z_]+)`")
    for page in PAGES:
        found = {code for code in mentioned.findall(text_of(page)) if not code.endswith(".py")}
        unknown = found - set(CODES) - set(FAULTS) - set(EVENTS)
        assert not unknown, f"{page.name}: {unknown}"


def test_every_setting_that_a_page_mentions_exists() -> None:
    known = {f"ADMIT_{name.upper()}" for name in NAMES}
    for page in PAGES:
        mentioned = set(re.findall(r"\bADMIT_[A-Z_]*[A-Z]\b", text_of(page)))
        unknown = mentioned - known - {"ADMIT_ISUER"}  # a slip that the tutorial makes on purpose
        assert not unknown, f"{page.name}: {unknown}"


def test_every_command_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    for page in PAGES:
        code = re.findall(r"```sh\n.*?```|`[^`\n]+`", text_of(page), re.DOTALL)
        named = "\n".join(block.strip("`").removeprefix("sh\n") for block in code)
        made = set(re.findall(r"^make ([a-z-]+)", named, re.MULTILINE))
        assert made <= targets, f"{page.name}: {made - targets}"
        run = set(re.findall(r"^admit ([a-z-]+)", named, re.MULTILINE))
        assert run <= set(main.commands), f"{page.name}: {run - set(main.commands)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(text_of(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if linked.suffix != ".png":  # a picture is made by a target of its own
            assert linked.exists(), f"{target} does not exist"
        if anchor:
            assert anchor in anchors(linked), f"{target}: no such heading"


@pytest.mark.usefixtures("deployment")
def test_the_reference_lists_all_endpoints_and_each_that_a_page_uses_exists() -> None:
    ours = endpoints(
        signed_out_path="/signed-out",
        universal_logout_path="/universal-logout",
        store=MemoryStore(lambda: 0),
    )
    table = text_of(REFERENCE / "flask.md").split("## Routes and endpoints")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == ours
    for page in PAGES:
        text = text_of(page)
        own = set(re.findall(r"def (\w+)\(", text)) | {"static"}
        unknown = set(URL_FOR.findall(text)) - ours - own
        assert not unknown, f"{page.name}: {unknown}"


@pytest.mark.usefixtures("deployment")
def test_the_reference_lists_the_members_of_the_extension_and_the_cookies() -> None:
    text = text_of(REFERENCE / "flask.md")
    members = {name for name in vars(SignIn) if not name.startswith("_")}
    assert set(re.findall(r"^### `(?:SignIn\.)(\w+)", text, re.MULTILINE)) == members
    app = Flask("cookies")
    SignIn(app, http=MemoryProvider())
    cookies = Cookies(settings_of(app))
    for name in (cookies.session, cookies.attempts, cookies.rounds, cookies.signed_out):
        assert f"`{name}" in text


def test_every_fault_has_a_row_and_nothing_else_has() -> None:
    rows = re.findall(
        r"^\| `([\w.]+)` \| (.+) \| (?:\[([\w.]+)\]\(.+\)|works) \|$",
        text_of(REFERENCE / "faults.md"),
        re.MULTILINE,
    )
    assert rows == [(f.name, f.explains, f.code or "") for f in FAULTS.values()]
    for page, words in (
        ("reference/faults.md", "knows {} faults"),
        ("how-to/test-your-app.md", "[{} faults]"),
    ):
        assert words.format(len(FAULTS)) in text_of(ROOT / "docs" / page)
