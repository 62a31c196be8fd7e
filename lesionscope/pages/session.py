"""What every page shares: the record, the network, who is signed in, and which visit is open."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st

from lesionscope import logs
from lesionscope.core.people import Act, Patient, Reader, Visit, may
from lesionscope.decided import recalibrated
from lesionscope.model.runtime import Grader
from lesionscope.pages.components.session_keeper import session_keeper
from lesionscope.pages.uninterrupted import uninterrupted
from lesionscope.store.refusals import (
    NotAllowed,
    NotInRecord,
    PhotoDamaged,
    RecordBusy,
    RecordTooNew,
)
from lesionscope.store.store import Store

log = logging.getLogger("lesionscope.pages")

# Every key of st.session_state, named once. Keys of widgets inside a list are made from these
# names and the row that they belong to.
TOKEN = "token"
"""Session token of the record; never in an address or a log."""
KEEPER = "keeper"
QUESTION = "keeper_question"
"""The question to the browser tab that has not been answered yet; empty once it has."""
FORGET = "keeper_forget"
NOTICES = "notices"
PATIENT = "patient_id"
VISIT = "visit_id"
PHOTO = "photo_id"
PREPARED = "prepared_visit"
"""The visit whose pages were prepared in the background; forgotten when it is measured anew."""
VISIT_CHOICE = "visit_choice"
UPLOAD_ROUND = "upload_round"
"""Counts the uploads, so that the uploader is empty again after each."""
REFUSED = "refused_files"
TAKEN = "files_taken"
"""Files of the present upload that were stored or refused."""
TO_MEASURE = "photos_to_measure"
NOT_MEASURED = "photos_not_measured"
LOCATION = "form_location"
ANSWER = "answer"
FORM = "form_instrument"
FORM_ANSWER = "form_answer"
SHOT = "shot_taken_now"
"""Visit and shot of the shot list whose dialog is open."""
STUDY_PART = "study_part"
STUDY_PARTS = ("All patients", "One patient", "Response", "Protocol")
CAMPAIGN_PART = "campaign_part"
SHOW_SUGGESTIONS = "show_suggestions"
SHOW_OUTLINE = "show_outline"

REFUSALS = (ValueError, NotAllowed, NotInRecord, PhotoDamaged, RecordBusy, RecordTooNew)
"""What an act may answer with a sentence for the person who tried it."""
TROUBLE = (
    "Something went wrong on this page. What was saved before is safe. Reload the page and try "
    "again; if it happens again, give your administrator this number: {number}."
)
ENDED = (
    "You were signed out: a session ends after an hour without use, after 12 hours, or when it is "
    "closed elsewhere. Sign in to go on."
)


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Open the record of this installation, once for all readers."""
    return Store.open()


@st.cache_resource(show_spinner=False)
def one_at_a_time() -> threading.Lock:
    """Return the lock for acts that read and write back: a reader may have two tabs open."""
    return threading.Lock()


@st.cache_resource(show_spinner="Loading the network")
def network() -> Grader:
    """Load the network that grades lesions, once for all readers."""
    return Grader.load()


def grader() -> Grader:
    """Return the network that grades lesions, recalibrated where the study adopted that."""
    return recalibrated(store(), network())


def sign_in(reader: Reader) -> NoReturn:
    """Open a session for a reader whose password was right, and run the page again."""
    st.session_state[TOKEN] = store().open_session(reader)
    logs.event(log, logging.INFO, "signed in")
    st.rerun()


def sign_out() -> None:
    """Close the session in the record, in this tab and in the browser."""
    store().close_session(st.session_state.get(TOKEN, ""))
    st.session_state.clear()
    st.session_state[QUESTION] = ""
    st.session_state[FORGET] = True
    if oidc_configured() and st.user.is_logged_in:
        st.logout()


