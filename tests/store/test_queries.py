from __future__ import annotations

import pytest

from lesionscope.core.people import Role
from lesionscope.store import NotAllowed, NotInRecord
from tests.store.reading_room import PASSWORD, ReadingRoom


@pytest.fixture
def room(room: ReadingRoom) -> ReadingRoom:
    plan = room.plan(repeat_percent=0)
    room.store.start_campaign(room.manager, plan, room.chosen(patients=1))
    return room


def test_a_query_is_asked_answered_closed_and_reopened(room: ReadingRoom) -> None:
    store = room.store
    code = store.my_cases(room.one)[0].code
    store.ask_site(room.one, code, "Is the dark patch a tattoo?")
    (query,) = store.queries(room.manager)
    assert (query.state, query.pseudonym, query.code) == ("open", "SUBJ-00", code)
    store.answer_query(room.manager, query.id, "Yes, SUBJ-00 has had it since 2019.")
    assert store.queries(room.manager)[0].state == "answered"
    with pytest.raises(ValueError, match="answered"):
        store.answer_query(room.manager, query.id, "again")
    store.close_query(room.manager, query.id, "Leave that patch out.")
    assert store.queries(room.manager)[0].state == "closed"
    assert store.my_cases(room.one)[0].replies == 1
    store.reopen_query(room.manager, query.id, "The photo was taken anew.")
    assert store.queries(room.manager)[0].state == "open"
    with pytest.raises(ValueError, match="is open"):
        store.reopen_query(room.manager, query.id, "again")
    assert store.verify() == []


def test_the_reader_gets_closing_words_and_not_the_answer_of_the_site(room: ReadingRoom) -> None:
    store = room.store
    code = store.my_cases(room.one)[0].code
    store.ask_site(room.one, code, "Is the dark patch a tattoo?")
    (query,) = store.queries(room.manager)
    store.answer_query(room.manager, query.id, "Yes, SUBJ-00 has had it since 2019.")
    store.close_query(room.manager, query.id, "Leave that patch out.")
    (mine,) = store.my_queries(room.one, code)
    assert [step.words for step in mine.steps] == [
        "Is the dark patch a tattoo?",
        "Leave that patch out.",
    ]
    assert not any(
        secret in repr(mine) for secret in ("SUBJ", "Deltamanager", "2019", "Alphareader")
    )


def test_a_reader_who_may_open_the_record_sees_no_query_of_their_campaign(
    room: ReadingRoom,
) -> None:
    store = room.store
    clinician = store.add_account(room.owner, "clin", "Cli Nician", Role.CLINICIAN, PASSWORD)
    plan = room.plan(readers=(clinician.id, room.two.id), seed=8, repeat_percent=0)
    store.start_campaign(room.manager, plan, room.chosen(patients=1))
    mine = {line.campaign for line in store.my_cases(clinician)}
    theirs = next(line for line in store.my_cases(room.two) if line.campaign in mine)
    store.ask_site(room.two, theirs.code, "Which lamp was it?")
    assert store.queries(clinician) == []
    (query,) = store.queries(room.manager)
    with pytest.raises(NotAllowed, match="reads in this campaign"):
        store.answer_query(clinician, query.id, "The ring lamp.")


def test_a_third_reader_sees_no_query_before_a_case_is_dealt(room: ReadingRoom) -> None:
    store = room.store
    plan = room.plan(third_reader=room.owner.id, seed=9, repeat_percent=0)
    campaign = store.start_campaign(room.manager, plan, room.chosen(patients=1))
    code = next(c.code for c in store.my_cases(room.one) if c.campaign == campaign.code)
    store.ask_site(room.one, code, "Which lamp was it?")
    (query,) = store.queries(room.manager)
    assert store.queries(room.owner) == []
    for act in (store.answer_query, store.close_query):
        with pytest.raises(NotAllowed, match="reads in this campaign"):
            act(room.owner, query.id, "The ring lamp.")


def test_words_and_rights_are_asked_for(room: ReadingRoom) -> None:
    store = room.store
    code = store.my_cases(room.one)[0].code
    with pytest.raises(ValueError, match="question"):
        store.ask_site(room.one, code, " ")
    store.ask_site(room.one, code, "Blurred?")
    (query,) = store.queries(room.manager)
    with pytest.raises(ValueError, match="words"):
        store.close_query(room.manager, query.id, "")
    with pytest.raises(NotInRecord):
        store.answer_query(room.manager, 99, "No")
    for call in (store.answer_query, store.close_query, store.reopen_query):
        with pytest.raises(NotAllowed):
            call(room.one, query.id, "No")
