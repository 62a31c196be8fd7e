from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.people import Role
from lesionscope.core.reading import AnswerOrigin, Meaning, Reading
from lesionscope.core.study_settings import PgaScale, PgaScore
from lesionscope.core.trial import NOT_PLANNED
from lesionscope.exchange.protocol_file import shipped_document
from lesionscope.scoring.eligibility import Answer
from lesionscope.store import NotInRecord

if TYPE_CHECKING:
    from tests.store.conftest import Clinic

SHIPPED = shipped_document("nct06857240")
ON_A_LINE = SHIPPED.replace(
    b"pga_scale: {value: null, source: registry}",
    b"pga_scale: {value: vas_0_10, source: proposal}",
)


def acts(clinic: Clinic) -> list[str]:
    return [event.act for event in clinic.store.events(clinic.owner)]


def test_a_person_says_which_planned_visit_a_visit_is(clinic: Clinic) -> None:
    store, by, patient = clinic.store, clinic.owner, clinic.patient.id
    extra = store.add_visit(by, patient, date(2026, 3, 27), "Extra")
    with pytest.raises(NotInRecord, match="no protocol"):
        store.plan_visit(by, extra.id, "week_4", reason="why")
    store.set_protocol(by, SHIPPED)
    with pytest.raises(ValueError, match="visit must be one of baseline, week_4"):
        store.plan_visit(by, extra.id, "week_3", reason="why")
    with pytest.raises(ValueError, match="needs a reason"):
        store.plan_visit(by, extra.id, "week_4", reason=" ")
    store.plan_visit(by, extra.id, "week_4", reason="came with a flare")
    assert store.study_patient(by, patient).chosen == {extra.id: "week_4"}
    before = acts(clinic)
    store.plan_visit(by, extra.id, "week_4", reason="again")
    assert acts(clinic) == before
    other = store.add_visit(by, patient, date(2026, 3, 28), "Other")
    with pytest.raises(ValueError, match="'Extra' of 2026-03-27 was chosen as week_4 already"):
        store.plan_visit(by, other.id, "week_4", reason="why")
    store.plan_visit(by, extra.id, NOT_PLANNED, reason="mistaken")
    store.plan_visit(by, other.id, "week_4", reason="why")
    event = store.events(by, limit=2)[1]
    assert (event.act, event.entity, event.entity_id) == ("plan visit", "visit", extra.id)
    assert event.detail == {"old": "week_4", "new": NOT_PLANNED, "reason": "mistaken"}
    store.plan_visit(by, extra.id, None, reason="as it was")
    assert store.study_patient(by, patient).chosen == {other.id: "week_4"}
    assert store.verify() == []


def test_an_age_counts_until_another_replaces_it_with_a_reason(clinic: Clinic) -> None:
    store, by, patient = clinic.store, clinic.owner, clinic.patient.id
    assert store.study_patient(by, patient).age is None
    first = store.record_age(by, patient, 47)
    assert store.record_age(by, patient, 47) == first
    with pytest.raises(ValueError, match="replacing the age needs a reason"):
        store.record_age(by, patient, 48)
    second = store.record_age(by, patient, 48, reason="typed wrongly")
    assert store.study_patient(by, patient).age == second
    assert store.events(by, limit=1)[0].detail == {
        "old": 47,
        "new": 48,
        "reason": "typed wrongly",
    }
    for years in (-1, 131):
        with pytest.raises(ValueError, match="age must be 0 to 130"):
            store.record_age(by, patient, years, reason="why")
    with pytest.raises(NotInRecord, match="no patient 99"):
        store.record_age(by, 99, 40)
    assert store.verify() == []


