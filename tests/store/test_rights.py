"""Every method of the store against every role: allowed or refused, as `RIGHTS` says."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from lesionscope.core.body import BodySize, OwnHandprint
from lesionscope.core.people import Act, Reader, Role, may
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.sites import Side, Site
from lesionscope.store import NotAllowed, Store

if TYPE_CHECKING:
    from tests.store.conftest import Clinic

PASSWORD = "correct horse battery"
WITHOUT_BY = {
    "admit",
    "authenticate",
    "close",
    "close_session",
    "create_owner",
    "has_owner",
    "open",
    "open_session",
    "reader_of_session",
    "verify",
}


@dataclass
class Ward:
    """A clinic whose acts each get something new to act on."""

    clinic: Clinic
    numbers: Iterator[int]

    @property
    def store(self) -> Store:
        return self.clinic.store

    def name(self) -> str:
        return f"n{next(self.numbers)}"

    def size(self) -> BodySize:
        return BodySize(170, 50 + next(self.numbers) / 100)

    def hand(self) -> OwnHandprint:
        return OwnHandprint(150 + next(self.numbers) / 100, 0.05)

    def visit(self) -> int:
        owner, patient = self.clinic.owner, self.clinic.patient.id
        return self.store.add_visit(owner, patient, date(2026, 4, 1), self.name()).id

    def photo(self) -> int:
        return self.add_photo(self.clinic.owner)

    def add_photo(self, by: Reader) -> int:
        name = self.name()
        return self.store.add_photo(
            by,
            self.clinic.visit.id,
            name.encode(),
            name=name,
            view="arm",
            site=Site.ARM,
            side=Side.LEFT,
        ).id

    def sign(self, by: Reader) -> None:
        self.store.sign(
            by,
            self.visit(),
            PASSWORD,
            answers={"alopecia": 1},
            origins={"alopecia": AnswerOrigin.ENTERED},
            bsa=None,
            meaning=Meaning.REVIEW,
            measurement_ids=[],
            suggestions_shown=False,
        )

    def account(self, by: Reader) -> None:
        self.store.add_account(by, self.name(), "Somebody New", Role.MONITOR, PASSWORD)

    def assign(self, by: Reader) -> None:
        self.store.assign_photo(by, self.photo(), view="face", site=Site.MALAR, side=Side.RIGHT)

    def measure(self, by: Reader) -> None:
        self.store.add_measurement(by, self.clinic.photo.id, {}, {}, drawn_by="lesionscope 0.1")

    def correct(self, by: Reader) -> None:
        self.store.add_measurement(by, self.clinic.photo.id, {}, {}, drawn_by=by.full_name)


METHODS: dict[str, tuple[Act, Callable[[Ward, Reader], Any]]] = {
    "add_account": (Act.MANAGE_ACCOUNTS, Ward.account),
    "readers": (Act.MANAGE_ACCOUNTS, lambda w, by: w.store.readers(by)),
    "add_patient": (Act.ADD_PATIENT, lambda w, by: w.store.add_patient(by, w.name())),
    "patients": (Act.READ_RECORD, lambda w, by: w.store.patients(by)),
    "patient": (Act.READ_RECORD, lambda w, by: w.store.patient(by, w.clinic.patient.id)),
    "add_visit": (
        Act.ADD_PATIENT,
        lambda w, by: w.store.add_visit(by, w.clinic.patient.id, date(2026, 4, 1), w.name()),
    ),
    "visits": (Act.READ_RECORD, lambda w, by: w.store.visits(by, w.clinic.patient.id)),
    "visit": (Act.READ_RECORD, lambda w, by: w.store.visit(by, w.clinic.visit.id)),
    "record_body_size": (
        Act.RECORD_BODY,
        lambda w, by: w.store.record_body_size(by, w.clinic.patient.id, w.size()),
    ),
    "record_handprint": (
        Act.RECORD_BODY,
        lambda w, by: w.store.record_handprint(by, w.clinic.patient.id, w.hand(), reason="why"),
    ),
    "patient_body": (Act.READ_RECORD, lambda w, by: w.store.patient_body(by, w.clinic.patient.id)),
    "body_history": (Act.READ_RECORD, lambda w, by: w.store.body_history(by, w.clinic.patient.id)),
    "add_photo": (Act.ADD_PHOTO, Ward.add_photo),
    "assign_photo": (Act.ADD_PHOTO, Ward.assign),
    "withdraw_photo": (Act.ADD_PHOTO, lambda w, by: w.store.withdraw_photo(by, w.photo(), "why")),
    "photos": (Act.READ_RECORD, lambda w, by: w.store.photos(by, w.clinic.visit.id)),
    "photo": (Act.READ_RECORD, lambda w, by: w.store.photo(by, w.clinic.photo.id)),
    "original": (Act.READ_RECORD, lambda w, by: w.store.original(by, w.clinic.photo.id)),
    "add_measurement": (Act.MEASURE, Ward.measure),
    "add_measurement, corrected": (Act.CORRECT_MASK, Ward.correct),
    "measurements": (Act.READ_RECORD, lambda w, by: w.store.measurements(by, w.clinic.photo.id)),
    "latest_measurement": (
        Act.READ_RECORD,
        lambda w, by: w.store.latest_measurement(by, w.clinic.photo.id),
    ),
    "measurement_files": (
        Act.READ_RECORD,
        lambda w, by: w.store.measurement_files(by, w.clinic.measurement.id),
    ),
    "save_draft": (
        Act.SIGN_READING,
        lambda w, by: w.store.save_draft(by, w.clinic.visit.id, {"name": w.name()}),
    ),
    "draft": (Act.SIGN_READING, lambda w, by: w.store.draft(by, w.clinic.visit.id)),
    "sign": (Act.SIGN_READING, Ward.sign),
    "readings": (Act.READ_RECORD, lambda w, by: w.store.readings(by, w.clinic.visit.id)),
    "current_reading": (
        Act.READ_RECORD,
        lambda w, by: w.store.current_reading(by, w.clinic.visit.id),
    ),
    "timeline": (Act.READ_RECORD, lambda w, by: w.store.timeline(by, w.clinic.patient.id)),
    "record_export": (
        Act.EXPORT,
        lambda w, by: w.store.record_export(
            by, "visit report", sha256="0" * 64, visit_id=w.clinic.visit.id
        ),
    ),
    "events": (Act.READ_AUDIT, lambda w, by: w.store.events(by)),
}


@pytest.fixture(scope="module")
def ward(
    settled: tuple[Path, Clinic], tmp_path_factory: pytest.TempPathFactory, hasher: PasswordHasher
) -> Iterator[Ward]:
    home = tmp_path_factory.mktemp("ward") / "home"
    shutil.copytree(settled[0], home)
    with Store.open(home, hasher=hasher) as store:
        yield Ward(replace(settled[1], store=store), count())


def test_every_method_of_the_store_is_in_this_table() -> None:
    public = {name for name in dir(Store) if not name.startswith("_")}
    assert public == {name.split(",")[0] for name in METHODS} | WITHOUT_BY


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("method", METHODS)
def test_a_role_may_do_what_it_may_and_nothing_else(ward: Ward, method: str, role: Role) -> None:
    act, call = METHODS[method]
    by = ward.clinic.people[role]
    if may(role, act):
        call(ward, by)
        return
    with pytest.raises(NotAllowed, match=f"may not {act}"):
        call(ward, by)
    newest = ward.store.events(ward.clinic.owner, limit=1)[0]
    assert newest.who != by.name or newest.act != act


@pytest.mark.parametrize("method", METHODS)
def test_nobody_may_do_nothing(ward: Ward, method: str) -> None:
    ghost = Reader(10_000, "ghost", "Ghost", Role.OWNER)
    with pytest.raises(NotAllowed, match="no account in this record"):
        METHODS[method][1](ward, ghost)


def test_a_refused_act_writes_nothing(ward: Ward) -> None:
    store, owner, by = ward.store, ward.clinic.owner, ward.clinic.people[Role.MONITOR]
    visit, photo = ward.visit(), ward.photo()
    before = len(store.events(owner, limit=10_000))
    refused: list[Callable[[], Any]] = [
        lambda: store.add_patient(by, "X-1"),
        lambda: store.add_visit(by, ward.clinic.patient.id, date(2026, 4, 1), "X"),
        lambda: store.record_body_size(by, ward.clinic.patient.id, ward.size()),
        lambda: store.record_handprint(by, ward.clinic.patient.id, ward.hand(), reason="why"),
        lambda: ward.add_photo(by),
        lambda: store.withdraw_photo(by, photo, "why"),
        lambda: store.save_draft(by, visit, {}),
        lambda: ward.measure(by),
        lambda: ward.account(by),
    ]
    for call in refused:
        with pytest.raises(NotAllowed):
            call()
    assert len(store.events(owner, limit=10_000)) == before
    assert store.verify() == []
