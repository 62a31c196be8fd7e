from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from lesionscope.core.people import Patient, Reader, Role, Visit
from lesionscope.core.sites import Side, Site
from lesionscope.store import Store, StoredMeasurement, StoredPhoto

PASSWORD = "correct horse battery"


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Clinic:
    """A record with one patient, one visit, one measured photo, and a person of each role."""

    store: Store
    people: dict[Role, Reader]
    patient: Patient
    visit: Visit
    photo: StoredPhoto
    measurement: StoredMeasurement

    @property
    def owner(self) -> Reader:
        return self.people[Role.OWNER]

    @property
    def clinician(self) -> Reader:
        return self.people[Role.CLINICIAN]


def cheap_hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def settle(store: Store) -> Clinic:
    owner = store.create_owner("owner", "Person owner", PASSWORD)
    people = {Role.OWNER: owner}
    for role in Role:
        if role is not Role.OWNER:
            people[role] = store.add_account(owner, role, f"Person {role}", role, PASSWORD)
    patient = store.add_patient(owner, "P-01")
    visit = store.add_visit(owner, patient.id, date(2026, 2, 27), "Baseline")
    photo = store.add_photo(
        owner, visit.id, b"photo", name="a.jpg", view="face", site=Site.MALAR, side=Side.LEFT
    )
    measurement = store.add_measurement(
        owner,
        photo.id,
        {"sha256": photo.sha256, "bsa_percent": None, "model_version": "m1"},
        {"lesion": b"lesion mask", "skin": b"skin mask"},
        drawn_by="lesionscope 0.1",
    )
    return Clinic(store, people, patient, visit, photo, measurement)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with Store.open(tmp_path / "home", clock=clock, hasher=cheap_hasher()) as opened:
        yield opened


@pytest.fixture
def owner(store: Store) -> Reader:
    return store.create_owner("owner", "Person owner", PASSWORD)


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Clinic]:
    """A clinic that is closed, to be copied: settling one for each test takes too long."""
    home = tmp_path_factory.mktemp("settled") / "home"
    with Store.open(home, clock=Clock(), hasher=cheap_hasher()) as opened:
        return home, settle(opened)


@pytest.fixture
def clinic(settled: tuple[Path, Clinic], tmp_path: Path, clock: Clock) -> Iterator[Clinic]:
    home, clinic = settled
    shutil.copytree(home, tmp_path / "home")
    with Store.open(tmp_path / "home", clock=clock, hasher=cheap_hasher()) as opened:
        yield replace(clinic, store=opened)


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture(scope="module")
def hasher() -> PasswordHasher:
    return cheap_hasher()
