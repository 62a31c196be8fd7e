"""Shot list: the photographs that the protocol asks for at a visit, to be followed on a tablet."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lesionscope.core.people import Act, Patient, Reader, Visit, may
from lesionscope.core.photo import Severity
from lesionscope.core.protocol import Protocol
from lesionscope.core.schedule import PlannedVisit, Shot
from lesionscope.core.sites import Side
from lesionscope.core.trial import PlacedVisit, missing_shots
from lesionscope.pages import frame, panel, pictures, session
from lesionscope.pages.arrivals import (
    FORMATS,
    Arrival,
    add_photo,
    first_time,
    measured_or_why_not,
    show_refused,
)
from lesionscope.pages.measuring import Bench
from lesionscope.pages.pictograms import POSES, pictogram_tag
from lesionscope.pages.study_desk import TIMING_COLOURS
from lesionscope.store.entries import StoredPhoto
from lesionscope.study_desk import Desk, timing_words, today


def plan_of(desk: Desk, patient: Patient, visit: Visit) -> PlannedVisit | None:
    """Return the planned visit whose list is followed; asked where the visit is unscheduled."""
    asked = session.store().study_patient(desk.reader, patient.id)
    placed = next(
        (one for one in desk.course(asked).placed if one.held and one.held.id == visit.id), None
    )
    if placed is not None:
        show_placed(placed)
        return placed.planned
    with_list = [one for one in desk.protocol.visits if one.shot_list]
    st.caption(f"{visit.label} is none of the planned visits. Choose the list to follow.")
    if not with_list:
        return None
    return st.selectbox("List of", with_list, format_func=lambda p: p.label, key="shots_of")


def show_placed(placed: PlacedVisit) -> None:
    """Say which planned visit this is and how it stands to its window."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Planned visit **{placed.planned.label}**", width="content")
        st.badge(timing_words(placed), color=TIMING_COLOURS[placed.timing])  # type: ignore[arg-type]


def shows(photo: StoredPhoto, shot: Shot) -> bool:
    """Return whether a photo was taken for a shot, as far as its view and side tell."""
    sides = (Side.MIDLINE, shot.side) if shot.side else tuple(Side)
    return photo.view == shot.view and photo.side in sides


def show_progress(shots: tuple[Shot, ...], missing: tuple[Shot, ...]) -> None:
    """Show how many are taken and name those that are missing."""
    taken = len(shots) - len(missing)
    st.progress(taken / len(shots), f"**{taken} of {len(shots)}** photographs taken")
    if missing:
        names = " · ".join(shot.label() for shot in missing)
        st.markdown(f":orange[:material/warning: **Missing {len(missing)}**] :small[{names}]")
    else:
        st.success("Every photograph of the list is there.", icon=":material/task_alt:")


def show_shot(
    reader: Reader, visit: Visit, shot: Shot, photos: list[StoredPhoto], *, missing: bool
) -> dict[int, DeltaGenerator]:
    """Show one shot with its pictogram and photos; return where each photo's findings stand."""
    places: dict[int, DeltaGenerator] = {}
    with st.container(border=True, height="stretch", vertical_alignment="distribute"):
        with st.container(gap="small"):
            with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                st.html(pictogram_tag(shot, 90), width=90)
                for photo in photos[-1:]:
                    st.image(pictures.tile(reader, photo), width=96, alt=f"Taken: {photo.name}")
            if missing:
                st.badge("other side missing" if photos else "missing", color="orange")
            else:
                many = f", {len(photos)} photos" if len(photos) > 1 else ""
                st.badge(f"taken{many}", color="green")
            for photo in photos[-1:]:
                places[photo.id] = st.empty()
                show_retake(reader, photo, places[photo.id])
        if not may(reader.role, Act.ADD_PHOTO):
            st.markdown(f"**{shot.label()}**")
        elif st.button(
            shot.label(),
            key=f"take.{shot}",
            type="primary" if missing else "secondary",
            icon=":material/photo_camera:",
            width="stretch",
        ):
            st.session_state[session.SHOT] = (visit.id, str(shot))
    return places


def show_retake(reader: Reader, photo: StoredPhoto, place: DeltaGenerator) -> None:
    """Say in short what limits a photo, so that it is taken again while the patient is there."""
    failed: dict[int, str] = st.session_state.get(session.NOT_MEASURED, {})
    latest = session.store().latest_measurement(reader, photo.id)
    with place.container():
        if photo.id in failed:
            st.caption(f":red[:material/error:] {failed[photo.id]}")
        elif latest is None:
            waiting = photo.id in st.session_state.get(session.TO_MEASURE, [])
            st.caption("Being checked …" if waiting else "Stored, not measured.")
        else:
            found = panel.findings(latest.document)
            worst = [f for f in found if Severity(f["severity"]) is not Severity.INFO][:1]
            for finding in worst:
                advice = f" {finding['advice']}" if finding.get("advice") else ""
                st.caption(f":orange[:material/warning:] {finding['message']}{advice}")
            if not worst:
                st.caption(":green[:material/check:] Nothing to retake.")


