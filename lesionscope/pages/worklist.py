"""Worklist: what waits for the person at the screen, what is late, and what came back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import streamlit as st

from lesionscope.core.campaign import Standing
from lesionscope.core.case import BlindLine, CaseState
from lesionscope.core.people import Act, Reader, may
from lesionscope.pages import frame, session
from lesionscope.pages.case_sheet import due_words, is_due
from lesionscope.store.case_binder import Binder
from lesionscope.store.store import Store
from lesionscope.study_desk import today


class Part(StrEnum):
    """The parts of the list, in their order."""

    LATE = "Late"
    BACK = "Came back"
    WAITS = "Waits for you"
    RESTS = "Paused"


@dataclass(frozen=True)
class Task:
    """One thing to do.

    Attributes
    ----------
    part : Part
        Where it stands.
    words : str
        What it is.
    page : str
        Page that it is done on.
    label : str
        What the button says.
    place : str
        Part of the page on read campaigns.
    """

    part: Part
    words: str
    page: str
    label: str
    place: str = ""


def tasks(store: Store, reader: Reader, today: date) -> list[Task]:
    """Return what there is to do for a person, by their role.

    Parameters
    ----------
    store : Store
        The record.
    reader : Reader
        Who asks.
    today : date
        Day that decides what is late.

    Returns
    -------
    list of Task
    """
    found: list[Task] = []
    if may(reader.role, Act.READ_CASES):
        found += _cases(store.my_cases(reader))
    if may(reader.role, Act.GRANT_UNLOCK):
        found += _unlocks(store, reader)
    if may(reader.role, Act.READ_RECORD):
        found += _queries(store, reader)
    if may(reader.role, Act.RUN_CAMPAIGN):
        found += _campaigns(store, reader, today)
        found += _held_back(store, reader)
    if may(reader.role, Act.SIGN_READING):
        found += _unsigned(store, reader)
    return found


def _cases(lines: list[BlindLine]) -> Iterator[Task]:
    for settles, page, noun in ((False, "cases", "case"), (True, "settle", "discordant case")):
        for campaign in dict.fromkeys(line.campaign for line in lines):
            mine = [x for x in lines if x.campaign == campaign and x.settles is settles]
            resting = [line for line in mine if line.state is CaseState.PAUSED]
            if resting:
                words = f"Campaign {campaign} is paused: {resting[0].why}"
                yield Task(Part.RESTS, words, page, "Look")
            due = [line for line in mine if is_due(line)]
            back = [line for line in due if line.state is CaseState.UNLOCKED]
            for line in back:
                words = f"Case {line.code} was unlocked: sign it anew."
                yield Task(Part.BACK, words, page, "Blinded cases")
            replies = sum(line.replies for line in mine if is_due(line))
            if replies:
                yield Task(Part.BACK, f"{_count(replies, 'question')} answered.", page, "Look")
            fresh = len(due) - len(back)
            if fresh:
                late = mine[0].days_left is not None and mine[0].days_left < 0
                words = f"Campaign {campaign}: {_count(fresh, noun)}{due_words(mine[0].days_left)}."
                yield Task(
                    Part.LATE if late else Part.WAITS, words, page, "Settle" if settles else "Read"
                )


def _unlocks(store: Store, reader: Reader) -> Iterator[Task]:
    asked = [
        request
        for request in store.case_unlock_requests(reader)
        if request.campaign_id in {one.id for one in store.campaigns(reader)}
    ]
    if asked:
        words = f"{_count(len(asked), 'reader')} asked for a case to be unlocked."
        yield Task(Part.WAITS, words, "campaign", "Unlocks", "Unlocks")
    signed = [one for one in store.open_unlocks(reader) if one.asked_by_id != reader.id]
    if signed:
        words = f"{_count(len(signed), 'request')} to unlock what was approved."
        yield Task(Part.WAITS, words, "visit", "Visits")


def _queries(store: Store, reader: Reader) -> Iterator[Task]:
    listed = store.queries(reader)
    opened = sum(query.state == "open" for query in listed)
    answered = sum(query.state == "answered" for query in listed)
    if opened and may(reader.role, Act.ADD_PATIENT):
        noun = "queries" if opened > 1 else "query"
        yield Task(
            Part.WAITS, f"{opened} open {noun} of blinded readers.", "campaign", "Answer", "Queries"
        )
    if answered and may(reader.role, Act.RUN_CAMPAIGN):
        noun = "queries" if answered > 1 else "query"
        words = f"{answered} {noun} answered by the site: close or reopen."
        yield Task(Part.BACK, words, "campaign", "Close", "Queries")


def _campaigns(store: Store, reader: Reader, today: date) -> Iterator[Task]:
    for campaign in store.campaigns(reader):
        binder = store.campaign_binder(reader, campaign.id)
        named = f"Campaign {campaign.plan.name}"
        if campaign.standing is Standing.CLOSED:
            words = f"{named} was closed early: {binder.complete()} of "
            words += f"{_count(len(binder.cases), 'case')} read by both readers."
            yield Task(Part.BACK, words, "agreement", "Agreement")
        elif campaign.standing is Standing.PAUSED:
            words = f"{named} is paused: {_left_words(binder)}."
            yield Task(Part.RESTS, words, "campaign", "Follow", "Follow")
        elif binder.left():
            due = campaign.plan.due
            late = due is not None and due < today and _missing(binder) > 0
            words = f"{named}: {_left_words(binder)}"
            words += f", due {frame.day_name(due)}." if late and due else "."
            yield Task(Part.LATE if late else Part.WAITS, words, "campaign", "Follow", "Follow")
        else:
            words = f"{named}: every case is read and settled."
            yield Task(Part.BACK, words, "agreement", "Agreement")


def _missing(binder: Binder) -> int:
    """Return how many showings nobody has locked."""
    return sum(slot.id not in binder.reads for slot in binder.slots if not slot.settles)


def _left_words(binder: Binder) -> str:
    """Say what is still to be signed in a campaign."""
    if missing := _missing(binder):
        return f"{_count(missing, 'read')} missing"
    left = binder.left()
    unlocked = sum(binder.progress(slot) is CaseState.UNLOCKED for slot in binder.slots)
    if unlocked:
        return f"{_count(unlocked, 'unlocked read')} to be signed anew"
    return f"{_count(left, 'discordant case')} to be settled"


def _held_back(store: Store, reader: Reader) -> Iterator[Task]:
    held = sum(len(one.held_back) for one in store.readable_visits(reader))
    if held:
        words = f"Photos of {_count(held, 'site')} not released for blinded reading."
        yield Task(Part.WAITS, words, "release", "Release photos")


def _unsigned(store: Store, reader: Reader) -> Iterator[Task]:
    visits = sum(one.unsigned_visits for one in store.patients(reader))
    if visits:
        yield Task(Part.WAITS, f"{_count(visits, 'visit')} not signed.", "patients", "Patients")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def show(listed: list[Task]) -> None:
    """Show the list, the late part first."""
    if not listed:
        st.success("Nothing waits for you.", icon=":material/done_all:")
    for part in Part:
        mine = [task for task in listed if task.part is part]
        if not mine:
            continue
        st.subheader(part.value, anchor=False)
        for number, task in enumerate(mine):
            with st.container(border=True, horizontal=True, vertical_alignment="center"):
                st.markdown(task.words, width="stretch")
                if st.button(task.label, key=f"{part}.{number}.{task.page}"):
                    if task.place:
                        st.session_state[session.CAMPAIGN_PART] = task.place
                    st.switch_page(session.page_file(task.page))


reader = session.reader_here()
frame.heading("Worklist")
show(tasks(session.store(), reader, today()))
