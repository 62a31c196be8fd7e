"""Eligibility of one patient: each criterion with its answer, why, and how sure it is."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.criterion import LABELS, Quantity
from lesionscope.core.measurement import BsaEstimate, Convention
from lesionscope.core.people import Act, Reader, may
from lesionscope.core.study import PersonCheck
from lesionscope.pages import frame, session
from lesionscope.pages.study_desk import ANSWER_COLOURS, VERDICT_COLOURS
from lesionscope.pages.visit_bsa import bsa_of_visit, measured_photos, overlaps
from lesionscope.scoring.eligibility import OLDEST_YEARS, Answer, CriterionAnswer
from lesionscope.store.store import Store
from lesionscope.store.study_entries import StudyPatient
from lesionscope.study_desk import Desk


def record_age(store: Store, reader: Reader, patient_id: int) -> None:
    """Keep the age in the form."""
    years = st.session_state[f"age.{patient_id}"]
    if years is None:
        raise ValueError("the age is needed, in completed years")
    reason = st.session_state.get(f"age_reason.{patient_id}", "")
    store.record_age(reader, patient_id, years, reason=reason)


def answer_check(store: Store, reader: Reader, patient_id: int, criterion: str) -> None:
    """Keep the answer to a person's criterion in its form."""
    store.answer_check(
        reader,
        patient_id,
        criterion,
        st.session_state[f"check.{patient_id}.{criterion}"],
        reason=st.session_state[f"check_reason.{patient_id}.{criterion}"],
    )


def show_eligibility(desk: Desk, patient: StudyPatient) -> None:
    """Show the verdict, then every criterion: those on values, and those for a person."""
    st.markdown("#### Eligibility")
    measured = measured_bsa(desk, patient)
    found = desk.enrolment(patient, measured)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            verdict = found.verdict
            st.badge(verdict.value, color=VERDICT_COLOURS[verdict])  # type: ignore[arg-type]
            st.markdown(found.describe().partition(": ")[2], width="stretch")
        held = desk.baseline(patient).held
        st.caption(
            "No baseline visit, so no values yet."
            if held is None
            else f"From what was signed of {frame.visit_name(held)}. Measured values that nobody "
            "signed show where the patient probably stands and decide nothing."
        )
    with st.container(border=True):
        for answer in found.by_values.answers:
            _show_value(desk, patient, answer)
    with st.container(border=True):
        st.caption("Answered by a clinician:")
        for check, given in found.by_person:
            _show_check(desk, patient, check, given)


def measured_bsa(desk: Desk, patient: StudyPatient) -> BsaEstimate | None:
    """Return the area measured at the baseline, where it was not signed."""
    held = desk.baseline(patient).held
    if held is None:
        return None
    reading = patient.held[held.id].reading
    if reading is not None and reading.bsa is not None:
        return None
    measured = measured_photos(session.store(), desk.reader, held.id)
    convention = desk.protocol.settings.bsa_convention.value or Convention.PROTOCOL
    return bsa_of_visit(measured, convention, overlaps(desk.reader, measured)).total


def _show_value(desk: Desk, patient: StudyPatient, answer: CriterionAnswer) -> None:
    """Show a criterion on values: its answer, why, and how sure it is."""
    quantity = answer.criterion.quantity
    label, word = LABELS[quantity], answer.answer.value
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{label[:1].upper()}{label[1:]}**", width="stretch")
            st.badge(word, color=ANSWER_COLOURS[answer.answer])  # type: ignore[arg-type]
            if quantity is Quantity.AGE_YEARS:
                _show_age_form(desk, patient)
        reason = answer.reason[:1].upper() + answer.reason[1:]
        given = patient.age if quantity is Quantity.AGE_YEARS else None
        by = f" Given by {given.recorded_by}." if given else ""
        note = f"  \n:gray[{answer.criterion.note}]" if answer.criterion.note else ""
        st.markdown(f":small[{reason}.{by}{note}]")


def _show_age_form(desk: Desk, patient: StudyPatient) -> None:
    """Offer to give the age, or another one with a reason."""
    age, patient_id = patient.age, patient.patient.id
    if not may(desk.reader.role, Act.RECORD_BODY):
        return
    with (
        st.popover("Change" if age else "Give the age", key=f"age_popover.{patient_id}"),
        st.form(f"age_form.{patient_id}", border=False),
    ):
        st.number_input(
            "Age in completed years at screening",
            0,
            OLDEST_YEARS,
            value=age.years if age else None,
            key=f"age.{patient_id}",
            help="No date of birth is kept.",
        )
        if age is not None:
            st.text_input("Reason for the change", key=f"age_reason.{patient_id}")
        st.form_submit_button(
            "Keep", type="primary", on_click=session.attempt, args=(record_age, patient_id)
        )


def _show_check(desk: Desk, patient: StudyPatient, check: PersonCheck, given: Answer) -> None:
    """Show a criterion for a person, who answered it, and the form to answer."""
    stored = patient.checks.get(check.id)
    counts = stored is not None and stored.wording == check.text
    words = f"**{check.text}**"
    if stored is not None:
        said = f": {stored.reason}" if stored.reason else ""
        old = "" if counts else " The protocol words it otherwise now, so it is asked again."
        words += (
            f"  \n:small[:gray[{stored.answer.value.capitalize()} by {stored.answered_by}, "
            f"{frame.day_name(stored.answered_at.date())}{said}.{old}]]"
        )
    with st.container(gap="xsmall"):
        st.markdown(words)
        with st.container(horizontal=True, vertical_alignment="center"):
            word = given.value if counts else "not answered"
            st.badge(word, color=ANSWER_COLOURS[given])  # type: ignore[arg-type]
            if may(desk.reader.role, Act.SIGN_READING):
                _show_check_form(patient.patient.id, check, given, replaces=counts)


def _show_check_form(patient_id: int, check: PersonCheck, given: Answer, *, replaces: bool) -> None:
    key = f"{patient_id}.{check.id}"
    with (
        st.popover("Answer again" if replaces else "Answer", key=f"check_popover.{key}"),
        st.form(f"check_form.{key}", border=False),
    ):
        st.radio(
            check.text,
            list(Answer),
            index=list(Answer).index(given) if replaces else None,
            format_func=lambda one: one.value,
            key=f"check.{key}",
        )
        st.text_input(
            "Reason for the change" if replaces else "What it rests on (optional)",
            key=f"check_reason.{key}",
        )
        st.form_submit_button(
            "Keep",
            type="primary",
            on_click=session.attempt,
            args=(answer_check, patient_id, check.id),
        )
