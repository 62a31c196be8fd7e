"""A record that any earlier revision wrote is taken over whole, and goes on."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import inspect

from lesionscope.core.body import BodySize, PatientBody
from lesionscope.core.people import Reader, Role
from lesionscope.store import Store, database
from lesionscope.store.passwords import hash_password
from lesionscope.store.tables import RECORD_TABLES, accounts, passwords, patients, visits

PASSWORD = "correct horse battery"
REVISIONS = sorted(file.name[:5] for file in (database.MIGRATIONS / "versions").glob("r*.py"))


def write_as(store: Store, hasher: PasswordHasher) -> None:
    """Write with the tables that every revision had: the acts of today ask for later ones."""
    with store._acting(None, None) as entry:
        owner = entry.append(
            accounts, name="owner", name_key="owner", full_name="Person owner", role="owner"
        )
        entry.append(passwords, account_id=owner, hash=hash_password(hasher, PASSWORD))
        patient = entry.append(patients, pseudonym="P-01", pseudonym_key="p-01")
        entry.append(visits, patient_id=patient, day="2026-02-27", label="Baseline")
        entry.conclude("create owner", "account", owner)


@pytest.mark.usefixtures("tidy")
@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_record_of_an_earlier_revision_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hasher: PasswordHasher, revision: str
) -> None:
    folder = tmp_path / "as it was"
    shutil.copytree(database.MIGRATIONS, folder)
    for file in (folder / "versions").glob("r*.py"):
        if file.name[:5] > revision:
            file.unlink()
    with monkeypatch.context() as earlier:
        earlier.setattr(database, "MIGRATIONS", folder)
        with Store.open(tmp_path / "home", hasher=hasher) as store:
            write_as(store, hasher)
    with Store.open(tmp_path / "home", hasher=hasher) as store:
        assert store.verify() == []
        owner = store.authenticate("owner", PASSWORD)
        assert owner == Reader(1, "owner", "Person owner", Role.OWNER)
        (patient,) = store.patients(owner)
        assert store.visits(owner, patient.patient.id)[0].day == date(2026, 2, 27)
        assert store.patient_body(owner, patient.patient.id) == PatientBody()
        store.record_body_size(owner, patient.patient.id, BodySize(170.5, 75.3))
        assert not store.must_change_password(owner)
        assert store.verify() == []
        there = set(inspect(store._engine).get_table_names())
    assert {table.name for table in RECORD_TABLES} <= there
