from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lesionscope.core.people import Role
from lesionscope.store import NotAllowed, NotInRecord

if TYPE_CHECKING:
    from tests.store.conftest import Clinic

SHA256 = "5e" * 32


def test_an_export_is_an_act_in_the_audit_trail(clinic: Clinic) -> None:
    clinic.store.record_export(
        clinic.clinician, "visit report", sha256=SHA256, visit_id=clinic.visit.id
    )
    event = clinic.store.events(clinic.owner, limit=1)[0]
    assert (event.who, event.act, event.entity) == (clinic.clinician.name, "export", "visit")
    assert event.entity_id == clinic.visit.id
    assert event.detail == {"what": "visit report", "sha256": SHA256}
    assert clinic.store.verify() == []


def test_an_export_of_the_whole_record_names_no_visit(clinic: Clinic) -> None:
    clinic.store.record_export(clinic.owner, "tables", sha256=SHA256)
    event = clinic.store.events(clinic.owner, limit=1)[0]
    assert (event.entity, event.entity_id) == ("record", None)


def test_what_is_wrong_with_an_export_is_said(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    with pytest.raises(ValueError, match="64 hex digits"):
        store.record_export(by, "visit report", sha256="abc")
    with pytest.raises(ValueError, match="say what it is"):
        store.record_export(by, " ", sha256=SHA256)
    with pytest.raises(NotInRecord, match="no visit"):
        store.record_export(by, "visit report", sha256=SHA256, visit_id=999)
    with pytest.raises(NotAllowed, match="may not export"):
        store.record_export(clinic.people[Role.MONITOR], "visit report", sha256=SHA256)
