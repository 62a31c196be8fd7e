"""The course of a patient on one page: one site over the visits, scores, erythema, events.

Landscape, in black and greys but for the photos, so that it can stand in a paper or a file.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from reportlab.graphics import renderPDF
from reportlab.graphics.shapes import Circle, Drawing, Line, String
from reportlab.lib.colors import black
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from lesionscope.core.comparison import Change
from lesionscope.exchange.report_chart import trend_chart
from lesionscope.exchange.report_content import TrendPoint
from lesionscope.exchange.report_sheet import (
    BOLD,
    FAMILY,
    GUTTER,
    HAIR,
    QUIET,
    day_words,
    fitted,
    printable,
)
from lesionscope.exchange.target_sheet import Paper

_MARGIN = 14 * float(mm)
_ACROSS = 6
_MOST_TILES = 12
_MOST_EVENTS = 12
_CHART_TALL = 46 * float(mm)


@dataclass(frozen=True, eq=False)
class FigureTile:
    """One photo of the small multiples.

    Attributes
    ----------
    day : date
        Of the visit.
    label : str
        Of the visit.
    picture : bytes
        JPEG.
    note : str
        Under the photo, such as how it lies on the first.
    """

    day: date
    label: str
    picture: bytes
    note: str = ""


@dataclass(frozen=True, eq=False)
class TimelineFigure:
    """What the figure shows.

    Attributes
    ----------
    pseudonym : str
        The patient.
    site : str
        Name of the site of the photos; empty without photos.
    tiles : tuple of FigureTile
        By day.
    trend : tuple of TrendPoint
        Visits by day, at least one.
    erythema : tuple of (date, Change or None)
        Change of erythema on the site since the first photo; None for the first.
    events : tuple of (date, str)
        What happened, by day.
    """

    pseudonym: str
    site: str
    tiles: tuple[FigureTile, ...]
    trend: tuple[TrendPoint, ...]
    erythema: tuple[tuple[date, Change | None], ...] = ()
    events: tuple[tuple[date, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.trend:
            raise ValueError("a timeline needs a visit")


def timeline_figure(figure: TimelineFigure, paper: Paper = Paper.A4) -> bytes:
    """Draw the course of a patient.

    Parameters
    ----------
    figure : TimelineFigure
        What it shows.
    paper : Paper
        Laid on its side.

    Returns
    -------
    bytes
        PDF of one page; the same figure gives the same bytes.
    """
    file = io.BytesIO()
    tall, wide = (side * float(mm) for side in paper.value)
    canvas = Canvas(file, pagesize=(wide, tall), invariant=1)
    canvas.setTitle(f"Timeline of {figure.pseudonym}")
    _text(canvas, (_MARGIN, tall - _MARGIN), f"Patient {figure.pseudonym}", font=(BOLD, 14))
    below = _tiles(canvas, figure, (wide, tall - _MARGIN - 8 * mm))
    marks = [(day, f"{n}") for n, (day, _) in enumerate(figure.events[:_MOST_EVENTS], start=1)]
    below = _charts(canvas, figure, (wide, below), marks)
    _events(canvas, figure, (wide, below))
    foot = "LesionScope. Bars are 90 % intervals. Hollow: not signed. Research tool, not a medical "
    _text(canvas, (_MARGIN, 8 * mm), f"{foot}device.", ink=QUIET)
    canvas.save()
    return file.getvalue()


def _text(
    canvas: Canvas,
    at: tuple[float, float],
    said: str,
    *,
    font: tuple[str, float] = (FAMILY, 7.5),
    ink: object = black,
) -> None:
    canvas.setFont(*font)
    canvas.setFillColor(ink)
    canvas.drawString(*at, printable(said))


def _tiles(canvas: Canvas, figure: TimelineFigure, room: tuple[float, float]) -> float:
    """Set the photos in rows; return where the page is free below."""
    wide, top = room
    shown = figure.tiles[-_MOST_TILES:]
    if not shown:
        return top
    _text(canvas, (_MARGIN, top), figure.site, font=(BOLD, 9))
    top -= 3 * mm
    across = min(len(shown), _ACROSS) if len(shown) > 2 else 3
    width = (wide - 2 * _MARGIN - (across - 1) * GUTTER) / across
    tall = (56 if len(shown) <= _ACROSS else 34) * float(mm)
    for start in range(0, len(shown), across):
        row = shown[start : start + across]
        for number, tile in enumerate(row):
            _tile(canvas, tile, (_MARGIN + number * (width + GUTTER), top), (width, tall))
        top -= tall + 10 * mm
    return float(top)


def _tile(
    canvas: Canvas, tile: FigureTile, at: tuple[float, float], room: tuple[float, float]
) -> None:
    (x, top), (width, tall) = at, room
    picture = ImageReader(io.BytesIO(tile.picture))
    across, down = picture.getSize()
    scale = min(width / across, tall / down)
    canvas.drawImage(picture, x, top - scale * down, scale * across, scale * down)
    y = top - scale * down - 3.2 * mm
    title = fitted(printable(f"{tile.label}, {day_words(tile.day)}"), width, 7.5)
    _text(canvas, (x, y), title)
    _text(canvas, (x, y - 3 * mm), fitted(printable(tile.note), width, 6.5),
          font=(FAMILY, 6.5), ink=QUIET)  # fmt: skip


def _charts(
    canvas: Canvas,
    figure: TimelineFigure,
    room: tuple[float, float],
    marks: Sequence[tuple[date, str]],
) -> float:
    wide, top = room
    bottom = top - _CHART_TALL
    inner = wide - 2 * _MARGIN
    third = (inner - GUTTER) / 3
    scored = inner if not figure.erythema else inner - third - GUTTER
    # No visit of the figure is the one reported: the last takes its fine line.
    drawn = trend_chart(figure.trend, figure.trend[-1].day, (scored, _CHART_TALL), marks=marks)
    renderPDF.draw(drawn, canvas, _MARGIN, bottom)
    if figure.erythema:
        span = figure.trend[0].day, figure.trend[-1].day
        chart = erythema_chart(figure.erythema, span, (third, _CHART_TALL), marks)
        renderPDF.draw(chart, canvas, _MARGIN + scored + GUTTER, bottom)
    return float(bottom - 6 * mm)


def erythema_chart(
    points: Sequence[tuple[date, Change | None]],
    span: tuple[date, date],
    size: tuple[float, float],
    marks: Sequence[tuple[date, str]] = (),
) -> Drawing:
    """Draw the change of erythema since the first photo, with intervals about a line of none.

    Parameters
    ----------
    points : sequence of (date, Change or None)
        By day; None for the first photo.
    span : tuple of date
        First and last day of the axis.
    size : tuple of float
        Width and height in points.
    marks : sequence of (date, str)
        Events.

    Returns
    -------
    Drawing
    """
    drawing = Drawing(*size)
    left, right, low, high = 11 * mm, size[0] - 4 * mm, 6 * mm, size[1] - 7 * mm
    ends = [e for _, c in points if c for e in (c.interval.low, c.interval.high)]
    most = max([0.1, *(abs(end) for end in ends)])
    days = max(1, (span[1] - span[0]).days)

    def x(day: date) -> float:
        return float(left + 6 + (right - left - 12) * (day - span[0]).days / days)

    def y(value: float) -> float:
        return float((low + high) / 2 + (high - low) / 2 * value / most)

    def words(at: tuple[float, float], said: str, anchor: str = "start") -> None:
        drawing.add(
            String(*at, said, fontName=FAMILY, fontSize=6.5, fillColor=QUIET, textAnchor=anchor)
        )

    title = "Erythema since the first photo, log units"
    drawing.add(
        String(left - 9 * mm, high + 4.2 * mm, title, fontName=BOLD, fontSize=6.5, fillColor=QUIET)
    )
    for value in (-most, 0.0, most):
        ink = HAIR if value else black
        drawing.add(Line(left, y(value), right, y(value), strokeColor=ink, strokeWidth=0.3))
        words((left - 3, y(value) - 2.2), f"{value:+.2f}" if value else "0", "end")
    for day, sign in marks:
        if span[0] <= day <= span[1]:
            line = Line(x(day), low, x(day), high, strokeColor=QUIET, strokeWidth=0.4)
            line.strokeDashArray = [0.8, 1.6]
            drawing.add(line)
            words((x(day), high + 1.5), sign, "middle")
    before: tuple[float, float] | None = None
    for day, change in points:
        value = change.value if change else 0.0
        here = x(day), y(value)
        if before:
            drawing.add(Line(*before, *here, strokeWidth=0.9))
        if change:
            bounds = y(change.interval.low), y(change.interval.high)
            drawing.add(
                Line(here[0], bounds[0], here[0], bounds[1], strokeColor=QUIET, strokeWidth=0.8)
            )
        drawing.add(Circle(*here, 2.1, fillColor=black))
        before = here
    for day in sorted(set(span)):
        words((x(day), low - 9), day_words(day), "middle")
    return drawing


def _events(canvas: Canvas, figure: TimelineFigure, room: tuple[float, float]) -> None:
    wide, top = room
    half = (wide - 2 * _MARGIN - GUTTER) / 2
    shown = figure.events[:_MOST_EVENTS]
    for number, (day, said) in enumerate(shown, start=1):
        column, row = divmod(number - 1, (len(shown) + 1) // 2)
        line = fitted(printable(f"{number}  {day_words(day)}  {said}"), half, 7.5)
        _text(canvas, (_MARGIN + column * (half + GUTTER), top - row * 3.6 * mm), line)
    left_out = len(figure.events) - len(shown)
    if left_out:
        y = top - ((len(shown) + 1) // 2) * 3.6 * mm
        _text(canvas, (_MARGIN, y), f"and {left_out} more", ink=QUIET)