def show_taking(reader: Reader, visit: Visit, shots: tuple[Shot, ...]) -> None:
    """Open the dialog of the shot that was tapped, until its photo is there or it is closed."""
    for shot in shots:
        if st.session_state.get(session.SHOT) == (visit.id, str(shot)):
            dialog = st.dialog(shot.label(), width="medium", on_dismiss=stop_taking)
            dialog(take)(reader, visit, shot)


def stop_taking() -> None:
    """Close the dialog at the next run of the page."""
    st.session_state.pop(session.SHOT, None)


def take(reader: Reader, visit: Visit, shot: Shot) -> None:
    """Ask for the photo of one shot, by the tablet's own camera or from a file."""
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.html(pictogram_tag(shot, 120), width=120)
        with st.container():
            st.markdown(POSES[shot.view])
            st.caption("The open hand or the printed marker flat on the same skin, camera square.")
    turn = st.session_state.setdefault(session.UPLOAD_ROUND, 0)
    files = st.file_uploader(
        "Photo: the tablet offers its camera here",
        type=FORMATS,
        accept_multiple_files=True,
        key=f"shot_upload.{turn}",
    )
    if st.toggle("Camera of this page", key="shot_camera_on"):
        taken = st.camera_input(
            "Take a photo", key=f"shot_camera.{turn}", label_visibility="collapsed"
        )
        files = [*files, taken] if taken else files
    if not files:
        return
    for file in files:
        if first_time(file.file_id):
            name = f"{shot} {file.name}"
            side = shot.side or Side.MIDLINE
            add_photo(reader, visit.id, Arrival(name, file.getvalue(), shot.view, side))
    st.session_state[session.UPLOAD_ROUND] = turn + 1
    st.session_state[session.TAKEN] = set()
    stop_taking()
    st.rerun()


def measure_waiting(
    reader: Reader, photos: list[StoredPhoto], places: dict[int, DeltaGenerator]
) -> None:
    """Measure what has just come, so that a photo to retake is known at once."""
    waiting: list[int] = st.session_state.setdefault(session.TO_MEASURE, [])
    todo = [photo for photo in photos if photo.id in waiting]
    if not todo:
        return
    st.session_state.pop(session.PREPARED, None)
    bench = Bench(session.store(), reader, session.grader())
    for photo in todo:
        sentence = measured_or_why_not(bench, photo)
        waiting.remove(photo.id)
        if sentence:
            st.session_state.setdefault(session.NOT_MEASURED, {})[photo.id] = sentence
        if photo.id in places:
            show_retake(reader, photo, places[photo.id])


def show_list(reader: Reader, visit: Visit, protocol: Protocol, plan: PlannedVisit) -> None:
    """Show the list of a planned visit and what of it was taken."""
    listed = protocol.shot_list_of(plan)
    if listed is None:
        st.caption(f"{plan.label} needs no photograph.")
        return
    photos = session.store().photos(reader, visit.id)
    missing = missing_shots(listed.shots, [(photo.view, photo.side) for photo in photos])
    show_progress(listed.shots, missing)
    show_refused()
    places: dict[int, DeltaGenerator] = {}
    if may(reader.role, Act.ADD_PHOTO):
        st.caption("Tap a view to take its photograph.")
    with st.grid("auto", min_column_width=215):
        for shot in listed.shots:
            of_shot = [photo for photo in photos if shows(photo, shot)]
            places |= show_shot(reader, visit, shot, of_shot, missing=shot in missing)
    others = [p for p in photos if not any(shows(p, shot) for shot in listed.shots)]
    if others:
        names = ", ".join(photo.name for photo in others)
        st.caption(f"Not on the list: {names}. What a photo shows is changed on Capture.")
    show_taking(reader, visit, listed.shots)
    if may(reader.role, Act.MEASURE):
        measure_waiting(reader, photos, places)


reader = session.reader_here()
session.require(reader, Act.READ_RECORD)
patient, visit = session.visit_here(reader)
frame.heading("Shot list", patient, visit)
protocol = session.store().protocol(reader)
if protocol is None:
    st.info("No protocol is set, so there is no list to follow.", icon=":material/rule:")
    st.page_link(session.page_file("study"), label="Study", icon=":material/science:")
    st.stop()
plan = plan_of(Desk(reader, protocol, today()), patient, visit)
if plan is not None:
    show_list(reader, visit, protocol, plan)
