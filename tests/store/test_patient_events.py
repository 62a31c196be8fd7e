from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.patient_event import EventKind
from lesionscope.store import NotInRecord

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock

DAY = date(2026, 2, 20)


def test_events_are_found_again_by_day(clinic: Clinic, clock: Clock) -> None:
    store, by, patient = clinic.store, clinic.clinician, clinic.patient.id
    flare = store.record_patient_event(
        by, patient, day=DAY, kind=EventKind.FLARE, words=" face, after the sea "
    )
    dose = store.record_patient_event(
        by, patient, day=DAY - timedelta(days=9), kind=EventKind.DOSE, words="cream started"
    )
    assert store.patient_events(by, patient) == [dose, flare]
    assert (flare.words, flare.day, flare.kind) == ("face, after the sea", DAY, EventKind.FLARE)
    assert (flare.recorded_at, flare.recorded_by) == (clock.now, "Person clinician")
    event = store.events(clinic.owner, limit=1)[0]
    assert (event.act, event.entity_id) == ("record event of patient", patient)
    assert event.detail["words"] == "cream started"
    assert store.verify() == []


def test_an_event_recorded_wrongly_is_withdrawn_and_stays(clinic: Clinic) -> None:
    store, by, patient = clinic.store, clinic.owner, clinic.patient.id
    event = store.record_patient_event(
        by, patient, day=DAY, kind=EventKind.DOSE, words="cream started"
    )
    with pytest.raises(ValueError, match="needs a reason"):
        store.withdraw_patient_event(by, event.id, reason=" ")
    store.withdraw_patient_event(by, event.id, reason="another patient's")
    assert store.patient_events(by, patient) == []
    (gone,) = store.patient_events(by, patient, withdrawn=True)
    assert gone.withdrawn == "another patient's"
    with pytest.raises(ValueError, match="was withdrawn before: another patient's"):
        store.withdraw_patient_event(by, event.id, reason="again")
    with pytest.raises(NotInRecord, match="no event of a patient 99"):
        store.withdraw_patient_event(by, 99, reason="why")
    assert store.verify() == []


def test_what_has_not_happened_is_refused(clinic: Clinic, clock: Clock) -> None:
    store, by, patient = clinic.store, clinic.owner, clinic.patient.id
    ahead = clock.now.date() + timedelta(days=2)
    with pytest.raises(ValueError, match="once it has happened"):
        store.record_patient_event(by, patient, day=ahead, kind=EventKind.SUN, words="sea")
    with pytest.raises(ValueError, match="1 to 200 characters"):
        store.record_patient_event(by, patient, day=DAY, kind=EventKind.SUN, words=" ")
    with pytest.raises(NotInRecord, match="no patient 99"):
        store.record_patient_event(by, 99, day=DAY, kind=EventKind.SUN, words="sea")
    with pytest.raises(NotInRecord, match="no patient 99"):
        store.patient_events(by, 99)
    stored = store.record_patient_event(
        by, patient, day=datetime(2026, 2, 20, 8, 30), kind=EventKind.SUN, words="sea"
    )
    assert stored.day == DAY
