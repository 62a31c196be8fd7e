from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lesionscope.core.people import Role
from lesionscope.core.sites import Side, Site
from lesionscope.store import NotAllowed, NotInRecord, PhotoDamaged

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock

DOCUMENT: dict[str, Any] = {
    "bsa_percent": 0.1 + 0.2,
    "area_cm2": None,
    "lesions": [{"area_px": 12, "delta_erythema": 1e-17, "scale": None}],
    "findings": [{"message": "blurred – retake 📷"}],
    "software_version": "0.1.0",
    "model_version": "m1",
}


def test_a_measurement_comes_back_as_it_went_in(clinic: Clinic, clock: Clock) -> None:
    store, by = clinic.store, clinic.clinician
    files = {"lesion": b"png", "probability": b"grey", "empty": b""}
    made = store.add_measurement(by, clinic.photo.id, DOCUMENT, files, drawn_by="lesionscope 0.1")
    assert made.document == DOCUMENT
    assert (made.photo_id, made.made_at, made.made_by, made.drawn_by) == (
        clinic.photo.id,
        clock.now,
        "Person clinician",
        "lesionscope 0.1",
    )
    assert set(made.files) == set(files)
    assert store.measurement_files(by, made.id) == files


def test_each_new_one_is_appended(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    assert store.latest_measurement(by, clinic.photo.id).id == clinic.measurement.id  # type: ignore[union-attr]
    drawn = store.add_measurement(
        by, clinic.photo.id, DOCUMENT, {"lesion": b"drawn"}, drawn_by=by.full_name
    )
    kept = store.measurements(by, clinic.photo.id)
    assert [m.id for m in kept] == [clinic.measurement.id, drawn.id]
    assert kept[0].document == clinic.measurement.document
    assert kept[0].files == clinic.measurement.files
    latest = store.latest_measurement(by, clinic.photo.id)
    assert latest is not None
    assert (latest.id, latest.drawn_by) == (drawn.id, "Person clinician")


def test_a_photo_before_its_first_measurement(clinic: Clinic) -> None:
    photo = clinic.store.add_photo(
        clinic.owner,
        clinic.visit.id,
        b"other",
        name="b.jpg",
        view="arm",
        site=Site.ARM,
        side=Side.LEFT,
    )
    assert clinic.store.latest_measurement(clinic.owner, photo.id) is None
    assert clinic.store.measurements(clinic.owner, photo.id) == []


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {1, 2}, b"bytes", object(), "\ud800"]
)
def test_a_document_must_be_plain_json(clinic: Clinic, value: object) -> None:
    before = len(clinic.store.events(clinic.owner))
    with pytest.raises(ValueError, match="must be plain JSON"):
        clinic.store.add_measurement(
            clinic.owner, clinic.photo.id, {"bsa_percent": value}, {}, drawn_by="0.1"
        )
    assert len(clinic.store.events(clinic.owner)) == before


def test_a_document_of_another_photo_is_refused(clinic: Clinic) -> None:
    with pytest.raises(ValueError, match=f"must be of photo {clinic.photo.id}"):
        clinic.store.add_measurement(
            clinic.owner, clinic.photo.id, {"sha256": "0" * 64}, {}, drawn_by="0.1"
        )


@pytest.mark.parametrize(
    ("role", "own_name", "allowed"),
    [
        (Role.PHOTOGRAPHER, False, True),
        (Role.PHOTOGRAPHER, True, False),
        (Role.ADJUDICATOR, False, False),
        (Role.ADJUDICATOR, True, False),
        (Role.CLINICIAN, False, True),
        (Role.CLINICIAN, True, True),
        (Role.MONITOR, False, False),
        (Role.MONITOR, True, False),
    ],
)
def test_correcting_and_measuring_are_two_rights(
    clinic: Clinic, role: Role, own_name: bool, allowed: bool
) -> None:
    by = clinic.people[role]
    drawn_by = by.name if own_name else "lesionscope 0.1"
    if not allowed:
        with pytest.raises(NotAllowed):
            clinic.store.add_measurement(by, clinic.photo.id, {}, {}, drawn_by=drawn_by)
        return
    clinic.store.add_measurement(by, clinic.photo.id, {}, {}, drawn_by=drawn_by)
    act = clinic.store.events(clinic.owner, limit=1)[0].act
    assert act == ("correct mask" if own_name else "measure photo")


def test_nobody_draws_in_the_name_of_another(clinic: Clinic) -> None:
    for name in ("Person adjudicator", "adjudicator"):
        with pytest.raises(ValueError, match=f"drawn by {name} must be saved by {name}"):
            clinic.store.add_measurement(clinic.clinician, clinic.photo.id, {}, {}, drawn_by=name)
    with pytest.raises(ValueError, match="must say who or what"):
        clinic.store.add_measurement(clinic.clinician, clinic.photo.id, {}, {}, drawn_by=" ")


def test_the_event_names_versions_and_hashes(clinic: Clinic) -> None:
    event = clinic.store.events(clinic.owner, entity="measurement")[0]
    assert event.detail["model_version"] == "m1"
    assert event.detail["files"] == dict(clinic.measurement.files)
    assert event.detail["photo_id"] == clinic.photo.id


def test_what_is_not_there_is_said(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    with pytest.raises(NotInRecord, match="no photo 9"):
        store.add_measurement(by, 9, {}, {}, drawn_by="0.1")
    for look in (store.measurements, store.latest_measurement):
        with pytest.raises(NotInRecord, match="no photo 9"):
            look(by, 9)
    with pytest.raises(NotInRecord, match="no measurement 9"):
        store.measurement_files(by, 9)


def test_a_damaged_mask_is_not_shown(clinic: Clinic, tmp_path: Path) -> None:
    sha256 = clinic.measurement.files["lesion"]
    (tmp_path / "home" / "vault" / sha256[:2] / sha256).unlink()
    with pytest.raises(PhotoDamaged, match="has lost"):
        clinic.store.measurement_files(clinic.owner, clinic.measurement.id)
