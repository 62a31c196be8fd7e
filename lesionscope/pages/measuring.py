"""From a stored photo to a stored measurement, and from a corrected mask to the next one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lesionscope.apart.desk import desk
from lesionscope.apart.task import Task
from lesionscope.core.measurement import Measurement, drawn_by_software
from lesionscope.core.people import Reader
from lesionscope.core.photo import Photo
from lesionscope.decided import body_of, clear_skin_in, ruler_hand, with_chosen_hand
from lesionscope.exchange.measurement_json import document, mask_files, measurement_from
from lesionscope.imaging.maskfile import mask_from_png
from lesionscope.model.runtime import Grader
from lesionscope.pages.components.mask_editor import Edit
from lesionscope.pipeline import default_grader, measure, read_photo
from lesionscope.revise import correct, with_reference
from lesionscope.store.entries import StoredMeasurement, StoredPhoto
from lesionscope.store.store import Store

_KEPT = ", kept when measured again"


@dataclass(frozen=True)
class Bench:
    """What measuring needs: the record, who asks, and the network.

    Attributes
    ----------
    store : Store
        The record.
    reader : Reader
        Who asks.
    grader : Grader
        The network that grades lesions.
    """

    store: Store
    reader: Reader
    grader: Grader


def measure_stored(
    bench: Bench,
    stored: StoredPhoto,
    *,
    hand_at: tuple[float, float] | None = None,
    keep_drawn: bool = True,
) -> StoredMeasurement:
    """Measure a stored photo at its present site and append the result.

    What a reader decided is kept: the photo is measured anew, against the clear skin and with the
    ruler hand that were chosen, and a mask that a reader drew is put in its place under that
    reader's name.

    Parameters
    ----------
    bench : Bench
        What measuring needs.
    stored : StoredPhoto
        The photo.
    hand_at : tuple of float, optional
        (x, y) pixel of the hand to take as the ruler; by default the one chosen before, if any.
    keep_drawn : bool
        False takes the software's own outline again: the reader asked for it.

    Returns
    -------
    StoredMeasurement
    """
    photo = original(bench, stored)
    latest = bench.store.latest_measurement(bench.reader, stored.id)
    hand_at = hand_at or (None if latest is None else ruler_hand(latest))
    found = _measured(bench, stored, hand_at)
    clear_skin = None if latest is None else clear_skin_in(latest)
    if clear_skin is not None and keep_drawn:
        found = with_reference(photo, found, clear_skin, grader=bench.grader)
    if latest is not None and keep_drawn and is_corrected(latest):
        files = bench.store.measurement_files(bench.reader, latest.id)
        drawn_by = latest.drawn_by.removesuffix(_KEPT) + _KEPT
        found = correct(photo, found, mask_from_png(files["lesion"]), drawn_by=drawn_by)
    return _append(bench, stored, found)


def correct_stored(
    bench: Bench, stored: StoredPhoto, latest: StoredMeasurement, edit: Edit
) -> StoredMeasurement:
    """Measure a photo within what a reader saved and append the result.

    Parameters
    ----------
    bench : Bench
        What measuring needs; its reader drew the mask.
    stored : StoredPhoto
        The photo.
    latest : StoredMeasurement
        The measurement that was edited.
    edit : Edit
        The outline, and the clear skin chosen as the reference.

    Returns
    -------
    StoredMeasurement
        Drawn by the software where the outline is the one that follows from the clear skin alone,
        else by the reader.
    """
    photo = original(bench, stored)
    if edit.clear_skin == clear_skin_in(latest):
        files = bench.store.measurement_files(bench.reader, latest.id)
        found = measurement_from(latest.document, files)
    else:
        found = software_outline(bench, stored)
        if edit.clear_skin is not None:
            found = with_reference(photo, found, edit.clear_skin, grader=bench.grader)
    if not np.array_equal(found.lesion_map.mask, edit.mask):
        found = correct(photo, found, edit.mask, drawn_by=bench.reader.full_name)
    return _append(bench, stored, found)


def software_outline(bench: Bench, stored: StoredPhoto) -> Measurement:
    """Return what software says of a photo without a reader's reference or drawing.

    The newest such measurement of the record with the present site and ruler hand; its probability
    is what the network said. Where there is none the photo is measured and the result not kept.
    """
    history = bench.store.measurements(bench.reader, stored.id)
    hand_at = ruler_hand(history[-1]) if history else None
    for made in reversed(history):
        as_now = made.document["site"] == stored.site.value and ruler_hand(made) == hand_at
        if as_now and not is_corrected(made) and clear_skin_in(made) is None:
            files = bench.store.measurement_files(bench.reader, made.id)
            return measurement_from(made.document, files)
    return _measured(bench, stored, hand_at)


def _measured(
    bench: Bench, stored: StoredPhoto, hand_at: tuple[float, float] | None
) -> Measurement:
    body = body_of(bench.store, bench.reader, stored.visit_id)
    if bench.grader.version == default_grader().version:
        # In a process apart, which is bounded in time and memory and may die alone.
        data = bench.store.original(bench.reader, stored.id)
        task = Task(stored.name, stored.site, body=body, hand_at=hand_at)
        apart = desk().measure(data, task, files=True)
        found = measurement_from(apart.document, apart.files)
    else:
        photo = original(bench, stored)
        found = measure(photo, site=stored.site, grader=bench.grader, body=body, hand_at=hand_at)
    return with_chosen_hand(found, hand_at)


def is_corrected(measurement: StoredMeasurement) -> bool:
    """Return whether a reader, not the software, drew the lesion mask."""
    return not drawn_by_software(measurement.drawn_by)


def original(bench: Bench, stored: StoredPhoto) -> Photo:
    """Read the bytes of a stored photo again."""
    return read_photo(bench.store.original(bench.reader, stored.id), stored.name)


def _append(bench: Bench, stored: StoredPhoto, found: Measurement) -> StoredMeasurement:
    return bench.store.add_measurement(
        bench.reader,
        stored.id,
        document(found),
        mask_files(found),
        drawn_by=found.lesion_map.drawn_by,
    )
