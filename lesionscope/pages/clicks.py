"""What a click in the mask editor comes to: a region in or out, or the outline from clear skin.

What a photo needs for it is kept for the photos last looked at, so that a click costs the growing
of its region alone. Callers hold a `StoredPhoto`, which the record hands only to those who may see
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from lesionscope.core.measurement import Measurement
from lesionscope.exchange.measurement_json import measurement_from
from lesionscope.imaging.grow import Ground, grow_clear, grow_lesion
from lesionscope.imaging.patch import cropped, cut_out, enlarged
from lesionscope.imaging.resize import resized_mask
from lesionscope.pages import pictures
from lesionscope.pages.components.click_relay import Answer, Click, Question
from lesionscope.pages.measuring import Bench, software_outline
from lesionscope.revise import growing_ground, outline_with_reference
from lesionscope.store.entries import StoredMeasurement, StoredPhoto

NO_EDGE = "Nothing with an edge lies here. Draw it with the brush."
INSIDE = "This place is inside the outline already."
OUTSIDE = "The outline does not cover this place."


@st.cache_resource(max_entries=8, show_spinner=False)
def _ground(
    measurement_id: int, _bench: Bench, _stored: StoredPhoto, _document: Mapping[str, Any]
) -> Ground:
    files = _bench.store.measurement_files(_bench.reader, measurement_id)
    found = measurement_from(_document, files)
    return growing_ground(pictures.decoded(_bench.reader, _stored), found)


@st.cache_resource(max_entries=3, show_spinner=False)
def _software(
    measurement_id: int,  # noqa: ARG001 - what the cache tells measurements apart by
    _bench: Bench,
    _stored: StoredPhoto,
) -> Measurement:
    return software_outline(_bench, _stored)


@st.cache_resource(max_entries=12, show_spinner=False)
def _outline(
    measurement_id: int, clear_skin: tuple[int, int] | None, _bench: Bench, _stored: StoredPhoto
) -> NDArray[np.bool_]:
    found = _software(measurement_id, _bench, _stored)
    if clear_skin is None:
        return found.lesion_map.mask
    return outline_with_reference(pictures.decoded(_bench.reader, _stored), found, clear_skin)


def prepare(bench: Bench, stored: StoredPhoto, latest: StoredMeasurement) -> Ground:
    """Return what regions of a photo grow on, from the photos last looked at."""
    return _ground(latest.id, bench, stored, latest.document)


def answered(
    bench: Bench, stored: StoredPhoto, latest: StoredMeasurement, question: Question
) -> Answer:
    """Answer one click.

    Parameters
    ----------
    bench : Bench
        Who asks, of which record.
    stored : StoredPhoto
        The photo.
    latest : StoredMeasurement
        Its newest measurement, the one that is edited.
    question : Question
        The click.

    Returns
    -------
    Answer
    """
    if question.click is Click.CLEAR_SKIN:
        return _from_clear_skin(bench, stored, latest, question)
    on = prepare(bench, stored, latest)
    height, width = question.mask.shape
    x, y = question.at
    at = x * on.skin.shape[1] // width, y * on.skin.shape[0] // height
    if question.click is Click.ADD:
        grown = enlarged(grow_lesion(on, at), (height, width))
        rows = slice(grown.top, grown.top + grown.mask.shape[0])
        columns = slice(grown.left, grown.left + grown.mask.shape[1])
        if not grown.mask.any():
            return Answer(words=NO_EDGE)
        if not (grown.mask & ~question.mask[rows, columns]).any():
            return Answer(words=INSIDE)
        return Answer(added=grown)
    if not question.mask[y, x]:
        return Answer(words=OUTSIDE)
    small = resized_mask(question.mask, (on.skin.shape[0], on.skin.shape[1]))
    part = grow_clear(on, small, at)
    return Answer(removed=cut_out(question.mask, small, part, at=question.at))


def _from_clear_skin(
    bench: Bench, stored: StoredPhoto, latest: StoredMeasurement, question: Question
) -> Answer:
    """Let the outline follow from the clear skin, except where a reader has drawn."""
    before = _outline(latest.id, question.clear_skin, bench, stored)
    after = _outline(latest.id, question.at, bench, stored)
    # A drawn correction wins: what differs from the software's outline was drawn.
    wanted = np.where(question.mask ^ before, question.mask, after)
    return Answer(added=cropped(wanted & ~question.mask), removed=cropped(question.mask & ~wanted))
