from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.body import BodySize, OwnHandprint, PatientBody, Sex
from lesionscope.core.people import Role
from lesionscope.core.sites import Side, Site
from lesionscope.store import BodyHistory, NotInRecord

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock

SIZE = BodySize(170.5, 75.3, Sex.FEMALE)
HAND = OwnHandprint(166.27, 0.04)


def measured_hand(clinic: Clinic, cm2: float = 166.27) -> OwnHandprint:
    return OwnHandprint(cm2, 0.04, clinic.photo.sha256)


def acts(clinic: Clinic) -> list[str]:
    return [event.act for event in clinic.store.events(clinic.owner)]


def test_a_body_is_found_again_as_it_was_recorded(clinic: Clinic, clock: Clock) -> None:
    store, by, patient = clinic.store, clinic.clinician, clinic.patient.id
    assert store.patient_body(by, patient) == PatientBody()
    size = store.record_body_size(by, patient, SIZE, visit_id=clinic.visit.id)
    hand = store.record_handprint(by, patient, measured_hand(clinic))
    assert store.patient_body(by, patient) == PatientBody(SIZE, measured_hand(clinic))
    assert store.body_history(by, patient) == BodyHistory((size,), (hand,))
    assert (size.visit_id, size.day) == (clinic.visit.id, clinic.visit.day)
    assert (size.recorded_at, size.recorded_by) == (clock.now, "Person clinician")
    assert (hand.source, hand.photo_id, hand.withdrawn) == ("measured", clinic.photo.id, False)
    assert (hand.recorded_at, hand.recorded_by) == (clock.now, "Person clinician")
    assert store.verify() == []


@pytest.mark.parametrize("size", [BodySize(40, 2), BodySize(1 / 3 + 100, 0.1 + 0.2 + 50, Sex.MALE)])
def test_numbers_come_back_to_the_last_digit(clinic: Clinic, size: BodySize) -> None:
    clinic.store.record_body_size(clinic.owner, clinic.patient.id, size)
    clinic.store.record_handprint(clinic.owner, clinic.patient.id, OwnHandprint(1e2 / 3, 1 / 7))
    body = clinic.store.patient_body(clinic.owner, clinic.patient.id)
    assert body == PatientBody(size, OwnHandprint(1e2 / 3, 1 / 7))


def test_the_size_of_a_day_counts_on_that_day(clinic: Clinic) -> None:
    store, by, patient = clinic.store, clinic.owner, clinic.patient.id
    week_12 = store.add_visit(by, patient, date(2026, 5, 22), "Week 12")
    heavy, light = BodySize(170, 90), BodySize(170, 70)
    store.record_body_size(by, patient, light, visit_id=week_12.id)
    assert store.patient_body(by, patient, on=clinic.visit.day).size == light
    store.record_body_size(by, patient, heavy, visit_id=clinic.visit.id)
    assert store.patient_body(by, patient, on=clinic.visit.day).size == heavy
    assert store.patient_body(by, patient, on=date(2026, 5, 21)).size == heavy
    assert store.patient_body(by, patient, on=week_12.day).size == light
    assert store.patient_body(by, patient).size == light  # though it was recorded before
    corrected = BodySize(170, 91)
    store.record_body_size(by, patient, corrected, visit_id=clinic.visit.id)
    assert store.patient_body(by, patient, on=clinic.visit.day).size == corrected
    assert [s.size for s in store.body_history(by, patient).sizes] == [heavy, corrected, light]


def test_a_size_without_a_visit_belongs_to_the_day_it_was_recorded(
    clinic: Clinic, clock: Clock
) -> None:
    stored = clinic.store.record_body_size(clinic.owner, clinic.patient.id, SIZE)
    assert (stored.visit_id, stored.day) == (None, clock.now.date())


def test_the_same_again_writes_nothing(clinic: Clinic) -> None:
    store, by, patient = clinic.store, clinic.owner, clinic.patient.id
    size = store.record_body_size(by, patient, SIZE, visit_id=clinic.visit.id)
    hand = store.record_handprint(by, patient, HAND)
    before = acts(clinic)
    assert store.record_body_size(by, patient, SIZE, visit_id=clinic.visit.id) == size
    assert store.record_handprint(by, patient, HAND) == hand
    assert acts(clinic) == before
    store.record_body_size(by, patient, SIZE)  # another day: that the weight held is news
    assert len(store.body_history(by, patient).sizes) == 2


