"""The patient's own hand as the ruler: which one counts, and which could."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from lesionscope.core.body import ENTERED_SD_OF_LOG, OwnHandprint
from lesionscope.core.people import Act, Patient, Reader, may
from lesionscope.pages import frame, pictures, session
from lesionscope.ruler_findings import DISAGREEMENT
from lesionscope.store.entries import BodyHistory, StoredHandprint, StoredMeasurement, StoredPhoto
from lesionscope.store.store import Store

_NORMAL_90 = 1.645
"""Standard deviations from the middle to either end of an interval that holds 90 %."""

_LEAST_SD_OF_LOG = 0.005
"""No hand is known better than the print of the marker beside it; also keeps the sd positive."""


def hand_in(document: Mapping[str, Any], photo_sha256: str) -> OwnHandprint | None:
    """Return the hand that a measurement document gives in cm2, or None where it gives none.

    Parameters
    ----------
    document : mapping
        The public JSON document of the measurement.
    photo_sha256 : str
        Photo that it was made of.

    Returns
    -------
    OwnHandprint or None
        None also for an area that no hand has.

    Examples
    --------
    >>> hand_in({"hand_cm2": 160.0, "hand_cm2_low": 150.0, "hand_cm2_high": 170.0}, "ab").cm2
    160.0
    >>> hand_in({}, "ab") is None
    True
    """
    if document.get("hand_cm2") is None:
        return None
    low, high = document["hand_cm2_low"], document["hand_cm2_high"]
    sd_of_log = math.log(high / low) / (2 * _NORMAL_90) if low > 0 else math.inf
    try:
        return OwnHandprint(document["hand_cm2"], max(sd_of_log, _LEAST_SD_OF_LOG), photo_sha256)
    except ValueError:  # the outline took in an arm, or only fingers
        return None


def agreement_words(new: OwnHandprint, old: OwnHandprint) -> tuple[bool, str]:
    """Compare two areas of one hand; say whether they differ by more than both are uncertain.

    Returns
    -------
    agree : bool
        Whether chance explains the difference, by the rule of `lesionscope.ruler`.
    words : str
        The comparison in words.

    Examples
    --------
    >>> agreement_words(OwnHandprint(165, 0.03), OwnHandprint(160, 0.03))
    (True, '3 % larger than the 160 cm² in use: they agree.')
    >>> agreement_words(OwnHandprint(120, 0.03), OwnHandprint(160, 0.03))[0]
    False
    """
    ratio = new.cm2 / old.cm2
    allowed = DISAGREEMENT * math.hypot(new.sd_of_log, old.sd_of_log)
    size = f"{100 * abs(ratio - 1):.0f} % {'larger' if ratio >= 1 else 'smaller'} than"
    words = f"{size} the {old.cm2:.0f} cm² in use"
    if abs(math.log(ratio)) <= allowed:
        return True, f"{words}: they agree."
    return False, (
        f"{words}, and their uncertainties explain {100 * (math.exp(allowed) - 1):.0f} %: "
        "one of them is wrong, or is not this patient's hand."
    )


def hand_words(handprint: OwnHandprint) -> str:
    """Write the area of a hand with its 90 % interval."""
    wide = math.exp(_NORMAL_90 * handprint.sd_of_log)
    low, high = handprint.cm2 / wide, handprint.cm2 * wide
    return f"{handprint.cm2:.0f} cm² ({low:.0f} to {high:.0f})"


def record_entered_hand(store: Store, reader: Reader, patient_id: int) -> None:
    """Record the area of the own hand typed in the form."""
    cm2 = st.session_state[f"entered_hand.{patient_id}"]
    if cm2 is None:
        raise ValueError("the area of the hand is missing")
    hand = OwnHandprint(cm2, ENTERED_SD_OF_LOG)
    reason = st.session_state.get(f"entered_hand_reason.{patient_id}", "")
    store.record_handprint(reader, patient_id, hand, reason=reason)


def use_hand(store: Store, reader: Reader, photo: StoredPhoto, handprint: OwnHandprint) -> None:
    """Make the hand measured in a photo the patient's ruler."""
    patient_id = store.visit(reader, photo.visit_id).patient_id
    reason = st.session_state.get(f"hand_reason.{photo.id}", "")
    store.record_handprint(reader, patient_id, handprint, reason=reason)


