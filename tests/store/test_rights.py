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
from lesionscope.core.patient_event import EventKind
from lesionscope.core.people import Act, Reader, Role, may
from lesionscope.core.plain_record import PlainVisit
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.signature import SignedKind
from lesionscope.core.sites import Side, Site
from lesionscope.core.trial import NOT_PLANNED
from lesionscope.exchange.protocol_file import shipped_document
from lesionscope.scoring.eligibility import Answer
from lesionscope.store import NotAllowed, Store
from lesionscope.store.audit import EventFilter
from tests.store.reading_rights import READING_METHODS, package_of, released

if TYPE_CHECKING:
    from tests.store.conftest import Clinic

# Rights are asked in one place, above the database: once is enough.
pytestmark = pytest.mark.sqlite
PASSWORD = "correct horse battery"
SPOTS = ((0.2, 0.3), (0.6, 0.5))
# They prove who somebody is or are about oneself alone; of what was recorded they tell its proof
# and how suggestions are adjusted. A backup has all of it: it is for whoever runs the machine, who
# can copy its files anyway, and no page or route offers it.
WITHOUT_BY = {
    "admit",
    "authenticate",
    "backup",
    "change_password",
    "close",
    "close_session",
    "create_owner",
    "has_owner",
    "head",
    "head_fault",
    "must_change_password",
    "open",
    "open_session",
    "open_sessions",
    "reader_of_session",
    "session_left",
    "recalibration",
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
            meaning=Meaning.AUTHORSHIP,
            measurement_ids=[],
            suggestions_shown=False,
        )

    def other(self, by: Reader) -> Reader:
        """Return a person who may sign and is not `by`."""
        return self.clinic.owner if by == self.clinic.clinician else self.clinic.clinician

    def reading(self, author: Reader) -> int:
        self.sign(author)
        events = self.store.events(self.clinic.owner, limit=1, entity="reading")
        assert events[0].entity_id is not None
        return events[0].entity_id

    def form(self) -> int:
        return self.store.sign_form(
            self.clinic.clinician,
            self.visit(),
            PASSWORD,
            instrument_id="itch_nrs",
            answers={"itch": 3},
        ).id

    def countersign(self, by: Reader, meaning: Meaning = Meaning.REVIEW) -> None:
        number = self.reading(self.other(by))
        self.store.countersign(by, SignedKind.READING, number, PASSWORD, meaning=meaning)

    def approved(self, kind: SignedKind) -> int:
        number = self.form() if kind is SignedKind.FORM else self.reading(self.clinic.clinician)
        self.store.countersign(self.clinic.owner, kind, number, PASSWORD, meaning=Meaning.APPROVAL)
        return number

    def ask(self, by: Reader, kind: SignedKind = SignedKind.READING) -> int:
        return self.store.request_unlock(by, kind, self.approved(kind), "why")

    def somebody(self) -> int:
        owner, name = self.clinic.owner, self.name()
        return self.store.add_account(owner, name, f"Person {name}", Role.MONITOR, PASSWORD).id

    def reopen(self, by: Reader) -> None:
        number = self.somebody()
        self.store.close_account(self.clinic.owner, number, "why")
        self.store.reopen_account(by, number, "why")

    def sign_form(self, by: Reader, instrument: str, field: str) -> None:
        self.store.sign_form(
            by, self.visit(), PASSWORD, instrument_id=instrument, answers={field: 1}
        )

    def draft_form(self, by: Reader, instrument: str) -> None:
        content = {"name": self.name()}
        self.store.save_form_draft(by, self.clinic.visit.id, instrument, content)

    def adopt(self, by: Reader) -> None:
        items = {"erythema": {"slope": 1.0, "shift": 0.5, "refusal": ""}}
        document = {"model_version": self.name(), "items": items}
        self.store.adopt_recalibration(by, document)

    def account(self, by: Reader) -> None:
        self.store.add_account(by, self.name(), "Somebody New", Role.MONITOR, PASSWORD)

    def assign(self, by: Reader) -> None:
        self.store.assign_photo(by, self.photo(), view="face", site=Site.MALAR, side=Side.RIGHT)

    def measure(self, by: Reader) -> None:
        self.store.add_measurement(by, self.clinic.photo.id, {}, {}, drawn_by="lesionscope 0.1")

    def correct(self, by: Reader) -> None:
        self.store.add_measurement(by, self.clinic.photo.id, {}, {}, drawn_by=by.full_name)

    def set_protocol(self, by: Reader) -> None:
        earlier = self.store.protocols(self.clinic.owner)
        version = f"version: {self.name()} ".encode()
        document = shipped_document("nct06857240").replace(b"version: ", version)
        supersedes = earlier[-1].id if earlier else None
        self.store.set_protocol(by, document, supersedes=supersedes, reason="why")

    def check(self, by: Reader) -> None:
        self.set_protocol(self.clinic.owner)
        self.store.answer_check(
            by, self.clinic.patient.id, "biopsy", Answer.MET, reason=self.name()
        )

    def event(self, by: Reader) -> int:
        patient, day = self.clinic.patient.id, date(2026, 2, 1)
        return self.store.record_patient_event(
            by, patient, day=day, kind=EventKind.FLARE, words=self.name()
        ).id


