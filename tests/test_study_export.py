from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from lesionscope.core.cdasi import CDASI
from lesionscope.core.exchange_format import ExchangeFormat
from lesionscope.core.people import Reader, Role
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.sites import Side, Site
from lesionscope.exchange.measurement_json import document
from lesionscope.exchange.package_reader import MANIFEST
from lesionscope.store import NotAllowed, Store
from lesionscope.study_export import write_export, zipped_export
from tests.exchange.study_case import SECRET_NAME, masks, measurement, picture

PASSWORD = "correct horse battery"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(tmp_path / "home", hasher=quick) as opened:
        yield opened


@pytest.fixture
def owner(store: Store) -> Reader:
    """A record with a visit that is measured, released and signed."""
    by = store.create_owner("owner", "Olga Owner", PASSWORD)
    patient = store.add_patient(by, "P-01")
    visit = store.add_visit(by, patient.id, date(2026, 1, 5), "Baseline")
    photo = store.add_photo(
        by, visit.id, picture(), name=SECRET_NAME, view="arm", site=Site.ARM, side=Side.LEFT
    )
    found = document(measurement(calibrated=True)) | {"sha256": photo.sha256}
    measured = store.add_measurement(by, photo.id, found, masks(), drawn_by="LesionScope 0.1.0")
    store.release_photo(by, photo.id, picture())
    answers = {field.key: 0 for field in CDASI.fields}
    store.sign(
        by, visit.id, PASSWORD, answers=answers,
        origins=dict.fromkeys(answers, AnswerOrigin.ENTERED), bsa=None,
        meaning=Meaning.AUTHORSHIP, measurement_ids=[measured.id], suggestions_shown=False,
    )  # fmt: skip
    return by


def test_the_folder_has_every_kind_and_the_manifest_every_file(
    store: Store, owner: Reader, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    receipt = write_export(store, owner, out, kinds=list(ExchangeFormat))
    listed = json.loads((out / MANIFEST).read_text())["files"]
    there = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()} - {MANIFEST}
    assert {one["path"] for one in listed} == there
    assert {name.split("/")[0] for name in there} == {*map(str, ExchangeFormat), "README.txt"}
    for one in listed:
        content = (out / one["path"]).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (one["sha256"], one["bytes"])
        assert SECRET_NAME.encode() not in content
    assert receipt.files == len(listed)


def test_the_export_is_in_the_trail_by_the_hash_of_its_manifest(
    store: Store, owner: Reader, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    receipt = write_export(store, owner, out, kinds=[ExchangeFormat.TABLES, ExchangeFormat.FHIR])
    event = store.events(owner, limit=1)[0]
    sha256 = hashlib.sha256((out / MANIFEST).read_bytes()).hexdigest()
    assert event.detail == {"what": "study export: tables, fhir", "sha256": sha256}
    assert receipt.manifest_sha256 == sha256
    assert store.verify() == []


def test_the_archive_holds_the_same_as_the_folder(
    store: Store, owner: Reader, tmp_path: Path
) -> None:
    kinds = [ExchangeFormat.CDISC, ExchangeFormat.PICTURES]
    write_export(store, owner, tmp_path / "out", kinds=kinds)
    with zipfile.ZipFile(io.BytesIO(zipped_export(store, owner, kinds=kinds))) as archive:
        names = {*archive.namelist()}
        assert archive.testzip() is None
    out = tmp_path / "out"
    assert names == {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}


@pytest.mark.parametrize("role", [Role.PHOTOGRAPHER, Role.ADJUDICATOR, Role.MONITOR])
def test_who_may_not_export_gets_nothing(
    store: Store, owner: Reader, tmp_path: Path, role: Role
) -> None:
    other = store.add_account(owner, "other", "Otto Other", role, PASSWORD)
    with pytest.raises(NotAllowed, match="may not export"):
        write_export(store, other, tmp_path / "out", kinds=[ExchangeFormat.TABLES])
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_a_folder_that_holds_something_is_left_alone(
    store: Store, owner: Reader, tmp_path: Path
) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        write_export(store, owner, tmp_path, kinds=[ExchangeFormat.TABLES])
    with pytest.raises(ValueError, match="at least one"):
        write_export(store, owner, tmp_path / "out", kinds=[])
    assert (tmp_path / "kept.txt").read_text() == "mine"


def test_nothing_appears_when_a_file_of_the_vault_is_damaged(
    store: Store, owner: Reader, tmp_path: Path
) -> None:
    before = store.events(owner, limit=1)[0].id
    data = store.study_data(owner)
    sha256 = data.releases[0].view_sha256
    (kept,) = [p for p in (tmp_path / "home" / "vault").rglob("*") if sha256[2:] in p.name]
    kept.chmod(0o600)
    kept.write_bytes(b"other pixels")
    with pytest.raises(Exception, match=sha256[:8]):
        write_export(store, owner, tmp_path / "out", kinds=[ExchangeFormat.PICTURES])
    assert not (tmp_path / "out").exists()
    assert store.events(owner, limit=1)[0].id == before
