from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.people import Patient, Reader, Visit
from lesionscope.core.reading import Meaning
from lesionscope.store import AlreadyThere, NotInRecord, PatientSummary, Store

if TYPE_CHECKING:
    from tests.store.conftest import Clinic


def test_a_patient_is_found_again(store: Store, owner: Reader) -> None:
    added = store.add_patient(owner, "P-01")
    assert added == Patient(added.id, "P-01")
    assert store.patient(owner, added.id) == added
    assert store.patients(owner) == [PatientSummary(added, 0, None, 0)]


@pytest.mark.parametrize("pseudonym", ["", "Ana Lovelace", "a/b", "x" * 33, "-a", "1\n"])
def test_a_pseudonym_of_another_form_is_refused(
    store: Store, owner: Reader, pseudonym: str
) -> None:
    with pytest.raises(ValueError, match="a pseudonym must be"):
        store.add_patient(owner, pseudonym)
    assert store.patients(owner) == []


@pytest.mark.parametrize("pseudonym", ["P-01", "p-01"])
def test_a_patient_is_there_once(store: Store, owner: Reader, pseudonym: str) -> None:
    store.add_patient(owner, "P-01")
    with pytest.raises(AlreadyThere, match="patient P-01 is already in the record"):
        store.add_patient(owner, pseudonym)


def test_visits_are_in_the_order_of_their_days(store: Store, owner: Reader) -> None:
    patient = store.add_patient(owner, "P-01")
    later = store.add_visit(owner, patient.id, date(2026, 5, 1), "Week 12")
    first = store.add_visit(owner, patient.id, date(2026, 2, 1), " Baseline ")
    assert first == Visit(first.id, patient.id, date(2026, 2, 1), "Baseline")
    assert store.visits(owner, patient.id) == [first, later]
    assert store.visit(owner, later.id) == later


def test_a_time_of_day_is_not_part_of_a_visit(store: Store, owner: Reader) -> None:
    patient = store.add_patient(owner, "P-01")
    visit = store.add_visit(owner, patient.id, datetime(2026, 2, 1, 14, 30), "Baseline")
    assert store.visit(owner, visit.id).day == date(2026, 2, 1)
    assert type(visit.day) is date


def test_the_same_visit_twice_is_refused(store: Store, owner: Reader) -> None:
    patient = store.add_patient(owner, "P-01")
    other = store.add_patient(owner, "P-02")
    store.add_visit(owner, patient.id, date(2026, 2, 1), "Baseline")
    with pytest.raises(AlreadyThere, match="already has a visit 'Baseline' on 2026-02-01"):
        store.add_visit(owner, patient.id, date(2026, 2, 1), "Baseline")
    store.add_visit(owner, patient.id, date(2026, 2, 2), "Baseline")
    store.add_visit(owner, other.id, date(2026, 2, 1), "Baseline")


@pytest.mark.parametrize("label", ["", "   ", "x" * 65, "a\tb"])
def test_a_visit_needs_a_label(store: Store, owner: Reader, label: str) -> None:
    patient = store.add_patient(owner, "P-01")
    with pytest.raises(ValueError, match="needs a label of 1 to 64 characters"):
        store.add_visit(owner, patient.id, date(2026, 2, 1), label)


def test_what_is_not_there_is_said(store: Store, owner: Reader) -> None:
    with pytest.raises(NotInRecord, match="no patient 7"):
        store.patient(owner, 7)
    with pytest.raises(NotInRecord, match="no patient 7"):
        store.visits(owner, 7)
    with pytest.raises(NotInRecord, match="no patient 7"):
        store.add_visit(owner, 7, date(2026, 2, 1), "Baseline")
    with pytest.raises(NotInRecord, match="no visit 7"):
        store.visit(owner, 7)
    assert [e.act for e in store.events(owner)] == ["create owner"]


def test_the_list_counts_visits_and_those_not_signed(clinic: Clinic, password: str) -> None:
    store, owner = clinic.store, clinic.owner
    store.add_visit(owner, clinic.patient.id, date(2026, 5, 1), "Week 12")
    empty = store.add_patient(owner, "A-00")
    assert store.patients(owner) == [
        PatientSummary(empty, 0, None, 0),
        PatientSummary(clinic.patient, 2, date(2026, 5, 1), 2),
    ]
    for supersedes, reason in ((None, ""), (1, "typing error")):
        store.sign(
            owner,
            clinic.visit.id,
            password,
            answers={"alopecia": 0},
            origins={"alopecia": "entered"},  # type: ignore[dict-item]
            bsa=None,
            meaning=Meaning.AUTHORSHIP,
            measurement_ids=[],
            suggestions_shown=False,
            supersedes=supersedes,
            reason=reason,
        )
        assert store.patients(owner)[1] == PatientSummary(clinic.patient, 2, date(2026, 5, 1), 1)
