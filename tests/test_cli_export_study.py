"""``lesionscope export-study``: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import Result
from typer.testing import CliRunner

from lesionscope.cli import commands
from lesionscope.core.people import Role
from lesionscope.store import Store

PASSWORD = "correct horse battery"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("LESIONSCOPE_HOME", str(folder))
    with Store.open(folder, hasher=PasswordHasher(1, 8, 1)) as store:
        owner = store.create_owner("owner", "Person owner", PASSWORD)
        store.add_account(owner, "monitor", "Person monitor", Role.MONITOR, PASSWORD)
        patient = store.add_patient(owner, "P-01")
        store.add_visit(owner, patient.id, date(2026, 1, 5), "Baseline")
    return folder


def export(out: Path, *more: str, user: str = "owner", password: str = PASSWORD) -> Result:
    arguments = ["export-study", "--as", user, "--out", str(out), *more]
    return CliRunner().invoke(commands, arguments, input=f"{password}\n")


def test_it_writes_the_tables_and_says_the_hash_of_the_manifest(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    result = export(out)
    assert result.exit_code == 0, result.output
    assert "P-01" in (out / "tables" / "visits.csv").read_text("utf-8-sig")
    sha256 = hashlib.sha256((out / "manifest.json").read_bytes()).hexdigest()
    assert sha256 in result.output
    assert PASSWORD not in result.output


def test_it_writes_what_is_asked_for(home: Path, tmp_path: Path) -> None:
    assert export(tmp_path / "out", "--holds", "fhir", "--holds", "cdisc").exit_code == 0
    there = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert there == ["README.txt", "cdisc", "fhir", "manifest.json"]
    said = (tmp_path / "out" / "README.txt").read_text()
    assert "No official CDISC terminology" in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"password": "wrong"}, "name or the password is wrong"),
        ({"user": "monitor"}, "may not export"),
    ],
)
def test_it_refuses_with_a_sentence(
    home: Path, tmp_path: Path, given: dict[str, str], said: str
) -> None:
    result = export(tmp_path / "out", **given)
    assert result.exit_code == 1
    assert said in result.output
    assert not (tmp_path / "out").exists()


def test_it_writes_over_nothing(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert export(out).exit_code == 0
    result = export(out)
    assert result.exit_code == 1
    assert "not empty" in result.output
