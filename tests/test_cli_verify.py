"""``lesionscope verify``: what it says of a whole record, a forged one, and against kept heads."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from click.testing import Result
from typer.testing import CliRunner

from lesionscope.cli import commands
from lesionscope.store import Store


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("LESIONSCOPE_HOME", str(folder))
    with Store.open(folder, hasher=PasswordHasher(1, 8, 1)) as store:
        owner = store.create_owner("owner", "Person owner", "correct horse battery")
        store.add_patient(owner, "P-01")
    return folder


def verify(*arguments: str | Path) -> Result:
    return CliRunner().invoke(commands, ["verify", *map(str, arguments)])


def forge(home: Path, statement: str) -> None:
    raw = sqlite3.connect(home / "record.sqlite", isolation_level=None)
    guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        raw.execute(f"DROP TRIGGER {name}")
    raw.execute(statement)
    for _, sql in guards:
        raw.execute(sql)
    raw.close()


def test_a_whole_record_is_said_to_be_whole(home: Path) -> None:
    done = verify()
    assert done.exit_code == 0
    assert "The record is whole: 2 events, every row, photo and signature." in done.output
    assert "Chain head of " in done.output


def test_the_head_is_printed_alone(home: Path) -> None:
    done = verify("--head")
    assert done.exit_code == 0
    number, _, sha256 = done.output.strip().partition(":")
    assert number == "2"
    assert len(sha256) == 64


def test_a_forged_row_is_named_and_the_exit_code_says_so(home: Path) -> None:
    forge(home, "UPDATE patients SET pseudonym = 'P-99'")
    done = verify()
    assert done.exit_code == 1
    assert "Patients row 1 was changed after event 2 (add patient of " in done.output


def test_a_record_that_grew_goes_through_the_heads_of_a_file(home: Path, tmp_path: Path) -> None:
    kept = tmp_path / "heads.txt"
    kept.write_text(verify("--head").output + "\n")
    with Store.open(home) as store:
        store.add_patient(store.authenticate("owner", "correct horse battery"), "P-02")
    kept.write_text(kept.read_text() + verify("--head").output)
    done = verify("--against", kept)
    assert done.exit_code == 0
    assert "It goes through 2 kept heads." in done.output


def test_a_record_of_another_history_is_told_from_the_kept_head(home: Path) -> None:
    head = verify("--head").output.strip()
    other = head[:-1] + ("0" if head[-1] != "0" else "1")
    done = verify("--against", other)
    assert done.exit_code == 1
    assert "Event 2 has another hash than the kept head" in done.output
    done = verify("--against", "99:" + "a" * 64)
    assert done.exit_code == 1
    assert "Event 99 of the kept head is not in this record" in done.output


@pytest.mark.parametrize("text", ["nonsense", "12:short"])
def test_what_is_no_head_is_a_wrong_use(home: Path, text: str) -> None:
    done = verify("--against", text)
    assert done.exit_code == 2


def test_no_record_is_made_by_looking_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESIONSCOPE_HOME", str(tmp_path / "empty"))
    done = verify()
    assert done.exit_code == 1
    assert "There is no record in" in done.output
    assert not (tmp_path / "empty").exists()
