"""From the record to the study report: gathering what it says, and its audited export.

What the study page shows and what the report says come from the same `Desk`. A campaign is in it
only once all its cases are read and settled, and never for somebody who reads in it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lesionscope.core.campaign import CaseUnit
from lesionscope.core.catalogue import InstrumentSettings
from lesionscope.core.cdasi import CDASI, Part
from lesionscope.core.change import MeasurementError
from lesionscope.core.criterion import LABELS, Quantity
from lesionscope.core.people import Act, Reader, may
from lesionscope.core.protocol import Protocol
from lesionscope.core.schedule import PlannedVisit
from lesionscope.core.study_data import StudyData
from lesionscope.core.trial import PlacedVisit, missing_shots
from lesionscope.exchange.study_report import study_report
from lesionscope.exchange.study_report_content import (
    FinishedCampaign,
    PatientLine,
    StudyReport,
    VisitLine,
)
from lesionscope.exchange.study_report_quality import READERS
from lesionscope.exchange.study_report_values import QUANTITIES
from lesionscope.exchange.target_sheet import Paper
from lesionscope.scoring.campaign_agreement import campaign_agreement
from lesionscope.scoring.capture_quality import capture_quality, never_measured
from lesionscope.scoring.drift import drift_by_tone
from lesionscope.store.store import Store
from lesionscope.store.study_entries import StudyPatient
from lesionscope.study_desk import Desk, signed_in_reading, timing_words


def gathered_study_report(store: Store, by: Reader, data: StudyData) -> StudyReport:
    """Gather what the report of a study says.

    Parameters
    ----------
    store : Store
        The record.
    by : Reader
        Who asks.
    data : StudyData
        As `Store.study_data` has just returned it: its day decides what is due.

    Returns
    -------
    StudyReport

    Raises
    ------
    NotAllowed
        If `by` may not export or read the record.
    FaultyFile
        If this version cannot read the protocol that counts.
    """
    protocol = store.protocol(by)
    campaign, note = _campaign(store, by)
    capture = capture_quality(data)
    stored = store.protocols(by)
    common: dict[str, Any] = {
        "study": data.study,
        "protocol": protocol,
        "protocol_sha256": stored[-1].document_sha256 if stored else "",
        "as_of": data.taken_at,
        "software": data.software,
        "chain_head": data.chain_head,
        "counts": _counts(data),
        "pseudonyms": tuple(patient.pseudonym for patient in data.patients),
        "capture": capture,
        "drift": tuple(drift_by_tone(store.confirmed_answers(by))),
        "campaign": campaign,
        "campaign_note": note,
        "models": _models(data),
    }
    if protocol is None:
        return StudyReport(**common, never_measured=tuple(never_measured(data, capture)))
    patients = store.study_patients(by)
    desk = Desk(by, protocol, data.taken_at.date())
    courses, refused = desk.courses(patients)
    scored = {q for q in QUANTITIES for c in courses for v in c.visits if v.value(q) is not None}
    never = [f"No {LABELS[one]} is signed at any visit." for one in QUANTITIES if one not in scored]
    return StudyReport(
        **common,
        patients=tuple(_line(desk, one) for one in patients),
        schedule=tuple(_schedule(desk, patients, data)),
        courses=tuple(courses),
        errors=_errors(store.instrument_settings(by), campaign),
        never_measured=(*map(_sentence, refused), *never, *never_measured(data, capture)),
    )


def export_study_report(store: Store, by: Reader, paper: Paper = Paper.A4) -> bytes:
    """Print the report of the study for a person to take away; the trail says so, with its sha256.

    Parameters
    ----------
    store : Store
        The record.
    by : Reader
        Who takes it.
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
    FaultyFile
        If this version cannot read the protocol that counts.
    """
    pdf = study_report(gathered_study_report(store, by, store.study_data(by)), paper)
    sha256 = hashlib.sha256(pdf).hexdigest()
    store.record_export(by, f"study report, {paper.name}", sha256=sha256)
    return pdf


def study_report_files(store: Store, by: Reader, data: StudyData) -> Iterator[tuple[str, bytes]]:
    """Yield the report of a study on each paper size, for an export of the whole study.

    Parameters
    ----------
    store : Store
        The record.
    by : Reader
        Who exports.
    data : StudyData
        The snapshot that the export is made from.

    Yields
    ------
    (str, bytes)
        Name and PDF.
    """
    report = gathered_study_report(store, by, data)
    for paper in Paper:
        yield f"study_report_{paper.name.lower()}.pdf", study_report(report, paper)


def _sentence(refusal: ValueError) -> str:
    said = str(refusal)
    return f"{said[:1].upper()}{said[1:].rstrip('.')}."


def _counts(data: StudyData) -> dict[str, int]:
    photos = [photo for photo in data.photos if not photo.withdrawn]
    return {
        "patients": len(data.patients),
        "visits": len(data.visits),
        "photos": len(photos),
        "photos withdrawn": len(data.photos) - len(photos),
        "photos released": len(data.releases),
        "measurements": len(data.measurements),
        "readings": len(data.current_readings),
        "forms": len(data.current_forms),
        "countersignatures": len(data.countersignatures),
        "imported scores": sum(one.current for one in data.imported),
    }


def _models(data: StudyData) -> tuple[str, ...]:
    found = Counter(
        f"LesionScope {one.document['software_version']} with {one.document['model_version']}"
        for one in data.current_measurements
    )
    return tuple(
        f"{name}: {number} photo{'s' * (number != 1)}" for name, number in sorted(found.items())
    )


def _line(desk: Desk, patient: StudyPatient) -> PatientLine:
    course, found = desk.course(patient), desk.enrolment(patient)
    return PatientLine(
        patient.patient.pseudonym,
        found.verdict,
        found.describe(),
        tuple(timing_words(placed) for placed in course.placed),
        len(course.unscheduled),
    )


def _schedule(desk: Desk, patients: Sequence[StudyPatient], data: StudyData) -> Iterator[VisitLine]:
    """Yield each planned visit with how it stands over all patients."""
    forms: dict[int, set[str]] = {}
    for form in data.current_forms:
        forms.setdefault(form.visit_id, set()).add(form.instrument_id)
    views: dict[int, list[Any]] = {}
    for photo in data.photos:
        if not photo.withdrawn:
            views.setdefault(photo.visit_id, []).append((photo.view, photo.side))
    placed = [(patient, desk.course(patient).placed) for patient in patients]
    for place, planned in enumerate(desk.protocol.visits):
        here = [(patient, course[place]) for patient, course in placed]
        yield VisitLine(
            planned.label,
            Counter(one.timing for _, one in here),
            _photographs(desk.protocol, planned, [one for _, one in here], views),
            _scores(planned, here, forms),
        )


def _photographs(
    protocol: Protocol,
    planned: PlannedVisit,
    placed: Sequence[PlacedVisit],
    views: Mapping[int, list[Any]],
) -> tuple[int, int]:
    shots = protocol.shot_list_of(planned)
    if shots is None:
        return 0, 0
    held = [one.held.id for one in placed if one.held is not None]
    missing = sum(len(missing_shots(shots.shots, views.get(one, ()))) for one in held)
    asked = len(shots.shots) * len(held)
    return asked - missing, asked


def _scores(
    planned: PlannedVisit,
    here: Sequence[tuple[StudyPatient, PlacedVisit]],
    forms: Mapping[int, set[str]],
) -> tuple[int, int]:
    signed, asked = 0, 0
    for patient, placed in here:
        if placed.held is not None:
            done = signed_in_reading(patient, placed.held) | forms.get(placed.held.id, set())
            signed += len(done & set(planned.instruments))
            asked += len(planned.instruments)
    return signed, asked


_SCORES = {
    Quantity.CDASI_ACTIVITY: (CDASI.id, Part.ACTIVITY.value),
    Quantity.PGA: ("pga", "pga"),
}
"""Instrument and score under which the protocol gives the error of the study's readers."""


