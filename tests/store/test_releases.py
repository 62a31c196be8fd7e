from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lesionscope.imaging.deidentify import MaskRectangle, blinded_view
from lesionscope.store import NotInRecord

if TYPE_CHECKING:
    from tests.store.conftest import Clinic

VIEW = blinded_view(np.full((40, 60, 3), 120, np.uint8))
MASK = MaskRectangle(0.1, 0.2, 0.3, 0.4)


def test_a_photo_is_not_released_until_a_person_does_it(clinic: Clinic) -> None:
    store, by, photo = clinic.store, clinic.clinician, clinic.photo
    assert store.releases(by, clinic.visit.id) == {}
    with pytest.raises(NotInRecord, match="not released"):
        store.released_view(by, photo.id)
    stands = store.release_photo(by, photo.id, VIEW, masks=[MASK], reason="checked")
    assert (stands.released, stands.masks, stands.decided_by) == (True, (MASK,), by.full_name)
    assert store.releases(by, clinic.visit.id) == {photo.id: stands}
    assert store.released_view(by, photo.id) == VIEW
    (event,) = store.events(clinic.owner, limit=1)
    assert event.act == "release photo"
    assert event.detail["photo_sha256"] == photo.sha256
    assert event.detail["view_sha256"] == stands.view_sha256
    assert store.verify() == []


def test_a_release_is_taken_back_with_a_reason_and_given_anew(clinic: Clinic) -> None:
    store, by, photo = clinic.store, clinic.clinician, clinic.photo
    with pytest.raises(ValueError, match="not released"):
        store.take_back_photo(by, photo.id, "why")
    store.release_photo(by, photo.id, VIEW)
    with pytest.raises(ValueError, match="reason"):
        store.take_back_photo(by, photo.id, " ")
    store.take_back_photo(by, photo.id, "a name on the wrist")
    stands = store.releases(by, clinic.visit.id)[photo.id]
    assert (stands.released, stands.reason) == (False, "a name on the wrist")
    with pytest.raises(NotInRecord):
        store.released_view(by, photo.id)
    store.release_photo(by, photo.id, VIEW, masks=[MASK])
    assert store.releases(by, clinic.visit.id)[photo.id].released
    assert store.verify() == []


def test_a_picture_with_metadata_is_refused(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    with_comment = VIEW[:2] + b"\xff\xfe\x00\x06SUBJ" + VIEW[2:]
    for picture in (with_comment, b"no picture", VIEW + b"SUBJ-01"):
        with pytest.raises(ValueError, match="blinded reading"):
            store.release_photo(by, clinic.photo.id, picture)
    assert store.releases(by, clinic.visit.id) == {}


def test_a_withdrawn_photo_is_not_released(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    store.withdraw_photo(clinic.owner, clinic.photo.id, "blurred")
    with pytest.raises(ValueError, match="withdrawn"):
        store.release_photo(by, clinic.photo.id, VIEW)


def test_a_changed_view_is_found(clinic: Clinic, tmp_path: object) -> None:
    store = clinic.store
    stands = store.release_photo(clinic.clinician, clinic.photo.id, VIEW)
    store._vault.path(stands.view_sha256).write_bytes(b"another picture")
    assert any("release" in sentence for sentence in store.verify())
