"""The demo goes through the doors of a real visit, can be cut short, and never comes twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from lesionscope import demo
from lesionscope.core.patient_event import EventKind
from lesionscope.core.people import Reader, Role, Visit
from lesionscope.core.photo import Photo
from lesionscope.core.trial import Timing, place_visits
from lesionscope.demo import DemoAccess, DemoPhoto, demo_photos, seed, seed_demo_home
from lesionscope.store import NotAllowed, SignInRefused, Store

PASSWORD = "correct horse battery"


def some() -> tuple[DemoPhoto, ...]:
    """Two photos of two patients."""
    photos = {photo.pseudonym: photo for photo in demo_photos()}
    return tuple(photos.values())[:2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(tmp_path / "home", hasher=cheap) as opened:
        yield opened


@pytest.fixture
def owner(store: Store) -> Reader:
    return store.create_owner("owner", "Owner of the record", PASSWORD)


def state(store: Store, by: Reader) -> list[tuple[str, int, int, int]]:
    """Return pseudonym, visits, photos and measurements of every patient."""
    rows = []
    for summary in store.patients(by):
        visits = store.visits(by, summary.patient.id)
        photos = [photo for visit in visits for photo in store.photos(by, visit.id)]
        measured = sum(len(store.measurements(by, photo.id)) for photo in photos)
        rows.append((summary.patient.pseudonym, len(visits), len(photos), measured))
    return rows


def test_demo_study_as_listed() -> None:
    photos = demo_photos()
    assert len(photos) >= 18
    assert all(photo.path.is_file() for photo in photos)
    visits = {(photo.pseudonym, photo.day) for photo in photos}
    patients = {photo.pseudonym for photo in photos}
    assert len(patients) >= 3
    assert len(visits) == 3 * len(patients)
    assert all(pseudonym.startswith("DEMO-") for pseudonym in patients)


def test_photos_are_kept_and_measured_once(store: Store, owner: Reader) -> None:
    told: list[tuple[str, int, int]] = []
    photos = some()
    assert seed(store, owner, photos=photos, progress=lambda *step: told.append(step)) == 2
    assert state(store, owner) == [(photo.pseudonym, 1, 1, 1) for photo in photos]
    assert [(done, of) for _, done, of in told] == [(0, 2), (1, 2), (2, 2)]
    kept = store.photos(owner, store.visits(owner, 1)[0].id)[0]
    assert store.original(owner, kept.id) == photos[0].path.read_bytes()
    assert (kept.view, kept.site, kept.side) == (photos[0].view, photos[0].site, photos[0].side)
    latest = store.latest_measurement(owner, kept.id)
    assert latest is not None
    assert latest.document["sha256"] == kept.sha256
    assert latest.document["lesions"]
    assert set(latest.files) >= {"lesion", "skin", "hand", "probability"}

    # Nothing is signed: a reading is a person's.
    assert store.readings(owner, 1) == []
    assert [summary.unsigned_visits for summary in store.patients(owner)] == [1, 1]

    events = len(store.events(owner))
    assert seed(store, owner, photos=photos) == 0
    assert len(store.events(owner)) == events
    assert store.verify() == []


def test_the_demo_has_a_protocol_and_a_course(store: Store, owner: Reader) -> None:
    photo = demo_photos()[0]
    seed(store, owner, photos=(photo,))
    assert [one.study_id for one in store.protocols(owner)] == ["NCT06857240"]
    (event,) = store.patient_events(owner, 1)
    assert (event.kind, event.day) == (EventKind.DOSE, photo.day)
    protocol = store.protocol(owner)
    assert protocol is not None
    visits = {(p.day, p.label): p for p in demo_photos() if p.pseudonym == photo.pseudonym}
    held = [Visit(n, 1, day, label) for n, (day, label) in enumerate(visits)]
    course = place_visits(protocol.visits, held, today=date(2026, 1, 1))
    timings = [placed.timing for placed in course.placed]
    in_window = Timing.IN_WINDOW
    assert timings == [in_window, in_window, Timing.MISSING, in_window]
    assert not course.unscheduled


def test_seeding_cut_short_is_taken_up_again(
    store: Store, owner: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, real = some(), demo.measure

    def cut(photo: Photo, **given: object) -> object:
        if photo.name == photos[1].path.name:
            raise KeyboardInterrupt
        return real(photo, **given)

    monkeypatch.setattr(demo, "measure", cut)
    with pytest.raises(KeyboardInterrupt):
        seed(store, owner, photos=photos)
    assert [row[1:] for row in state(store, owner)] == [(1, 1, 1), (1, 1, 0)]
    monkeypatch.setattr(demo, "measure", real)
    assert seed(store, owner, photos=photos) == 1
    assert [row[1:] for row in state(store, owner)] == [(1, 1, 1), (1, 1, 1)]


def test_who_may_not_photograph_may_not_seed(store: Store, owner: Reader) -> None:
    monitor = store.add_account(owner, "monitor", "A monitor", Role.MONITOR, PASSWORD)
    with pytest.raises(NotAllowed):
        seed(store, monitor, photos=some())
    assert store.patients(owner) == []


def test_new_home_gets_an_account_and_the_study(tmp_path: Path) -> None:
    announced: list[DemoAccess] = []
    photos = some()[:1]
    access = seed_demo_home(tmp_path, announce=announced.append, photos=photos)
    assert access is not None
    assert announced == [access]
    assert access.password is not None
    with Store.open(tmp_path) as store:
        reader = store.authenticate(access.name, access.password)
        assert reader.role is Role.OWNER
        assert state(store, reader) == [(photos[0].pseudonym, 1, 1, 1)]
        with pytest.raises(SignInRefused):
            store.authenticate(access.name, "not " + access.password)
    holding = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and access.password.encode() in path.read_bytes()
    ]
    assert holding == [access.note]  # not the record, not the vault


def test_second_start_adds_nothing_and_knows_no_password(tmp_path: Path) -> None:
    first = seed_demo_home(tmp_path, photos=())
    second = seed_demo_home(tmp_path)  # finished: not even the photos left out come now
    assert first is not None
    assert second == DemoAccess(first.name, None, first.note)
    with Store.open(tmp_path) as store:
        reader = store.authenticate(first.name, first.password or "")
        assert store.patients(reader) == []


def test_home_that_was_cut_short_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[DemoAccess] = []

    def cut(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(demo, "seed", cut)
        with pytest.raises(KeyboardInterrupt):
            seed_demo_home(tmp_path, announce=announced.append)
    seeded: list[Reader] = []

    def noted(_store: Store, by: Reader, **_: object) -> int:
        seeded.append(by)
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(demo, "seed", noted)
        for _ in range(2):
            assert seed_demo_home(tmp_path) == DemoAccess("demo", None, announced[0].note)
    with Store.open(tmp_path) as store:
        assert seeded == [store.authenticate("demo", announced[0].password or "")]


@pytest.mark.parametrize("name", ["owner", "demo"])
def test_record_of_somebody_else_is_left_alone(tmp_path: Path, name: str) -> None:
    with Store.open(tmp_path) as store:
        owner = store.create_owner(name, "Owner of the record", PASSWORD)
    announced: list[DemoAccess] = []
    assert seed_demo_home(tmp_path, announce=announced.append) is None
    assert announced == []
    with Store.open(tmp_path) as store:
        assert store.patients(owner) == []


def test_record_made_by_a_person_after_a_kill_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> Reader:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Store, "create_owner", killed)
        with pytest.raises(KeyboardInterrupt):
            seed_demo_home(tmp_path)
    with Store.open(tmp_path) as store:
        store.create_owner("owner", "Owner of the record", PASSWORD)
    assert seed_demo_home(tmp_path) is None


def test_passwords_are_never_the_same() -> None:
    made = {demo.new_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(password) == 19 for password in made)


def test_the_sign_in_is_kept_for_its_user_alone_until_deleted(tmp_path: Path) -> None:
    first = seed_demo_home(tmp_path, photos=())
    assert first is not None
    assert first.note is not None
    assert first.password is not None
    assert first.password in first.note.read_text()
    assert first.note.stat().st_mode & 0o077 == 0
    again = seed_demo_home(tmp_path, photos=())
    assert again is not None
    assert (again.password, again.note) == (None, first.note)
    first.note.unlink()
    forgotten = seed_demo_home(tmp_path, photos=())
    assert forgotten is not None
    assert forgotten.note is None