def test_the_event_holds_the_old_and_the_new(clinic: Clinic) -> None:
    store, by, patient = clinic.store, clinic.owner, clinic.patient.id
    store.record_body_size(by, patient, SIZE, visit_id=clinic.visit.id)
    store.record_body_size(by, patient, BodySize(170.5, 74), visit_id=clinic.visit.id)
    event = store.events(by, limit=1)[0]
    assert (event.act, event.entity, event.entity_id) == ("record body size", "patient", patient)
    assert event.detail == {
        "visit_id": clinic.visit.id,
        "old": {"height_cm": "170.5", "weight_kg": "75.3", "sex": "female"},
        "new": {"height_cm": "170.5", "weight_kg": "74.0", "sex": None},
    }
    first = store.record_handprint(by, patient, HAND)
    store.record_handprint(by, patient, measured_hand(clinic), reason="now measured")
    event = store.events(by, limit=1)[0]
    assert (event.act, event.entity, event.entity_id) == ("record handprint", "patient", patient)
    assert event.detail["replaces"] == first.id
    assert event.detail["reason"] == "now measured"
    assert event.detail["photo_sha256"] == clinic.photo.sha256


def test_another_hand_replaces_with_a_reason_and_both_stay(clinic: Clinic) -> None:
    store, by, patient = clinic.store, clinic.owner, clinic.patient.id
    first = store.record_handprint(by, patient, HAND)
    assert first.source == "entered"
    with pytest.raises(ValueError, match="replacing the patient's handprint needs a reason"):
        store.record_handprint(by, patient, measured_hand(clinic, 150), reason="  ")
    assert store.patient_body(by, patient).handprint == HAND
    second = store.record_handprint(by, patient, measured_hand(clinic, 150), reason=" measured ")
    assert second.reason == "measured"
    assert store.body_history(by, patient).handprints == (first, second)
    assert store.patient_body(by, patient).handprint == measured_hand(clinic, 150)


def test_a_hand_leaves_with_its_photo(clinic: Clinic) -> None:
    store, by, patient = clinic.store, clinic.owner, clinic.patient.id
    store.record_handprint(by, patient, HAND)
    store.record_handprint(by, patient, measured_hand(clinic, 150), reason="measured")
    store.withdraw_photo(by, clinic.photo.id, "hand of somebody else")
    assert store.patient_body(by, patient).handprint == HAND
    gone = store.body_history(by, patient).handprints[1]
    assert (gone.withdrawn, gone.source, gone.photo_id) == (True, "measured", clinic.photo.id)
    with pytest.raises(NotInRecord, match=r"has no photo .* that is in use"):
        store.record_handprint(by, patient, measured_hand(clinic, 150), reason="again")
    again = store.add_photo(
        by, clinic.visit.id, b"photo", name="a.jpg", view="arm", site=Site.ARM, side=Side.LEFT
    )
    assert again.sha256 == clinic.photo.sha256
    assert store.patient_body(by, patient).handprint == measured_hand(clinic, 150)


def test_what_belongs_to_another_patient_is_refused(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.owner
    other = store.add_patient(by, "P-02")
    before = acts(clinic)
    with pytest.raises(NotInRecord, match=f"visit {clinic.visit.id} is not one of patient"):
        store.record_body_size(by, other.id, SIZE, visit_id=clinic.visit.id)
    with pytest.raises(NotInRecord, match=f"patient {other.id} has no photo"):
        store.record_handprint(by, other.id, measured_hand(clinic))
    with pytest.raises(NotInRecord, match="no patient 99"):
        store.record_body_size(by, 99, SIZE)
    with pytest.raises(NotInRecord, match="no patient 99"):
        store.record_handprint(by, 99, HAND)
    with pytest.raises(NotInRecord, match="no visit 99"):
        store.record_body_size(by, other.id, SIZE, visit_id=99)
    with pytest.raises(NotInRecord, match="no patient 99"):
        store.patient_body(by, 99)
    assert acts(clinic) == before


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.OWNER, True),
        (Role.CLINICIAN, True),
        (Role.PHOTOGRAPHER, True),
        (Role.DATA_MANAGER, True),
        (Role.MONITOR, False),
    ],
)
def test_who_reads_a_body_does_not_always_record_one(
    clinic: Clinic, role: Role, allowed: bool
) -> None:
    by = clinic.people[role]
    assert clinic.store.body_history(by, clinic.patient.id) == BodyHistory((), ())
    if not allowed:
        with pytest.raises(PermissionError, match="may not record a patient's body"):
            clinic.store.record_handprint(by, clinic.patient.id, HAND)
        return
    clinic.store.record_handprint(by, clinic.patient.id, HAND)
