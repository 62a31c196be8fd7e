from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lesionscope.core.campaign import ReadDesign, Standing
from lesionscope.core.case import CaseState, Scores
from lesionscope.core.people import Reader
from lesionscope.store import NotAllowed, NotInRecord
from lesionscope.store.case_binder import Binder
from tests.store.reading_room import PASSWORD, ReadingRoom, scored

WHY = "The lamp of the screens is being checked."
DRAFT: dict[str, Any] = {"scores": {"": {"answers": {"arm.erythema": 2}, "bsa": None}}, "at": 1}


def start(room: ReadingRoom, **other: object) -> int:
    return room.store.start_campaign(room.manager, room.plan(**other), room.chosen(1)).id


def binder(room: ReadingRoom, campaign_id: int) -> Binder:
    return room.store.campaign_binder(room.manager, campaign_id)


def states(room: ReadingRoom, by: Reader) -> list[CaseState]:
    return [line.state for line in room.store.my_cases(by)]


def make_discordant(room: ReadingRoom, campaign_id: int) -> str:
    """Have both readers lock case 1, far apart; return the code of the second reader."""
    for reader, level in ((room.one, 0), (room.two, 3)):
        code = next(
            slot.code
            for slot in binder(room, campaign_id).slots
            if slot.account_id == reader.id
            and binder(room, campaign_id).cases[slot.case_id].number == 1
            and not slot.repeat
        )
        room.lock(reader, code, level)
    return code


def test_while_it_is_paused_nothing_is_opened_or_locked_and_nothing_is_lost(
    room: ReadingRoom,
) -> None:
    store, campaign_id = room.store, start(room, repeat_percent=0)
    codes = [line.code for line in store.my_cases(room.one)]
    scores = scored(store.blind_case(room.one, codes[1]), erythema=1, bsa=2.0)
    room.lock(room.one, codes[0], 1)
    store.save_case_draft(room.one, codes[1], DRAFT)
    store.pause_campaign(room.manager, campaign_id, WHY)
    assert states(room, room.one) == [CaseState.LOCKED, CaseState.PAUSED, CaseState.PAUSED]
    assert {line.why for line in store.my_cases(room.two)} == {WHY}
    refused: tuple[Callable[[], object], ...] = (
        lambda: store.blind_case(room.one, codes[1]),
        lambda: store.blind_view(room.one, codes[1], 1),
        lambda: store.lock_case(room.one, codes[1], PASSWORD, scores=scores),
    )
    for call in refused:
        with pytest.raises(ValueError, match="paused: The lamp of the screens is being checked"):
            call()
    assert store.blind_case(room.one, codes[0]).read is not None
    entered = {**DRAFT, "note": "typed as the pause came", "at": 2}
    store.save_case_draft(room.one, codes[1], entered)
    with pytest.raises(ValueError, match="locked"):
        store.save_case_draft(room.one, codes[0], entered)

    store.resume_campaign(room.manager, campaign_id, "All screens are even.")
    assert states(room, room.one) == [CaseState.LOCKED, CaseState.STARTED, CaseState.OPEN]
    assert dict(store.blind_case(room.one, codes[1]).draft) == entered
    assert {line.why for line in store.my_cases(room.one)} == {""}
    room.lock(room.one, codes[1], 2)
    assert [change.standing for change in binder(room, campaign_id).campaign.changes] == [
        Standing.PAUSED,
        Standing.RUNNING,
    ]
    assert store.verify() == []


def test_a_pause_opens_no_time_point_that_waits(room: ReadingRoom) -> None:
    campaign_id = start(room, design=ReadDesign.SEQUENTIAL, repeat_percent=0)
    room.store.pause_campaign(room.manager, campaign_id, WHY)
    codes = [line.code for line in room.store.my_cases(room.one)]
    room.store.save_case_draft(room.one, codes[0], DRAFT)
    with pytest.raises(ValueError, match="paused"):
        room.store.save_case_draft(room.one, codes[1], DRAFT)


def test_a_discordant_case_and_an_unlocked_one_rest_too(room: ReadingRoom) -> None:
    store, campaign_id = room.store, start(room, repeat_percent=0)
    make_discordant(room, campaign_id)
    (settling,) = store.my_cases(room.third)
    store.pause_campaign(room.manager, campaign_id, WHY)
    assert states(room, room.third) == [CaseState.PAUSED]
    with pytest.raises(ValueError, match="paused"):
        store.settle_case(room.third, settling.code, PASSWORD, choice=1, reason="plain")
    mine = next(x for x in store.my_cases(room.two) if x.state is CaseState.LOCKED)
    store.ask_case_unlock(room.two, mine.code, "slipped")
    (request,) = store.case_unlock_requests(room.manager)
    store.answer_case_unlock(room.manager, request.read_id, PASSWORD, grant=True)
    assert CaseState.PAUSED in states(room, room.two)
    assert CaseState.UNLOCKED not in states(room, room.two)
    store.resume_campaign(room.manager, campaign_id, "done")
    assert CaseState.UNLOCKED in states(room, room.two)


