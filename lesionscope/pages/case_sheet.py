"""What reading and settling share: the photos of a case, its form, and the way between the two.

Every word here reaches a blinded reader: nothing names a patient, a visit, a day or a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from lesionscope.core.campaign import Standing
from lesionscope.core.case import BlindCase, BlindLine, BlindPhoto, CaseState, Scores
from lesionscope.core.cdasi import NOT_ASSESSABLE, FormItem
from lesionscope.core.people import Reader
from lesionscope.pages import session
from lesionscope.pages.components.case_form import case_form, item_label, item_name
from lesionscope.pages.components.case_viewer import case_viewer
from lesionscope.pages.draft import answer_name
from lesionscope.store.store import Store

CASE_ADDRESS = "case"
"""Name of the opaque code in the address of the page."""

ENTERED = "entered"
"""Key of the form of a case, before its code: what the browser told last."""
SENT = "sent"
"""Before the code of a case: the entries that its page was last sent with."""

Draft = dict[str, Any]


def go_to(code: str | None) -> None:
    """Open a case, or the list for None."""
    if code is None:
        st.query_params.clear()
    else:
        st.query_params[CASE_ADDRESS] = code
    st.rerun(scope="app")


def state_words(line: BlindLine) -> str:
    """Say how far a case is."""
    return {
        CaseState.WAITING: "waits for an earlier time point",
        CaseState.OPEN: "to be read" if not line.settles else "to be settled",
        CaseState.STARTED: "started",
        CaseState.LOCKED: "locked",
        CaseState.UNLOCK_ASKED: "locked, unlock asked for",
        CaseState.UNLOCKED: "unlocked: sign it anew",
        CaseState.PAUSED: "paused",
        CaseState.CLOSED: f"not {'settled' if line.settles else 'read'}, closed early",
    }[line.state]


def is_due(line: BlindLine) -> bool:
    """Return whether a case waits for its reader."""
    return line.state in (CaseState.OPEN, CaseState.STARTED, CaseState.UNLOCKED)


def may_look(line: BlindLine) -> bool:
    """Return whether a case may be opened now, to read it or to look at what was locked."""
    return line.state not in (CaseState.WAITING, CaseState.PAUSED, CaseState.CLOSED)


def show_standing(line: BlindLine) -> None:
    """Show why the campaign of a case is not read now; nothing while it is."""
    if line.standing is Standing.PAUSED:
        st.warning(
            f"Paused by the study team: {line.why.rstrip('.')}. What you have entered is kept; "
            "no case can be opened or locked until they resume the reading.",
            icon=":material/pause_circle:",
        )
    elif line.standing is Standing.CLOSED:
        st.warning(
            f"Closed early by the study team: {line.why.rstrip('.')}. What you have locked "
            "stands; nothing more is to be read.",
            icon=":material/cancel:",
        )


def due_words(days_left: int | None) -> str:
    """Say how long there is left, without a date and after a dot; nothing where nothing is due."""
    if days_left is None:
        return ""
    if days_left < 0:
        return f" · late by {-days_left} day{'s' if days_left < -1 else ''}"
    return (
        " · due today"
        if days_left == 0
        else f" · {days_left} day{'s' if days_left > 1 else ''} left"
    )


def case_as_it_is_now(reader: Reader, code: str) -> BlindCase:
    """Return a case for a part of the page; the whole page says it where it may not be seen now.

    A part that is run alone stands outside of what catches the refusals of the page.
    """
    try:
        return session.store().blind_case(reader, code)
    except session.REFUSALS:
        st.rerun(scope="app")


def photo_name(case: BlindCase, photo: BlindPhoto) -> str:
    """Name a photo as the reader may know it."""
    parts = [f"Side {photo.pane}" if photo.pane in ("A", "B") else photo.pane, photo.location]
    if case.point:
        parts[0] += " (score this one)" if photo.pane == case.point else " (earlier)"
    of_side = [one for one in case.photos if one.pane == photo.pane]
    if len(of_side) > 1 or not any(parts):
        parts.append(f"photo {of_side.index(photo) + 1}")
    named = ", ".join(part for part in parts if part)
    return named[:1].upper() + named[1:]


def show_photos(reader: Reader, case: BlindCase) -> None:
    """Show the photos of a case; one that was taken back since ends the page with a sentence."""
    code = case.line.code
    # What is scored comes first: of a long series it would else stand below the screen.
    shown = sorted(case.photos, key=lambda photo: bool(case.point) and photo.pane != case.point)
    # Never cached: each showing asks the record whether the photo is still released.
    pictures = [
        (photo_name(case, photo), session.store().blind_view(reader, code, photo.number))
        for photo in shown
    ]
    case_viewer(pictures, key=f"viewer.{code}")


def show_form(case: BlindCase, *, locked: bool) -> None:
    """Show the form of a case; what is entered is saved at once."""
    code = case.line.code
    draft = locked_draft(case) if locked else entered(case)
    keep = partial(session.attempt, save, code)
    st.session_state[f"{SENT}.{code}"] = draft
    case_form(case, draft, locked=locked, on_change=keep, key=f"{ENTERED}.{code}")


def save(store: Store, reader: Reader, code: str) -> None:
    """Keep what the browser says was entered; the record leaves out what is older than it has."""
    if told := _told(code):
        store.save_case_draft(reader, code, told)


def case_to_sign(store: Store, reader: Reader, code: str) -> BlindCase:
    """Return a case with the entries that stand on the screen, for its signature.

    What is entered and the signature may reach the server together, in any order.

    Raises
    ------
    ValueError
        If the record has other entries than the screen: they were made in another tab.
    """
    told, shown = _told(code), st.session_state.get(f"{SENT}.{code}") or {}
    if _time(told) > _time(shown):  # later than what the page was sent: it stands on the screen
        store.save_case_draft(reader, code, told)
        shown = told
    case = store.blind_case(reader, code)
    there = entered(case)
    if any((shown.get(part) or None) != (there.get(part) or None) for part in ("scores", "note")):
        raise ValueError(
            "your entries for this case were changed in another tab and now stand here: look at "
            "them and sign again"
        )
    return case


def _told(code: str) -> Draft:
    """Return what the browser told last; a form of another case is never taken for this."""
    told = dict((st.session_state.get(f"{ENTERED}.{code}") or {}).get("entered") or {})
    told.pop("tries", None)
    return told if told.pop("code", None) == code else {}


def _time(draft: Mapping[str, Any]) -> float:
    return float(draft.get("at") or 0)


def locked_draft(case: BlindCase) -> Draft:
    """Return the reader's locked scores in the shape of a draft."""
    return {"scores": {side: _entered(case, one) for side, one in (case.read or {}).items()}}


