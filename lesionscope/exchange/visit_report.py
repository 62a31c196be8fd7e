"""The visit report: what was photographed, measured and signed at one visit, on paper to file.

A PDF of A4 or Letter pages, made from what is given and nothing else: no clock, no record, no
network. The same report gives the same bytes, so that its sha256 tells whether a paper is the one
that was exported. Before a visit is signed the report is a draft and says so on every page; then
it holds what the software measured, and no score.
"""

from __future__ import annotations

import io
from datetime import UTC
from typing import Any

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from lesionscope.exchange import report_origin, report_photos, report_scores, report_sites
from lesionscope.exchange.report_content import ReportPhoto, TrendPoint, VisitReport
from lesionscope.exchange.report_sheet import Sheet, day_words, furniture, time_words
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
    # Laid out twice: the foot of the first page says how many there are.
    _, pages = _bound(report, sheet, 0)
    return _bound(report, sheet, pages)[0]


def _bound(report: VisitReport, sheet: Sheet, pages: int) -> tuple[bytes, int]:
    """Lay the report out on pages that say they are of so many; return how many they are."""
    buffer = io.BytesIO()
    made = f"{report.as_of.astimezone(UTC):D:%Y%m%d%H%M%S}+00'00'"
    title = f"Visit report {report.patient.pseudonym}, {report.visit.label}, {report.visit.day}"
    document = BaseDocTemplate(
        buffer,
        pagesize=(sheet.width, sheet.height),
        title=f"DRAFT {title}" if report.draft else title,
        author="" if report.reading is None else report.reading.reader_name,
        subject="Research tool, not a medical device.",
        creator=f"LesionScope {report.software_version}",
        lang="en",
        invariant=1,
    )

    def decorate(canvas: Canvas, _document: BaseDocTemplate) -> None:
        canvas.setDateFormatter(lambda *_now: made)
        head = f"{report.patient.pseudonym} · {report.visit.label} · {day_words(report.visit.day)}"
        furniture(canvas, sheet, (head, _foot(report), pages), draft=report.draft)

    frame = Frame(sheet.margin, sheet.foot, sheet.wide, sheet.tall, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate("page", [frame], onPage=decorate))
    document.build(_story(report, sheet))
    return buffer.getvalue(), int(document.page)


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
