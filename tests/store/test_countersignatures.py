from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lesionscope.core.people import Reader, Role
from lesionscope.core.reading import AnswerOrigin, Meaning, Reading
from lesionscope.core.signature import Countersignature, SignedKind, UnlockState
from lesionscope.store import AlreadyThere, NotAllowed, NotInRecord, SignInRefused

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock

PASSWORD = "correct horse battery"
READING = SignedKind.READING


def sign(clinic: Clinic, by: Reader | None = None, **more: object) -> Reading:
    told: dict[str, object] = {
        "answers": {"alopecia": 1},
        "origins": {"alopecia": AnswerOrigin.ENTERED},
        "bsa": None,
        "meaning": Meaning.AUTHORSHIP,
        "measurement_ids": [],
        "suggestions_shown": False,
    }
    return clinic.store.sign(by or clinic.clinician, clinic.visit.id, PASSWORD, **(told | more))  # type: ignore[arg-type]


def countersign(
    clinic: Clinic, reading: Reading, meaning: Meaning = Meaning.APPROVAL
) -> Countersignature:
    return clinic.store.countersign(clinic.owner, READING, reading.id, PASSWORD, meaning=meaning)


def unlock(clinic: Clinic, reading: Reading) -> int:
    return clinic.store.request_unlock(clinic.clinician, READING, reading.id, "typing error")


def test_a_countersignature_names_the_hash_of_what_was_signed(clinic: Clinic, clock: Clock) -> None:
    reading = sign(clinic)
    clock.move(minutes=5)
    given = clinic.store.countersign(
        clinic.owner, READING, reading.id, PASSWORD, meaning=Meaning.REVIEW, words=" photos seen "
    )
    assert (given.signer_name, given.signed_at) == ("Person owner", clock.now)
    assert (given.meaning, given.words) == (Meaning.REVIEW, "photos seen")
    assert given.signed_sha256 == reading.content_sha256
    assert clinic.store.countersignatures(clinic.clinician, READING, reading.id) == [given]
    event = clinic.store.events(clinic.owner, limit=1)[0]
    assert (event.act, event.entity, event.entity_id) == ("countersign", "reading", reading.id)
    assert event.detail["signed_sha256"] == reading.content_sha256
    assert event.detail["visit_id"] == clinic.visit.id
    (kept,) = clinic.store.readings(clinic.owner, clinic.visit.id)
    assert vars(kept) == vars(reading)
    assert clinic.store.verify() == []


@pytest.mark.parametrize("meaning", [Meaning.REVIEW, Meaning.APPROVAL])
def test_nobody_countersigns_what_is_their_own(clinic: Clinic, meaning: Meaning) -> None:
    reading = sign(clinic)
    with pytest.raises(NotAllowed, match="you signed reading 1 yourself; another person"):
        clinic.store.countersign(clinic.clinician, READING, reading.id, PASSWORD, meaning=meaning)


def test_what_cannot_be_countersigned_is_said(clinic: Clinic) -> None:
    reading = sign(clinic)
    with pytest.raises(ValueError, match="not authorship"):
        countersign(clinic, reading, Meaning.AUTHORSHIP)
    with pytest.raises(NotInRecord, match="no reading 9"):
        clinic.store.countersign(clinic.owner, READING, 9, PASSWORD, meaning=Meaning.REVIEW)
    with pytest.raises(SignInRefused, match="wrong"):
        clinic.store.countersign(clinic.owner, READING, 1, "not it", meaning=Meaning.REVIEW)
    countersign(clinic, reading, Meaning.REVIEW)
    with pytest.raises(AlreadyThere, match="your review already"):
        countersign(clinic, reading, Meaning.REVIEW)
    sign(clinic, supersedes=reading.id, reason="typing error")
    with pytest.raises(ValueError, match="reading 1 was superseded by reading 2"):
        countersign(clinic, reading)


def test_a_reviewed_reading_can_be_superseded_and_an_approved_one_cannot(clinic: Clinic) -> None:
    first = sign(clinic)
    countersign(clinic, first, Meaning.REVIEW)
    assert clinic.store.locked_by(clinic.clinician, READING, first.id) is None
    second = sign(clinic, supersedes=first.id, reason="typing error")
    approval = countersign(clinic, second)
    assert clinic.store.locked_by(clinic.clinician, READING, second.id) == approval
    for by in (clinic.clinician, clinic.owner):
        with pytest.raises(NotAllowed, match="reading 2 was approved by Person owner; request an"):
            sign(clinic, by, supersedes=second.id, reason="typing error")
    assert len(clinic.store.readings(clinic.owner, clinic.visit.id)) == 2


