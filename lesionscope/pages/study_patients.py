"""All patients against the schedule and the eligibility criteria: one line each."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from lesionscope.core.trial import Timing
from lesionscope.pages import session
from lesionscope.scoring.eligibility import Verdict
from lesionscope.store.study_entries import StudyPatient
from lesionscope.study_desk import Desk, timing_words


def row_of(desk: Desk, patient: StudyPatient) -> dict[str, object]:
    """Return one patient as the table shows it."""
    course = desk.course(patient)
    row: dict[str, object] = {
        "Patient": patient.patient.pseudonym,
        "Eligibility by what is signed": desk.enrolment(patient).describe(),
    }
    for placed in course.placed:
        row[placed.planned.label] = timing_words(placed)
    row["Unscheduled"] = len(course.unscheduled) or None
    return row


def show_counts(desk: Desk, patients: list[StudyPatient]) -> None:
    """Show how many patients and visits need somebody's attention."""
    verdicts = Counter(desk.enrolment(one).verdict for one in patients)
    timings = Counter(placed.timing for one in patients for placed in desk.course(one).placed)
    planned = desk.protocol.design.patients.value
    boxes = st.columns(4)
    figures = (
        ("Patients", f"{len(patients)}" + (f" of {planned} planned" if planned else "")),
        ("Eligible", f"{verdicts[Verdict.ELIGIBLE]}"),
        ("Visits missing", f"{timings[Timing.MISSING]}"),
        ("Visits out of window", f"{timings[Timing.EARLY] + timings[Timing.LATE]}"),
    )
    for box, (label, figure) in zip(boxes, figures, strict=True):
        box.metric(label, figure, border=True)


def show_patients(desk: Desk) -> None:
    """Show every patient on one line; a chosen line opens the patient."""
    patients = session.store().study_patients(desk.reader)
    if not patients:
        st.caption("No patient yet.")
        return
    show_counts(desk, patients)
    chosen = st.dataframe(
        [row_of(desk, one) for one in patients],
        hide_index=True,
        width="stretch",
        placeholder="–",
        on_select="rerun",
        selection_mode="single-row",
        key="study_patient_row",
    )
    rows = chosen["selection"]["rows"]
    if not rows:
        st.caption("Choose a line to open the patient.")
        return
    patient = patients[rows[0]].patient
    st.button(
        f"Open {patient.pseudonym}",
        type="primary",
        icon=":material/open_in_new:",
        on_click=_open,
        args=(patient.id,),
    )


def _open(patient_id: int) -> None:
    session.open_patient(patient_id)
    st.session_state[session.STUDY_PART] = session.STUDY_PARTS[1]
