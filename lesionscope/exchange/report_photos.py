"""The photos of a visit report, with their outlines, and what each of them gives."""

from __future__ import annotations

import io
from typing import Any

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Image, KeepTogether, Table

from lesionscope.core.sites import FACTS, Side
from lesionscope.exchange.report_content import ReportPhoto, VisitReport
from lesionscope.exchange.report_sheet import GUTTER, Sheet, bsa_words, section, words

TALLEST = 0.78
"""Height of a picture as a fraction of its column: a portrait photo is made narrower."""


def photos(report: VisitReport, sheet: Sheet) -> list[Any]:
    """Set the photos side by side, as many in a row as leaves them large enough to judge."""
    if not report.photos:
        return section("Photos", words("No photo belongs to this visit.", "text"))
    count = len(report.photos)
    across = 2 if count <= 2 else 3 if count <= 12 else 4
    wide = sheet.columns(across)
    rows: list[Any] = []
    for start in range(0, count, across):
        numbered = list(enumerate(report.photos, start=1))[start : start + across]
        rows.append(_row(numbered, across, wide))
    key = "Thick outline: lesion. Thin outline: the hand that served as ruler."
    # A picture and its caption stay on one page.
    return [*section("Photos", rows[0]), *map(KeepTogether, rows[1:]), words(key, "caption")]


def _row(numbered: list[tuple[int, ReportPhoto]], across: int, wide: float) -> Table:
    pictures: list[Any] = []
    captions: list[Any] = []
    for number, photo in numbered:
        pictures += [_picture(photo, wide), ""]
        captions += [_caption(number, photo), ""]
    empty = [""] * (2 * across - len(pictures))
    style = [
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("VALIGN", (0, 1), (-1, 1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, 0), 1 * mm),
        ("BOTTOMPADDING", (0, 1), (-1, 1), 3 * mm),
    ]
    rows = [[*pictures, *empty][:-1], [*captions, *empty][:-1]]
    return Table(rows, ([wide, GUTTER] * across)[:-1], style=style, hAlign="LEFT")


def _picture(photo: ReportPhoto, wide: float) -> Image:
    width, height = ImageReader(io.BytesIO(photo.picture)).getSize()
    scale = min(wide / width, TALLEST * wide / height)
    return Image(io.BytesIO(photo.picture), width * scale, height * scale, hAlign="LEFT")


def _caption(number: int, photo: ReportPhoto) -> list[Any]:
    side = "" if photo.side is Side.MIDLINE else f", {photo.side.value}"
    found = "not measured"
    if photo.measurement_id is not None:
        lesions = "1 lesion" if photo.lesions == 1 else f"{photo.lesions} lesions"
        area = f"BSA {bsa_words(photo.bsa)}" if photo.bsa is not None else "area not measurable"
        found = f"{lesions} · {area}"
    return [
        words(f"{number}  {FACTS[photo.site].label}{side}", "label"),
        words(found, "caption"),
    ]
