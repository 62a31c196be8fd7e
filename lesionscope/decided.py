"""What people decided about a photo or its patient, which every measuring of it goes by."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lesionscope.core.body import PatientBody
from lesionscope.core.measurement import Measurement
from lesionscope.core.people import Reader
from lesionscope.core.photo import Photo
from lesionscope.core.sites import Site
from lesionscope.model.runtime import Grader
from lesionscope.pipeline import measure
from lesionscope.revise import with_reference
from lesionscope.store.entries import StoredMeasurement
from lesionscope.store.store import Store

Pixel = tuple[int, int]


@dataclass(frozen=True)
class Decided:
    """What a measuring goes by beside the photo itself.

    Attributes
    ----------
    body : PatientBody or None
        The patient's own hand and size, as far as they are known.
    hand_at : tuple of int or None
        (x, y) pixel of the hand that a reader chose as the ruler.
    clear_skin : tuple of int or None
        (x, y) pixel of the clear skin that a reader chose as the reference.
    """

    body: PatientBody | None = None
    hand_at: Pixel | None = None
    clear_skin: Pixel | None = None


def body_of(store: Store, reader: Reader, visit_id: int) -> PatientBody | None:
    """Return what is known of a patient's body for measuring the photos of a visit.

    Parameters
    ----------
    store : Store
        The record.
    reader : Reader
        Who asks.
    visit_id : int
        Visit of the photo: the size of its day counts, and the newest hand.

    Returns
    -------
    PatientBody or None
        None when nothing is known.
    """
    visit = store.visit(reader, visit_id)
    body = store.patient_body(reader, visit.patient_id, on=visit.day)
    return None if body == PatientBody() else body


def clear_skin_in(measurement: StoredMeasurement) -> Pixel | None:
    """Return the (x, y) pixel of the clear skin that a reader chose, or None."""
    return _pixel_in(measurement, "clear_skin")


def ruler_hand(measurement: StoredMeasurement) -> Pixel | None:
    """Return the (x, y) pixel of the hand that a reader chose as the ruler, or None."""
    return _pixel_in(measurement, "hand_at")


def _pixel_in(measurement: StoredMeasurement, name: str) -> Pixel | None:
    details = measurement.document["calibration"]["details"]
    x, y = details.get(f"{name}_x"), details.get(f"{name}_y")
    return None if x is None or y is None else (int(x), int(y))


def recalibrated(store: Store, own: Grader) -> Grader:
    """Return a grading network as this record uses it: with what was adopted for it.

    Parameters
    ----------
    store : Store
        The record.
    own : Grader
        The network; what was adopted for another one is left aside.

    Returns
    -------
    Grader
    """
    adopted = store.recalibration()
    if adopted is None or adopted.model_version != own.version:
        return own
    return own.adjusted(adopted.adjustments, adopted.name)


def measured_as_decided(photo: Photo, site: Site, by: Decided, grader: Grader) -> Measurement:
    """Measure a photo as its record would.

    Parameters
    ----------
    photo : Photo
        Decoded.
    site : Site
        Where it was taken.
    by : Decided
        What was decided about it.
    grader : Grader
        The network that suggests sub-scores.

    Returns
    -------
    Measurement
    """
    found = measure(photo, site=site, grader=grader, body=by.body, hand_at=by.hand_at)
    found = with_chosen_hand(found, by.hand_at)
    if by.clear_skin is None:
        return found
    return with_reference(photo, found, by.clear_skin, grader=grader)


def with_chosen_hand(found: Measurement, hand_at: tuple[float, float] | None) -> Measurement:
    """Note in a measurement which hand a reader chose as the ruler."""
    if hand_at is None:
        return found
    chosen = {"hand_at_x": hand_at[0], "hand_at_y": hand_at[1]}
    details = {**found.calibration.details, **chosen}
    return replace(found, calibration=replace(found.calibration, details=details))
