"""The involved body surface of a visit, from the newest measurement of each of its photos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.people import Reader
from lesionscope.core.sites import CDASI_LOCATIONS
from lesionscope.scoring.bsa import SitePart, VisitBsa, visit_total
from lesionscope.store.entries import StoredMeasurement, StoredPhoto
from lesionscope.store.store import Store

_KEYS = {Convention.PROTOCOL: "bsa_percent", Convention.ADJUSTED: "bsa_percent_adjusted"}

Measured = list[tuple[StoredPhoto, StoredMeasurement | None]]
"""The photos of a visit, each with its newest measurement."""


def measured_photos(store: Store, reader: Reader, visit_id: int) -> Measured:
    """Return the photos of a visit, each with its newest measurement or None."""
    return [
        (photo, store.latest_measurement(reader, photo.id))
        for photo in store.photos(reader, visit_id)
    ]


def bsa_of(document: Mapping[str, Any], convention: Convention) -> BsaEstimate | None:
    """Read the body surface of one photo from its document; None where not measurable."""
    key = _KEYS[convention]
    if document[key] is None:
        return None
    interval = Interval(
        document[f"{key}_low"], document[f"{key}_high"], document["bsa_interval_level"]
    )
    source = CalibrationSource(document["bsa_source"])
    return BsaEstimate(document[key], interval, convention, source)


def bsa_of_visit(measured: Measured, convention: Convention) -> VisitBsa:
    """Add the photos of a visit, counting each site and side once.

    Parameters
    ----------
    measured : list
        The photos and their newest measurements.
    convention : Convention
        What a handprint is worth.

    Returns
    -------
    VisitBsa
    """
    parts = [
        SitePart(
            photo.site,
            photo.side,
            None if latest is None else bsa_of(latest.document, convention),
            photo.name,
        )
        for photo, latest in measured
    ]
    return visit_total(parts, CDASI_LOCATIONS)
