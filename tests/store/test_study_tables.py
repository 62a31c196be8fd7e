from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lesionscope.core.plain_record import PlainVisit
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.signature import SignedKind
from lesionscope.core.study_data import StudyExtent
from lesionscope.imaging.deidentify import blinded_view
from lesionscope.store import NotInRecord

if TYPE_CHECKING:
    from tests.store.conftest import Clinic


def sign(clinic: Clinic, password: str, **more: object) -> int:
    usual: dict[str, object] = {
        "answers": {"malar.erythema": 1},
        "origins": {"malar.erythema": AnswerOrigin.ENTERED},
        "bsa": None,
        "meaning": Meaning.AUTHORSHIP,
        "measurement_ids": [clinic.measurement.id],
        "suggestions_shown": False,
    }
    signed = clinic.store.sign(clinic.clinician, clinic.visit.id, password, **{**usual, **more})  # type: ignore[arg-type]
    return int(signed.id)


def test_the_snapshot_has_what_the_record_has(clinic: Clinic, password: str) -> None:
    first = sign(clinic, password)
    second = sign(clinic, password, supersedes=first, reason="looked again")
    form = clinic.store.sign_form(
        clinic.clinician, clinic.visit.id, password, instrument_id="itch_nrs", answers={"itch": 4}
    )
    clinic.store.countersign(
        clinic.owner, SignedKind.READING, second, password, meaning=Meaning.REVIEW
    )
    data = clinic.store.study_data(clinic.clinician)
    assert [p.pseudonym for p in data.patients] == [clinic.patient.pseudonym]
    assert [v.id for v in data.visits] == [clinic.visit.id]
    assert [p.sha256 for p in data.photos] == [clinic.photo.sha256]
    assert [r.id for r in data.readings] == [first, second]
    assert [r.id for r in data.current_readings] == [second]
    assert [f.id for f in data.forms] == [form.id]
    assert [c.entity_id for c in data.countersignatures] == [second]
    assert data.signed_with[SignedKind.READING, second] == data.software
    extent = clinic.store.study_extent(clinic.clinician)
    assert extent == StudyExtent("unnamed", 1, 1, 1, 1, 0, 1, 1, 1)
    newest = clinic.store.head()
    assert newest is not None
    assert data.chain_head == newest.text


def test_a_corrected_outline_is_told_from_the_machines(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    found = {"sha256": clinic.photo.sha256}
    mine = store.add_measurement(by, clinic.photo.id, found, {}, drawn_by=by.full_name)
    data = store.study_data(by)
    assert [(m.id, m.corrected, m.current) for m in data.measurements] == [
        (clinic.measurement.id, False, False),
        (mine.id, True, True),
    ]
    assert [m.id for m in data.current_measurements] == [mine.id]


def test_only_pictures_that_a_person_released_leave(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    with pytest.raises(NotInRecord, match="not released"):
        store.exported_picture(by, clinic.photo.id)
    view = blinded_view(np.full((30, 40, 3), 120, np.uint8))
    store.release_photo(by, clinic.photo.id, view)
    assert store.exported_picture(by, clinic.photo.id) == view
    assert [r.photo_id for r in store.study_data(by).releases] == [clinic.photo.id]
    store.take_back_photo(by, clinic.photo.id, "shows a tattoo")
    assert store.study_data(by).releases == ()
    with pytest.raises(NotInRecord, match="not released"):
        store.exported_picture(by, clinic.photo.id)


def test_a_withdrawn_photo_is_marked_and_its_picture_stays(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    view = blinded_view(np.full((30, 40, 3), 120, np.uint8))
    store.release_photo(by, clinic.photo.id, view)
    store.withdraw_photo(by, clinic.photo.id, "wrong patient")
    data = store.study_data(by)
    assert data.photos[0].withdrawn == "wrong patient"
    assert data.releases == ()
    assert data.current_measurements == ()
    extent = store.study_extent(by)
    assert (extent.photos, extent.measured, extent.released) == (0, 0, 0)
    with pytest.raises(ValueError, match="wrong patient"):
        store.exported_picture(by, clinic.photo.id)


def test_scores_from_a_file_are_handed_out_apart(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.owner
    for number, value in enumerate((3, 5), 2):
        line = PlainVisit(
            number, "P-50", "Screening", date(2026, 1, 5), {("itch_nrs", "itch"): value}, {}
        )
        store.import_plain_record(
            by, [line], file="old.csv", sha256="ab" * 32, reason="" if number == 2 else "mended"
        )
    data = store.study_data(by)
    assert [(one.value, one.current) for one in data.imported] == [(3, False), (5, True)]
    assert data.forms == ()
