from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.store import NotInRecord

if TYPE_CHECKING:
    from tests.store.conftest import Clinic


def test_the_newest_draft_counts_and_all_are_kept(clinic: Clinic) -> None:
    store, by, visit = clinic.store, clinic.clinician, clinic.visit.id
    assert store.draft(by, visit) is None
    store.save_draft(by, visit, {"answers": {"alopecia": 0}})
    store.save_draft(by, visit, {"answers": {"alopecia": 1}, "note": None})
    assert store.draft(by, visit) == {"answers": {"alopecia": 1}, "note": None}
    acts = [e.act for e in store.events(clinic.owner, entity="visit", entity_id=visit)]
    assert acts == ["save draft", "save draft", "add visit"]


def test_the_same_draft_again_is_no_act(clinic: Clinic) -> None:
    store, by, visit = clinic.store, clinic.clinician, clinic.visit.id
    for content in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 2}):
        store.save_draft(by, visit, content)
    assert [e.act for e in store.events(clinic.owner)].count("save draft") == 1
    store.save_draft(by, visit, {})
    store.save_draft(by, visit, {"a": 1, "b": 2})
    assert [e.act for e in store.events(clinic.owner)].count("save draft") == 3


def test_each_reader_has_their_own(clinic: Clinic) -> None:
    store, visit = clinic.store, clinic.visit.id
    owner = clinic.owner
    store.save_draft(clinic.clinician, visit, {"by": "clinician"})
    store.save_draft(owner, visit, {"by": "owner"})
    assert store.draft(clinic.clinician, visit) == {"by": "clinician"}
    assert store.draft(owner, visit) == {"by": "owner"}


def test_signing_settles_the_signers_draft_alone(clinic: Clinic, password: str) -> None:
    store, by, visit = clinic.store, clinic.clinician, clinic.visit.id
    owner = clinic.owner
    store.save_draft(by, visit, {"answers": {}})
    store.save_draft(owner, visit, {"answers": {}})
    store.sign(
        by,
        visit,
        password,
        answers={"alopecia": 1},
        origins={"alopecia": AnswerOrigin.ENTERED},
        bsa=None,
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=[],
        suggestions_shown=False,
    )
    assert store.draft(by, visit) is None
    assert store.draft(owner, visit) == {"answers": {}}
    store.save_draft(by, visit, {"answers": {}})
    assert store.draft(by, visit) == {"answers": {}}


def test_what_cannot_be_kept_is_refused(clinic: Clinic) -> None:
    with pytest.raises(NotInRecord, match="no visit 9"):
        clinic.store.save_draft(clinic.clinician, 9, {})
    with pytest.raises(NotInRecord, match="no visit 9"):
        clinic.store.draft(clinic.clinician, 9)
    with pytest.raises(ValueError, match="plain JSON"):
        clinic.store.save_draft(clinic.clinician, clinic.visit.id, {"a": object()})
