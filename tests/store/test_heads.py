from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lesionscope.store import Store
from lesionscope.store.chain import GENESIS, canonical_json, event_hash, row_sha256
from lesionscope.store.heads import head_of

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock


def forge_everything(file: Path) -> None:
    """Change a patient, then every hash after it, as somebody does who knows this software."""
    raw = sqlite3.connect(file, isolation_level=None)
    raw.row_factory = sqlite3.Row
    guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        raw.execute(f"DROP TRIGGER {name}")
    raw.execute("UPDATE patients SET pseudonym = 'P-99' WHERE id = 1")
    patient = dict(raw.execute("SELECT * FROM patients WHERE id = 1").fetchone())
    before = GENESIS
    for row in raw.execute("SELECT * FROM events ORDER BY id").fetchall():
        event = dict(row)
        rows = json.loads(event["rows"])
        if "patients:1" in rows:
            rows["patients:1"] = row_sha256(patient)
            event["rows"] = canonical_json(rows)
        before = event_hash(before, event)
        raw.execute(
            "UPDATE events SET rows = ?, hash = ? WHERE id = ?",
            (event["rows"], before, event["id"]),
        )
    for _, sql in guards:
        raw.execute(sql)
    raw.close()


def test_the_head_is_the_newest_event(clinic: Clinic, clock: Clock) -> None:
    event = clinic.store.events(clinic.owner, limit=1)[0]
    head = clinic.store.head()
    assert head is not None
    assert (head.number, head.sha256, head.at) == (event.id, event.hash, event.at)
    assert head_of(head.text) == (event.id, event.hash)


def test_an_empty_record_has_no_head(store: Store) -> None:
    assert store.head() is None


def test_a_record_that_only_grew_goes_through_every_kept_head(clinic: Clinic) -> None:
    kept = []
    for number in range(3):
        clinic.store.add_patient(clinic.owner, f"P-1{number}")
        head = clinic.store.head()
        assert head is not None
        kept.append(head.text)
    assert [clinic.store.head_fault(text) for text in kept] == ["", "", ""]


@pytest.mark.sqlite
def test_a_chain_forged_anew_proves_whole_and_not_against_a_kept_head(
    clinic: Clinic, tmp_path: Path
) -> None:
    head = clinic.store.head()
    assert head is not None
    forge_everything(tmp_path / "home" / "record.sqlite")
    assert clinic.store.verify() == []  # which is why the head must lie elsewhere
    assert f"event {head.number} has another hash" in clinic.store.head_fault(head.text)


@pytest.mark.sqlite
def test_a_cut_end_shows_against_a_kept_head(clinic: Clinic, tmp_path: Path) -> None:
    clinic.store.add_patient(clinic.owner, "P-13")
    head = clinic.store.head()
    assert head is not None
    raw = sqlite3.connect(tmp_path / "home" / "record.sqlite", isolation_level=None)
    guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        raw.execute(f"DROP TRIGGER {name}")
    raw.execute("DELETE FROM patients WHERE pseudonym = 'P-13'")
    raw.execute("DELETE FROM events WHERE id = ?", (head.number,))
    raw.execute("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'events'")
    raw.execute("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'patients'")
    for _, sql in guards:
        raw.execute(sql)
    raw.close()
    assert clinic.store.verify() == []
    assert f"event {head.number} of the kept head is not in this record" in (
        clinic.store.head_fault(head.text)
    )


def test_a_head_may_be_typed_from_paper() -> None:
    assert head_of(" 12 : " + "AB cd 12 34 " * 8) == (12, "abcd1234" * 8)


@pytest.mark.parametrize("text", ["", "12", "12:abc", "0:" + "a" * 64, "a:" + "a" * 64])
def test_what_is_no_head_is_said(store: Store, text: str) -> None:
    with pytest.raises(ValueError, match="64 hex digits"):
        store.head_fault(text)
