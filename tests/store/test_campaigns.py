from __future__ import annotations

import pytest

from lesionscope.core.campaign import Asked, CaseUnit, ReadDesign
from lesionscope.core.case import Pane
from lesionscope.core.people import Role
from lesionscope.core.sites import Site
from lesionscope.store import NotAllowed, NotInRecord
from tests.store.reading_room import PASSWORD, ReadingRoom


def test_twelve_cases_are_dealt_with_two_hidden_repeats(room: ReadingRoom) -> None:
    campaign = room.store.start_campaign(room.manager, room.plan(), room.chosen())
    binder = room.store.campaign_binder(room.manager, campaign.id)
    assert len(binder.cases) == 12
    for reader in (room.one, room.two):
        mine = binder.list_of(reader.id, settles=False)
        assert (len(mine), sum(slot.repeat for slot in mine)) == (14, 2)
    one, other = (
        [s.case_id for s in binder.slots if s.account_id == r.id] for r in (room.one, room.two)
    )
    assert one != other
    assert campaign.plan == room.plan()
    assert room.store.verify() == []


def test_the_plan_is_hashed_into_the_trail(room: ReadingRoom) -> None:
    campaign = room.store.start_campaign(room.manager, room.plan(), room.chosen())
    (event,) = room.store.events(room.owner, limit=1)
    assert (event.act, event.detail["seed"]) == ("start campaign", 7)
    assert event.detail["content_sha256"] == campaign.content_sha256
    assert (event.detail["cases"], event.detail["shown"]) == (12, 14)


def test_no_release_no_reading(room: ReadingRoom) -> None:
    store = room.store
    store.take_back_photo(room.owner, room.photos[1, 1], "a name on the wrist")
    with pytest.raises(ValueError, match=r"no photo was released.*SUBJ-01, Woche 4"):
        store.start_campaign(room.manager, room.plan(), room.chosen())
    assert store.campaigns(room.manager) == []
    readable = {r.visit.id: r for r in store.readable_visits(room.manager)}
    assert readable[room.visits[1, 1]].held_back == {Site.ARM}
    assert readable[room.visits[1, 2]].released == {Site.ARM}


def test_a_photo_released_later_and_then_withdrawn_is_no_case(room: ReadingRoom) -> None:
    room.store.withdraw_photo(room.owner, room.photos[0, 0], "blurred")
    with pytest.raises(ValueError, match="no photo was released"):
        room.store.start_campaign(room.manager, room.plan(), room.chosen())


def test_pairs_show_the_first_visit_and_leave_it_out_as_a_case(room: ReadingRoom) -> None:
    campaign = room.store.start_campaign(
        room.manager, room.plan(design=ReadDesign.PAIRED), room.chosen()
    )
    binder = room.store.campaign_binder(room.manager, campaign.id)
    assert len(binder.cases) == 8
    for slot in binder.slots:
        panes = binder.panes(slot)
        assert set(panes) == {"A", "B"}
        assert len(binder.photos(slot)) == 2
    assert {binder.panes(slot)["A"] for slot in binder.slots} == set(Pane)


def test_a_case_may_be_a_whole_visit(room: ReadingRoom) -> None:
    campaign = room.store.start_campaign(
        room.manager, room.plan(unit=CaseUnit.VISIT), room.chosen()
    )
    assert len(room.store.campaign_binder(room.manager, campaign.id).cases) == 12


def test_who_may_not_read_is_no_reader(room: ReadingRoom) -> None:
    monitor = room.store.add_account(room.owner, "monitor", "Mo Nitor", Role.MONITOR, PASSWORD)
    clinician = room.store.add_account(room.owner, "clin", "Cli Nician", Role.CLINICIAN, PASSWORD)
    for plan in (
        room.plan(readers=(room.one.id, monitor.id)),
        room.plan(third_reader=clinician.id),
        room.plan(third_reader=999),
    ):
        with pytest.raises(ValueError, match="may not"):
            room.store.start_campaign(room.manager, plan, room.chosen())
    named = {person.name for person in room.store.possible_readers(room.manager)}
    assert named == {"owner", "readerone", "readertwo", "third", "clin"}


def test_nothing_to_read_is_refused(room: ReadingRoom) -> None:
    with pytest.raises(ValueError, match="nothing is left"):
        room.store.start_campaign(room.manager, room.plan(), [])
    with pytest.raises(ValueError, match="nothing is left"):
        room.store.start_campaign(
            room.manager,
            room.plan(asked=(Asked.CDASI,)),
            [(room.visits[0, 0], [Site.ANTERIOR_CHEST])],
        )
    with pytest.raises(NotInRecord):
        room.store.start_campaign(room.manager, room.plan(), [(999, [Site.ARM])])


def test_whoever_reads_does_not_follow(room: ReadingRoom) -> None:
    plan = room.plan(readers=(room.owner.id, room.two.id))
    campaign = room.store.start_campaign(room.manager, plan, room.chosen())
    assert room.store.campaigns(room.owner) == []
    for call in (
        room.store.campaign_binder,
        room.store.campaign_origins,
        room.store.campaign_results,
    ):
        with pytest.raises(NotAllowed, match="reads in this campaign"):
            call(room.owner, campaign.id)
    assert len(room.store.campaign_origins(room.manager, campaign.id)) == 12
