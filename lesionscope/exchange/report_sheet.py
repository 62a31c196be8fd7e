"""The sheet that a report is laid out on: margins, type, rules, head and foot.

One type family, the standard Helvetica, which every PDF reader and printer has; black and greys
alone, so that nothing is lost on a black and white printer. Helvetica holds the characters of
Windows-1252: a letter beyond loses its accent, and what has no such letter is written as its
number in Unicode, since a name under a signature must not turn into question marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Self
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, black
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, KeepTogether, Paragraph, Spacer, Table

from lesionscope.core.measurement import BsaEstimate
from lesionscope.exchange.target_sheet import Paper

FAMILY, BOLD = "Helvetica", "Helvetica-Bold"
QUIET = Color(0.32, 0.32, 0.32)
HAIR = Color(0.6, 0.6, 0.6)
WASH = Color(0.93, 0.93, 0.93)
"""Ink of captions, of fine rules and of what lies behind the text."""

_LETTER = re.compile(r"LATIN (CAPITAL|SMALL) LETTER ([A-Z]) WITH ")

GUTTER = 5 * float(mm)
_LEAST = 34.0 * float(mm)
"""Room for a heading and the first rows under it, or they begin on the next page."""
_MARGIN, _HEAD, _FOOT = 17.0 * float(mm), 21.0 * float(mm), 17.0 * float(mm)


def _style(name: str, size: float, leading: float, **more: Any) -> ParagraphStyle:
    font = more.pop("fontName", FAMILY)
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=leading, **more)


STYLES: dict[str, ParagraphStyle] = {
    "title": _style("title", 20, 24, fontName=BOLD),
    "visit": _style("visit", 11, 15),
    "section": _style("section", 9.5, 12, fontName=BOLD),
    "figure": _style("figure", 17, 21, fontName=BOLD),
    "label": _style("label", 8, 10, fontName=BOLD),
    "text": _style("text", 8.5, 11),
    "cell": _style("cell", 8, 10),
    "right": _style("right", 8, 10, alignment=TA_RIGHT),
    "head": _style("head", 7, 9, textColor=QUIET),
    "head_right": _style("head_right", 7, 9, textColor=QUIET, alignment=TA_RIGHT),
    "caption": _style("caption", 7, 9, textColor=QUIET),
    "limit": _style("limit", 7, 9, textColor=QUIET, spaceAfter=1.2),
    "hash": _style("hash", 5.8, 7.4),
}
"""The type of the report, by what it is for."""


@dataclass(frozen=True)
class Sheet:
    """A page and the area for content on it, in points.

    Attributes
    ----------
    width, height : float
        Of the page.
    margin : float
        Left and right.
    foot, wide, tall : float
        Lower edge, width and height of the area for content.
    """

    width: float
    height: float
    margin: float
    foot: float
    wide: float
    tall: float

    @classmethod
    def of(cls, paper: Paper) -> Self:
        """Return the sheet of a paper size."""
        width, height = (side * float(mm) for side in paper.value)
        return cls(width, height, _MARGIN, _FOOT, width - 2 * _MARGIN, height - _HEAD - _FOOT)

    def columns(self, count: int) -> float:
        """Return the width of one of so many equal columns with gutters between them."""
        return (self.wide - (count - 1) * GUTTER) / count


def printable(words: str) -> str:
    r"""Return words in the characters that the type of the report holds.

    Examples
    --------
    >>> printable("Müller–Łuk, Dvořák, 中\x07")
    'Müller–Luk, Dvorák, [U+4E2D]'
    """
    return "".join(_in_type(c) for c in unicodedata.normalize("NFC", words) if c.isprintable())


def _in_type(character: str) -> str:
    # Letters with a stroke do not decompose; their name still says which letter they are.
    named = _LETTER.match(unicodedata.name(character, ""))
    letter = character if named is None else named[2]
    plain = letter.lower() if named is not None and named[1] == "SMALL" else letter
    for form in (character, unicodedata.normalize("NFKD", character)[0], plain):
        try:
            form.encode("cp1252")
        except UnicodeEncodeError:
            continue
        return form
    return f"[U+{ord(character):04X}]"


def words(text: str, style: str = "cell", *, bold: bool = False) -> Paragraph:
    """Set words from outside: nothing in them is taken for markup."""
    safe = escape(printable(text))
    return Paragraph(f"<b>{safe}</b>" if bold else safe, STYLES[style])


def section(title: str, *content: Any, whole: bool = True) -> list[Any]:
    """Set a heading over content and keep them on one page where `whole`."""
    heading = [Spacer(0, 4.2 * mm), words(title, "section"), Spacer(0, 1.2 * mm)]
    if whole:
        return [KeepTogether([*heading, *content])]
    # Not kept with a table that fills a page: it would leave the rest of this page blank.
    return [CondPageBreak(_LEAST), *heading, *content]


def table(rows: Sequence[Sequence[Any]], widths: Sequence[float], *more: tuple[Any, ...]) -> Table:
    """Set rows under a head with fine rules; the first row is the head and repeats."""
    rules = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2.4 * mm),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1.6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.2),
        ("LINEABOVE", (0, 0), (-1, 0), 0.8, black),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, HAIR),
    ]
    return Table(list(rows), list(widths), repeatRows=1, style=[*rules, *more])


def figures(boxes: Sequence[tuple[str, str, str]], sheet: Sheet) -> Table:
    """Set the figures that a reader looks for first, side by side.

    Parameters
    ----------
    boxes : sequence of (str, str, str)
        Label, figure and caption of each.
    sheet : Sheet
        The page.

    Returns
    -------
    Table
    """
    cells: list[list[Any]] = [[], [], []]
    for label, figure, caption in boxes:
        large = "figure" if len(figure) < 12 else "label"
        for row, (said, kind) in zip(
            cells, ((label, "label"), (figure, large), (caption, "caption")), strict=True
        ):
            row += [words(said, kind), ""]
    wide = sheet.columns(len(boxes))
    widths = [wide, GUTTER] * len(boxes)
    columns = range(0, 2 * len(boxes), 2)
    style: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("VALIGN", (0, 1), (-1, 1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
        *(("LINEABOVE", (column, 0), (column, 0), 1.2, black) for column in columns),
    ]
    return Table([row[:-1] for row in cells], widths[:-1], style=style)


def furniture(
    canvas: Canvas,
    sheet: Sheet,
    said: tuple[str, str, int],
    *,
    draft: bool,
    title: str,
) -> None:
    """Draw what every page has: head, foot, page number, and on a draft that it is one.

    Parameters
    ----------
    canvas : Canvas
        The page.
    sheet : Sheet
        Its measures.
    said : tuple of (str, str, int)
        Right end of the head, left end of the foot, and number of pages.
    draft : bool
        Whether the visit is not signed.
    title : str
        Left end of the head.
    """
    head, foot, pages = said
    canvas.saveState()
    if draft:
        _mark_draft(canvas, sheet)
    left, right, top = sheet.margin, sheet.margin + sheet.wide, sheet.height - 13 * mm
    canvas.setFont(BOLD, 8)
    canvas.drawString(left, top, title)
    if draft:
        _tag(canvas, left + 39 * mm, top)
    canvas.setFont(FAMILY, 8)
    canvas.drawRightString(right, top, fitted(printable(head), sheet.wide - 75 * mm, 8))
    canvas.setLineWidth(0.8)
    canvas.line(left, top - 2.2 * mm, right, top - 2.2 * mm)
    canvas.setFillColor(QUIET)
    canvas.setFont(FAMILY, 7)
    canvas.drawString(left, 10.5 * mm, "Research tool, not a medical device.")
    canvas.drawCentredString(sheet.width / 2 + 6 * mm, 10.5 * mm, printable(foot))
    canvas.drawRightString(right, 10.5 * mm, f"Page {canvas.getPageNumber()} of {pages}")
    canvas.restoreState()


def fitted(line: str, width: float, size: float) -> str:
    """Shorten a line of Helvetica to a width in points, with dots where it ends."""
    if stringWidth(line, FAMILY, size) <= width:
        return line
    while line and stringWidth(f"{line}…", FAMILY, size) > width:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _tag(canvas: Canvas, x: float, y: float) -> None:
    """Draw white DRAFT on black, which a photocopy keeps."""
    canvas.rect(x, y - 1.2 * mm, 15 * mm, 4.2 * mm, stroke=0, fill=1)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawCentredString(x + 7.5 * mm, y, "DRAFT")
    canvas.setFillColor(black)


def _mark_draft(canvas: Canvas, sheet: Sheet) -> None:
    """Write DRAFT across the page, light enough to read over."""
    canvas.saveState()
    canvas.translate(sheet.width / 2, sheet.height / 2)
    canvas.rotate(55)
    canvas.setFillColor(WASH)
    canvas.setFont(BOLD, 150)
    canvas.drawCentredString(0, -50, "DRAFT")
    canvas.restoreState()


def day_words(day: date) -> str:
    """Write a day that nobody takes for another.

    Examples
    --------
    >>> day_words(date(2026, 3, 4))
    '4 Mar 2026'
    """
    return f"{day.day} {day:%b %Y}"


def time_words(at: datetime) -> str:
    """Write a time in UTC to the minute."""
    there = at.astimezone(UTC)
    return f"{day_words(there.date())} {there:%H:%M} UTC"


def amount(value: float) -> str:
    """Write an area or percentage with the digits that its size deserves.

    Examples
    --------
    >>> amount(0.034), amount(3.14159), amount(27.4), amount(0.0)
    ('0.03', '3.1', '27', '0')
    """
    if value == 0:
        return "0"
    if value < 1:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def with_sign(value: float, form: str = "g") -> str:
    """Write a change with its sign; a dash of the width of a minus for a fall.

    Examples
    --------
    >>> with_sign(-5.0), with_sign(3), with_sign(0)
    ('–5', '+3', '0')
    """
    sign = "–" if value < 0 else "+" if value > 0 else ""
    return f"{sign}{abs(value):{form}}"


def bsa_words(bsa: BsaEstimate | None) -> str:
    """Write a body surface with its interval."""
    if bsa is None:
        return "not measurable"
    low, high = bsa.interval.low, bsa.interval.high
    return f"{amount(bsa.percent)} % ({amount(low)} to {amount(high)})"
