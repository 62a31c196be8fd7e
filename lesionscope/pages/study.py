"""Study: the protocol, and every patient against its schedule and its criteria."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.people import Act, Reader
from lesionscope.core.protocol import Protocol
from lesionscope.exchange.yaml_root import FaultyFile
from lesionscope.pages import frame, session
from lesionscope.pages.study_cream import show_cream
from lesionscope.pages.study_eligibility import show_eligibility
from lesionscope.pages.study_events import show_events
from lesionscope.pages.study_patients import show_patients
from lesionscope.pages.study_protocol import (
    show_current,
    show_earlier,
    show_faults,
    show_setting_form,
)
from lesionscope.pages.study_report import show_study_report
from lesionscope.pages.study_response import show_response
from lesionscope.pages.study_schedule import show_schedule
from lesionscope.store.study_entries import StoredProtocol
from lesionscope.study_desk import Desk, today

PATIENTS, ONE, RESPONSE, PROTOCOL = session.STUDY_PARTS


def protocol_here(reader: Reader) -> Protocol | None:
    """Return the protocol that counts; one that this version cannot read is shown as faulty."""
    try:
        return session.store().protocol(reader)
    except FaultyFile as refusal:
        stored = session.store().protocols(reader)[-1]
        show_faults(stored.document.encode(), refusal.faults)
        return None


def show_one_patient(desk: Desk) -> None:
    """Show one patient: schedule, events and cream, and beside them the eligibility."""
    patient = session.patient_here(desk.reader)
    asked = session.store().study_patient(desk.reader, patient.id)
    st.subheader(f"Patient {patient.pseudonym}", anchor=False)
    # Two columns on a desk, one on a tablet.
    with st.grid("auto", min_column_width=440, gap="large"):
        with st.container():
            show_schedule(desk, asked)
            show_events(desk.reader, patient.id)
            show_cream(desk, asked)
        with st.container():
            show_eligibility(desk, asked)


def show_protocols(reader: Reader, protocol: Protocol | None) -> None:
    """Show the protocol that counts, the form to set another, and the earlier ones."""
    stored: list[StoredProtocol] = session.store().protocols(reader)
    if stored and protocol is not None:
        show_current(stored[-1], protocol)
    show_setting_form(reader, stored[-1] if stored else None)
    show_earlier(stored)


reader = session.reader_here()
session.require(reader, Act.READ_RECORD)
frame.heading("Study")
protocol = protocol_here(reader)
if protocol is None:
    st.info("No protocol is set yet: without one there is no schedule.", icon=":material/rule:")
    show_protocols(reader, None)
    st.stop()
desk = Desk(reader, protocol, today())
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    part = st.segmented_control(
        "Part of the study",
        session.STUDY_PARTS,
        default=None if session.STUDY_PART in st.session_state else PATIENTS,
        required=True,
        key=session.STUDY_PART,
        label_visibility="collapsed",
        width="content",
    )
    show_study_report(reader, protocol.id)
if part == PATIENTS:
    show_patients(desk)
elif part == ONE:
    show_one_patient(desk)
elif part == RESPONSE:
    show_response(desk)
else:
    show_protocols(reader, protocol)
