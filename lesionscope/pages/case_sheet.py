"""What reading and settling share: the photos of a case, its form, and the way between the two.

Every word here reaches a blinded reader: nothing names a patient, a visit, a day or a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

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
    }[line.state]


def is_due(line: BlindLine) -> bool:
    """Return whether a case waits for its reader."""
    return line.state in (CaseState.OPEN, CaseState.STARTED, CaseState.UNLOCKED)


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


def photo_name(case: BlindCase, photo: BlindPhoto) -> str:
    """Name a photo as the reader may know it."""
    parts = [f"Side {photo.pane}" if photo.pane in ("A", "B") else photo.pane, photo.location]
    of_side = [one for one in case.photos if one.pane == photo.pane]
    if len(of_side) > 1 or not any(parts):
        parts.append(f"photo {of_side.index(photo) + 1}")
    named = ", ".join(part for part in parts if part)
    return named[:1].upper() + named[1:]


def show_photos(reader: Reader, case: BlindCase) -> None:
    """Show the photos of a case; one that was taken back since ends the page with a sentence."""
    code = case.line.code
    # Never cached: each showing asks the record whether the photo is still released.
    pictures = [
        (photo_name(case, photo), session.store().blind_view(reader, code, photo.number))
        for photo in case.photos
    ]
    case_viewer(pictures, key=f"viewer.{code}")


def show_form(case: BlindCase, *, locked: bool) -> None:
    """Show the form of a case; what is entered is saved at once."""
    key = f"entered.{case.line.code}"
    draft = locked_draft(case) if locked else entered(case)
    keep = partial(session.attempt, save, case.line.code, key)
    case_form(case, draft, locked=locked, on_change=keep, key=key)


def save(store: Store, reader: Reader, code: str, key: str) -> None:
    """Keep what the browser says was entered; a form of another case is never taken for this."""
    told = dict(st.session_state[key].get("entered") or {})
    if told.pop("code", None) == code:
        store.save_case_draft(reader, code, told)


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