def test_a_second_person_unlocks_and_the_new_reading_is_free(clinic: Clinic, clock: Clock) -> None:
    store, by = clinic.store, clinic.clinician
    first = sign(clinic)
    countersign(clinic, first)
    request = unlock(clinic, first)
    (asked,) = store.open_unlocks(by)
    assert (asked.id, asked.asked_by, asked.reason) == (request, "Person clinician", "typing error")
    assert (asked.visit_id, asked.state) == (clinic.visit.id, UnlockState.OPEN)
    clock.move(hours=1)
    granted = store.grant_unlock(clinic.people[Role.DATA_MANAGER], request, PASSWORD)
    assert (granted.state, granted.answered_at) == (UnlockState.GRANTED, clock.now)
    assert granted.answered_by == "Person data manager"
    assert store.open_unlocks(by) == []
    assert store.unlocks(by, READING, first.id) == [granted]
    assert store.locked_by(by, READING, first.id) is None
    second = sign(clinic, supersedes=first.id, reason="typing error")
    assert store.locked_by(by, READING, second.id) is None
    assert store.verify() == []
    acts = [e.act for e in store.events(clinic.owner, entity="reading")]
    assert acts == ["sign reading", "grant unlock", "request unlock", "countersign", "sign reading"]


def test_who_asked_does_not_answer(clinic: Clinic) -> None:
    store, owner = clinic.store, clinic.owner
    first = sign(clinic, owner)
    store.countersign(clinic.clinician, READING, first.id, PASSWORD, meaning=Meaning.APPROVAL)
    request = store.request_unlock(owner, READING, first.id, "why")
    with pytest.raises(NotAllowed, match="a second person must answer it"):
        store.grant_unlock(owner, request, PASSWORD)
    with pytest.raises(NotAllowed, match="a second person must answer it"):
        store.refuse_unlock(owner, request, "no")
    with pytest.raises(NotAllowed, match="may not unlock what was signed"):
        store.grant_unlock(clinic.clinician, request, PASSWORD)


def test_a_refused_request_leaves_the_lock_and_another_may_follow(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    first = sign(clinic)
    countersign(clinic, first)
    request = unlock(clinic, first)
    with pytest.raises(ValueError, match="needs a reason"):
        store.refuse_unlock(clinic.owner, request, " ")
    refused = store.refuse_unlock(clinic.owner, request, "the photo shows it")
    assert (refused.state, refused.answer) == (UnlockState.REFUSED, "the photo shows it")
    assert store.locked_by(by, READING, first.id) is not None
    with pytest.raises(AlreadyThere, match=f"request {request} was refused already"):
        store.grant_unlock(clinic.owner, request, PASSWORD)
    assert unlock(clinic, first) != request


def test_what_cannot_be_asked_or_granted_is_said(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    first = sign(clinic)
    with pytest.raises(ValueError, match="reading 1 is not locked"):
        unlock(clinic, first)
    countersign(clinic, first)
    with pytest.raises(ValueError, match="needs a reason"):
        store.request_unlock(by, READING, first.id, " ")
    request = unlock(clinic, first)
    with pytest.raises(AlreadyThere, match="Person clinician asked for this already"):
        unlock(clinic, first)
    with pytest.raises(SignInRefused, match="wrong"):
        store.grant_unlock(clinic.owner, request, "not the password")
    with pytest.raises(NotInRecord, match="no request 9"):
        store.grant_unlock(clinic.owner, 9, PASSWORD)
    assert store.locked_by(by, READING, first.id) is not None


def test_an_approval_after_an_unlock_locks_again(clinic: Clinic) -> None:
    first = sign(clinic)
    countersign(clinic, first)
    clinic.store.grant_unlock(clinic.people[Role.DATA_MANAGER], unlock(clinic, first), PASSWORD)
    again = countersign(clinic, first)
    assert clinic.store.locked_by(clinic.clinician, READING, first.id) == again
    with pytest.raises(NotAllowed, match="was approved by"):
        sign(clinic, supersedes=first.id, reason="typing error")


def test_an_approved_form_is_locked_too(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician

    def sign_form(answer: int, **more: object) -> int:
        return store.sign_form(
            by, clinic.visit.id, PASSWORD, instrument_id="itch_nrs",
            answers={"itch": answer}, **more,  # type: ignore[arg-type]
        ).id  # fmt: skip

    first = sign_form(4)
    store.countersign(clinic.owner, SignedKind.FORM, first, PASSWORD, meaning=Meaning.APPROVAL)
    with pytest.raises(NotAllowed, match="form 1 was approved by Person owner"):
        sign_form(5, supersedes=first, reason="misheard")
    request = store.request_unlock(
        clinic.people[Role.PHOTOGRAPHER], SignedKind.FORM, first, "misheard"
    )
    store.grant_unlock(clinic.owner, request, PASSWORD)
    sign_form(5, supersedes=first, reason="misheard")
    assert store.verify() == []