def test_a_clinician_answers_what_no_value_can(clinic: Clinic) -> None:
    store, by, patient = clinic.store, clinic.clinician, clinic.patient.id
    with pytest.raises(NotInRecord, match="no protocol"):
        store.answer_check(by, patient, "biopsy", Answer.MET)
    protocol = store.set_protocol(clinic.owner, SHIPPED)
    with pytest.raises(NotInRecord, match="asks nobody about 'biopsie'"):
        store.answer_check(by, patient, "biopsie", Answer.MET)
    stored = store.answer_check(by, patient, "biopsy", Answer.MET, reason="report of 2024")
    assert (stored.answer, stored.protocol_id) == (Answer.MET, protocol.id)
    assert stored.wording.startswith("Skin biopsy with histology")
    assert stored.answered_by == "Person clinician"
    assert store.study_patient(by, patient).checks == {"biopsy": stored}
    with pytest.raises(ValueError, match="replacing the answer needs a reason"):
        store.answer_check(by, patient, "biopsy", Answer.NOT_MET)
    again = store.answer_check(by, patient, "biopsy", Answer.NOT_MET, reason="another patient's")
    assert store.study_patient(by, patient).checks == {"biopsy": again}
    assert store.events(clinic.owner, limit=1)[0].detail["old"] == "met"
    assert store.verify() == []


def test_another_wording_is_another_question(clinic: Clinic) -> None:
    store, by, patient = clinic.store, clinic.owner, clinic.patient.id
    first = store.set_protocol(by, SHIPPED)
    store.answer_check(by, patient, "biopsy", Answer.MET)
    amended = SHIPPED.replace(b"Skin biopsy with histology", b"Two skin biopsies with histology")
    store.set_protocol(by, amended, supersedes=first.id, reason="amendment")
    stored = store.answer_check(by, patient, "biopsy", Answer.MET)  # needs no reason: asked anew
    assert stored.wording.startswith("Two skin biopsies")


def test_patients_come_with_all_that_counts_of_them(clinic: Clinic, password: str) -> None:
    store, by = clinic.store, clinic.owner
    clear = SHIPPED.index(b"  - about: settings.pga_scale")
    until = SHIPPED.index(b"  - about: settings.severity_cutoff")
    asked = len(ON_A_LINE) - len(SHIPPED)
    store.set_protocol(by, ON_A_LINE[: clear + asked] + ON_A_LINE[until + asked :])
    other = store.add_patient(by, "A-02")
    bsa = BsaEstimate(5, Interval(3, 8), Convention.PROTOCOL, CalibrationSource.HANDPRINT)
    reading: Reading | None = None
    for level in (1, 0):
        reading = store.sign(
            by,
            clinic.visit.id,
            password,
            answers={"alopecia": level},
            origins={"alopecia": AnswerOrigin.ENTERED},
            bsa=bsa,
            meaning=Meaning.AUTHORSHIP,
            measurement_ids=[],
            suggestions_shown=False,
            supersedes=reading.id if reading else None,
            reason="again" if reading else "",
        )
    store.sign_form(
        by, clinic.visit.id, password, instrument_id="pga", answers={"skin_activity": 6.5}
    )
    first, second = store.study_patients(by)
    assert [first.patient, second.patient] == [other, clinic.patient]
    assert first.visits == ()
    held = second.held[clinic.visit.id]
    assert held.reading is not None
    assert reading is not None
    assert held.reading.id == reading.id
    assert held.pga == PgaScore(6.5, PgaScale.VAS_0_10)
    alone = store.study_patient(by, clinic.patient.id).held[clinic.visit.id]
    assert alone.pga == held.pga
    assert alone.reading is not None
    assert alone.reading.content_sha256 == held.reading.content_sha256
    with pytest.raises(NotInRecord, match="no patient 99"):
        store.study_patient(by, 99)


def test_a_photographer_answers_no_eligibility_criterion(clinic: Clinic) -> None:
    clinic.store.set_protocol(clinic.owner, SHIPPED)
    with pytest.raises(PermissionError, match="may not sign a reading"):
        clinic.store.answer_check(
            clinic.people[Role.PHOTOGRAPHER], clinic.patient.id, "biopsy", Answer.MET
        )
