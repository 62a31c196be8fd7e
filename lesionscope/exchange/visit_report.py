"""The visit report: what was photographed, measured and signed at one visit, on paper to file.

A PDF of A4 or Letter pages, made from what is given and nothing else: no clock, no record, no
network. The same report gives the same bytes, so that its sha256 tells whether a paper is the one
that was exported. Before a visit is signed the report is a draft and says so on every page; then
it holds what the software measured, and no score.
"""

from __future__ import annotations

from typing import Any

from lesionscope.exchange import report_origin, report_photos, report_scores, report_sites
from lesionscope.exchange.report_binding import Binding, bound
from lesionscope.exchange.report_content import ReportPhoto, TrendPoint, VisitReport
from lesionscope.exchange.report_sheet import Sheet, day_words, time_words
from lesionscope.exchange.target_sheet import Paper

__all__ = ["Paper", "ReportPhoto", "TrendPoint", "VisitReport", "visit_report"]


def visit_report(report: VisitReport, paper: Paper = Paper.A4) -> bytes:
    """Print the report of a visit.

    Parameters
    ----------
    report : VisitReport
        What it says.
    paper : Paper
        Size of the pages.

    Returns
    -------
    bytes
        A PDF; the same report and paper give the same bytes.

    Raises
    ------
    OSError
        If the picture of a photo is no image.
    """
    sheet = Sheet.of(paper)
    patient, visit = report.patient.pseudonym, report.visit
    binding = Binding(
        kind="LesionScope visit report",
        title=f"Visit report {patient}, {visit.label}, {visit.day}",
        head=f"{patient} · {visit.label} · {day_words(visit.day)}",
        foot=_foot(report),
        as_of=report.as_of,
        software=report.software_version,
        author="" if report.reading is None else report.reading.reader_name,
        draft=report.draft,
    )
    return bound(binding, sheet, lambda: _story(report, sheet))


def _story(report: VisitReport, sheet: Sheet) -> list[Any]:
    return [
        *report_scores.opening(report, sheet),
        *report_scores.surface(report, sheet),
        *report_scores.change(report, sheet),
        *report_scores.trend(report, sheet),
        *report_sites.sites(report, sheet),
        *report_photos.photos(report, sheet),
        *report_origin.signature(report, sheet),
        *report_origin.provenance(report, sheet),
        *report_origin.limits(report, sheet),
    ]


def _foot(report: VisitReport) -> str:
    if report.reading is None:
        return f"Not signed · measured until {time_words(report.as_of)}"
    return (
        f"Signed {time_words(report.reading.signed_at)} · "
        f"content sha256 {report.reading.content_sha256[:16]}"
    )
