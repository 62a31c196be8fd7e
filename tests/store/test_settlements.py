from __future__ import annotations

import pytest

from lesionscope.core.case import CaseState, Pane
from lesionscope.core.people import Reader
from lesionscope.store import NotAllowed, NotInRecord, SignInRefused
from lesionscope.store.case_binder import Binder
from tests.store.reading_room import PASSWORD, ReadingRoom, scored


@pytest.fixture
def binder(room: ReadingRoom) -> Binder:
    campaign = room.store.start_campaign(
        room.manager, room.plan(repeat_percent=0), room.chosen(patients=2)
    )
    return room.store.campaign_binder(room.manager, campaign.id)


def code_of(binder: Binder, reader: Reader, number: int) -> str:
    return next(
        s.code
        for s in binder.slots
        if s.account_id == reader.id and binder.cases[s.case_id].number == number
    )


def differ(
    room: ReadingRoom, binder: Binder, number: int = 1, levels: tuple[int, int] = (0, 3)
) -> None:
    for reader, level in zip((room.one, room.two), levels, strict=True):
        room.lock(reader, code_of(binder, reader, number), level)


def test_only_discordant_cases_go_to_the_third_reader(room: ReadingRoom, binder: Binder) -> None:
    differ(room, binder, 1, (2, 2))
    differ(room, binder, 2, (1, 2))
    assert room.store.my_cases(room.third) == []
    differ(room, binder, 3)
    (line,) = room.store.my_cases(room.third)
    assert (line.settles, line.state) == (True, CaseState.OPEN)


def test_the_first_reader_alone_makes_no_discordance(room: ReadingRoom, binder: Binder) -> None:
    room.lock(room.one, code_of(binder, room.one, 1), 3)
    assert room.store.my_cases(room.third) == []


def test_the_third_reader_sees_both_reads_and_no_name(room: ReadingRoom, binder: Binder) -> None:
    differ(room, binder)
    (line,) = room.store.my_cases(room.third)
    case = room.store.blind_case(room.third, line.code)
    assert {read[""].answers["arm.erythema"] for read in case.others} == {0, 3}
    assert not any(
        name in repr(case) for name in ("Alphareader", "Betareader", "readerone", "readertwo")
    )
    assert room.store.blind_view(room.third, line.code, 1)


def test_which_read_comes_first_is_drawn_case_by_case(room: ReadingRoom, binder: Binder) -> None:
    for number in range(1, 7):
        differ(room, binder, number)
    firsts = set()
    for line in room.store.my_cases(room.third):
        firsts.add(
            room.store.blind_case(room.third, line.code).others[0][""].answers["arm.erythema"]
        )
    assert firsts == {0, 3}


@pytest.mark.parametrize("choice", [1, 2])
def test_a_read_that_is_chosen_stands(room: ReadingRoom, binder: Binder, choice: int) -> None:
    differ(room, binder)
    (line,) = room.store.my_cases(room.third)
    stands = room.store.blind_case(room.third, line.code).others[choice - 1][""]
    room.store.settle_case(room.third, line.code, PASSWORD, choice=choice, reason="scale is seen")
    after = room.store.campaign_binder(room.manager, binder.campaign.id)
    case_id = next(c.id for c in after.cases.values() if c.number == 1)
    settled = after.settlement(case_id)
    assert settled is not None
    assert settled.scores[Pane.VISIT] == stands
    assert settled.chosen in {read.id for read in after.first_reads(case_id)}
    assert settled.reason == "scale is seen"
    (result,) = [
        r for r in room.store.campaign_results(room.manager, after.campaign.id) if r.settled
    ]
    assert result.discordant
    assert result.upheld == (0 if stands.answers["arm.erythema"] == 0 else 1)
    with pytest.raises(ValueError, match="locked"):
        room.store.settle_case(room.third, line.code, PASSWORD, choice=1, reason="again")
    assert room.store.verify() == []


def test_a_case_may_be_scored_anew(room: ReadingRoom, binder: Binder) -> None:
    differ(room, binder)
    (line,) = room.store.my_cases(room.third)
    case = room.store.blind_case(room.third, line.code)
    scores = scored(case, erythema=2, bsa=1.0)
    room.store.settle_case(room.third, line.code, PASSWORD, scores=scores, reason="between")
    (result,) = [
        r for r in room.store.campaign_results(room.manager, binder.campaign.id) if r.settled
    ]
    assert result.upheld is None
    assert result.settled is not None
    assert result.settled.answers["arm.erythema"] == 2


def test_settling_is_refused_without_reason_choice_or_right(
    room: ReadingRoom, binder: Binder
) -> None:
    differ(room, binder)
    store = room.store
    (line,) = store.my_cases(room.third)
    case = store.blind_case(room.third, line.code)
    scores = scored(case, erythema=2, bsa=1.0)
    with pytest.raises(ValueError, match="reason"):
        store.settle_case(room.third, line.code, PASSWORD, choice=1, reason=" ")
    with pytest.raises(ValueError, match="one of both"):
        store.settle_case(room.third, line.code, PASSWORD, reason="why")
    with pytest.raises(ValueError, match="one of both"):
        store.settle_case(room.third, line.code, PASSWORD, choice=1, scores=scores, reason="why")
    with pytest.raises(ValueError, match="read 1 or 2"):
        store.settle_case(room.third, line.code, PASSWORD, choice=3, reason="why")
    with pytest.raises(SignInRefused):
        store.settle_case(room.third, line.code, "wrong password", choice=1, reason="why")
    with pytest.raises(NotInRecord):
        store.settle_case(room.one, line.code, PASSWORD, choice=1, reason="why")
    with pytest.raises(NotAllowed):
        store.settle_case(room.manager, line.code, PASSWORD, choice=1, reason="why")
    with pytest.raises(ValueError, match="settled, not read"):
        store.lock_case(room.third, line.code, PASSWORD, scores=scores)
    with pytest.raises(ValueError, match="to read, not to settle"):
        store.settle_case(room.one, code_of(binder, room.one, 2), PASSWORD, choice=1, reason="why")


def test_a_reread_that_agrees_takes_the_case_back(room: ReadingRoom, binder: Binder) -> None:
    store = room.store
    differ(room, binder)
    (line,) = store.my_cases(room.third)
    code = code_of(binder, room.one, 1)
    store.ask_case_unlock(room.one, code, "slipped a key")
    (request,) = store.case_unlock_requests(room.manager)
    store.answer_case_unlock(room.manager, request.read_id, PASSWORD, grant=True)
    assert store.my_cases(room.third) == []  # waits while a read is open
    with pytest.raises(ValueError, match="nothing to settle"):
        store.blind_case(room.third, line.code)
    room.lock(room.one, code, 3, reason="slipped a key")
    assert store.my_cases(room.third) == []
    assert store.verify() == []
