"""The patient's body on the pages: height, weight and sex, and the own hand as the ruler."""

from __future__ import annotations

import streamlit as st

from lesionscope.core.body import BodySize, Sex
from lesionscope.core.people import Act, Patient, Reader, Visit, may
from lesionscope.pages import frame, session
from lesionscope.pages.hands import hand_words, show_found_hand, show_hand
from lesionscope.store.entries import BodyHistory, StoredBodySize, StoredMeasurement, StoredPhoto
from lesionscope.store.store import Store


def size_words(stored: StoredBodySize) -> str:
    """Write height, weight and sex with what follows from them and the day they belong to."""
    size = stored.size
    sex = f", {size.sex.value}" if size.sex else ""
    return (
        f"{size.height_cm:g} cm, {size.weight_kg:g} kg{sex} · body surface "
        f"{size.surface_m2():.2f} m² (Mosteller) · {frame.day_name(stored.day)}"
    )


def body_caption(history: BodyHistory, visit: Visit) -> str:
    """Say in one line what of the body is known for measuring the photos of a visit."""
    size, hand = history.size_on(visit.day), history.handprint
    parts = [size_words(size)] if size else ["height and weight not recorded"]
    parts.append(
        f"own hand {hand_words(hand.handprint)}, {hand.source}" if hand else "own hand not recorded"
    )
    return "**Body**: " + " · ".join(parts) + "."


def record_size(store: Store, reader: Reader, visit: Visit) -> None:
    """Record the height, weight and sex in the form for a visit."""
    height = st.session_state[f"height_cm.{visit.id}"]
    weight = st.session_state[f"weight_kg.{visit.id}"]
    if height is None or weight is None:
        raise ValueError("height and weight are both needed")
    size = BodySize(height, weight, st.session_state[f"sex.{visit.id}"])
    store.record_body_size(reader, visit.patient_id, size, visit_id=visit.id)


def show_body(reader: Reader, patient: Patient, visit: Visit) -> None:
    """Show what is known of a patient's body, with the forms to record more at a visit."""
    store = session.store()
    history = store.body_history(reader, patient.id)
    st.subheader(f"Body of {patient.pseudonym}")
    size, hand = st.columns(2, gap="medium")
    with size:
        show_size(reader, history, visit)
    with hand:
        show_hand(reader, patient, history)
    latest = [(p, store.latest_measurement(reader, p.id)) for p in store.photos(reader, visit.id)]
    measured = [(photo, found) for photo, found in latest if found is not None]
    for photo, found in measured:
        show_found_hand(reader, history, photo, found)
    show_outdated(reader, history, visit, measured)


def show_size(reader: Reader, history: BodyHistory, visit: Visit) -> None:
    """Show height, weight and sex as they count at a visit, with the form to record them."""
    stored = history.size_on(visit.day)
    if not may(reader.role, Act.RECORD_BODY):
        st.caption(size_words(stored) if stored else "Height and weight are not recorded.")
        return
    known = stored.size if stored else None
    for key, value in (
        ("height_cm", known and known.height_cm),
        ("weight_kg", known and known.weight_kg),
        ("sex", known and known.sex),
    ):
        session.begin_with(f"{key}.{visit.id}", value)
    with st.form(f"size.{visit.id}"):
        height, weight = st.columns(2)
        height.number_input(
            "Height, cm", 40.0, 250.0, step=1.0, format="%.1f", key=f"height_cm.{visit.id}"
        )
        weight.number_input(
            "Weight, kg", 2.0, 400.0, step=1.0, format="%.1f", key=f"weight_kg.{visit.id}"
        )
        st.selectbox(
            "Sex",
            list(Sex),
            index=None,
            placeholder="not recorded",
            format_func=lambda sex: sex.value,
            key=f"sex.{visit.id}",
        )
        st.form_submit_button(
            f"Record for {visit.label}",
            icon=":material/monitor_weight:",
            on_click=session.attempt,
            args=(record_size, visit),
        )
    st.caption(size_words(stored) if stored else "Not recorded yet.")


def show_outdated(
    reader: Reader,
    history: BodyHistory,
    visit: Visit,
    measured: list[tuple[StoredPhoto, StoredMeasurement]],
) -> None:
    """Offer to measure anew what was measured before the body was known."""
    known = [stored for stored in (history.size_on(visit.day), history.handprint) if stored]
    old = [
        photo.id
        for photo, latest in measured
        if any(stored.recorded_at > latest.made_at for stored in known)
    ]
    if not old or not may(reader.role, Act.MEASURE):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        many = "photos of this visit were" if len(old) > 1 else "photo of this visit was"
        st.info(f"{len(old)} {many} measured before this was recorded.", icon=":material/update:")
        if st.button("Measure again", key="measure_outdated"):
            waiting: list[int] = st.session_state.setdefault(session.TO_MEASURE, [])
            waiting.extend(photo_id for photo_id in old if photo_id not in waiting)
            st.switch_page(session.page_file("capture"))
