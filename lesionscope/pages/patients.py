"""Patients of the study, and the visits of the one chosen."""

from __future__ import annotations

from datetime import date

import streamlit as st

from lesionscope.core.people import Act, Patient, Reader, may
from lesionscope.pages import frame, session
from lesionscope.pages.bodies import show_body
from lesionscope.store.entries import PatientSummary, VisitSummary
from lesionscope.store.store import Store

PSEUDONYM_RULE = (
    "1 to 32 letters, digits, dots, dashes or underscores, such as DM-014. "
    "No name, no initials, no date of birth."
)

MOST_LISTED = 25  # patients listed at once; more are found by searching


def add_patient(store: Store, reader: Reader) -> None:
    """Add the patient named in the form and open it."""
    patient = store.add_patient(reader, st.session_state["new_pseudonym"].strip())
    session.open_patient(patient.id)


def add_visit(store: Store, reader: Reader, patient_id: int) -> None:
    """Add the visit described in the form and open it."""
    day: date = st.session_state["new_visit_day"]
    label = st.session_state["new_visit_label"].strip()
    session.open_visit(store.add_visit(reader, patient_id, day, label))


def show_patients(reader: Reader) -> None:
    """Show the list of patients, with a search and the form for a new one."""
    listed = session.store().patients(reader)
    wanted = (
        st.text_input(
            "Search",
            type="search",
            live="300ms",
            placeholder="Pseudonym",
            label_visibility="collapsed",
            key="patient_search",
        )
        or ""
    )
    shown = [p for p in listed if wanted.strip().lower() in p.patient.pseudonym.lower()]
    if not listed:
        st.caption("No patient yet.")
    elif not shown:
        st.caption(f"No pseudonym contains “{wanted}”.")
    for summary in shown[:MOST_LISTED]:
        show_patient(summary)
    if len(shown) > MOST_LISTED:
        st.caption(f"{len(shown) - MOST_LISTED} more: search to find them.")
    if may(reader.role, Act.ADD_PATIENT):
        with st.form("new_patient", border=True, clear_on_submit=True):
            st.text_input("New patient: pseudonym", key="new_pseudonym", help=PSEUDONYM_RULE)
            st.caption(PSEUDONYM_RULE)
            st.form_submit_button(
                "Add patient", on_click=session.attempt, args=(add_patient,), icon=":material/add:"
            )


def show_patient(summary: PatientSummary) -> None:
    """Show one line of the list: the pseudonym to open it, its visits, what is unsigned."""
    patient, unsigned = summary.patient, summary.unsigned_visits
    is_open = patient.id == st.session_state.get(session.PATIENT)
    words = "no visit"
    if summary.last_visit:
        visits = f"{summary.visits} visit{'s' if summary.visits != 1 else ''}"
        words = f"{visits} · {frame.day_name(summary.last_visit)}"
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.button(
            patient.pseudonym,
            key=f"open_patient.{patient.id}",
            type="primary" if is_open else "secondary",
            on_click=session.open_patient,
            args=(patient.id,),
            width=130,
        )
        st.caption(words, width="stretch")
        if unsigned:
            st.badge(f"{unsigned} unsigned", color="orange")


def visit_state(summary: VisitSummary) -> tuple[str, str]:
    """Return what stands between a visit and its signature, and the colour of its badge."""
    if summary.reading is not None:
        return f"signed by {summary.reading.reader_name}", "green"
    if not summary.photos:
        return "no photo", "gray"
    if summary.measured < summary.photos:
        return f"{summary.photos - summary.measured} not measured", "orange"
    return ("draft" if summary.draft else "to be scored"), "orange"


def show_visits(reader: Reader, patient: Patient) -> None:
    """Show the visits of a patient, with the form for a new one."""
    st.subheader(f"Visits of {patient.pseudonym}")
    for summary in reversed(session.store().timeline(reader, patient.id)):
        visit = summary.visit
        state, colour = visit_state(summary)
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{visit.label}** · {frame.day_name(visit.day)}", width="stretch")
                if visit.id == st.session_state.get(session.VISIT):
                    st.badge("open", color="blue")
                st.badge(state, color=colour)  # type: ignore[arg-type]
            photos = f"{summary.photos} photo{'s' if summary.photos != 1 else ''}"
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(photos, width="stretch")
                for page, label in (("capture", "Capture"), ("read", "Read"), ("visit", "Summary")):
                    if st.button(label, key=f"{page}.{visit.id}"):
                        session.open_visit(visit)
                        st.switch_page(session.page_file(page))
    if may(reader.role, Act.ADD_PATIENT):
        with st.form("new_visit", clear_on_submit=True):
            when, what = st.columns([1, 1.6])
            when.date_input(
                "New visit: date", value="today", key="new_visit_day", max_value="today"
            )
            what.text_input("Label", key="new_visit_label", placeholder="Baseline, Week 12 …")
            st.form_submit_button(
                "Add visit",
                on_click=session.attempt,
                args=(add_visit, patient.id),
                icon=":material/add:",
            )


reader = session.reader_here()
frame.heading("Patients")
left, right = st.columns([1, 1.25], gap="large")
with left:
    show_patients(reader)
with right:
    if st.session_state.get(session.PATIENT) is None:
        st.caption("Choose a patient to see the visits.")
    else:
        patient = session.patient_here(reader)
        show_visits(reader, patient)
        if st.session_state.get(session.VISIT) is not None:
            show_body(reader, *session.visit_here(reader))
