from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lesionscope.core.people import Role
from lesionscope.exchange.protocol_file import shipped_document, shipped_protocol
from lesionscope.exchange.yaml_root import FaultyFile
from lesionscope.store.chain import sha256_of

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock

SHIPPED = shipped_document("nct06857240")
LATER = SHIPPED.replace(b"day: 28", b"day: 30")


def test_a_protocol_is_read_back_as_its_file(clinic: Clinic, clock: Clock) -> None:
    store, by = clinic.store, clinic.people[Role.DATA_MANAGER]
    assert store.protocol(by) is None
    assert store.protocols(by) == []
    stored = store.set_protocol(by, SHIPPED)
    assert store.protocol(by) == shipped_protocol("nct06857240")
    assert stored.document.encode() == SHIPPED
    assert stored.document_sha256 == sha256_of(SHIPPED)
    assert (stored.study_id, stored.supersedes, stored.reason) == ("NCT06857240", None, "")
    assert (stored.set_at, stored.set_by) == (clock.now, "Person data manager")
    assert store.protocols(by) == [stored]
    event = store.events(clinic.owner, limit=1)[0]
    assert (event.act, event.entity, event.entity_id) == ("set protocol", "protocol", stored.id)
    assert event.detail["document_sha256"] == stored.document_sha256
    assert store.verify() == []


def test_another_protocol_supersedes_with_a_reason_and_both_stay(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.owner
    first = store.set_protocol(by, SHIPPED)
    for supersedes, reason, said in (
        (None, "", "a new one must supersede that one"),
        (first.id, "  ", "needs a reason"),
        (first.id + 1, "why", "counts, set by Person owner"),
    ):
        with pytest.raises(ValueError, match=said):
            store.set_protocol(by, LATER, supersedes=supersedes, reason=reason)
    assert store.protocols(by) == [first]
    second = store.set_protocol(by, LATER, supersedes=first.id, reason="amendment 1")
    assert store.protocols(by) == [first, second]
    protocol = store.protocol(by)
    assert protocol is not None
    assert protocol.visit_named("week_4").day == 30
    assert store.events(by, limit=1)[0].detail["old_sha256"] == first.document_sha256


def test_the_same_content_in_another_layout_writes_nothing(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.owner
    first = store.set_protocol(by, SHIPPED)
    before = len(store.events(by))
    assert store.set_protocol(by, b"# another remark\n" + SHIPPED) == first
    assert len(store.events(by)) == before


def test_a_faulty_file_is_refused_with_every_line(clinic: Clinic) -> None:
    bad = SHIPPED.replace(b"day: 28", b"day: four weeks").replace(
        b"source: label", b"source: lable"
    )
    with pytest.raises(FaultyFile) as refused:
        clinic.store.set_protocol(clinic.owner, bad)
    lines = bad.decode().splitlines()
    for fault in refused.value.faults:
        assert "four weeks" in lines[fault.line - 1] or "lable" in lines[fault.line - 1]
    assert clinic.store.protocols(clinic.owner) == []
