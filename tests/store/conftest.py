from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from lesionscope.core.people import Patient, Reader, Role, Visit
from lesionscope.core.sites import Side, Site
from lesionscope.store import Store, StoredMeasurement, StoredPhoto
from lesionscope.store import database as opening
from tests.store.postgresql import Cluster, binaries, running
from tests.store.reading_room import ReadingRoom, furnish

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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test of the record on both databases, unless it is about one of them."""
    if "database" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("sqlite")
        kinds = ["sqlite"] if only else ["sqlite", "postgresql"]
        metafunc.parametrize("database", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of these tests."""
    found = binaries()
    if found is None:
        pytest.skip("no PostgreSQL server is installed on this machine")
    with running(found) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> Cluster | None:
    """A server to keep records in, or None for a file in the data folder."""
    if request.param == "sqlite":
        return None
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster


@contextmanager
def kept_in(database: Cluster | None) -> Iterator[None]:
    """Have `Store.open` find the record of a data folder in a database of the server."""
    with pytest.MonkeyPatch.context() as patch:
        if database is not None:
            patch.setattr(opening, "record_of", database.url_of)
        yield


@pytest.fixture
def tidy(database: Cluster | None) -> Iterator[None]:
    """Keep the records of one test where they belong, and drop the databases that it made."""
    before = list(database.databases) if database else []
    with kept_in(database):
        yield
    if database:
        for name in [name for name in database.databases if name not in before]:
            database.drop(name)


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory, database: Cluster | None) -> Path:
    """A record without a row, closed, to be copied: its revisions take too long for each test."""
    home = tmp_path_factory.mktemp("empty") / "home"
    with kept_in(database):
        Store.open(home, hasher=cheap_hasher()).close()
    return home


@pytest.fixture
def store(empty: Path, tmp_path: Path, clock: Clock, tidy: None) -> Iterator[Store]:
    shutil.copytree(empty, tmp_path / "home")
    with Store.open(tmp_path / "home", clock=clock, hasher=cheap_hasher()) as opened:
        yield opened


@pytest.fixture
def owner(store: Store) -> Reader:
    return store.create_owner("owner", "Person owner", PASSWORD)


@pytest.fixture(scope="session")
def settled(
    tmp_path_factory: pytest.TempPathFactory, database: Cluster | None
) -> tuple[Path, Clinic]:
    """A clinic that is closed, to be copied: settling one for each test takes too long."""
    home = tmp_path_factory.mktemp("settled") / "home"
    with (
        kept_in(database),
        Store.open(home, clock=Clock(), hasher=cheap_hasher()) as opened,
    ):
        return home, settle(opened)


@pytest.fixture
def clinic(
    settled: tuple[Path, Clinic], tmp_path: Path, clock: Clock, tidy: None
) -> Iterator[Clinic]:
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


@pytest.fixture(scope="session")
def furnished(
    tmp_path_factory: pytest.TempPathFactory, database: Cluster | None
) -> tuple[Path, ReadingRoom]:
    """A study ready to be read blind, closed, to be copied."""
    home = tmp_path_factory.mktemp("furnished") / "home"
    with kept_in(database), Store.open(home, hasher=cheap_hasher()) as opened:
        return home, furnish(opened)


@pytest.fixture
def room(furnished: tuple[Path, ReadingRoom], tmp_path: Path, tidy: None) -> Iterator[ReadingRoom]:
    home, room = furnished
    shutil.copytree(home, tmp_path / "room")
    with Store.open(tmp_path / "room", hasher=cheap_hasher()) as opened:
        yield replace(room, store=opened)
