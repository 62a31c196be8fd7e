"""What stands around every page: the pages themselves, the open visit, the reader."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from lesionscope.core.people import Act, Patient, Reader, Visit, may
from lesionscope.pages import session

ICON = Path(__file__).with_name("icon.png")
"""Icon of the browser tab, a file: a symbol by name would be fetched from the internet."""

_CLINIC = (
    ("worklist", "Worklist", "inbox", None),
    ("patients", "Patients", "groups", Act.READ_RECORD),
    ("shots", "Shot list", "photo_library", Act.READ_RECORD),
    ("capture", "Capture", "photo_camera", Act.READ_RECORD),
    ("read", "Read", "center_focus_strong", Act.READ_RECORD),
    ("score", "Score", "checklist", Act.SIGN_READING),
    ("forms", "Forms", "list_alt", Act.READ_RECORD),
    ("visit", "Visit and signature", "signature", Act.READ_RECORD),
    ("comparator", "Compare", "compare", Act.READ_RECORD),
    ("timeline", "Timeline", "timeline", Act.READ_RECORD),
)
_READING = (
    ("cases", "Blinded cases", "visibility_off", Act.READ_CASES),
    ("settle", "Discordant cases", "gavel", Act.SETTLE_CASES),
    ("release", "Release photos", "verified", Act.RELEASE_PHOTO),
    ("campaign", "Read campaigns", "campaign", Act.READ_RECORD),
    ("agreement", "Agreement", "balance", Act.RUN_CAMPAIGN),
)
_STUDY = (
    ("study", "Study", "science", Act.READ_RECORD),
    ("import_records", "Import", "swap_vert", Act.IMPORT),
    ("exports", "Exports", "archive", Act.EXPORT),
    ("learning", "Learning", "school", Act.READ_RECORD),
    ("audit", "Audit trail", "history", Act.READ_AUDIT),
    ("accounts", "Accounts", "manage_accounts", Act.MANAGE_ACCOUNTS),
    ("unlocks", "Unlocks", "lock_open", Act.GRANT_UNLOCK),
    ("my_account", "My account", "person", None),
    ("models", "Model cards", "fact_check", None),
    ("about", "About", "info", None),
)


def pages(reader: Reader | None) -> dict[str, list[Page]]:
    """Return the pages that a reader's role may open, in the order of a clinic day.

    Parameters
    ----------
    reader : Reader or None
        None before sign-in: all pages are then known, so that an address opens its page after
        sign-in, and none is listed.

    Returns
    -------
    dict of str to list of Page
        Heading to pages.
    """
    return {
        "Clinic": [_page(*entry) for entry in _CLINIC if _allowed(reader, entry[3])],
        "Blinded reading": [_page(*entry) for entry in _READING if _allowed(reader, entry[3])],
        "Study": [_page(*entry) for entry in _STUDY if _allowed(reader, entry[3])],
    }


def _allowed(reader: Reader | None, act: Act | None) -> bool:
    return reader is None or act is None or may(reader.role, act)


def _page(name: str, title: str, icon: str, _act: Act | None) -> Page:
    return st.Page(
        session.page_file(name),
        title=title,
        icon=f":material/{icon}:",
        url_path=name,
        default=name == "patients",
    )


def sidebar(reader: Reader) -> None:
    """Show the open patient and visit, who is signed in, and the way out."""
    with st.sidebar:
        _open_visit(reader)
        st.caption(f"{reader.full_name}, {reader.role.value}")
        st.button("Sign out", icon=":material/logout:", on_click=session.sign_out, key="sign_out")


def _open_visit(reader: Reader) -> None:
    patient_id = st.session_state.get(session.PATIENT)
    if patient_id is None:
        return
    patient = session.store().patient(reader, patient_id)
    visits = session.store().visits(reader, patient_id)
    with st.container():
        st.markdown(f"**Patient {patient.pseudonym}**")
        if not visits:
            st.caption("No visit yet.")
            return
        by_id = {visit.id: visit for visit in visits}
        if st.session_state.get(session.VISIT) not in by_id:
            session.open_visit(max(visits, key=lambda visit: (visit.day, visit.id)))
        if st.session_state.get(session.VISIT_CHOICE) != st.session_state.get(session.VISIT):
            st.session_state[session.VISIT_CHOICE] = st.session_state.get(session.VISIT)
        st.selectbox(
            "Visit",
            list(by_id),
            format_func=lambda visit_id: visit_name(by_id[visit_id]),
            placeholder="Choose a visit",
            key=session.VISIT_CHOICE,
            on_change=_switch_visit,
            args=(by_id,),
        )


def _switch_visit(by_id: dict[int, Visit]) -> None:
    chosen = st.session_state.get(session.VISIT_CHOICE)
    if chosen is not None:
        session.open_visit(by_id[chosen])


def day_name(day: date) -> str:
    """Write a date so that no reader takes the month for the day."""
    return f"{day.day} {day:%b %Y}"


def visit_name(visit: Visit) -> str:
    """Name a visit by its label and day."""
    return f"{visit.label}, {day_name(visit.day)}"


def heading(title: str, patient: Patient | None = None, visit: Visit | None = None) -> None:
    """Show the title of a page and what it is about."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, width="content", anchor=False)
        if patient is not None:
            about = f"Patient {patient.pseudonym}"
            st.caption(f"{about} · {visit_name(visit)}" if visit else about, width="content")
