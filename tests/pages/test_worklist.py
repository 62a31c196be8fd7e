"""The worklist of each role, and which pages of blinded reading a role finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.people import Reader, Role
from lesionscope.store.store import Store
from tests.store.reading_room import PASSWORD, ReadingRoom, furnish

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]


@pytest.fixture
def room(record: Store) -> ReadingRoom:
    room = furnish(record, patients=2)
    room.store.start_campaign(
        room.manager, room.plan(repeat_percent=0, due=date(2026, 1, 31)), room.chosen()
    )
    return room


def words(app: AppTest) -> str:
    assert not app.exception
    kinds = (
        app.markdown,
        app.subheader,
        app.success,
        app.info,
        app.warning,
        app.error,
        app.caption,
    )
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def test_a_reader_is_told_what_waits_and_that_it_is_late(room: ReadingRoom, open_app: Open) -> None:
    said = words(open_app("worklist", room.one))
    assert "Late" in said
    assert "6 cases · late by" in said
    assert "SUBJ" not in said
    assert "Nothing waits for you" in words(open_app("worklist", room.third))


def test_the_third_reader_is_told_of_discordant_cases(room: ReadingRoom, open_app: Open) -> None:
    for reader, level in ((room.one, 0), (room.two, 3)):
        room.lock(reader, room.store.my_cases(reader)[0].code, level)
    (campaign,) = room.store.campaigns(room.manager)
    binder = room.store.campaign_binder(room.manager, campaign.id)
    number = next(iter(binder.reads.values())).case_id
    for reader, level in ((room.one, 0), (room.two, 3)):
        for line in room.store.my_cases(reader):
            slot = next(s for s in binder.slots if s.code == line.code)
            if slot.case_id == number and line.state.value == "open":
                room.lock(reader, line.code, level)
    assert "1 discordant case · late" in words(open_app("worklist", room.third))


def test_the_manager_is_told_of_unlocks_queries_and_photos(
    room: ReadingRoom, open_app: Open
) -> None:
    code = room.store.my_cases(room.one)[0].code
    room.lock(room.one, code, 1)
    room.store.ask_case_unlock(room.one, code, "slipped")
    room.store.ask_site(room.one, code, "Blurred?")
    room.store.take_back_photo(room.owner, room.photos[0, 0], "a name")
    said = words(open_app("worklist", room.manager))
    for part in (
        "1 reader asked for a case to be unlocked.",
        "1 open query of blinded readers.",
        "11 reads missing, due 31 Jan 2026.",
        "Photos of 1 site not released",
    ):
        assert part in said


def test_what_came_back_is_told_apart(room: ReadingRoom, open_app: Open) -> None:
    code = room.store.my_cases(room.one)[0].code
    room.store.ask_site(room.one, code, "Blurred?")
    (query,) = room.store.queries(room.manager)
    room.store.answer_query(room.manager, query.id, "No.")
    assert "1 query answered by the site" in words(open_app("worklist", room.manager))
    room.store.close_query(room.manager, query.id, "Read it as it is.")
    said = words(open_app("worklist", room.one))
    assert "Came back" in said
    assert "1 question answered." in said


def test_a_campaign_is_paused_and_closed_by_its_page_and_the_lists_follow(
    room: ReadingRoom, open_app: Open
) -> None:
    room.lock(room.one, room.store.my_cases(room.one)[0].code, 1)
    app = open_app("campaign", room.manager)
    app.text_input[0].set_value("The screens are checked.")
    app = press(app, "Pause")
    assert "Paused, 0 of 6 cases read by both readers; by Deltamanager Four on" in words(app)
    said = words(open_app("worklist", room.one))
    assert "is paused: The screens are checked." in said
    assert "Late" not in said
    assert "Paused by the study team: The screens are checked. What you have" in words(
        open_app("cases", room.one)
    )
    said = words(open_app("worklist", room.manager))
    assert "is paused: 11 reads missing." in said
    assert "due 31 Jan" not in said

    app = open_app("campaign", room.manager)
    app.text_input[0].set_value("The screens are even.")
    app = press(app, "Resume")
    assert "6 cases" not in words(open_app("worklist", room.one))
    assert "5 cases · late by" in words(open_app("worklist", room.one))
    app.text_input[0].set_value("The sponsor ended the study.")
    app = press(app, "Close early")
    assert "Tick that closing is final" in words(app)
    app.checkbox[0].check()
    app = press(app, "Close early")
    closed = "Closed early, 0 of 6 cases read by both readers; by Deltamanager Four on"
    assert closed in words(app)
    assert not any(button.label in ("Pause", "Resume", "Close early") for button in app.button)
    assert "Nothing waits for you" in words(open_app("worklist", room.one))
    assert "Closed early by the study team: The sponsor ended" in words(open_app("cases", room.one))
    assert "was closed early: 0 of 6 cases read by both" in words(
        open_app("worklist", room.manager)
    )
    assert closed in words(open_app("agreement", room.manager))


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_the_words_of_a_pause_may_tell_readers_nothing(room: ReadingRoom, open_app: Open) -> None:
    app = open_app("campaign", room.manager)
    app.text_input[0].set_value("SUBJ-00 withdrew consent.")
    assert "reach the blinded readers and name the patient" in words(press(app, "Pause"))
    assert {line.why for line in room.store.my_cases(room.one)} == {""}


PAGES = {
    "cases": ("Blinded cases", {Role.OWNER, Role.CLINICIAN, Role.ADJUDICATOR}),
    "settle": ("Discordant cases", {Role.OWNER, Role.ADJUDICATOR}),
    "release": ("Release photos", {Role.OWNER, Role.CLINICIAN, Role.DATA_MANAGER}),
    "campaign": ("Read campaigns", set(Role) - {Role.ADJUDICATOR}),
    "agreement": ("Agreement", {Role.OWNER, Role.DATA_MANAGER}),
    "worklist": ("Worklist", set(Role)),
}


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_its_pages_and_no_other(
    room: ReadingRoom, open_app: Open, role: Role
) -> None:
    reader: Reader = (
        room.owner
        if role is Role.OWNER
        else room.store.add_account(room.owner, "new", "Somebody New", role, PASSWORD)
    )
    for page, (title, roles) in PAGES.items():
        if role in roles:
            app = open_app(page, reader)
            assert not app.exception
            assert app.title[0].value == title
        else:
            with pytest.raises(ValueError, match="Could not find a navigation page"):
                open_app(page, reader)
