"""``backup``, ``restore``, ``import`` and ``export`` as a person at the command line meets them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import Result
from typer.testing import CliRunner

from lesionscope.cli import app, commands
from lesionscope.core.people import Role
from lesionscope.store import Store

PASSWORD = "correct horse battery"
GOOD = "patient,visit,date,cdasi.activity\nP-02,Baseline,2026-03-04,23\n"
BAD = GOOD + "P-03,Baseline,04.03.2026,12\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("LESIONSCOPE_HOME", str(folder))
    with Store.open(folder, hasher=PasswordHasher(1, 8, 1)) as store:
        owner = store.create_owner("owner", "Person owner", PASSWORD)
        store.add_account(owner, "monitor", "Person monitor", Role.MONITOR, PASSWORD)
        store.add_patient(owner, "P-01")
    return folder


def run(*arguments: str | Path, said: str = "") -> Result:
    return CliRunner().invoke(commands, [*map(str, arguments)], input=said)


def patients(home: Path) -> list[str]:
    with Store.open(home) as store:
        owner = store.authenticate("owner", PASSWORD)
        return [line.patient.pseudonym for line in store.patients(owner)]


def test_backup_and_restore(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run("backup", tmp_path / "kept.zip")
    assert made.exit_code == 0, made.output
    assert "proved whole" in made.output
    again = run("restore", tmp_path / "kept.zip")
    assert again.exit_code == 1
    assert "There is a record already" in again.output
    monkeypatch.setenv("LESIONSCOPE_HOME", str(tmp_path / "new"))
    restored = run("restore", tmp_path / "kept.zip")
    assert restored.exit_code == 0, restored.output
    assert "restored and proved whole" in restored.output
    assert patients(tmp_path / "new") == ["P-01"]
    (tmp_path / "broken.zip").write_bytes((tmp_path / "kept.zip").read_bytes()[:500])
    broken = run("restore", tmp_path / "broken.zip")
    assert broken.exit_code == 1
    assert "is no whole backup" in broken.output


def test_a_good_file_waits_for_the_confirmation(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text(GOOD)
    refused = run("import", file, "--as", "owner", said=f"{PASSWORD}\nn\n")
    assert refused.exit_code == 1
    assert "1 good lines: 1 new patients" in refused.output
    assert patients(home) == ["P-01"]
    done = run("import", file, "--as", "owner", said=f"{PASSWORD}\ny\n")
    assert done.exit_code == 0, done.output
    assert patients(home) == ["P-01", "P-02"]


def test_a_bad_line_is_named_and_ends_the_command_with_a_fault(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text(BAD)
    done = run("import", file, "--as", "owner", "--yes", said=f"{PASSWORD}\n")
    assert done.exit_code == 1
    assert "line 3, date: write the day as year-month-day" in done.output
    assert patients(home) == ["P-01", "P-02"]


def test_who_may_not_is_told_so(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text(GOOD)
    refused = run("import", file, "--as", "monitor", "--yes", said=f"{PASSWORD}\n")
    assert refused.exit_code == 1
    assert "may not import into the record" in refused.output
    wrong = run("export", tmp_path / "out.csv", "--as", "owner", said="another password\n")
    assert wrong.exit_code == 1
    assert "wrong" in wrong.output
    assert not (tmp_path / "out.csv").exists()


def test_what_is_exported_is_in_the_trail(home: Path, tmp_path: Path) -> None:
    done = run("export", tmp_path / "out.csv", "--as", "owner", said=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()[1] == "P-01,,"
    with Store.open(home) as store:
        owner = store.authenticate("owner", PASSWORD)
        assert store.events(owner)[1].detail["what"] == "plain record"


def test_a_database_server_that_is_not_there_is_told_in_words(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LESIONSCOPE_DATABASE", f"postgresql://nobody@/none?host={home}")
    monkeypatch.setattr(sys, "argv", ["lesionscope", "verify"])
    assert app() == 1
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith("The database server does not answer")
    assert "fault of its own" not in said
