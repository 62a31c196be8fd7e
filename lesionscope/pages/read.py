"""Read: look at each photo with its outline, correct the outline, and see the numbers follow."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.measurement import Convention
from lesionscope.core.people import Act, Reader, may
from lesionscope.core.sites import FACTS
from lesionscope.imaging.maskfile import mask_from_png
from lesionscope.pages import frame, panel, pictures, session
from lesionscope.pages.components.mask_editor import mask_editor
from lesionscope.pages.measuring import Bench, correct_stored, is_corrected, measure_stored
from lesionscope.scoring.bsa import HANDPRINT_CM2, HANDPRINT_PERCENT
from lesionscope.store.entries import StoredMeasurement, StoredPhoto

TILE = 112  # width of a picture of the filmstrip, in pixels


def choose(photo_id: int) -> None:
    """Open a photo of the filmstrip."""
    st.session_state[session.PHOTO] = photo_id


def show_filmstrip(reader: Reader, photos: list[StoredPhoto]) -> StoredPhoto:
    """Show the photos of the visit in a row and return the one that is open."""
    here = {photo.id: photo for photo in photos}
    if st.session_state.get(session.PHOTO) not in here:
        choose(photos[0].id)
    chosen = here[st.session_state[session.PHOTO]]
    with st.container(horizontal=True, wrap=False, gap="small"):
        for photo in photos:
            with st.container(width=TILE, gap="xxsmall"):
                st.image(pictures.tile(reader, photo), width="stretch", alt=photo.name)
                st.button(
                    FACTS[photo.site].label,
                    key=f"choose.{photo.id}",
                    type="primary" if photo.id == chosen.id else "secondary",
                    on_click=choose,
                    args=(photo.id,),
                    width="stretch",
                    wrap=False,
                    help=f"{FACTS[photo.site].label}: {photo.name}",
                )
    return chosen


def per_pixel(latest: StoredMeasurement) -> tuple[float | None, float | None]:
    """Return what a pixel inside the outline adds, in cm2 and in percent under the protocol."""
    scale, hand_px = latest.document["mm_per_px"], latest.document["calibration"]["hand_area_px"]
    cm2 = None if scale is None else scale**2 / 100.0
    worth = HANDPRINT_PERCENT[Convention.PROTOCOL]
    if hand_px:
        return cm2, worth / hand_px
    return cm2, None if cm2 is None else worth * cm2 / HANDPRINT_CM2


def show_photo(reader: Reader, photo: StoredPhoto, latest: StoredMeasurement) -> None:
    """Show the photo with its outline, to be corrected by those who may."""
    if not may(reader.role, Act.CORRECT_MASK):
        opacity = st.slider("Tint of the lesions", 0, 100, 0, 10, format="%d %%", key="tint")
        st.image(
            pictures.outlined(reader, photo, latest, side=pictures.DETAIL, opacity=opacity / 100),
            width="stretch",
            alt=f"{FACTS[photo.site].label} with the lesions outlined",
        )
        return
    files = session.store().measurement_files(reader, latest.id)
    cm2, percent = per_pixel(latest)
    saved = mask_editor(
        pictures.full_jpeg(reader, photo),
        mask_from_png(files["lesion"]),
        cm2_per_px=cm2,
        percent_per_px=percent,
        key=f"mask.{reader.id}.{photo.id}",
    )
    if saved is None:
        return
    with st.spinner("Measuring within your outline …"):
        bench = Bench(session.store(), reader, session.grader())
        correct_stored(bench, photo, latest, saved)
    st.rerun()


def show_not_measured(reader: Reader, photo: StoredPhoto) -> None:
    """Show a photo that has no measurement yet, and a way to get one."""
    st.image(pictures.thumbnail(reader, photo, pictures.DETAIL), width="stretch", alt=photo.name)
    st.caption("Stored, not measured.")
    if may(reader.role, Act.MEASURE) and st.button("Measure", type="primary"):
        with st.spinner("Measuring …"):
            measure_stored(Bench(session.store(), reader, session.grader()), photo)
        st.rerun()


def show_history(reader: Reader, photo: StoredPhoto) -> None:
    """Show every measurement of the photo: who drew the outline, and what it came to."""
    history = session.store().measurements(reader, photo.id)
    if len(history) < 2:
        return
    with st.expander(f"Earlier measurements: {len(history) - 1}"):
        for made in reversed(history[:-1]):
            bsa = panel.with_interval(made.document, "bsa_percent", "%") or "not measurable"
            by = made.drawn_by if is_corrected(made) else "software"
            st.caption(f"{made.made_at:%d %b %Y %H:%M} UTC · outline by {by} · {bsa}")


reader = session.reader_here()
patient, visit = session.visit_here(reader)
frame.heading("Read", patient, visit)
photos = session.store().photos(reader, visit.id)
if not photos:
    st.info("This visit has no photo yet.", icon=":material/photo_camera:")
    st.page_link(session.page_file("capture"), label="Capture", icon=":material/photo_camera:")
    st.stop()
photo = show_filmstrip(reader, photos)
latest = session.store().latest_measurement(reader, photo.id)
if latest is None:
    show_not_measured(reader, photo)
    st.stop()
signed = session.store().current_reading(reader, visit.id)
if signed is not None:
    st.caption(
        f":material/lock: Signed by {signed.reader_name}. A new outline is kept beside it and "
        "does not change the signed reading."
    )
left, right = st.columns([2.1, 1], gap="medium")
with left:
    show_photo(reader, photo, latest)
with right:
    panel.show_measurement(
        latest.document, corrected_by=latest.drawn_by if is_corrected(latest) else ""
    )
    show_history(reader, photo)
