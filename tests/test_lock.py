"""The lock and the bill of materials: whole, alike, and what pyproject.toml asks for."""

import json
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LINE = re.compile(r"([a-z0-9.-]+)==(\S+) --hash=sha256:([0-9a-f]{64})")


def locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()[1:]
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found)
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def test_lock_has_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["cluster"]]
    versions = locked()
    for requirement in map(Requirement, asked):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in the lock: run `make lock`"
        assert requirement.specifier.contains(version, prereleases=True), requirement


def test_bill_of_materials_lists_the_lock() -> None:
    listed = json.loads((ROOT / "sbom.cdx.json").read_text("utf-8"))
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    named = {canonicalize_name(part["name"]): part["version"] for part in listed["components"]}
    assert named == locked()


def test_neither_names_a_registry() -> None:
    for name in ("requirements.lock", "sbom.cdx.json"):
        text = (ROOT / name).read_text("utf-8")
        assert "://" not in text
        assert "file:" not in text
