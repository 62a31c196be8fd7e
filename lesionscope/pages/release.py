"""Release photos for blinded reading: a person looks at each, covers what must be, and decides."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lesionscope.core.people import Act, Reader, may
from lesionscope.core.sites import FACTS
from lesionscope.imaging.deidentify import MaskRectangle, blinded_view
from lesionscope.imaging.facefinder import face_masks, find_faces
from lesionscope.pages import frame, pictures, session
from lesionscope.pages.components.mask_frame import mask_frame
from lesionscope.store.entries import StoredPhoto
from lesionscope.store.releases import StoredRelease
from lesionscope.store.store import Store

PREVIEW = 1000
"""Longest side of the photo that masks are drawn on, in pixels."""
CHOSEN = "release_photo"


def release(
    store: Store, reader: Reader, photo: StoredPhoto, masks: Sequence[MaskRectangle]
) -> None:
    """Release the photo as it is masked now."""
    if not st.session_state.get(f"looked.{photo.id}"):
        raise ValueError("look at the picture and say that it shows nobody")
    store.release_photo(
        reader, photo.id, blinded_view(pictures.decoded(reader, photo).pixels, masks), masks=masks
    )
    st.session_state[f"looked.{photo.id}"] = False


def take_back(store: Store, reader: Reader, photo: StoredPhoto) -> None:
    """Take the release back for the reason given."""
    store.take_back_photo(reader, photo.id, st.session_state[f"back.{photo.id}"])


def propose(store: Store, reader: Reader, photo: StoredPhoto) -> None:  # noqa: ARG001
    """Put masks over the faces that are found, for a person to move and decide."""
    pixels = pictures.decoded(reader, photo).pixels
    faces = find_faces(pixels)
    if not faces:
        raise ValueError("no face was found; draw the masks that are needed yourself")
    keep = bool(st.session_state.get(f"lids.{photo.id}"))
    before = st.session_state.get(f"proposed.{photo.id}", (0, ()))
    masks = face_masks(faces, pixels.shape[:2], keep_eyelids=keep)
    st.session_state[f"proposed.{photo.id}"] = (before[0] + 1, masks)
    st.session_state[f"looked.{photo.id}"] = False


def state_of(stands: StoredRelease | None) -> tuple[str, str]:
    """Return what stands about a photo, and the colour of its badge."""
    if stands is None:
        return "not released", "orange"
    if not stands.released:
        return "taken back", "red"
    masks = f", {len(stands.masks)} masked" if stands.masks else ""
    return f"released{masks}", "green"


def show_photos(
    reader: Reader, photos: Sequence[StoredPhoto], decided: dict[int, StoredRelease]
) -> int:
    """Show the photos of the visit; return the one chosen."""
    by_id = {photo.id: photo for photo in photos}
    if st.session_state.get(CHOSEN) not in by_id:
        undecided = [photo for photo in photos if photo.id not in decided]
        st.session_state[CHOSEN] = (undecided or list(photos))[0].id
    for photo in photos:
        words, colour = state_of(decided.get(photo.id))
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            st.image(pictures.tile(reader, photo), width=72, alt=f"Photo {photo.name}")
            st.button(
                FACTS[photo.site].label,
                key=f"choose.{photo.id}",
                type="primary" if photo.id == st.session_state[CHOSEN] else "secondary",
                on_click=st.session_state.__setitem__,
                args=(CHOSEN, photo.id),
                width="stretch",
            )
            st.badge(words, color=colour)  # type: ignore[arg-type]
    return int(st.session_state[CHOSEN])


def show_photo(reader: Reader, photo: StoredPhoto, stands: StoredRelease | None) -> None:
    """Show one photo with its masks, and the way to release it or take it back."""
    st.subheader(f"{FACTS[photo.site].label}, {photo.side.value}", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Propose masks for faces",
            icon=":material/face:",
            on_click=session.attempt,
            args=(propose, photo),
            key=f"propose.{photo.id}",
        )
        st.toggle(
            "Keep the eyelids",
            key=f"lids.{photo.id}",
            help="Leaves the upper lids free, where the heliotrope sign is read.",
        )
    times, proposed = st.session_state.get(f"proposed.{photo.id}", (0, None))
    masks = mask_frame(
        pictures.thumbnail(reader, photo, PREVIEW),
        proposed if proposed is not None else stands.masks if stands else (),
        name=photo.name,
        key=f"masks.{photo.id}.{stands.id if stands else 0}.{times}",
    )
    st.checkbox(
        "I looked at this picture. It shows no face to recognise, name, date, tattoo or jewel.",
        key=f"looked.{photo.id}",
    )
    with st.container(horizontal=True):
        st.button(
            "Release for blinded reading",
            type="primary",
            icon=":material/verified:",
            on_click=session.attempt,
            args=(release, photo, masks),
            key=f"release.{photo.id}",
        )
    if stands is not None and stands.released:
        st.caption(f"Released by {stands.decided_by}. Readers see this and nothing else:")
        st.image(session.store().released_view(reader, photo.id), width=320, alt="Released picture")
        with st.expander("Take the release back"), st.form(f"take_back.{photo.id}"):
            st.text_input("Reason", key=f"back.{photo.id}")
            st.form_submit_button("Take back", on_click=session.attempt, args=(take_back, photo))
    elif stands is not None:
        st.caption(f"Taken back by {stands.decided_by}: {stands.reason}")


def show_waiting(reader: Reader) -> None:
    """Offer the visits with photos that nobody released, to those who run campaigns."""
    if not may(reader.role, Act.RUN_CAMPAIGN):
        return
    waiting = {
        one.visit.id: one for one in session.store().readable_visits(reader) if one.held_back
    }
    if not waiting:
        return
    chosen = st.selectbox(
        f"Visits with photos to release ({len(waiting)})",
        list(waiting),
        index=None,
        format_func=lambda i: f"{waiting[i].pseudonym}, {frame.visit_name(waiting[i].visit)}",
        placeholder="Open the next one",
        key="release_visit",
    )
    if chosen is not None:
        st.session_state.pop("release_visit")
        session.open_visit(waiting[chosen].visit)
        st.rerun()


reader = session.reader_here()
session.require(reader, Act.RELEASE_PHOTO)
frame.heading("Release photos")
show_waiting(reader)
patient, visit = session.visit_here(reader)
st.markdown(f"**Patient {patient.pseudonym}** · {frame.visit_name(visit)}")
st.caption(
    "Blinded readers see a photo only after a person released it. The original stays as it came; "
    "readers get a picture without camera data, names or dates."
)
photos = session.store().photos(reader, visit.id)
if not photos:
    st.info("This visit has no photo.", icon=":material/photo_camera:")
    st.stop()
decided = session.store().releases(reader, visit.id)
listed, shown = st.columns([1, 1.9], gap="large")
with listed:
    chosen = show_photos(reader, photos, decided)
with shown:
    show_photo(reader, next(p for p in photos if p.id == chosen), decided.get(chosen))
