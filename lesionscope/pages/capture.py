"""Capture: add the photos of a visit, say what each shows, and see at once what to retake."""

from __future__ import annotations

import re

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lesionscope.core.people import Act, Reader, may
from lesionscope.core.sites import FACTS, VIEWS, Side, Site, view_named
from lesionscope.exchange.target_sheet import Paper, target_sheet
from lesionscope.pages import frame, panel, pictures, session
from lesionscope.pages.arrivals import (
    FORMATS,
    Arrival,
    add_photo,
    first_time,
    measured_or_why_not,
    queue,
    show_refused,
)
from lesionscope.pages.hands import show_found_hand
from lesionscope.pages.measuring import Bench
from lesionscope.store.entries import BodyHistory, StoredMeasurement, StoredPhoto
from lesionscope.store.store import Store

VIEW_LABELS = {view.id: view.label for view in VIEWS}


def view_of(name: str) -> str:
    """Propose the standard view that a file name such as ``"C01_v1_back.jpg"`` holds as a word.

    Returns
    -------
    str
        A view's id; ``"other"`` when the name says nothing.
    """
    words = f"_{re.sub(r'[^a-z]+', '_', name.lower())}_".replace("_vneck_", "_v_neck_")
    return next((view.id for view in VIEWS if f"_{view.id}_" in words), "other")


def side_of(name: str) -> Side:
    """Propose the side of the body that a file name holds as a word."""
    words = re.split(r"[^a-z]+", name.lower())
    return next((side for side in (Side.LEFT, Side.RIGHT) if side.value in words), Side.MIDLINE)


def assign(store: Store, reader: Reader, photo: StoredPhoto, part: str) -> None:
    """Store the view, site or side chosen on a card; another site is measured anew."""
    chosen = st.session_state[f"{part}.{photo.id}"]
    with session.one_at_a_time():
        now = store.photo(reader, photo.id)
        view, site, side = now.view, now.site, now.side
        if part == "view":
            view, site = chosen, view_named(chosen).sites[0]
        elif part == "site":
            site = chosen
        else:
            side = chosen
        store.assign_photo(reader, photo.id, view=view, site=site, side=side)
        session.follow(f"site.{photo.id}", site)
    if site is not now.site and store.latest_measurement(reader, photo.id) is not None:
        queue(photo.id)


def withdraw(store: Store, reader: Reader, photo: StoredPhoto) -> None:
    """Withdraw a photo for the reason typed on its card."""
    store.withdraw_photo(reader, photo.id, st.session_state[f"reason.{photo.id}"].strip())


def show_upload(reader: Reader, visit_id: int) -> None:
    """Show the drop zone and the camera; store what arrives, one file after the other."""
    turn = st.session_state.setdefault(session.UPLOAD_ROUND, 0)
    files, camera = st.tabs(["Photo files", "Camera"], on_change="rerun", key="photo_source")
    arrived = files.file_uploader(
        "Photos of this visit",
        type=FORMATS,
        accept_multiple_files=True,
        key=f"upload.{turn}",
        help="Include the view in the name (face, back, hands …) and it is proposed for the photo.",
    )
    if camera.open:
        taken = camera.camera_input(
            "Take a photo", key=f"camera.{turn}", label_visibility="collapsed"
        )
        arrived = [*arrived, taken] if taken else arrived
    if not arrived:
        return
    progress = st.progress(0.0)
    for number, file in enumerate(arrived, start=1):
        progress.progress(number / len(arrived), f"Storing {number} of {len(arrived)}: {file.name}")
        if first_time(file.file_id):
            name = file.name
            arrival = Arrival(name, file.getvalue(), view_of(name), side_of(name))
            add_photo(reader, visit_id, arrival)
    st.session_state[session.UPLOAD_ROUND] = turn + 1
    st.session_state[session.TAKEN] = set()
    st.rerun()


def show_target() -> None:
    """Offer the sheet of markers to print."""
    with st.popover("Printed marker", icon=":material/print:"):
        st.caption(
            "Print at 100 %, check both rulers on the paper, cut out a marker and lay it flat "
            "beside the lesion, in the plane of the skin. Not on a wound. "
            "A new one for each patient."
        )
        for paper, label in ((Paper.A4, "A4"), (Paper.LETTER, "Letter")):
            st.download_button(
                f"Sheet, {label} (PDF)",
                target_sheet(paper),
                f"lesionscope_target_{label.lower()}.pdf",
                "application/pdf",
                key=f"target.{label}",
                icon=":material/download:",
                on_click="ignore",
            )


