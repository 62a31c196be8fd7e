"""Where a visit report comes from: signature, versions, hashes, and what limits the figures."""

from __future__ import annotations

from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from lesionscope.core.measurement import Convention
from lesionscope.core.photo import Severity
from lesionscope.core.sites import FACTS
from lesionscope.exchange.report_content import VisitReport
from lesionscope.exchange.report_sheet import Sheet, section, table, time_words, words

LIMITS = (
    "LesionScope is a research tool, not a medical device. It suggests; the reader who signs "
    "decides. This report replaces no examination.",
    "A body surface comes from the skin that the photos show. The 90 % interval covers outline, "
    "ruler, curvature and hand size; a lesion that was not outlined is not in it.",
    "CDASI activity and damage are two scores and are never added. The instrument is the "
    "University of Pennsylvania's. A form with a blank has no total.",
    "Photographs may identify the patient: keep this report as patient data.",
)
"""What every report must say of itself."""


def signature(report: VisitReport, sheet: Sheet) -> list[Any]:
    """Set who signed what, when, and with which meaning."""
    reading = report.reading
    if reading is None:
        said = "Nobody has signed this visit. This is a draft and holds no score."
        return section("Signature", words(said, "text", bold=True))
    shown = "seen" if reading.suggestions_shown else "not seen"
    rows = [
        ("Signed by", reading.reader_name),
        ("Meaning", reading.meaning.value),
        ("Time", time_words(reading.signed_at)),
        ("Content", f"{len(reading.answers)} answers and {len(reading.measurement_ids)} "
         f"measurements; the software's suggestions were {shown}"),
    ]  # fmt: skip
    if reading.supersedes is not None:
        rows.append(("Correction", f"replaces reading {reading.supersedes}: {reading.reason}"))
    rows.append(("Reading", f"number {reading.id}, content sha256 {reading.content_sha256}"))
    for one in report.countersignatures:
        remark = f": {one.words}" if one.words else ""
        said = f"{one.signer_name}, {time_words(one.signed_at)}{remark}"
        rows.append((one.meaning.value.capitalize(), said))
    head = [words("Electronic signature", "head"), ""]
    cells = [head, *([words(name), words(value)] for name, value in rows)]
    return section("Signature", table(cells, [30 * mm, sheet.wide - 30 * mm]))


def provenance(report: VisitReport, sheet: Sheet) -> list[Any]:
    """Set versions, and for each photo its file, its sha256 and who drew its outline."""
    made = sorted(
        {
            f"{photo.software_version} with {photo.model_version}"
            for photo in report.photos
            if photo.measurement_id is not None
        }
    )
    versions = f"Report made by LesionScope {report.software_version}."
    if made:
        versions += f" Measurements made by LesionScope {'; '.join(made)}."
    content: list[Any] = [words(versions, "caption")]
    if report.photos:
        content += [Spacer(0, 1.5 * mm), _photo_table(report, sheet)]
    return section("Versions and hashes", *content, whole=len(report.photos) < 8)


def _photo_table(report: VisitReport, sheet: Sheet) -> Any:
    head = ("No.", "File", "sha256 of the original", "Measurement", "Outline by")
    rows: list[list[Any]] = [[words(title, "head") for title in head]]
    for number, photo in enumerate(report.photos, start=1):
        kept = "none" if photo.measurement_id is None else str(photo.measurement_id)
        rows.append(
            [
                words(str(number)),
                words(photo.name, "caption"),
                words(photo.sha256, "hash"),
                words(kept),
                words(photo.drawn_by or "–", "caption"),
            ]
        )
    widths = [9 * mm, 38 * mm, 76 * mm, 20 * mm]
    return table(rows, [*widths, sheet.wide - sum(widths)])


def limits(report: VisitReport, sheet: Sheet) -> list[Any]:  # noqa: ARG001 - as all parts
    """Say what the figures do not cover: of this visit first, then of every visit."""
    lines = [*report.notes, *_coverage(report), *_findings(report), *LIMITS]
    return section("Limits", *(words(line, "limit") for line in lines), whole=len(lines) < 14)


def _coverage(report: VisitReport) -> list[str]:
    protocol = report.areas.get(Convention.PROTOCOL)
    if protocol is None:
        return []
    lines = list(protocol.notes)
    without = [part.photo for part in protocol.left_out if part.bsa is None]
    if without:
        lines.append(f"Not measurable, so not in the body surface: {', '.join(without)}.")
    if protocol.unseen:
        names = "; ".join(FACTS[site].label for site in protocol.unseen)
        lines.append(f"Not photographed, so not in the body surface: {names}.")
    return lines


def _findings(report: VisitReport) -> list[str]:
    """Write each warning once, with the photos that it holds for."""
    found: dict[str, list[int]] = {}
    for number, photo in enumerate(report.photos, start=1):
        for finding in photo.findings:
            if finding.severity is not Severity.INFO:
                found.setdefault(finding.message, []).append(number)
    return [
        f"Photo{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}: {message}"
        for message, numbers in found.items()
    ]
