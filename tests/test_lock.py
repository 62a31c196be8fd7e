"""The lock and the bill of materials: whole, alike, and what pyproject.toml asks for."""

import json
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.licenses import canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# May be used, changed and passed on by anybody; LGPL and MPL: unchanged, as the packages they are.
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-3.0-only", "MIT",
    "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Zlib",
}  # fmt: skip
LINE = re.compile(r"([a-z0-9.-]+)==(\S+) --hash=sha256:([0-9a-f]{64})")


def locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()[1:]
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found)
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def test_lock_has_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["cluster"], *extras["dicom"]]
    versions = locked()
    for requirement in map(Requirement, asked):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in the lock: run `make lock`"
        assert requirement.specifier.contains(version, prereleases=True), requirement


def test_lock_has_what_its_packages_ask_for() -> None:
    """As far as the very versions of the lock are installed here, which say what they need."""
    versions, looked = locked(), 0
    for name, version in versions.items():
        for requirement in needs(name, version):
            looked += 1
            found = versions.get(canonicalize_name(requirement.name))
            assert found is not None, f"{name} needs {requirement}: run `make lock`"
            assert requirement.specifier.contains(found, prereleases=True), f"{name}: {requirement}"
    if not looked:
        pytest.skip("no package is installed in the version of the lock")


def needs(name: str, version: str) -> Iterator[Requirement]:
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        return
    for requirement in map(
        Requirement, installed.requires or () if installed.version == version else ()
    ):
        # Linux and Python 3.11 are what the lock is for.
        here = {"python_version": "3.11", "python_full_version": "3.11.0", "sys_platform": "linux"}
        if requirement.marker is None or requirement.marker.evaluate({**here, "extra": ""}):
            yield requirement


def test_every_licence_may_be_used() -> None:
    listed = json.loads((ROOT / "sbom.cdx.json").read_text("utf-8"))
    for part in listed["components"]:
        [stated] = part["licenses"]
        expression = stated.get("expression") or stated["license"]["id"]
        assert canonicalize_license_expression(expression) == expression
        ways = [way.strip("() ").split(" AND ") for way in expression.split(" OR ")]
        assert any(set(way) <= ALLOWED for way in ways), f"{part['name']}: {expression}"


def test_bill_of_materials_has_the_hashes_of_the_lock() -> None:
    listed = json.loads((ROOT / "sbom.cdx.json").read_text("utf-8"))
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()[1:]
    hashes = {canonicalize_name(line.split("==")[0]): line.rsplit(":", 1)[1] for line in lines}
    named = {canonicalize_name(part["name"]): part["hashes"] for part in listed["components"]}
    assert named == {
        name: [{"alg": "SHA-256", "content": digest}] for name, digest in hashes.items()
    }


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
