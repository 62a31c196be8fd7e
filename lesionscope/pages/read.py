"""Read: look at each photo with its outline, correct the outline, and see the numbers follow."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lesionscope.core.handprint_bsa import PERCENT
from lesionscope.core.measurement import Convention
from lesionscope.core.people import Act, Reader, may
from lesionscope.core.sites import FACTS
from lesionscope.decided import clear_skin_in
from lesionscope.imaging.maskfile import mask_from_png
from lesionscope.pages import ahead, clicks, frame, layers, panel, pictures, session
from lesionscope.pages.components.click_relay import click_relay
from lesionscope.pages.components.layer_relay import layer_relay
from lesionscope.pages.components.mask_editor import HandChoice, PhotoFacts, mask_editor
from lesionscope.pages.measuring import (
    Bench,
    correct_stored,
    is_corrected,
    measure_stored,
)
from lesionscope.scoring.budget import HAND_AS_LAID
from lesionscope.scoring.hand_size import TYPICAL_CM2
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


def per_pixel(latest: StoredMeasurement, outlined: int) -> tuple[float | None, float | None]:
    """Return what a pixel inside the outline adds, in cm2 and in percent under the protocol.

    Where the outline was measured its pixels share what came out, so that the figures under the
    photo begin with those beside it; else the flat scale of the ruler serves.
    """
    cm2, percent = latest.document["area_cm2"], latest.document["bsa_percent"]
    if outlined and (cm2 or percent):
        return (cm2 / outlined if cm2 else None), (percent / outlined if percent else None)
    return flat_per_pixel(latest)


def flat_per_pixel(latest: StoredMeasurement) -> tuple[float | None, float | None]:
    """Return cm2 and percent of a pixel on the plane of the ruler."""
    scale, hand_px = latest.document["mm_per_px"], latest.document["calibration"]["hand_area_px"]
    cm2 = None if scale is None else scale**2 / 100.0
    worth = PERCENT[Convention.PROTOCOL]
    if hand_px:
        return cm2, worth * HAND_AS_LAID / hand_px
    hand_cm2 = latest.document["calibration"]["details"].get("handprint_cm2", TYPICAL_CM2)
    return cm2, None if cm2 is None else worth * cm2 / hand_cm2


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
    outline, hand = _masks(latest.id, reader)
    saved = mask_editor(
        pictures.full_jpeg(reader, photo),
        outline,
        facts_of(latest, outline, hand),
        key=editor_key(reader, photo),
    )
    if saved is None:
        return
    bench = Bench(session.store(), reader, session.grader())
    if isinstance(saved, HandChoice):
        with st.spinner("Measuring with this hand as the ruler …"):
            measure_stored(bench, photo, hand_at=saved.at)
    else:
        with st.spinner("Measuring within your outline …"):
            correct_stored(bench, photo, latest, saved)
    st.session_state.pop(session.PREPARED, None)
    st.rerun()


@st.cache_resource(max_entries=6, show_spinner=False)
def _masks(measurement_id: int, _reader: Reader) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the outline and the ruler hand; not to be changed, as every reader gets the same."""
    files = session.store().measurement_files(_reader, measurement_id)
    lesion, hand = (mask_from_png(files[name]) for name in ("lesion", "hand"))
    for mask in (lesion, hand):
        mask.flags.writeable = False
    return lesion, hand


def editor_key(reader: Reader, photo: StoredPhoto) -> str:
    """Name the editor of a photo, its drafts and its clicks."""
    return f"mask.{reader.id}.{photo.id}"


def facts_of(
    latest: StoredMeasurement, outline: NDArray[np.bool_], hand: NDArray[np.bool_]
) -> PhotoFacts:
    """Gather what the editor shows beside the outline."""
    cm2, percent = per_pixel(latest, int(outline.sum()))
    hands = tuple((float(x), float(y)) for x, y in latest.document.get("hands", ()))
    return PhotoFacts(
        cm2_per_px=cm2,
        percent_per_px=percent,
        clear_skin=clear_skin_in(latest),
        hands=hands,
        ruler_hand=next((i for i, at in enumerate(hands) if covers(hand, at)), None),
        layers_of=latest.id,
        corrected=layers.has_corrected_colour(latest),
    )


def covers(mask: NDArray[np.bool_], at: tuple[float, float]) -> bool:
    """Return whether a mask holds a pixel (x, y)."""
    x, y = int(at[0]), int(at[1])
    return 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and bool(mask[y, x])


@st.fragment
def answer_clicks(reader: Reader, photo: StoredPhoto, latest: StoredMeasurement) -> None:
    """Answer the clicks of the editor; a click runs this alone and not the page."""
    bench = Bench(session.store(), reader, session.grader())
    on_photo = (latest.document["height_px"], latest.document["width_px"])
    click_relay(
        lambda question: clicks.answered(bench, photo, latest, question),
        shape=on_photo,
        key=editor_key(reader, photo),
    )
    # The photo is there to be looked at meanwhile; a click that comes first prepares for itself.
    ahead.do(("ground", latest.id), partial(clicks.prepare, bench, photo, latest))


@st.fragment
def send_layers(reader: Reader, photo: StoredPhoto, latest: StoredMeasurement) -> None:
    """Send the layers that the editor asks for; this alone runs, and not the page."""
    bench = Bench(session.store(), reader, session.grader())
    layer_relay(lambda: layers.layers_of(bench, photo, latest), key=editor_key(reader, photo))


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
            st.caption(f"{made.made_at:%d %b %Y %H:%M} UTC · {outline_words(made)} · {bsa}")
        if may(reader.role, Act.CORRECT_MASK):
            offer_software(reader, photo, history[-1])


def offer_software(reader: Reader, photo: StoredPhoto, latest: StoredMeasurement) -> None:
    """Offer to leave what readers drew and chose; nothing else ever does."""
    if not is_corrected(latest) and clear_skin_in(latest) is None:
        return
    if st.button("Take the software's outline again", key="software_outline"):
        with st.spinner("Measuring …"):
            bench = Bench(session.store(), reader, session.grader())
            measure_stored(bench, photo, keep_drawn=False)
        st.rerun()


def outline_words(made: StoredMeasurement) -> str:
    """Say whose outline a measurement has, and against which clear skin."""
    by = made.drawn_by if is_corrected(made) else "software"
    chosen = f", clear skin chosen by {made.made_by}" if clear_skin_in(made) is not None else ""
    return f"outline by {by}{chosen}"


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
if may(reader.role, Act.CORRECT_MASK):
    answer_clicks(reader, photo, latest)
    send_layers(reader, photo, latest)
