"""From the record to the visit report: gathering what a report says, and its audited export.

A report of a signed visit shows the measurements that lay before the reader who signed, also when
newer ones were made since; a draft shows the newest. Later visits are left out, so that the report
of a signed visit stays what it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from lesionscope import __version__
from lesionscope.core.cdasi import Part
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.people import Patient, Reader, Visit
from lesionscope.core.photo import CaptureFinding, Severity
from lesionscope.core.reading import Reading
from lesionscope.core.signature import SignedKind
from lesionscope.exchange.visit_report import (
    Paper,
    ReportPhoto,
    TrendPoint,
    VisitReport,
    visit_report,
)
from lesionscope.imaging.maskfile import mask_from_png
from lesionscope.imaging.overlay import jpeg, print_overlay, thumbnail_jpeg
from lesionscope.pipeline import read_photo
from lesionscope.scoring.visit_total import VisitBsa
from lesionscope.store.entries import StoredMeasurement, StoredPhoto, VisitSummary
from lesionscope.store.store import Store
from lesionscope.study_desk import earlier_baseline

PICTURE_SIDE = 1000
"""Longer side of a picture on the page, in pixels: 300 for each inch at the largest."""

_KEYS = {
    Convention.PROTOCOL: "bsa_percent",
    Convention.ADJUSTED: "bsa_percent_adjusted",
    Convention.SURFACE: "bsa_percent_surface",
}

Measured = list[tuple[StoredPhoto, StoredMeasurement | None]]
"""The photos of a visit, each with the measurement that counts."""


def bsa_in(document: Mapping[str, Any], convention: Convention) -> BsaEstimate | None:
    """Read the body surface of one photo from its document.

    Parameters
    ----------
    document : mapping
        Public document of a measurement, of any version.
    convention : Convention
        Which percentage.

    Returns
    -------
    BsaEstimate or None
        None where it was not measurable.
    """
    key = _KEYS[convention]
    if document.get(key) is None:
        return None
    bounds = document[f"{key}_low"], document[f"{key}_high"]
    interval = Interval(*bounds, document["bsa_interval_level"])
    source = CalibrationSource(document["bsa_source"])
    return BsaEstimate(document[key], interval, convention, source)


def reported_measurements(store: Store, by: Reader, visit_id: int) -> Measured:
    """Return the photos of a visit, each with the measurement that its report shows.

    Parameters
    ----------
    store : Store
        The record.
    by : Reader
        Who asks.
    visit_id : int
        Which visit.

    Returns
    -------
    list of (StoredPhoto, StoredMeasurement or None)
        Of a signed visit the measurements under the signature, otherwise the newest.

    Raises
    ------
    NotAllowed
        If `by` may not read the record.
    NotInRecord
        If there is no such visit.
    """
    reading = store.current_reading(by, visit_id)
    photos = store.photos(by, visit_id)
    if reading is None:
        return [(photo, store.latest_measurement(by, photo.id)) for photo in photos]
    signed = set(reading.measurement_ids)
    return [
        (photo, next((m for m in store.measurements(by, photo.id) if m.id in signed), None))
        for photo in photos
    ]


def gathered_report(
    store: Store,
    by: Reader,
    visit: Visit,
    *,
    measured: Measured,
    areas: Mapping[Convention, VisitBsa],
) -> VisitReport:
    """Gather what the report of a visit says.

    Parameters
    ----------
    store : Store
        The record.
    by : Reader
        Who asks.
    visit : Visit
        Which visit.
    measured : list
        As from `reported_measurements`.
    areas : mapping of Convention to VisitBsa
        Body surface of these measurements.

    Returns
    -------
    VisitReport

    Raises
    ------
    NotAllowed
        If `by` may not read the record.
    PhotoDamaged
        If the vault lost or changed a photo or a mask.
    """
    timeline = store.timeline(by, visit.patient_id)
    here = next(n for n, summary in enumerate(timeline) if summary.visit.id == visit.id)
    reading = timeline[here].reading
    size = store.body_history(by, visit.patient_id).size_on(visit.day)
    complete = {key: area for key, area in areas.items() if _complete(key, areas)}
    others = store.countersignatures(by, SignedKind.READING, reading.id) if reading else []
    return VisitReport(
        patient=store.patient(by, visit.patient_id),
        visit=visit,
        as_of=max([_as_of(visit, reading, measured), *(one.signed_at for one in others)]),
        software_version=__version__,
        photos=tuple(_photo(store, by, photo, kept) for photo, kept in measured),
        areas=complete,
        reading=reading,
        baseline=_baseline(timeline[:here], earlier_baseline(store, by, visit)),
        trend=_trend(timeline[: here + 1], areas),
        size=None if size is None else size.size,
        settings=store.instrument_settings(by),
        notes=tuple(_notes(reading, measured, areas)),
        countersignatures=tuple(others),
    )


def export_report(store: Store, by: Reader, report: VisitReport, paper: Paper = Paper.A4) -> bytes:
    """Print a report for a person to take away; the audit trail says so, with its sha256.

    Parameters
    ----------
    store : Store
        The record.
    by : Reader
        Who takes it.
    report : VisitReport
        As from `gathered_report`.
    paper : Paper
        Size of the pages.

    Returns
    -------
    bytes
        The PDF.

    Raises
    ------
    NotAllowed
        If `by` may not export.
    """
    pdf = visit_report(report, paper)
    kind = "draft of a visit report" if report.draft else "visit report"
    sha256 = hashlib.sha256(pdf).hexdigest()
    store.record_export(by, f"{kind}, {paper.name}", sha256=sha256, visit_id=report.visit.id)
    return pdf


def report_name(patient: Patient, visit: Visit, *, draft: bool) -> str:
    """Return what the file of a report is called.

    Examples
    --------
    >>> from datetime import date
    >>> report_name(Patient(1, "DM-01"), Visit(2, 1, date(2026, 3, 4), "Week 4"), draft=True)
    'DM-01_2026-03-04_report_DRAFT.pdf'
    """
    return f"{patient.pseudonym}_{visit.day}_report{'_DRAFT' if draft else ''}.pdf"


def _complete(convention: Convention, areas: Mapping[Convention, VisitBsa]) -> bool:
    """Tell whether a total counts every photo that the protocol's does: less would mislead."""
    protocol = areas.get(Convention.PROTOCOL)
    return protocol is None or len(areas[convention].counted) == len(protocol.counted)


