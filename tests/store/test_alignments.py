from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.people import Role
from lesionscope.core.sites import Side, Site
from lesionscope.store import NotAllowed, NotInRecord

if TYPE_CHECKING:
    from tests.store.conftest import Clinic

BASE = ((0.2, 0.3), (0.6, 0.5))
FOLLOW = ((0.25, 0.3), (0.7, 0.45))


def later_photo(clinic: Clinic, name: str = "b.jpg", patient_id: int | None = None) -> int:
    owner = clinic.owner
    visit = clinic.store.add_visit(owner, patient_id or clinic.patient.id, date(2026, 4, 1), name)
    return clinic.store.add_photo(
        owner, visit.id, name.encode(), name=name, view="face", site=Site.MALAR, side=Side.LEFT
    ).id


def test_spots_stand_in_the_audit_trail_and_the_newest_count(clinic: Clinic) -> None:
    store, by, base = clinic.store, clinic.clinician, clinic.photo.id
    follow = later_photo(clinic)
    assert store.marked_spots(by, base, follow) is None
    store.mark_spots(by, base, follow, base=BASE, follow=FOLLOW)
    kept = store.marked_spots(by, base, follow)
    assert kept is not None
    assert (kept.base, kept.follow) == (BASE, FOLLOW)
    assert kept.marked_by == by.full_name
    event = store.events(clinic.owner, limit=1)[0]
    assert (event.act, event.entity_id) == ("mark same spots", follow)
    store.mark_spots(by, base, follow, base=FOLLOW, follow=BASE)
    newest = store.marked_spots(by, base, follow)
    assert newest is not None
    assert newest.base == FOLLOW
    store.mark_spots(by, base, follow, base=(), follow=())
    assert store.marked_spots(by, base, follow) is None
    assert store.marked_spots(by, follow, base) is None
    assert store.verify() == []


def test_spots_that_make_no_sense_are_refused(clinic: Clinic) -> None:
    store, by, base = clinic.store, clinic.clinician, clinic.photo.id
    follow = later_photo(clinic)
    with pytest.raises(ValueError, match="both photos, got 2 and 1"):
        store.mark_spots(by, base, follow, base=BASE, follow=FOLLOW[:1])
    with pytest.raises(ValueError, match="2 to 6"):
        store.mark_spots(by, base, follow, base=BASE[:1], follow=FOLLOW[:1])
    for outside in (1.2, float("nan")):
        with pytest.raises(ValueError, match="lie in its photo"):
            store.mark_spots(by, base, follow, base=BASE, follow=((outside, 0.5), (0.5, 0.5)))
    with pytest.raises(NotInRecord):
        store.mark_spots(by, base, 99, base=BASE, follow=FOLLOW)
    stranger = store.add_patient(clinic.owner, "P-02")
    other = later_photo(clinic, "c.jpg", stranger.id)
    with pytest.raises(ValueError, match="one patient"):
        store.mark_spots(by, base, other, base=BASE, follow=FOLLOW)
    store.withdraw_photo(clinic.owner, follow, "wrong patient")
    with pytest.raises(ValueError, match="withdrawn"):
        store.mark_spots(by, base, follow, base=BASE, follow=FOLLOW)


def test_only_who_measures_marks_spots(clinic: Clinic) -> None:
    follow = later_photo(clinic)
    with pytest.raises(NotAllowed):
        clinic.store.mark_spots(
            clinic.people[Role.MONITOR], clinic.photo.id, follow, base=BASE, follow=FOLLOW
        )
    with pytest.raises(NotAllowed):
        clinic.store.marked_spots(clinic.people[Role.ADJUDICATOR], clinic.photo.id, follow)
