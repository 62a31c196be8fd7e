"""From a stored photo to a stored measurement, and from a corrected mask to the next one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.measurement import Measurement
from lesionscope.core.people import Reader
from lesionscope.core.photo import Photo
from lesionscope.exchange.measurement_json import document, mask_files, measurement_from
from lesionscope.imaging.maskfile import mask_from_png
from lesionscope.model.runtime import Grader
from lesionscope.pipeline import correct, measure, read_photo
from lesionscope.store.entries import StoredMeasurement, StoredPhoto
from lesionscope.store.store import Store

_SOFTWARE = "LesionScope "  # so begins what the pipeline writes as `drawn_by` of its own masks


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


def measure_stored(bench: Bench, stored: StoredPhoto) -> StoredMeasurement:
    """Measure a stored photo at its present site and append the result.

    A mask that a reader corrected is kept: the photo is measured anew and the corrected mask
    put in its place.

    Parameters
    ----------
    bench : Bench
        What measuring needs.
    stored : StoredPhoto
        The photo.

    Returns
    -------
    StoredMeasurement
    """
    photo = _original(bench, stored)
    found = measure(photo, site=stored.site, grader=bench.grader)
    latest = bench.store.latest_measurement(bench.reader, stored.id)
    if latest is not None and is_corrected(latest):
        files = bench.store.measurement_files(bench.reader, latest.id)
        found = correct(photo, found, mask_from_png(files["lesion"]), drawn_by=latest.drawn_by)
    return _append(bench, stored, found)


def correct_stored(
    bench: Bench, stored: StoredPhoto, latest: StoredMeasurement, mask: NDArray[np.bool_]
) -> StoredMeasurement:
    """Measure a photo within a mask that a reader drew and append the result.

    Parameters
    ----------
    bench : Bench
        What measuring needs; its reader drew the mask.
    stored : StoredPhoto
        The photo.
    latest : StoredMeasurement
        The measurement whose mask was corrected.
    mask : ndarray of shape (H, W), bool
        Lesional skin of the upright photo.

    Returns
    -------
    StoredMeasurement
    """
    files = bench.store.measurement_files(bench.reader, latest.id)
    found = measurement_from(latest.document, files)
    corrected = correct(_original(bench, stored), found, mask, drawn_by=bench.reader.full_name)
    return _append(bench, stored, corrected)


def is_corrected(measurement: StoredMeasurement) -> bool:
    """Return whether a reader, not the software, drew the lesion mask."""
    return not measurement.drawn_by.startswith(_SOFTWARE)


def _original(bench: Bench, stored: StoredPhoto) -> Photo:
    return read_photo(bench.store.original(bench.reader, stored.id), stored.name)


def _append(bench: Bench, stored: StoredPhoto, found: Measurement) -> StoredMeasurement:
    return bench.store.add_measurement(
        bench.reader,
        stored.id,
        document(found),
        mask_files(found),
        drawn_by=found.lesion_map.drawn_by,
    )
