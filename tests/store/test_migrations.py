"""A record that any earlier revision wrote is taken over whole, and goes on."""

from __future__ import annotations

import json
import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import inspect

from lesionscope.core.body import BodySize, OwnHandprint, PatientBody
from lesionscope.core.people import Reader, Role
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.store import Store, database
from lesionscope.store.backups import MANIFEST, table_file
from lesionscope.store.passwords import hash_password
from lesionscope.store.restore import backup_faults, closing_engine, restore_backup
from lesionscope.store.tables import RECORD_TABLES, accounts, passwords, patients, visits
from tests.store.conftest import Clinic

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


def tables_of(revision: str, folder: Path) -> set[str]:
    """Return the tables that a revision has."""
    with (
        closing_engine(f"sqlite:///{folder / revision}.sqlite") as engine,
        database.transaction(engine, writes=True) as connection,
    ):
        database.upgrade(connection, revision)
        return set(inspect(connection).get_table_names())


def sign_what_there_was(clinic: Clinic, tables: set[str]) -> None:
    """Sign a reading of the measured photo, and what else a revision had a table for."""
    clinic.store.sign(
        clinic.owner,
        clinic.visit.id,
        PASSWORD,
        answers={"malar.erythema": 2},
        origins={"malar.erythema": AnswerOrigin.ENTERED},
        bsa=None,
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=[clinic.measurement.id],
        suggestions_shown=False,
    )
    if "body_sizes" in tables:
        clinic.store.record_body_size(clinic.owner, clinic.patient.id, BodySize(170.5, 75.3))
    if "forms" in tables:
        clinic.store.sign_form(
            clinic.owner, clinic.visit.id, PASSWORD, instrument_id="itch_nrs", answers={"itch": 6}
        )


def backup_of(clinic: Clinic, tables: set[str], revision: str, folder: Path) -> Path:
    """Write a backup as the software of a revision wrote it: with its tables alone."""
    clinic.store.backup(folder / "today.zip")
    with (
        zipfile.ZipFile(folder / "today.zip") as today,
        zipfile.ZipFile(folder / "old.zip", "w") as old,
    ):
        manifest = json.loads(today.read(MANIFEST)) | {"revision": revision}
        later = manifest["rows"].keys() - tables
        assert not any(manifest["rows"].pop(name) for name in later)
        for name in later:
            del manifest["sha256"][name]
        for name in set(today.namelist()) - {MANIFEST, *map(table_file, later)}:
            old.writestr(name, today.read(name))
        old.writestr(MANIFEST, json.dumps(manifest))
    return folder / "old.zip"


@pytest.mark.sqlite
@pytest.mark.parametrize("revision", ["r0001", "r0003", REVISIONS[-2]])
def test_a_backup_of_an_earlier_revision_comes_back_with_all_that_was_signed(
    clinic: Clinic, tmp_path: Path, hasher: PasswordHasher, revision: str
) -> None:
    tables = tables_of(revision, tmp_path)
    sign_what_there_was(clinic, tables)
    old = backup_of(clinic, tables, revision, tmp_path)
    assert backup_faults(old) == []
    restore_backup(old, tmp_path / "again")
    by, visit_id = clinic.owner, clinic.visit.id
    with Store.open(tmp_path / "again", hasher=hasher) as again:
        assert again.verify() == []
        reading = again.current_reading(by, visit_id)
        signed = clinic.store.current_reading(by, visit_id)
        assert reading is not None
        assert signed is not None
        assert reading.content_sha256 == signed.content_sha256
        assert reading.measurement_ids == (clinic.measurement.id,)
        assert again.original(by, clinic.photo.id) == b"photo"
        assert again.measurement_files(by, clinic.measurement.id)["lesion"] == b"lesion mask"
        now, then = (store.plain_record(by)[0].scores for store in (again, clinic.store))
        assert now == then
        assert (("itch_nrs", "itch") in now) == ("forms" in tables)
        again.record_handprint(
            by, clinic.patient.id, OwnHandprint(150.0, 0.05), reason="measured anew"
        )
        assert again.verify() == []
