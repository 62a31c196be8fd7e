"""The small chart of a visit report: CDASI totals and body surface over the visits, drawn.

Black ink and shapes alone tell the lines apart: a dot and a full line for activity, a square and
a dashed line for damage, hollow for what is not signed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from reportlab.graphics.shapes import Circle, Drawing, Line, Rect, String
from reportlab.lib.colors import black, white
from reportlab.lib.units import mm

from lesionscope.exchange.report_content import TrendPoint
from lesionscope.exchange.report_sheet import (
    BOLD,
    FAMILY,
    GUTTER,
    HAIR,
    QUIET,
    WASH,
    amount,
    day_words,
)

_LEFT, _RIGHT, _BELOW, _ABOVE = 9 * mm, 15 * mm, 6 * mm, 7 * mm
_MOST_LABELS = 8
"""Values are written beside their points for so many visits; more would run into each other."""


@dataclass(frozen=True)
class _Panel:
    """One pair of axes, in points on the drawing."""

    left: float
    right: float
    low: float
    high: float
    first: date
    last: date
    top: float

    def x(self, day: date) -> float:
        span = (self.last - self.first).days
        if span == 0:
            return (self.left + self.right) / 2
        return self.left + (self.right - self.left) * (day - self.first).days / span

    def y(self, value: float) -> float:
        return self.low + (self.high - self.low) * min(value, self.top) / self.top


def trend_chart(
    points: Sequence[TrendPoint],
    today: date,
    size: tuple[float, float],
    band: tuple[float, float] | None = None,
    marks: Sequence[tuple[date, str]] = (),
) -> Drawing:
    """Draw the course of a patient in two panels.

    Parameters
    ----------
    points : sequence of TrendPoint
        Visits by day, at least one.
    today : date
        Day of the visit reported: a fine line marks it.
    size : tuple of float
        Width and height in points.
    band : tuple of (float, float), optional
        Activity between which an important fall from the baseline lies.
    marks : sequence of (date, str)
        Events between the first and the last visit, each with the sign written under it.

    Returns
    -------
    Drawing
    """
    drawing = Drawing(*size)
    half = (size[0] - GUTTER) / 2
    totals = [t for p in points for t in (p.activity, p.damage) if t is not None]
    highs = [p.bsa.interval.high for p in points if p.bsa is not None]
    shift = half + GUTTER
    left = _panel(points, (0, half, size[1]), nice_top(max(totals, default=10)))
    right = _panel(points, (shift, shift + half, size[1]), nice_top(max(highs, default=0)))
    if band is not None and band[1] > 0:
        _band(drawing, left, band)
    _axes(drawing, left, "CDASI totals", today)
    _axes(drawing, right, "Body surface involved, % (protocol)", today)
    _totals(drawing, left, points)
    _areas(drawing, right, points)
    for panel in (left, right):
        _marks(drawing, panel, marks)
    return drawing


def nice_top(highest: float) -> float:
    """Return the top of an axis: 1, 2 or 5 times a power of ten that no value passes.

    Examples
    --------
    >>> nice_top(17), nice_top(2.3), nice_top(0), nice_top(50)
    (20.0, 5.0, 1.0, 50.0)
    """
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= highest * (1 - 1e-9))


def _panel(points: Sequence[TrendPoint], box: tuple[float, float, float], top: float) -> _Panel:
    left, right, tall = box
    first, last = points[0].day, points[-1].day
    return _Panel(left + _LEFT, right - _RIGHT, _BELOW, tall - _ABOVE, first, last, top)


def _text(drawing: Drawing, at: tuple[float, float], said: str, **more: Any) -> None:
    style = {"fontName": FAMILY, "fontSize": 6.5, "fillColor": QUIET} | more
    drawing.add(String(*at, said, **style))


def _axes(drawing: Drawing, panel: _Panel, title: str, today: date) -> None:
    _text(drawing, (panel.left - _LEFT, panel.high + 4.2 * mm), title, fontName=BOLD)
    for share in (0.0, 0.5, 1.0):
        y = panel.y(share * panel.top)
        ink = black if share == 0 else HAIR
        drawing.add(Line(panel.left - 4, y, panel.right + 4, y, strokeColor=ink, strokeWidth=0.3))
        label = f"{share * panel.top:g}"
        _text(drawing, (panel.left - 6, y - 2.2), label, textAnchor="end")
    x = panel.x(today)
    drawing.add(
        Line(x, panel.low, x, panel.high + 2, strokeColor=HAIR, strokeWidth=0.5,
             strokeDashArray=[1, 1.5])
    )  # fmt: skip
    for day in sorted({panel.first, panel.last}):
        _text(drawing, (panel.x(day), panel.low - 9), day_words(day), textAnchor="middle")


def _band(drawing: Drawing, panel: _Panel, band: tuple[float, float]) -> None:
    low, high = (panel.y(max(edge, 0)) for edge in band)
    wide = panel.right - panel.left + 8
    drawing.add(Rect(panel.left - 4, low, wide, high - low, fillColor=WASH, strokeColor=None))


def _marks(drawing: Drawing, panel: _Panel, marks: Sequence[tuple[date, str]]) -> None:
    """Draw a fine line for each event, its sign above it."""
    for day, sign in marks:
        if panel.first <= day <= panel.last:
            x = panel.x(day)
            line = Line(x, panel.low, x, panel.high, strokeColor=QUIET, strokeWidth=0.4)
            line.strokeDashArray = [0.8, 1.6]
            drawing.add(line)
            _text(drawing, (x, panel.high + 1.5), sign, textAnchor="middle", fontSize=6)


def _totals(drawing: Drawing, panel: _Panel, points: Sequence[TrendPoint]) -> None:
    activity = [(panel.x(p.day), panel.y(p.activity), p.activity, p.signed)
                for p in points if p.activity is not None]  # fmt: skip
    damage = [(panel.x(p.day), panel.y(p.damage), p.damage, p.signed)
              for p in points if p.damage is not None]  # fmt: skip
    if not activity and not damage:
        _text(drawing, (panel.left + 4, panel.y(0.72 * panel.top)), "no signed total")
    ends = [line[-1][1] for line in (activity, damage) if line]
    apart = len(ends) < 2 or abs(ends[0] - ends[1]) >= 8
    for line, name, dashes, nudge in (
        (damage, "damage", [2, 1.6], 0 if apart else -4),
        (activity, "activity", None, 0 if apart else 4),
    ):
        for (x1, y1, *_), (x2, y2, *_) in pairwise(line):
            drawing.add(Line(x1, y1, x2, y2, strokeWidth=0.9, strokeDashArray=dashes))
        for x, y, value, _ in line:
            _dot(drawing, x, y, square=name == "damage")
            if name == "activity" and len(points) <= _MOST_LABELS:
                # Beside the line that falls to the point, not on it.
                _text(drawing, (x + 3, y + 3.5), f"{value}", fillColor=black)
        if line:
            _text(drawing, (line[-1][0] + 6, line[-1][1] - 2.2 + nudge), name, fillColor=black)


def _areas(drawing: Drawing, panel: _Panel, points: Sequence[TrendPoint]) -> None:
    known = [(p, p.bsa) for p in points if p.bsa is not None]
    if not known:
        _text(drawing, (panel.left + 4, panel.y(0.72 * panel.top)), "not measurable")
    for (one, before), (other, after) in pairwise(known):
        ends = panel.x(one.day), panel.y(before.percent), panel.x(other.day), panel.y(after.percent)
        drawing.add(Line(*ends, strokeWidth=0.9))
    for point, bsa in known:
        x, low, high = panel.x(point.day), panel.y(bsa.interval.low), panel.y(bsa.interval.high)
        drawing.add(Line(x, low, x, high, strokeColor=QUIET, strokeWidth=0.8))
        for end in (low, high):
            drawing.add(Line(x - 2, end, x + 2, end, strokeColor=QUIET, strokeWidth=0.8))
        _dot(drawing, x, panel.y(bsa.percent), filled=point.signed)
        if len(points) <= _MOST_LABELS:
            _text(drawing, (x + 4, panel.y(bsa.percent) + 2), amount(bsa.percent), fillColor=black)


def _dot(
    drawing: Drawing, x: float, y: float, *, square: bool = False, filled: bool = True
) -> None:
    ink = {"fillColor": black if filled else white, "strokeColor": black, "strokeWidth": 0.9}
    drawing.add(Rect(x - 1.7, y - 1.7, 3.4, 3.4, **ink) if square else Circle(x, y, 2.1, **ink))
