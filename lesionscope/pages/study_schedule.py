"""One patient against the schedule: windows, photographs, what is still to be signed."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.catalogue import instruments
from lesionscope.core.cdasi import CDASI
from lesionscope.core.people import Act, Reader, Visit, may
from lesionscope.core.protocol import MEASURED_AREA
from lesionscope.core.schedule import PlannedVisit
from lesionscope.core.trial import NOT_PLANNED, PlacedVisit, missing_shots
from lesionscope.pages import frame, session
from lesionscope.pages.study_desk import TIMING_COLOURS, window_words
from lesionscope.store.store import Store
from lesionscope.store.study_entries import StudyPatient
from lesionscope.study_desk import Desk, signed_in_reading, timing_words

_BY_NAME_AND_DAY = "by name and day"


def plan_visit(store: Store, reader: Reader, visit_id: int) -> None:
    """Keep which planned visit a visit is, as chosen in its form."""
    chosen = st.session_state[f"planned.{visit_id}"]
    store.plan_visit(
        reader,
        visit_id,
        None if chosen == _BY_NAME_AND_DAY else chosen,
        reason=st.session_state[f"planned_reason.{visit_id}"],
    )


def show_schedule(desk: Desk, patient: StudyPatient) -> None:
    """Show each planned visit with the one that was held for it, then the unscheduled ones."""
    st.markdown("#### Schedule")
    course = desk.course(patient)
    signed = _signed_forms(desk, patient)
    for placed in course.placed:
        with st.container(border=True):
            _show_placed(desk, placed)
            if placed.held is not None:
                _show_done(desk, placed, patient, signed)
                with st.container(horizontal=True, vertical_alignment="center"):
                    _show_shots_button(desk, placed, placed.held)
                    _show_choice(desk, patient, placed.held)
    for visit in course.unscheduled:
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{frame.visit_name(visit)}**", width="stretch")
                st.badge("unscheduled", color="gray")
            _show_choice(desk, patient, visit)


def _show_placed(desk: Desk, placed: PlacedVisit) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{placed.planned.label}** :gray[{window_words(placed)}]", width="stretch")
        st.badge(timing_words(placed), color=TIMING_COLOURS[placed.timing])  # type: ignore[arg-type]
    if placed.held is None:
        asked = ", ".join(_instrument_names(desk, placed.planned).values())
        shots = desk.protocol.shot_list_of(placed.planned)
        photos = f"{len(shots.shots)} photographs, " if shots else ""
        st.caption(f"Asks for {photos}{asked}.")


def _show_done(
    desk: Desk, placed: PlacedVisit, patient: StudyPatient, signed: dict[int, set[str]]
) -> None:
    held = placed.held
    assert held is not None
    named = _instrument_names(desk, placed.planned)
    done = signed.get(held.id, set()) | signed_in_reading(patient, held)
    words = [
        f":green[:material/check:] {name}" if key in done else f":orange[{name} not signed]"
        for key, name in named.items()
    ]
    label = "" if held.label == placed.planned.label else f"{held.label}, "
    st.markdown(f":small[Held as {label}{frame.day_name(held.day)} · {' · '.join(words)}]")


def _show_shots_button(desk: Desk, placed: PlacedVisit, held: Visit) -> None:
    shots = desk.protocol.shot_list_of(placed.planned)
    if shots is None:
        return
    photos = session.store().photos(desk.reader, held.id)
    missing = missing_shots(shots.shots, [(photo.view, photo.side) for photo in photos])
    taken = len(shots.shots) - len(missing)
    if st.button(
        f"{taken} of {len(shots.shots)} photographs",
        icon=":material/photo_library:" if not missing else ":material/warning:",
        key=f"to_shots.{held.id}",
        help="Open the shot list of this visit",
    ):
        session.open_visit(held)
        st.switch_page(session.page_file("shots"))


def _show_choice(desk: Desk, patient: StudyPatient, visit: Visit) -> None:
    """Offer to say which planned visit a visit is, where name and day do not tell rightly."""
    chosen = patient.held[visit.id].planned
    if chosen is not None:
        st.caption(
            "A person said that this is "
            + ("none of the planned visits." if chosen == NOT_PLANNED else f"“{chosen}”.")
        )
    if not may(desk.reader.role, Act.ADD_PATIENT):
        return
    names = {plan.id: plan.label for plan in desk.protocol.visits}
    names |= {NOT_PLANNED: "none of the planned visits", _BY_NAME_AND_DAY: _BY_NAME_AND_DAY}
    with (
        st.popover("Another planned visit?", type="tertiary", key=f"replan.{visit.id}"),
        st.form(f"planned_form.{visit.id}", border=False),
    ):
        st.selectbox(
            f"{frame.visit_name(visit)} is",
            list(names),
            index=list(names).index(chosen if chosen in names else _BY_NAME_AND_DAY),
            format_func=names.__getitem__,
            key=f"planned.{visit.id}",
        )
        st.text_input("Reason", key=f"planned_reason.{visit.id}")
        st.form_submit_button(
            "Keep", on_click=session.attempt, args=(plan_visit, visit.id), type="primary"
        )


def _instrument_names(desk: Desk, plan: PlannedVisit) -> dict[str, str]:
    known = instruments(desk.protocol.instrument_settings())
    short = {MEASURED_AREA: "BSA", CDASI.id: "CDASI", "pga": "PGA"}
    return {key: short[key] if key in short else known[key].name for key in plan.instruments}


def _signed_forms(desk: Desk, patient: StudyPatient) -> dict[int, set[str]]:
    """Return the instruments signed at each visit of a patient."""
    found: dict[int, set[str]] = {}
    for form in session.store().forms_of_patient(desk.reader, patient.patient.id):
        found.setdefault(form.visit_id, set()).add(form.instrument_id)
    return found
