from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argon2 import extract_parameters

from lesionscope.core.sites import Side, Site
from lesionscope.store import Store

if TYPE_CHECKING:
    from tests.store.conftest import Clinic


def test_the_data_folder_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LESIONSCOPE_HOME", str(tmp_path / "a" / "b"))
    with Store.open() as store:
        assert not store.has_owner()
    assert (tmp_path / "a" / "b" / "record.sqlite").is_file()
    assert (tmp_path / "a" / "b" / "vault").is_dir()


@pytest.mark.sqlite
@pytest.mark.skipif(os.name == "nt", reason="no such permissions there")
def test_nobody_else_may_read_the_record(tmp_path: Path, clinic: Clinic) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    with Store.open(shared) as store:
        store.has_owner()
        files = list(shared.glob("record.sqlite*"))
        assert len(files) == 3
        for file in files:
            assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0


def test_all_is_found_again_tomorrow(clinic: Clinic, tmp_path: Path) -> None:
    clinic.store.close()
    with Store.open(tmp_path / "home") as again:
        by = clinic.clinician
        assert [s.patient for s in again.patients(by)] == [clinic.patient]
        assert again.photos(by, clinic.visit.id) == [clinic.photo]
        assert again.original(by, clinic.photo.id) == b"photo"
        latest = again.latest_measurement(by, clinic.photo.id)
        assert latest is not None
        assert vars(latest) == vars(clinic.measurement)
        assert again.verify() == []


def test_another_url_names_another_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'other.sqlite'}"
    with Store.open(tmp_path / "home", url=url, clock=lambda: datetime.now(UTC)) as store:
        owner = store.create_owner("ana", "Ana Lovelace", "correct horse battery")
        patient = store.add_patient(owner, "P-01")
        visit = store.add_visit(owner, patient.id, datetime.now(UTC).date(), "Baseline")
        store.add_photo(owner, visit.id, b"x", name="x", view="arm", site=Site.ARM, side=Side.LEFT)
        assert store.verify() == []
    assert (tmp_path / "other.sqlite").is_file()
    assert not (tmp_path / "home" / "record.sqlite").exists()
    assert len([p for p in (tmp_path / "home" / "vault").rglob("*") if p.is_file()]) == 1


def test_real_accounts_have_the_real_cost_and_the_real_time(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        owner = store.create_owner("ana", "Ana Lovelace", "correct horse battery")
        (event,) = store.events(owner)
        assert abs(datetime.now(UTC) - event.at) < timedelta(minutes=5)
        assert extract_parameters(store._hasher.hash("a" * 10)).memory_cost == 65536
