"""What must hold of the repository itself."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS: dict[str, list[Any]] = PROJECT["dependency-groups"]


def locked(group: str) -> dict[str, Version]:
    text = (ROOT / f"requirements/{group}.txt").read_text()
    return {
        canonicalize_name(name): Version(version)
        for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE)
    }


def wanted(group: str) -> list[Requirement]:
    requirements: list[Requirement] = []
    for entry in GROUPS[group]:
        if isinstance(entry, dict):
            requirements += wanted(entry["include-group"])
        else:
            requirements.append(Requirement(entry))
    return requirements


def library(*extras: str) -> list[Requirement]:
    optional = PROJECT["project"]["optional-dependencies"]
    texts = [*PROJECT["project"]["dependencies"], *(t for e in extras for t in optional[e])]
    return [Requirement(text) for text in texts if not text.startswith("admit[")]


@pytest.mark.parametrize("group", ["demo", "test", "check", "fuzz", "mutation", "interop"])
def test_each_lock_has_what_the_project_file_asks_for(group: str) -> None:
    versions = locked(group)
    requirements = wanted(group)
    if group != "interop":
        requirements += library("flask")
    for requirement in requirements:
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is missing: make lock"
        assert version in requirement.specifier, f"{requirement} is not {version}: make lock"


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements/*.txt")))
def test_each_requirement_of_a_lock_has_hashes_and_no_lock_names_a_host(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    assert "://" not in text
    for block in re.split(r"^(?=\S)", text, flags=re.MULTILINE):
        if "==" in block.split("\n")[0]:
            assert "--hash=sha256:" in block


def test_the_flask_extra_brings_about_a_dozen_distributions() -> None:
    others = {canonicalize_name(r.name) for r in wanted("demo")}
    needed = [Requirement(text) for name in others for text in requires(name) or ()]
    others |= {canonicalize_name(r.name) for r in needed if "extra" not in str(r.marker)}
    assert len(set(locked("demo")) - others) + 1 <= 13


#: What would tie the project to one machine or one registry.
FOREIGN = re.compile(
    rb"(?:^|[\s\"'(=])/(?:work|root|home)/\w|/tmp/[a-z]|pypi\.org/simple|registry\.npmjs|\"resolved\""
)


def test_no_file_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    found = [
        (name.decode(), match[0])
        for name in listed.split(b"\0")
        if name and (path := ROOT / name.decode()).is_file() and path != Path(__file__)
        if path.suffix != ".png" and (match := FOREIGN.search(path.read_bytes()))
    ]
    assert found == []