def entered(case: BlindCase) -> Draft:
    """Return what is put down so far; an unlocked case begins with what was locked."""
    return dict(case.draft) if case.draft or case.read is None else locked_draft(case)


def _entered(case: BlindCase, scores: Scores) -> Draft:
    named = {item.key: item_name(case, item) for item in case.items}
    area = NOT_ASSESSABLE if scores.bsa_percent is None else scores.bsa_percent
    return {
        "answers": {named[key]: value for key, value in scores.answers.items()},
        "bsa": area if case.ask_bsa else None,
    }


def blanks(case: BlindCase) -> int:
    """Return how many fields of the draft are still blank."""
    left = 0
    for side in case.panes:
        said = _side(case, side)
        left += sum(item_name(case, item) not in said["answers"] for item in case.items)
        left += case.ask_bsa and said.get("bsa") is None
    return left


def blank_words(case: BlindCase) -> str:
    """Say what is still to be done before the case can be signed."""
    left = blanks(case)
    if left:
        return f"{left} field{'s' if left > 1 else ''} blank. Answer each, or n/a."
    return "All fields answered. Your password signs and locks the case."


def scores_of(case: BlindCase) -> dict[str, Scores]:
    """Return what the draft of a case says.

    Raises
    ------
    ValueError
        If a field is blank or outside its range.
    """
    left = blanks(case)
    if left:
        raise ValueError(f"{left} field{'s are' if left > 1 else ' is'} still blank")
    return {side: _scores(case, _side(case, side)) for side in case.panes}


def _scores(case: BlindCase, said: Mapping[str, Any]) -> Scores:
    answers = {item.key: said["answers"][item_name(case, item)] for item in case.items}
    area = said.get("bsa")
    return Scores(answers, None if area in (None, NOT_ASSESSABLE) else float(area))


def _side(case: BlindCase, side: str) -> dict[str, Any]:
    scores: Any = entered(case).get("scores") or {}
    found = scores.get(side) or {}
    return {"answers": found.get("answers") or {}, "bsa": found.get("bsa")}


def compared(case: BlindCase, columns: Mapping[str, Mapping[str, Scores]]) -> list[dict[str, str]]:
    """Return several reads of a case item by item, for a table.

    Parameters
    ----------
    case : BlindCase
        The case.
    columns : mapping of str to mapping
        Heading of each read, and its scores by side.

    Returns
    -------
    list of dict of str to str
        One row an item.
    """
    rows = []
    for side in case.panes:
        lead = f"Side {side}: " if side else ""
        said = {name: one[side] for name, one in columns.items() if side in one}
        rows += [
            {"Item": lead + item_label(case, item)}
            | {name: _answer_words(item, scores) for name, scores in said.items()}
            for item in case.items
        ]
        if case.ask_bsa:
            areas = {name: area_words(scores.bsa_percent) for name, scores in said.items()}
            rows.append({"Item": f"{lead}Body surface"} | areas)
    return rows


def _answer_words(item: FormItem, scores: Scores) -> str:
    return answer_name(item, scores.answers[item.key]) if item.key in scores.answers else "–"


def area_words(percent: float | None) -> str:
    """Write a body surface as the table shows it."""
    return NOT_ASSESSABLE if percent is None else f"{percent:g} %"
