from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.sites import Side, Site
from lesionscope.store import NotInRecord

if TYPE_CHECKING:
    from tests.store.conftest import Clinic


def test_each_visit_tells_what_was_done(clinic: Clinic, password: str) -> None:
    store, by = clinic.store, clinic.clinician
    later = store.add_visit(by, clinic.patient.id, date(2026, 5, 1), "Week 12")
    photos = [
        store.add_photo(by, later.id, data, name="b.jpg", view="arm", site=Site.ARM, side=Side.LEFT)
        for data in (b"one", b"two", b"three")
    ]
    for photo in photos[:2]:
        for _ in range(2):
            store.add_measurement(by, photo.id, {}, {}, drawn_by="0.1")
    store.withdraw_photo(by, photos[0].id, "blurred")
    store.save_draft(by, later.id, {})
    signed = store.sign(
        by,
        clinic.visit.id,
        password,
        answers={"alopecia": 1},
        origins={"alopecia": AnswerOrigin.ENTERED},
        bsa=None,
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=[clinic.measurement.id],
        suggestions_shown=True,
    )
    first, second = store.timeline(by, clinic.patient.id)
    assert (first.visit, first.photos, first.measured, first.draft) == (clinic.visit, 1, 1, False)
    assert first.reading is not None
    assert first.reading.id == signed.id
    assert (second.visit, second.reading, second.photos, second.measured) == (later, None, 2, 1)
    assert second.draft
    assert not store.timeline(clinic.owner, clinic.patient.id)[1].draft


def test_a_patient_without_visits(clinic: Clinic) -> None:
    patient = clinic.store.add_patient(clinic.owner, "P-02")
    assert clinic.store.timeline(clinic.owner, patient.id) == []
    with pytest.raises(NotInRecord, match="no patient 9"):
        clinic.store.timeline(clinic.owner, 9)