def show_hand(reader: Reader, patient: Patient, history: BodyHistory) -> None:
    """Show the hand that is the patient's ruler, with its photo and how it came about."""
    stored = history.handprint
    with st.container(border=True):
        if stored is None:
            st.markdown("**Own hand: not recorded**")
            st.caption(
                "Photograph the open hand beside the printed marker once; later photos then need "
                "only the marker, or only the hand."
            )
        else:
            show_stored_hand(reader, stored)
        if may(reader.role, Act.RECORD_BODY):
            show_entry(patient.id, replaces=stored is not None)
        show_replaced(history)


def show_stored_hand(reader: Reader, stored: StoredHandprint) -> None:
    """Show the hand in use."""
    st.markdown(f"**Own hand: {hand_words(stored.handprint)}**")
    day = frame.day_name(stored.recorded_at.date())
    by = f"{stored.source}, recorded {day} by {stored.recorded_by}"
    if stored.photo_id is None:
        st.caption(by)
        return
    photo = session.store().photo(reader, stored.photo_id)
    visit = session.store().visit(reader, photo.visit_id)
    st.image(pictures.thumbnail(reader, photo), width=220, alt=f"The hand in {photo.name}")
    st.caption(f"{by}  \nPhoto {photo.name}, {frame.visit_name(visit)}")


def show_entry(patient_id: int, *, replaces: bool) -> None:
    """Show the form for a hand that was measured otherwise, such as from a tracing."""
    with st.popover("Enter an area", icon=":material/edit:"):
        st.caption("From wrist crease to fingertips, fingers together, measured on a tracing.")
        st.number_input(
            "Area of the hand, cm²", 20.0, 350.0, None, step=1.0, key=f"entered_hand.{patient_id}"
        )
        if replaces:
            st.text_input("Reason for replacing", key=f"entered_hand_reason.{patient_id}")
        st.button(
            "Record the hand",
            key=f"record_hand.{patient_id}",
            on_click=session.attempt,
            args=(record_entered_hand, patient_id),
        )


def show_replaced(history: BodyHistory) -> None:
    """List the hands that count no more: they stay in the record."""
    for stored in reversed(history.handprints):
        if stored is not history.handprint:
            why = "photo withdrawn" if stored.withdrawn else "replaced"
            st.caption(
                f"{hand_words(stored.handprint)}, {stored.source} "
                f"{frame.day_name(stored.recorded_at.date())}: {why}"
            )


def show_found_hand(
    reader: Reader, history: BodyHistory, photo: StoredPhoto, latest: StoredMeasurement
) -> None:
    """Show the hand measured in a photo beside the one in use, with the button to use it."""
    handprint = hand_in(latest.document, photo.sha256)
    if handprint is None:
        return
    stored = history.handprint
    agree, words = agreement_words(handprint, stored.handprint) if stored else (True, "")
    if stored is not None and stored.handprint.photo_sha256 == photo.sha256 and agree:
        st.caption(":material/back_hand: This hand is the patient's ruler.")
        return
    with st.container(border=True):
        st.markdown(f":material/back_hand: Hand in {photo.name}: **{hand_words(handprint)}**")
        if words:
            (st.caption if agree else st.warning)(words)
        if may(reader.role, Act.RECORD_BODY):
            if stored is not None:
                st.text_input("Reason for replacing the hand in use", key=f"hand_reason.{photo.id}")
            st.button(
                "Use this hand as the patient's ruler",
                key=f"use_hand.{photo.id}",
                on_click=session.attempt,
                args=(use_hand, photo, handprint),
            )