def _errors(
    settings: InstrumentSettings, campaign: FinishedCampaign | None
) -> dict[Quantity, MeasurementError]:
    """Return the errors that the protocol gives, and that of the area from a finished campaign."""
    found = {q: settings.errors[key] for q, key in _SCORES.items() if key in settings.errors}
    area = _area_error(campaign)
    return found | ({} if area is None else {Quantity.BSA_PERCENT: area})


def _area_error(campaign: FinishedCampaign | None) -> MeasurementError | None:
    """Return the error of the area between readers, where whole visits were read for it."""
    if campaign is None or not campaign.whole_visits:
        return None
    numbers = campaign.agreement.between.numbers
    area = next((one for one in numbers if one.unit == "% BSA"), None)
    if area is None:
        return None
    return MeasurementError(area.errors.sem_agreement, f"two readers, campaign {campaign.code}")


def _campaign(store: Store, by: Reader) -> tuple[FinishedCampaign | None, str]:
    """Return the newest finished campaign, and what is to be said besides."""
    if not may(by.role, Act.RUN_CAMPAIGN):
        return None, f"Read campaigns are not open to the role that made this report, {by.role}."
    listed = store.campaigns(by)
    for place, one in enumerate(listed):
        found = campaign_agreement(store.campaign_results(by, one.id), READERS, one.plan.seed)
        if found.complete == found.cases and found.settled == found.discordant:
            design = f"{one.plan.design.value}; a case is {one.plan.unit.value}"
            whole = one.plan.unit is CaseUnit.VISIT
            finished = FinishedCampaign(
                one.code, one.plan.name, design, one.content_sha256, whole, found
            )
            newer = f"{place} newer campaign{'s' * (place != 1)} not finished." if place else ""
            return finished, newer
    if not listed:
        return None, "No read campaign was held: how far readers agree is not known in this study."
    return None, f"{len(listed)} read campaign{'s' * (len(listed) != 1)}, none finished yet."
