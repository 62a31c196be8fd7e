from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.sites import Side, Site
from lesionscope.store import AlreadyThere, NotInRecord, PhotoDamaged

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock


def add(clinic: Clinic, data: bytes, name: str = "b.jpg", visit_id: int | None = None) -> int:
    added = clinic.store.add_photo(
        clinic.clinician,
        visit_id or clinic.visit.id,
        data,
        name=name,
        view="arm",
        site=Site.ARM,
        side=Side.RIGHT,
    )
    return added.id


def test_a_photo_is_found_again_byte_for_byte(clinic: Clinic, clock: Clock) -> None:
    data = bytes(range(256)) * 4000
    photo = clinic.store.photo(clinic.owner, add(clinic, data, "IMG 1.HEIC"))
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    assert (photo.name, photo.view, photo.site, photo.side) == (
        "IMG 1.HEIC",
        "arm",
        Site.ARM,
        Side.RIGHT,
    )
    assert (photo.added_at, photo.added_by) == (clock.now, "Person clinician")
    assert clinic.store.original(clinic.owner, photo.id) == data
    assert clinic.store.photos(clinic.owner, clinic.visit.id) == [clinic.photo, photo]


def test_the_same_bytes_twice_in_a_visit_are_refused(clinic: Clinic) -> None:
    with pytest.raises(AlreadyThere, match=rf"photo {clinic.photo.id} \('a.jpg'\)"):
        add(clinic, b"photo", "copy of a.jpg")
    assert clinic.store.photos(clinic.owner, clinic.visit.id) == [clinic.photo]


def test_the_same_bytes_may_be_in_another_visit(clinic: Clinic) -> None:
    visit = clinic.store.add_visit(clinic.owner, clinic.patient.id, date(2026, 5, 1), "Week 12")
    photo_id = add(clinic, b"photo", visit_id=visit.id)
    assert clinic.store.original(clinic.owner, photo_id) == b"photo"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "../../etc/passwd"),
        ("🦋 Ünï.jpg", "🦋 Ünï.jpg"),
        ("a\x00b\nc.jpg", "abc.jpg"),
        ("\ud800.jpg", "?.jpg"),
        ("x" * 5000, "x" * 200),
        ("", ""),
    ],
)
def test_a_name_is_for_people_only(clinic: Clinic, tmp_path: Path, name: str, kept: str) -> None:
    photo = clinic.store.photo(clinic.owner, add(clinic, b"other", name))
    assert photo.name == kept
    files = {p.name for p in (tmp_path / "home" / "vault").rglob("*") if p.is_file()}
    assert all(len(file) == 64 for file in files)
    assert photo.sha256 in files


def test_no_bytes_are_no_photo(clinic: Clinic) -> None:
    with pytest.raises(ValueError, match=r"b\.jpg is empty \(0 bytes\)"):
        add(clinic, b"")


def test_a_view_that_is_none_is_refused(clinic: Clinic) -> None:
    with pytest.raises(ValueError, match="view must be one of"):
        clinic.store.add_photo(
            clinic.owner,
            clinic.visit.id,
            b"other",
            name="b.jpg",
            view="moon",
            site=Site.ARM,
            side=Side.LEFT,
        )
    with pytest.raises(ValueError, match="moon"):
        clinic.store.assign_photo(
            clinic.owner,
            clinic.photo.id,
            view="arm",
            site="moon",
            side=Side.LEFT,  # type: ignore[arg-type]
        )


def test_a_new_assignment_counts_and_the_old_one_stays(clinic: Clinic) -> None:
    store, owner = clinic.store, clinic.owner
    moved = store.assign_photo(owner, clinic.photo.id, view="arm", site=Site.ARM, side=Side.RIGHT)
    assert (moved.view, moved.site, moved.side) == ("arm", Site.ARM, Side.RIGHT)
    assert store.photos(owner, clinic.visit.id) == [moved]
    event = store.events(owner, entity="photo", entity_id=clinic.photo.id)[0]
    assert event.act == "assign photo"
    assert event.detail == {
        "old": {"view": "face", "site": "malar", "side": "left"},
        "new": {"view": "arm", "site": "arm", "side": "right"},
    }


def test_the_same_assignment_again_is_no_act(clinic: Clinic) -> None:
    before = len(clinic.store.events(clinic.owner))
    photo = clinic.photo
    again = clinic.store.assign_photo(
        clinic.owner, photo.id, view=photo.view, site=photo.site, side=photo.side
    )
    assert again == photo
    assert len(clinic.store.events(clinic.owner)) == before


def test_a_withdrawn_photo_is_not_listed_and_its_bytes_stay(clinic: Clinic) -> None:
    store, owner, photo = clinic.store, clinic.owner, clinic.photo
    store.withdraw_photo(owner, photo.id, " wrong patient ")
    assert store.photos(owner, clinic.visit.id) == []
    assert store.photo(owner, photo.id) == photo
    assert store.original(owner, photo.id) == b"photo"
    assert store.events(owner)[0].detail["reason"] == "wrong patient"
    for act in (
        lambda: store.withdraw_photo(owner, photo.id, "again"),
        lambda: store.assign_photo(owner, photo.id, view="arm", site=Site.ARM, side=Side.LEFT),
        lambda: store.add_measurement(owner, photo.id, {}, {}, drawn_by="lesionscope 0.1"),
    ):
        with pytest.raises(ValueError, match=f"photo {photo.id} was withdrawn: wrong patient"):
            act()
    assert add(clinic, b"photo") != photo.id


def test_withdrawing_needs_a_reason(clinic: Clinic) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        clinic.store.withdraw_photo(clinic.owner, clinic.photo.id, "  ")


def test_what_is_not_there_is_said(clinic: Clinic) -> None:
    store, owner = clinic.store, clinic.owner
    with pytest.raises(NotInRecord, match="no visit 9"):
        add(clinic, b"other", visit_id=9)
    with pytest.raises(NotInRecord, match="no visit 9"):
        store.photos(owner, 9)
    for look in (store.photo, store.original):
        with pytest.raises(NotInRecord, match="no photo 9"):
            look(owner, 9)
    with pytest.raises(NotInRecord, match="no photo 9"):
        store.withdraw_photo(owner, 9, "why")
    with pytest.raises(NotInRecord, match="no photo 9"):
        store.assign_photo(owner, 9, view="arm", site=Site.ARM, side=Side.LEFT)


def test_a_damaged_original_is_not_shown(clinic: Clinic, tmp_path: Path) -> None:
    sha256 = clinic.photo.sha256
    (tmp_path / "home" / "vault" / sha256[:2] / sha256).write_bytes(b"phot!")
    with pytest.raises(PhotoDamaged):
        clinic.store.original(clinic.owner, clinic.photo.id)


def test_nothing_reaches_the_vault_for_a_visit_that_is_not_there(
    clinic: Clinic, tmp_path: Path
) -> None:
    def files() -> set[Path]:
        return {p for p in (tmp_path / "home" / "vault").rglob("*") if p.is_file()}

    before = files()
    with pytest.raises(NotInRecord):
        add(clinic, b"never kept", visit_id=9)
    assert files() == before