def _as_of(visit: Visit, reading: Reading | None, measured: Measured) -> datetime:
    if reading is not None:
        return reading.signed_at
    made = [kept.made_at for _, kept in measured if kept is not None]
    return max(made, default=datetime.combine(visit.day, time(), UTC))


def _baseline(earlier: Sequence[VisitSummary], first: Visit | None) -> tuple[Visit, Reading] | None:
    """Return the baseline with its reading, or None while it is not signed."""
    return next(
        ((one.visit, one.reading) for one in earlier if one.visit == first and one.reading), None
    )


def _trend(
    timeline: Sequence[VisitSummary], areas: Mapping[Convention, VisitBsa]
) -> tuple[TrendPoint, ...]:
    points = []
    for summary in timeline:
        visit, reading = summary.visit, summary.reading
        if reading is not None:
            activity, damage = (reading.score(part).total for part in Part)
            points.append(TrendPoint(visit.day, visit.label, True, activity, damage, reading.bsa))
        elif summary is timeline[-1]:
            area = areas.get(Convention.PROTOCOL)
            bsa = None if area is None else area.total
            points.append(TrendPoint(visit.day, visit.label, False, bsa=bsa))
    return tuple(points)


def _photo(
    store: Store, by: Reader, photo: StoredPhoto, kept: StoredMeasurement | None
) -> ReportPhoto:
    pixels = read_photo(store.original(by, photo.id)).pixels
    if kept is None:
        picture = thumbnail_jpeg(pixels, PICTURE_SIDE)
        return ReportPhoto(photo.name, photo.site, photo.side, photo.sha256, picture)
    files = store.measurement_files(by, kept.id)
    hand = mask_from_png(files["hand"]) if "hand" in files else None
    lesion = mask_from_png(files["lesion"])
    document = kept.document
    return ReportPhoto(
        name=photo.name,
        site=photo.site,
        side=photo.side,
        sha256=photo.sha256,
        picture=jpeg(print_overlay(pixels, lesion, hand=hand, side=PICTURE_SIDE), quality=82),
        measurement_id=kept.id,
        drawn_by=kept.drawn_by,
        software_version=document["software_version"],
        model_version=document["model_version"],
        bsa=bsa_in(document, Convention.PROTOCOL),
        lesions=len(document["lesions"]),
        findings=tuple(
            CaptureFinding(found["code"], Severity(found["severity"]), found["message"])
            for found in document["findings"]
        ),
    )


def _notes(
    reading: Reading | None, measured: Measured, areas: Mapping[Convention, VisitBsa]
) -> list[str]:
    """Say where the record went on after the signature."""
    if reading is None:
        return []
    shown = {kept.id for _, kept in measured if kept is not None}
    notes = []
    gone = len(set(reading.measurement_ids) - shown)
    if gone:
        notes.append(
            f"{gone} of the measurements signed {'is' if gone == 1 else 'are'} not shown: the "
            "photo was withdrawn since."
        )
    new = [photo.name for photo, kept in measured if kept is None]
    if new:
        notes.append(f"No measurement under the signature: {', '.join(new)}.")
    area = areas.get(Convention.PROTOCOL)
    now = None if area is None else area.total
    if reading.bsa is not None and (now is None or abs(now.percent - reading.bsa.percent) > 1e-6):
        told = "nothing" if now is None else f"{now.percent:.3g} %"
        notes.append(
            f"The body surface signed is {reading.bsa.percent:.3g} %; from the photos shown here "
            f"the software computes {told} (protocol)."
        )
    return notes
