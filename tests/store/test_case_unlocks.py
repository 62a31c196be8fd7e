from __future__ import annotations

import pytest

from lesionscope.core.case import CaseState
from lesionscope.store import NotAllowed, NotInRecord, SignInRefused
from tests.store.reading_room import PASSWORD, ReadingRoom


@pytest.fixture
def room(room: ReadingRoom) -> ReadingRoom:
    plan = room.plan(repeat_percent=0)
    room.store.start_campaign(room.manager, plan, room.chosen(patients=1))
    return room


def locked(room: ReadingRoom) -> str:
    code = room.store.my_cases(room.one)[0].code
    room.lock(room.one, code, 1)
    return code


def state(room: ReadingRoom, code: str) -> CaseState:
    return room.store.blind_case(room.one, code).line.state


def test_an_unlocked_case_is_signed_anew_with_a_reason_and_both_stay(room: ReadingRoom) -> None:
    store, code = room.store, locked(room)
    store.ask_case_unlock(room.one, code, "slipped a key")
    assert state(room, code) is CaseState.UNLOCK_ASKED
    with pytest.raises(ValueError, match="locked"):
        room.lock(room.one, code, 2, reason="slipped a key")
    (request,) = store.case_unlock_requests(room.manager)
    assert (request.code, request.reader, request.reason) == (
        code,
        "Alphareader One",
        "slipped a key",
    )
    store.answer_case_unlock(room.manager, request.read_id, PASSWORD, grant=True)
    assert state(room, code) is CaseState.UNLOCKED
    assert store.case_unlock_requests(room.manager) == []
    with pytest.raises(ValueError, match="needs a reason"):
        room.lock(room.one, code, 2)
    room.lock(room.one, code, 2, reason="slipped a key")
    assert state(room, code) is CaseState.LOCKED
    (campaign,) = store.campaigns(room.manager)
    (read,) = store.campaign_binder(room.manager, campaign.id).reads.values()
    assert (read.supersedes, read.reason) == (request.read_id, "slipped a key")
    acts = [event.act for event in store.events(room.owner, entity="case read")]
    assert acts == ["lock case", "unlock granted", "ask to unlock case", "lock case"]
    assert store.verify() == []


def test_a_refusal_needs_a_reason_and_keeps_the_lock(room: ReadingRoom) -> None:
    store, code = room.store, locked(room)
    store.ask_case_unlock(room.one, code, "second thoughts")
    (request,) = store.case_unlock_requests(room.manager)
    with pytest.raises(ValueError, match="reason"):
        store.answer_case_unlock(room.manager, request.read_id, PASSWORD, grant=False)
    store.answer_case_unlock(
        room.manager, request.read_id, PASSWORD, grant=False, words="reads are first impressions"
    )
    assert state(room, code) is CaseState.LOCKED
    with pytest.raises(NotInRecord, match="nobody asks"):
        store.answer_case_unlock(room.manager, request.read_id, PASSWORD, grant=True)


def test_a_second_person_with_their_password_agrees(room: ReadingRoom) -> None:
    store, code = room.store, locked(room)
    store.ask_case_unlock(room.one, code, "slipped a key")
    (request,) = store.case_unlock_requests(room.manager)
    with pytest.raises(NotAllowed):
        store.answer_case_unlock(room.one, request.read_id, PASSWORD, grant=True)
    with pytest.raises(SignInRefused):
        store.answer_case_unlock(room.manager, request.read_id, "wrong password", grant=True)
    assert state(room, code) is CaseState.UNLOCK_ASKED


def test_a_reader_who_is_also_the_owner_grants_nothing(room: ReadingRoom) -> None:
    store = room.store
    plan = room.plan(readers=(room.owner.id, room.two.id), seed=8, repeat_percent=0)
    store.start_campaign(room.manager, plan, room.chosen(patients=1))
    code = store.my_cases(room.owner)[0].code
    room.lock(room.owner, code, 1)
    store.ask_case_unlock(room.owner, code, "slipped a key")
    (request,) = store.case_unlock_requests(room.manager)
    with pytest.raises(ValueError, match="second person"):
        store.answer_case_unlock(room.owner, request.read_id, PASSWORD, grant=True)


def test_only_a_locked_case_that_is_not_settled_is_unlocked(room: ReadingRoom) -> None:
    store = room.store
    first = store.my_cases(room.one)[0].code
    with pytest.raises(ValueError, match="not locked"):
        store.ask_case_unlock(room.one, first, "why")
    for reader, level in ((room.one, 0), (room.two, 3)):
        for line in store.my_cases(reader):
            room.lock(reader, line.code, level)
    with pytest.raises(ValueError, match="reason"):
        store.ask_case_unlock(room.one, first, " ")
    for line in store.my_cases(room.third):
        store.settle_case(room.third, line.code, PASSWORD, choice=1, reason="seen")
    with pytest.raises(ValueError, match="final"):
        store.ask_case_unlock(room.one, first, "why")
