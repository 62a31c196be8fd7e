"""Events of one patient: doses, flares, other treatments; markers of the timeline."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.patient_event import LONGEST_WORDS, EventKind, PatientEvent
from lesionscope.core.people import Act, Reader, may
from lesionscope.pages import frame, session
from lesionscope.store.store import Store

ICONS = {
    EventKind.DOSE: ":material/medication:",
    EventKind.FLARE: ":material/local_fire_department:",
    EventKind.OTHER_TREATMENT: ":material/healing:",
    EventKind.ADVERSE_EVENT: ":material/warning:",
    EventKind.SUN: ":material/sunny:",
    EventKind.OTHER: ":material/event_note:",
}


def record_event(store: Store, reader: Reader, patient_id: int) -> None:
    """Record the event described in the form."""
    store.record_patient_event(
        reader,
        patient_id,
        day=st.session_state["event_day"],
        kind=st.session_state["event_kind"],
        words=st.session_state["event_words"].strip(),
    )


def withdraw_event(store: Store, reader: Reader, event_id: int) -> None:
    """Withdraw an event for the reason typed beside it."""
    store.withdraw_patient_event(
        reader, event_id, reason=st.session_state[f"event_reason.{event_id}"]
    )


def show_events(reader: Reader, patient_id: int) -> None:
    """List the events of a patient, newest first, with the form for a new one."""
    st.markdown("#### Events")
    listed = session.store().patient_events(reader, patient_id, withdrawn=True)
    if not listed:
        st.caption("No event yet. Doses, flares and other treatments explain a change of the skin.")
    for event in reversed(listed):
        with st.container(border=True):
            _show_event(reader, event)
    if not may(reader.role, Act.RECORD_EVENT):
        return
    with st.form("new_event", clear_on_submit=True):
        when, what = st.columns([1, 1.4])
        when.date_input(
            "New event: day",
            value="today",
            max_value="today",
            format="YYYY-MM-DD",
            key="event_day",
        )
        what.selectbox("Kind", list(EventKind), format_func=lambda k: k.value, key="event_kind")
        st.text_input(
            "What happened",
            max_chars=LONGEST_WORDS,
            key="event_words",
            placeholder="Cream started, twice a day",
            help="One line without names or other personal data.",
        )
        st.form_submit_button(
            "Record event",
            icon=":material/add:",
            on_click=session.attempt,
            args=(record_event, patient_id),
        )


def _show_event(reader: Reader, event: PatientEvent) -> None:
    words = event.describe().replace("[", "\\[")
    words = f"~~{words}~~" if event.withdrawn else words
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"{ICONS[event.kind]} **{frame.day_name(event.day)}** · {words}", width="stretch"
        )
        if not event.withdrawn and may(reader.role, Act.RECORD_EVENT):
            with st.popover("Withdraw", type="tertiary", key=f"withdraw_event.{event.id}"):
                st.caption("The event leaves the charts; it and this act stay in the record.")
                st.text_input("Reason", key=f"event_reason.{event.id}")
                st.button(
                    "Withdraw event",
                    key=f"event_gone.{event.id}",
                    on_click=session.attempt,
                    args=(withdraw_event, event.id),
                )
    gone = f" Withdrawn: {event.withdrawn}." if event.withdrawn else ""
    st.caption(f"Recorded by {event.recorded_by}.{gone}")