def oidc_configured() -> bool:
    """Return whether secrets.toml names an identity provider."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def signed_in() -> Reader | None:
    """Return the reader of this session, asking the record each time."""
    token = st.session_state.get(TOKEN)
    reader = store().reader_of_session(token) if token else None
    if token and reader is None:
        sign_out()
        say(ENDED, "schedule")
    return reader


def reader_here() -> Reader:
    """Return the signed-in reader; ends the page when there is none."""
    reader = signed_in()
    if reader is None:
        st.rerun()
    return reader


def keep_in_tab() -> bool:
    """Keep the session and the open visit over a reload; say whether the tab has answered.

    Returns
    -------
    bool
        False only while a freshly loaded tab has not said yet what it kept.
    """
    question = st.session_state.setdefault(QUESTION, secrets.token_hex(8))
    answer = session_keeper(
        question=question,
        keep=_place() if st.session_state.get(TOKEN) else "",
        forget=bool(st.session_state.get(FORGET)),
        key=KEEPER,
    )
    if question and answer is not None:
        st.session_state[QUESTION] = ""
        _restore(answer)
        st.rerun()
    return not question


def _place() -> str:
    keys = (TOKEN, PATIENT, VISIT, PHOTO)
    return json.dumps({key: st.session_state.get(key) for key in keys})


def _restore(kept: str) -> None:
    try:
        place: dict[str, Any] = json.loads(kept) if kept else {}
    except ValueError:
        place = {}
    reader = store().reader_of_session(str(place.get(TOKEN) or ""))
    if reader is None:
        return
    for key in (TOKEN, PATIENT, VISIT, PHOTO):
        if place.get(key) is not None:
            st.session_state[key] = place[key]


def open_patient(patient_id: int) -> None:
    """Make a patient the one that the pages are about."""
    st.session_state[PATIENT] = patient_id
    st.session_state.pop(VISIT, None)
    st.session_state.pop(PHOTO, None)


def open_visit(visit: Visit) -> None:
    """Make a visit, and its patient, the one that the pages are about."""
    st.session_state[PATIENT] = visit.patient_id
    st.session_state[VISIT] = visit.id
    st.session_state.pop(PHOTO, None)


def patient_here(reader: Reader) -> Patient:
    """Return the open patient; ends the page with a way to choose one when none is."""
    patient_id = st.session_state.get(PATIENT)
    if patient_id is None:
        st.info("Choose a patient first.", icon=":material/person_search:")
        st.page_link(page_file("patients"), label="Patients", icon=":material/groups:")
        st.stop()
    return store().patient(reader, patient_id)


def visit_here(reader: Reader) -> tuple[Patient, Visit]:
    """Return the open patient and visit; ends the page when no visit is open."""
    patient = patient_here(reader)
    visit_id = st.session_state.get(VISIT)
    if visit_id is None:
        st.info(f"Choose a visit of {patient.pseudonym} first.", icon=":material/event:")
        st.page_link(page_file("patients"), label="Patients", icon=":material/groups:")
        st.stop()
    return patient, store().visit(reader, visit_id)


def require(reader: Reader, act: Act) -> None:
    """End the page with a sentence when the reader's role does not allow an act."""
    if not may(reader.role, act):
        st.info(
            f"Your role, {reader.role.value}, may not {act.value}. "
            "The owner of this installation assigns roles.",
            icon=":material/lock:",
        )
        st.stop()


def page_file(name: str) -> str:
    """Return the script of a page, as `st.Page`, `st.switch_page` and `st.page_link` take it."""
    return str(Path(__file__).with_name(f"{name}.py"))


def begin_with(key: str, value: Any) -> None:
    """Give a widget the value that the record holds, when it is shown for the first time.

    Never later: a value that is set again travels to the browser, where it would undo a click made
    since the record was read.
    """
    if key not in st.session_state:
        st.session_state[key] = value


def follow(key: str, value: Any) -> None:
    """Let a widget that is on the page show what an act has just put into the record."""
    if key in st.session_state:
        st.session_state[key] = value


def say(sentence: str, icon: str = "info") -> None:
    """Show a sentence on top of the next page."""
    st.session_state.setdefault(NOTICES, []).append((sentence, icon))


def show_notices() -> None:
    """Show what the last act had to say, once."""
    for sentence, icon in st.session_state.pop(NOTICES, []):
        st.warning(sentence, icon=f":material/{icon}:")


def sentence(refusal: Exception) -> str:
    """Return what a refusal says as a sentence."""
    words = str(refusal.args[0] if refusal.args else refusal).strip()
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def attempt(action: Callable[..., None], *args: Any) -> None:
    """Run a widget's act on the record; a refusal becomes a sentence on the page.

    Parameters
    ----------
    action : callable
        Called with the store, the reader of this session and `args`.
    *args
        Passed on.
    """
    with uninterrupted():
        reader = signed_in()
        if reader is None:
            return
        name = getattr(action, "__name__", "act")
        try:
            with logs.timed(log, "act", act=name):
                action(store(), reader, *args)
        except REFUSALS as refusal:
            logs.event(log, logging.INFO, "refused", act=name, kind=type(refusal).__name__)
            say(sentence(refusal), "block")
        except Exception:
            say(TROUBLE.format(number=logged()), "error")


@contextmanager
def guard() -> Iterator[None]:
    """Turn whatever fails on a page into a sentence; the details go to the log."""
    try:
        yield
    except (NotAllowed, NotInRecord, PhotoDamaged, RecordBusy, RecordTooNew) as refusal:
        logs.event(log, logging.INFO, "refused", kind=type(refusal).__name__)
        st.error(sentence(refusal), icon=":material/block:")
    except Exception:
        st.error(TROUBLE.format(number=logged()), icon=":material/error:")


def logged() -> str:
    """Write the exception being handled to the log; return the number that finds it there."""
    number = secrets.token_hex(3)
    logs.event(log, logging.ERROR, "page failed", failed=True, number=number)
    return number