METHODS: dict[str, tuple[Act, Callable[[Ward, Reader], Any]]] = {
    "add_account": (Act.MANAGE_ACCOUNTS, Ward.account),
    "readers": (Act.MANAGE_ACCOUNTS, lambda w, by: w.store.readers(by)),
    "standings": (Act.MANAGE_ACCOUNTS, lambda w, by: w.store.standings(by)),
    "reset_password": (
        Act.MANAGE_ACCOUNTS,
        lambda w, by: w.store.reset_password(by, w.somebody(), "another long password"),
    ),
    "close_account": (
        Act.MANAGE_ACCOUNTS,
        lambda w, by: w.store.close_account(by, w.somebody(), "why"),
    ),
    "reopen_account": (Act.MANAGE_ACCOUNTS, Ward.reopen),
    "close_all_sessions": (
        Act.MANAGE_ACCOUNTS,
        lambda w, by: w.store.close_all_sessions(by, w.somebody()),
    ),
    "countersign": (Act.SIGN_READING, Ward.countersign),
    "countersignatures": (
        Act.READ_RECORD,
        lambda w, by: w.store.countersignatures(by, SignedKind.READING, w.reading(w.clinic.owner)),
    ),
    "locked_by": (
        Act.READ_RECORD,
        lambda w, by: w.store.locked_by(by, SignedKind.READING, w.reading(w.clinic.owner)),
    ),
    "request_unlock": (Act.SIGN_READING, Ward.ask),
    "request_unlock, form": (Act.ENTER_FORM, lambda w, by: w.ask(by, SignedKind.FORM)),
    "grant_unlock": (
        Act.GRANT_UNLOCK,
        lambda w, by: w.store.grant_unlock(by, w.ask(w.clinic.clinician), PASSWORD),
    ),
    "refuse_unlock": (
        Act.GRANT_UNLOCK,
        lambda w, by: w.store.refuse_unlock(by, w.ask(w.clinic.clinician), "why not"),
    ),
    "open_unlocks": (Act.READ_RECORD, lambda w, by: w.store.open_unlocks(by)),
    "unlocks": (
        Act.READ_RECORD,
        lambda w, by: w.store.unlocks(by, SignedKind.READING, w.reading(w.clinic.owner)),
    ),
    "plan_import": (Act.IMPORT, lambda w, by: w.store.plan_import(by, [])),
    "import_package": (
        Act.IMPORT,
        lambda w, by: w.store.import_package(by, package_of(w.name())),
    ),
    "import_plain_record": (
        Act.IMPORT,
        lambda w, by: w.store.import_plain_record(
            by, [PlainVisit(2, w.name())], file="a.csv", sha256="0" * 64
        ),
    ),
    "imported_scores": (
        Act.READ_RECORD,
        lambda w, by: w.store.imported_scores(by, w.clinic.visit.id),
    ),
    "plain_record": (Act.EXPORT, lambda w, by: w.store.plain_record(by)),
    "confirmed_answers": (Act.READ_RECORD, lambda w, by: w.store.confirmed_answers(by)),
    "recalibrations": (Act.READ_RECORD, lambda w, by: w.store.recalibrations(by)),
    "adopt_recalibration": (Act.SET_PROTOCOL, lambda w, by: w.adopt(by)),
    "give_up_recalibration": (
        Act.SET_PROTOCOL,
        lambda w, by: (w.adopt(w.clinic.owner), w.store.give_up_recalibration(by, "why")),
    ),
    "count_events": (Act.READ_AUDIT, lambda w, by: w.store.count_events(by, EventFilter())),
    "event_choices": (Act.READ_AUDIT, lambda w, by: w.store.event_choices(by)),
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
    "mark_spots": (
        Act.MEASURE,
        lambda w, by: w.store.mark_spots(
            by, w.photo(), w.clinic.photo.id, base=SPOTS, follow=SPOTS
        ),
    ),
    "marked_spots": (
        Act.READ_RECORD,
        lambda w, by: w.store.marked_spots(by, w.clinic.photo.id, w.clinic.photo.id),
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
    "instrument_settings": (Act.READ_RECORD, lambda w, by: w.store.instrument_settings(by)),
    "instruments_so_far": (Act.READ_RECORD, lambda w, by: w.store.instruments_so_far(by)),
    "sign_form": (Act.ENTER_FORM, lambda w, by: w.sign_form(by, "itch_nrs", "itch")),
    "sign_form, rated by a clinician": (
        Act.SIGN_READING,
        lambda w, by: w.sign_form(by, "catbm", "activity.gottron"),
    ),
    "save_form_draft": (Act.ENTER_FORM, lambda w, by: w.draft_form(by, "itch_nrs")),
    "save_form_draft, rated by a clinician": (
        Act.SIGN_READING,
        lambda w, by: w.draft_form(by, "catbm"),
    ),
    "form_drafts": (Act.ENTER_FORM, lambda w, by: w.store.form_drafts(by, w.clinic.visit.id)),
    "forms": (Act.READ_RECORD, lambda w, by: w.store.forms(by, w.clinic.visit.id)),
    "current_form": (
        Act.READ_RECORD,
        lambda w, by: w.store.current_form(by, w.clinic.visit.id, "dlqi"),
    ),
    "forms_of_patient": (
        Act.READ_RECORD,
        lambda w, by: w.store.forms_of_patient(by, w.clinic.patient.id),
    ),
    "set_protocol": (Act.SET_PROTOCOL, Ward.set_protocol),
    "protocol": (Act.READ_RECORD, lambda w, by: w.store.protocol(by)),
    "protocols": (Act.READ_RECORD, lambda w, by: w.store.protocols(by)),
    "plan_visit": (
        Act.ADD_PATIENT,
        lambda w, by: w.store.plan_visit(by, w.visit(), NOT_PLANNED, reason="why"),
    ),
    "record_age": (
        Act.RECORD_BODY,
        lambda w, by: w.store.record_age(
            by, w.clinic.patient.id, next(w.numbers) % 100, reason="why"
        ),
    ),
    "answer_check": (Act.SIGN_READING, Ward.check),
    "study_patient": (
        Act.READ_RECORD,
        lambda w, by: w.store.study_patient(by, w.clinic.patient.id),
    ),
    "study_patients": (Act.READ_RECORD, lambda w, by: w.store.study_patients(by)),
    "record_patient_event": (Act.RECORD_EVENT, Ward.event),
    "withdraw_patient_event": (
        Act.RECORD_EVENT,
        lambda w, by: w.store.withdraw_patient_event(by, w.event(w.clinic.owner), reason="why"),
    ),
    "patient_events": (
        Act.READ_RECORD,
        lambda w, by: w.store.patient_events(by, w.clinic.patient.id),
    ),
    "timeline": (Act.READ_RECORD, lambda w, by: w.store.timeline(by, w.clinic.patient.id)),
    "record_export": (
        Act.EXPORT,
        lambda w, by: w.store.record_export(
            by, "visit report", sha256="0" * 64, visit_id=w.clinic.visit.id
        ),
    ),
    "study_extent": (Act.EXPORT, lambda w, by: w.store.study_extent(by)),
    "study_data": (Act.EXPORT, lambda w, by: w.store.study_data(by)),
    "exported_picture": (
        Act.EXPORT,
        lambda w, by: w.store.exported_picture(by, released(w)[1]),
    ),
    "exported_masks": (
        Act.EXPORT,
        lambda w, by: w.store.exported_masks(by, w.clinic.measurement.id),
    ),
    "events": (Act.READ_AUDIT, lambda w, by: w.store.events(by)),
    **READING_METHODS,
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
def test_a_role_may_do_what_it_may_and_nothing_else(
    ward: Ward, method: str, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    act, call = METHODS[method]
    by = ward.clinic.people[role]
    if may(role, act):
        call(ward, by)
        return
    name = method.split(",")[0]
    real, heads = getattr(ward.store, name), []

    def watched(*given: Any, **named: Any) -> Any:
        heads.append(ward.store.head())  # after all that had to be made ready for it
        return real(*given, **named)

    monkeypatch.setattr(ward.store, name, watched)
    with pytest.raises(NotAllowed, match=f"may not {act}"):
        call(ward, by)
    assert ward.store.head() == heads[-1]


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