def show_card(reader: Reader, photo: StoredPhoto, body: BodyHistory) -> DeltaGenerator:
    """Show one photo with what it shows and what was found; return the place of the findings."""
    latest = session.store().latest_measurement(reader, photo.id)
    picture, facts = st.columns([1, 1.5])
    with picture:
        data = (
            pictures.outlined(reader, photo, latest)
            if latest
            else pictures.thumbnail(reader, photo)
        )
        st.image(data, width="stretch", alt=f"{VIEW_LABELS[photo.view]}, {photo.name}")
    with facts:
        show_assignment(reader, photo)
    place = st.empty()
    show_found(place, photo, latest)
    if latest is not None:
        show_found_hand(reader, body, photo, latest)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(photo.name, width="stretch")
        if may(reader.role, Act.ADD_PHOTO):
            with st.popover("Withdraw", type="tertiary"):
                st.caption("The photo leaves the visit; its bytes and this act stay in the record.")
                st.text_input("Reason", key=f"reason.{photo.id}")
                st.button(
                    "Withdraw photo",
                    key=f"withdraw.{photo.id}",
                    on_click=session.attempt,
                    args=(withdraw, photo),
                )
    return place


def show_assignment(reader: Reader, photo: StoredPhoto) -> None:
    """Show the view, site and side of a photo, to be changed by those who may."""
    fixed = not may(reader.role, Act.ADD_PHOTO)
    fields = (
        ("view", "View", list(VIEW_LABELS), photo.view, VIEW_LABELS.__getitem__),
        ("site", "Site", list(Site), photo.site, lambda site: FACTS[site].label),
        ("side", "Side", list(Side), photo.side, lambda side: side.value),
    )
    for part, label, options, value, words in fields:
        key = f"{part}.{photo.id}"
        session.begin_with(key, value)
        st.selectbox(
            label,
            options,
            format_func=words,
            key=key,
            disabled=fixed,
            on_change=session.attempt,
            args=(assign, photo, part),
        )


def show_found(place: DeltaGenerator, photo: StoredPhoto, latest: StoredMeasurement | None) -> None:
    """Show the result of a photo in short, or that it has none and how to get one."""
    failed: dict[int, str] = st.session_state.get(session.NOT_MEASURED, {})
    with place.container():
        if photo.id in failed:
            st.error(failed[photo.id], icon=":material/error:")
            st.button("Measure again", key=f"again.{photo.id}", on_click=queue, args=(photo.id,))
        elif latest is None:
            waiting = photo.id in st.session_state.get(session.TO_MEASURE, [])
            st.caption("Stored. Waiting to be measured." if waiting else "Stored, not measured.")
        else:
            bsa = panel.with_interval(latest.document, "bsa_percent", "% BSA")
            st.markdown(f"**{bsa or 'BSA not measurable'}**")
            panel.show_findings(latest.document)


def measure_waiting(
    reader: Reader, places: dict[int, tuple[StoredPhoto, DeltaGenerator]], bar: DeltaGenerator
) -> None:
    """Measure the queue, one photo after the other; what fails says so and the others go on."""
    waiting: list[int] = st.session_state.setdefault(session.TO_MEASURE, [])
    todo = [photo_id for photo_id in waiting if photo_id in places]
    if not todo:
        return
    bench = Bench(session.store(), reader, session.grader())
    for number, photo_id in enumerate(todo, start=1):
        photo, place = places[photo_id]
        words = f"{number} of {len(todo)}: measuring {photo.name} …"
        bar.progress((number - 1) / len(todo), words)
        sentence = measured_or_why_not(bench, photo)
        waiting.remove(photo_id)
        if sentence:
            st.session_state.setdefault(session.NOT_MEASURED, {})[photo_id] = sentence
        show_found(place, photo, session.store().latest_measurement(reader, photo_id))
    st.session_state.pop(session.PREPARED, None)
    st.rerun()


reader = session.reader_here()
patient, visit = session.visit_here(reader)
frame.heading("Capture", patient, visit)
photos = session.store().photos(reader, visit.id)
body = session.store().body_history(reader, patient.id)
if may(reader.role, Act.ADD_PHOTO):
    show_target()
    show_upload(reader, visit.id)
show_refused()
bar = st.empty()
unmeasured = [
    photo.id
    for photo in photos
    if photo.id not in st.session_state.get(session.TO_MEASURE, [])
    and photo.id not in st.session_state.get(session.NOT_MEASURED, {})
    and session.store().latest_measurement(reader, photo.id) is None
]
if unmeasured and may(reader.role, Act.MEASURE):
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(f"{len(unmeasured)} stored and not measured.", icon=":material/pending:")
        if st.button("Measure", type="primary", key="measure_unmeasured"):
            for photo_id in unmeasured:
                queue(photo_id)
            st.rerun()
if not photos:
    st.caption("No photo yet. Photograph with the patient's open hand or the 20 mm marker in view.")
places: dict[int, tuple[StoredPhoto, DeltaGenerator]] = {}
with st.grid("auto", min_column_width=420):
    for photo in photos:
        with st.container(border=True):
            places[photo.id] = (photo, show_card(reader, photo, body))
if may(reader.role, Act.MEASURE):
    measure_waiting(reader, places, bar)