def test_what_is_left_of_a_closed_campaign_is_never_due(room: ReadingRoom) -> None:
    store, campaign_id = room.store, start(room, repeat_percent=0)
    own = make_discordant(room, campaign_id)
    store.ask_case_unlock(room.two, own, "slipped")
    (request,) = store.case_unlock_requests(room.manager)
    store.answer_case_unlock(room.manager, request.read_id, PASSWORD, grant=True)
    assert store.campaign_results(room.manager, campaign_id)[0].discordant is False
    store.pause_campaign(room.manager, campaign_id, WHY)
    store.close_campaign(room.manager, campaign_id, "The sponsor ended the study.")
    assert states(room, room.two).count(CaseState.CLOSED) == 2
    assert {line.days_left for line in store.my_cases(room.two)} == {None}
    # What was unlocked and not signed anew stands as it was locked.
    assert store.blind_case(room.two, own).line.state is CaseState.LOCKED
    assert store.campaign_results(room.manager, campaign_id)[0].discordant is True
    assert states(room, room.third) == [CaseState.CLOSED]
    code = next(x.code for x in store.my_cases(room.one) if x.state is CaseState.CLOSED)
    settling = store.my_cases(room.third)[0].code
    refused: tuple[Callable[[], object], ...] = (
        lambda: store.blind_case(room.one, code),
        lambda: store.save_case_draft(room.one, code, DRAFT),
        lambda: store.lock_case(room.one, code, PASSWORD, scores={"": Scores()}),
        lambda: store.lock_case(room.two, own, PASSWORD, scores={"": Scores()}),
        lambda: store.settle_case(room.third, settling, PASSWORD, choice=1, reason="plain"),
        lambda: store.ask_case_unlock(room.two, own, "again"),
        lambda: store.ask_site(room.one, code, "Blurred?"),
        lambda: store.pause_campaign(room.manager, campaign_id, WHY),
        lambda: store.resume_campaign(room.manager, campaign_id, WHY),
        lambda: store.close_campaign(room.manager, campaign_id, WHY),
    )
    for call in refused:
        with pytest.raises(ValueError, match=r"closed early|is locked"):
            call()
    assert len(binder(room, campaign_id).reads) == 2
    assert store.verify() == []


def test_an_open_request_to_unlock_ends_with_the_campaign(room: ReadingRoom) -> None:
    store, campaign_id = room.store, start(room, repeat_percent=0)
    own = make_discordant(room, campaign_id)
    store.ask_case_unlock(room.two, own, "slipped")
    (request,) = store.case_unlock_requests(room.manager)
    store.close_campaign(room.manager, campaign_id, "The sponsor ended the study.")
    assert store.case_unlock_requests(room.manager) == []
    with pytest.raises(ValueError, match="closed early"):
        store.answer_case_unlock(room.manager, request.read_id, PASSWORD, grant=True)


def test_a_campaign_that_is_read_and_settled_is_not_closed_early(room: ReadingRoom) -> None:
    store, campaign_id = room.store, start(room, repeat_percent=10)
    for reader in (room.one, room.two):
        for line in store.my_cases(reader):
            room.lock(reader, line.code, 1)
    assert binder(room, campaign_id).left() == 0
    with pytest.raises(ValueError, match="nothing to close early"):
        store.close_campaign(room.manager, campaign_id, WHY)


def test_each_step_needs_a_reason_and_is_in_the_trail(room: ReadingRoom) -> None:
    store, campaign_id = room.store, start(room)
    with pytest.raises(ValueError, match="needs a reason"):
        store.pause_campaign(room.manager, campaign_id, "  ")
    with pytest.raises(ValueError, match="running already"):
        store.resume_campaign(room.manager, campaign_id, WHY)
    with pytest.raises(NotInRecord):
        store.pause_campaign(room.manager, 999, WHY)
    store.pause_campaign(room.manager, campaign_id, WHY)
    with pytest.raises(ValueError, match="paused already"):
        store.pause_campaign(room.manager, campaign_id, WHY)
    (event,) = store.events(room.owner, limit=1)
    assert (event.act, event.entity_id, event.detail["reason"]) == (
        "pause campaign",
        campaign_id,
        WHY,
    )
    assert (event.detail["cases"], event.detail["read"]) == (3, 0)


def test_whoever_reads_may_not_pause(room: ReadingRoom) -> None:
    campaign_id = start(room, readers=(room.owner.id, room.two.id))
    for step in (room.store.pause_campaign, room.store.close_campaign):
        with pytest.raises(NotAllowed, match="reads in this campaign"):
            step(room.owner, campaign_id, WHY)


@pytest.mark.parametrize(
    "words",
    [
        "subj-00 withdrew consent",
        "see Woche 4 again",
        "the photo of 2026-01-03",
        "photos of 3 Jan 2026 are blurred",
        "Betareader Two is on leave",
    ],
)
def test_words_for_readers_may_tell_nothing(room: ReadingRoom, words: str) -> None:
    store, campaign_id = room.store, start(room)
    with pytest.raises(ValueError, match="reach the blinded readers"):
        store.pause_campaign(room.manager, campaign_id, words)
    code = store.my_cases(room.one)[0].code
    store.ask_site(room.one, code, "Blurred?")
    (query,) = store.queries(room.manager)
    with pytest.raises(ValueError, match="reach the blinded readers"):
        store.close_query(room.manager, query.id, words)
    store.answer_query(room.manager, query.id, words)
    store.pause_campaign(room.manager, campaign_id, "Wochen and patients as such may be named.")
