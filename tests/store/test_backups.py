"""A backup holds the whole record of one moment, proves itself, and comes back on any database."""

from __future__ import annotations

import json
import shutil
import stat
import threading
import zipfile
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from lesionscope.core.people import Role
from lesionscope.store import BackupDamaged, RecordTooNew, Store
from lesionscope.store import backups as backups_module
from lesionscope.store.backups import MANIFEST
from lesionscope.store.restore import backup_faults, read_backup, restore_backup
from tests.store.conftest import Clinic
from tests.store.postgresql import Cluster

PASSWORD = "correct horse battery"


def rewritten(source: Path, target: Path, changes: dict[str, bytes | None]) -> Path:
    """Copy an archive with some entries changed, or left out where there is None."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = changes.get(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return target


@pytest.fixture
def file(clinic: Clinic, tmp_path: Path) -> Path:
    clinic.store.backup(tmp_path / "kept.zip")
    return tmp_path / "kept.zip"


def test_what_was_backed_up_comes_back_whole_and_goes_on(
    clinic: Clinic, file: Path, tmp_path: Path, hasher: PasswordHasher
) -> None:
    assert backup_faults(file) == []
    made = restore_backup(file, tmp_path / "again")
    head = clinic.store.head()
    assert head is not None
    assert made.head == head.text
    with Store.open(tmp_path / "again", hasher=hasher) as again:
        assert again.verify() == []
        assert again.head_fault(head.text) == ""
        by = again.authenticate("owner", PASSWORD)
        assert by == clinic.owner
        assert again.original(by, clinic.photo.id) == b"photo"
        assert again.measurement_files(by, clinic.measurement.id)["skin"] == b"skin mask"
        signed_in, restored, *before = again.events(by)
        assert (signed_in.act, restored.act) == ("sign in", "restore backup")
        assert restored.detail == {"file": "kept.zip", "head": head.text}
        assert [e.hash for e in before] == [e.hash for e in clinic.store.events(by)]
        assert again.add_patient(by, "P-02").id == 2
        assert again.verify() == []


def test_the_file_is_its_owners_alone_and_no_part_is_left(file: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.glob(".backup-*")) == []


def test_a_backup_that_came_to_nothing_is_not_said_to_be_there(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups_module, "_put_table", full)
    with pytest.raises(OSError, match="No space left"):
        clinic.store.backup(tmp_path / "kept.zip")
    assert list(tmp_path.glob("*.zip")) == []
    assert clinic.store.events(clinic.owner)[0].act == "begin backup"


def test_that_a_backup_was_begun_stands_in_the_trail_that_it_holds(
    clinic: Clinic, file: Path
) -> None:
    newest = clinic.store.events(clinic.owner)[0]
    assert (newest.act, newest.detail) == ("begin backup", {"file": "kept.zip"})
    assert read_backup(file).head == f"{newest.id}:{newest.hash}"


def test_people_go_on_working_while_it_is_taken(clinic: Clinic, tmp_path: Path) -> None:
    stop, made = threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            number = len(made)
            patient = clinic.store.add_patient(clinic.clinician, f"W-{number}")
            made.append(patient)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(3):
            before = len(made)
            clinic.store.backup(tmp_path / f"{number}.zip")
            after = len(made)
            assert backup_faults(tmp_path / f"{number}.zip") == []
            kept = read_backup(tmp_path / f"{number}.zip").rows["patients"] - 1
            assert before <= kept <= after + 1
    finally:
        stop.set()
        worker.join()
    assert clinic.store.verify() == []


def test_it_moves_from_sqlite_to_postgresql_and_back(
    settled: tuple[Path, Clinic],
    database: Cluster | None,
    cluster: Cluster,
    tidy: None,
    tmp_path: Path,
) -> None:
    by = settled[1].owner
    other = tmp_path / "other"
    other.mkdir()
    copy = shutil.copytree(settled[0], tmp_path / "home")
    url = f"sqlite:///{tmp_path / 'moved.sqlite'}" if database else cluster.url_of(other)
    with Store.open(copy) as store:
        store.backup(tmp_path / "kept.zip")
    restore_backup(tmp_path / "kept.zip", other, url=url)
    with Store.open(other, url=url) as moved:
        assert moved.verify() == []
        moved.add_patient(by, "P-02")
        assert sorted(line.patient.id for line in moved.patients(by)) == [1, 2]
        moved.backup(tmp_path / "again.zip")
    assert backup_faults(tmp_path / "again.zip") == []
    assert read_backup(tmp_path / "again.zip").rows["patients"] == 2


def test_a_record_is_never_written_over(clinic: Clinic, file: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is a record already"):
        restore_backup(file, tmp_path / "home")
    with pytest.raises(ValueError, match="is there already"):
        clinic.store.backup(file)
    with pytest.raises(ValueError, match="there is no folder"):
        clinic.store.backup(tmp_path / "none" / "kept.zip")


def test_an_empty_record_is_not_backed_up(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to back up"):
        store.backup(tmp_path / "kept.zip")
    assert not (tmp_path / "kept.zip").exists()


@pytest.mark.sqlite
def test_a_lost_photo_is_said_and_the_rest_is_kept(clinic: Clinic, tmp_path: Path) -> None:
    clinic.store._vault.path(clinic.photo.sha256).unlink()
    made = clinic.store.backup(tmp_path / "kept.zip")
    (lost,) = made.lost
    assert lost.startswith("photo 1 ('a.jpg'): the vault has lost")
    (fault,) = backup_faults(tmp_path / "kept.zip")
    assert fault == "photo 1 ('a.jpg'): its file is not in the backup"
    with pytest.raises(BackupDamaged, match="nothing was restored"):
        restore_backup(tmp_path / "kept.zip", tmp_path / "again")
    assert not (tmp_path / "again").exists()
    restore_backup(tmp_path / "kept.zip", tmp_path / "again", faulty=True)
    with Store.open(tmp_path / "again") as again:
        assert again.patients(clinic.owner)
        assert again.verify() == ["photo 1 ('a.jpg'): its file in the vault is missing"]


@pytest.mark.sqlite
def test_a_changed_backup_is_refused(clinic: Clinic, file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        rows = archive.read("tables/patients.jsonl")
        manifest = json.loads(archive.read(MANIFEST))
    photo = f"vault/{clinic.photo.sha256}"
    changed = rewritten(file, tmp_path / "1.zip", {photo: b"other"})
    assert backup_faults(changed) == ["photo 1 ('a.jpg'): its file in the backup was changed"]
    changed = rewritten(
        file, tmp_path / "2.zip", {"tables/patients.jsonl": rows.replace(b"P-01", b"P-11")}
    )
    with pytest.raises(BackupDamaged, match="table patients was changed"):
        restore_backup(changed, tmp_path / "again")
    changed = rewritten(file, tmp_path / "3.zip", {"tables/patients.jsonl": None})
    with pytest.raises(BackupDamaged, match="table patients cannot be read"):
        restore_backup(changed, tmp_path / "again")
    changed = rewritten(file, tmp_path / "4.zip", {MANIFEST: None})
    with pytest.raises(BackupDamaged, match="is no backup"):
        restore_backup(changed, tmp_path / "again")
    newer = json.dumps(manifest | {"revision": "r9999"}).encode()
    with pytest.raises(RecordTooNew):
        restore_backup(rewritten(file, tmp_path / "5.zip", {MANIFEST: newer}), tmp_path / "again")
    (tmp_path / "6.zip").write_bytes(file.read_bytes()[:-100])
    with pytest.raises(BackupDamaged, match="is no whole backup"):
        restore_backup(tmp_path / "6.zip", tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.sqlite
def test_a_forged_record_is_named_before_it_is_restored(file: Path, tmp_path: Path) -> None:
    """The sums of the archive are made to fit; the chain of the record still does not."""
    with zipfile.ZipFile(file) as archive:
        forged = archive.read("tables/patients.jsonl").replace(b"P-01", b"P-11")
        manifest = json.loads(archive.read(MANIFEST))
    manifest["sha256"]["patients"] = backups_module.hashlib.sha256(forged).hexdigest()
    changed = rewritten(
        file,
        tmp_path / "1.zip",
        {"tables/patients.jsonl": forged, MANIFEST: json.dumps(manifest).encode()},
    )
    assert "patients row 1 was changed after event" in backup_faults(changed)[0]


@pytest.mark.sqlite
def test_a_backup_cut_short_leaves_nothing(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(clinic.store, "_put_files", full)
    with pytest.raises(OSError, match="No space left"):
        clinic.store.backup(tmp_path / "kept.zip")
    assert [p.name for p in tmp_path.iterdir()] == ["home"]


def test_nobody_stays_signed_in(clinic: Clinic, tmp_path: Path) -> None:
    token = clinic.store.open_session(clinic.people[Role.CLINICIAN])
    clinic.store.backup(tmp_path / "kept.zip")
    restore_backup(tmp_path / "kept.zip", tmp_path / "again")
    with Store.open(tmp_path / "again") as again:
        assert again.reader_of_session(token) is None
