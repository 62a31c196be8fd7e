"""The charts of a study report: each patient's course, and each patient's change, in black ink.

Fill tells responders, a grey band what cannot be told from measurement error: nothing is lost on a
black and white printer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from reportlab.graphics.shapes import Circle, Drawing, Group, Line, Rect, String
from reportlab.lib.colors import Color, black, white
from reportlab.lib.units import mm

from lesionscope.core.change import ImportantChange
from lesionscope.core.schedule import PlannedVisit
from lesionscope.exchange.report_chart import nice_top
from lesionscope.exchange.report_sheet import BOLD, FAMILY, HAIR, QUIET, WASH, printable, with_sign
from lesionscope.scoring.response_rows import ChangeRow, CourseRow

MOST_NAMED = 12
"""Patients named at the ends of their lines; more would run into each other."""
MOST_BARS_NAMED = 36

_MIDDLE = Color(0.62, 0.62, 0.62)
_SIZE = 6.5
_LEFT, _BELOW, _ABOVE = 8 * mm, 9 * mm, 6 * mm


@dataclass(frozen=True)
class Axes:
    """A pair of axes, in points on the drawing, and the values at their ends."""

    left: float
    right: float
    low: float
    high: float
    first: float
    last: float
    bottom: float
    top: float

    def x(self, value: float) -> float:
        """Return the place of a value along the chart."""
        return self.left + (value - self.first) / (self.last - self.first) * (
            self.right - self.left
        )

    def y(self, value: float) -> float:
        """Return the height of a value."""
        share = (value - self.bottom) / (self.top - self.bottom)
        return self.low + share * (self.high - self.low)


def course_chart(
    rows: Sequence[CourseRow],
    visits: Sequence[PlannedVisit],
    title: str,
    size: tuple[float, float],
    *,
    top: float | None = None,
) -> Drawing:
    """Draw every patient as a line over the days since the baseline, the windows behind.

    Parameters
    ----------
    rows : sequence of CourseRow
        Signed values of one quantity, at least one.
    visits : sequence of PlannedVisit
        The schedule.
    title : str
        What is drawn, with its unit.
    size : tuple of float
        Width and height in points.
    top : float, optional
        Where the scale ends; by default above the highest value.

    Returns
    -------
    Drawing
    """
    drawing = Drawing(*size)
    names = list(dict.fromkeys(row.patient for row in rows))
    room = 16 * mm if len(names) <= MOST_NAMED else 3 * mm
    days = [row.day for row in rows] + [visit.day for visit in visits]
    edges = [visit.first_day for visit in visits] + [visit.last_day for visit in visits]
    axes = Axes(
        _LEFT,
        size[0] - room,
        _BELOW,
        size[1] - _ABOVE,
        min(days + edges),
        max([*days, *edges, min(days + edges) + 1]),
        0,
        top or _top(max(max(row.value, row.high or 0) for row in rows)),
    )
    _windows(drawing, axes, visits)
    _frame(drawing, axes, title, [0, axes.top / 2, axes.top])
    ends = []
    few = len(names) <= MOST_NAMED
    for name in names:
        own = [row for row in rows if row.patient == name]
        for one, other in pairwise(own):
            drawing.add(
                _line(axes, (one.day, one.value), (other.day, other.value), 0.7 if few else 0.3)
            )
        for row in own:
            if row.low is not None and row.high is not None and few:
                bar = _line(axes, (row.day, row.low), (row.day, row.high), 0.5)
                bar.strokeColor = _MIDDLE
                drawing.add(bar)
            drawing.add(
                Circle(axes.x(row.day), axes.y(row.value), 1.5 if few else 0.6, fillColor=black)
            )
        ends.append((axes.y(own[-1].value), axes.x(own[-1].day), name))
    if few:
        _name_ends(drawing, axes, ends)
    return drawing


def change_chart(
    rows: Sequence[ChangeRow],
    title: str,
    size: tuple[float, float],
    *,
    error: float | None = None,
    important: Sequence[ImportantChange] = (),
) -> Drawing:
    """Draw one bar for each patient, the greatest worsening first.

    Parameters
    ----------
    rows : sequence of ChangeRow
        Changes of one quantity at one visit, at least one.
    title : str
        What is drawn, with its unit.
    size : tuple of float
        Width and height in points.
    error : float, optional
        Smallest detectable change: a grey band from its negative to it.
    important : sequence of ImportantChange
        A dashed line at each fall that matters.

    Returns
    -------
    Drawing
    """
    drawing = Drawing(*size)
    marks = [-one.points for one in important]
    ends = [row.change for row in rows] + [row.low or 0 for row in rows]
    ends += [row.high or 0 for row in rows] + marks + ([error, -error] if error else [])
    bottom, top = min(0.0, *ends), max(0.0, *ends)
    step = nice_top((top - bottom or 1) / 4)
    axes = Axes(
        _LEFT,
        size[0] - (17 * mm if important else 2 * mm),
        _BELOW,
        size[1] - _ABOVE,
        0,
        len(rows),
        math.floor(bottom / step) * step,
        math.ceil(top / step) * step or step,
    )
    if error:
        low, high = axes.y(-error), axes.y(error)
        wide = axes.right - axes.left
        drawing.add(Rect(axes.left, low, wide, high - low, fillColor=WASH, strokeColor=None))
    count = round((axes.top - axes.bottom) / step)
    _frame(drawing, axes, title, [axes.bottom + step * place for place in range(count + 1)])
    for place, row in enumerate(rows):
        _bar(drawing, axes, place + 0.5, row)
    _important(drawing, axes, important)
    if len(rows) <= MOST_BARS_NAMED:
        for place, row in enumerate(rows):
            _name_bar(drawing, axes, place + 0.5, row.patient)
    drawing.add(_line(axes, (0, 0), (len(rows), 0), 0.8))
    return drawing


def _top(highest: float) -> float:
    """Return the end of an axis that leaves little room above the highest value.

    Examples
    --------
    >>> _top(31), _top(18.0), _top(0)
    (40.0, 20.0, 1.0)
    """
    coarse = nice_top(highest)
    shares = (0.3, 0.4, 0.6, 0.8, 1.0) if highest > 0 else (1.0,)
    return next(coarse * share for share in shares if coarse * share >= highest)


def _text(drawing: Drawing, at: tuple[float, float], said: str, **more: Any) -> None:
    style = {"fontName": FAMILY, "fontSize": _SIZE, "fillColor": QUIET} | more
    drawing.add(String(*at, printable(said), **style))


def _line(axes: Axes, one: tuple[float, float], other: tuple[float, float], wide: float) -> Line:
    ends = axes.x(one[0]), axes.y(one[1]), axes.x(other[0]), axes.y(other[1])
    return Line(*ends, strokeWidth=wide)


def _frame(drawing: Drawing, axes: Axes, title: str, ticks: Sequence[float]) -> None:
    _text(drawing, (0, axes.high + 3 * mm), title, fontName=BOLD)
    signed = axes.bottom < 0
    for tick in ticks:
        y = axes.y(tick)
        drawing.add(Line(axes.left, y, axes.right, y, strokeColor=HAIR, strokeWidth=0.3))
        label = with_sign(tick) if signed else f"{tick:g}"
        _text(drawing, (axes.left - 3, y - 2.2), label, textAnchor="end")


def _windows(drawing: Drawing, axes: Axes, visits: Sequence[PlannedVisit]) -> None:
    """Shade the window of each planned visit and name it where there is room."""
    free = -math.inf
    for visit in visits:
        left, right = axes.x(visit.first_day), axes.x(visit.last_day)
        wide, tall = max(right - left, 1.0), axes.high - axes.low
        drawing.add(Rect(left, axes.low, wide, tall, fillColor=WASH, strokeColor=None))
        middle, half = axes.x(visit.day), 1.7 * len(visit.label)
        if middle - half > free:
            _text(drawing, (middle, axes.low - 8), visit.label, textAnchor="middle")
            free = middle + half + 3


def _name_ends(drawing: Drawing, axes: Axes, ends: Sequence[tuple[float, float, str]]) -> None:
    """Write each patient beside the end of the line, moved apart where lines end together."""
    below = -math.inf
    places = []
    for y, x, name in sorted(ends):
        below = max(y, below + _SIZE)
        places.append((below, x, y, name))
    shift = max(0.0, below - axes.high)
    for placed, x, y, name in places:
        at = placed - shift
        drawing.add(Line(x + 2.5, y, axes.right + 5, at, strokeColor=_MIDDLE, strokeWidth=0.3))
        _text(drawing, (axes.right + 6, at - 2.2), name, fillColor=black)


def _bar(drawing: Drawing, axes: Axes, middle: float, row: ChangeRow) -> None:
    half = min(0.36, 3.2 * mm * (axes.last - axes.first) / (axes.right - axes.left))
    fill = {True: black, False: white, None: _MIDDLE}[row.responder]
    few = axes.last <= MOST_BARS_NAMED
    left, right = axes.x(middle - half), axes.x(middle + half)
    ends = sorted((axes.y(0), axes.y(row.change)))
    drawing.add(
        Rect(left, ends[0], right - left, ends[1] - ends[0],
             fillColor=fill, strokeColor=black, strokeWidth=0.6 if few else 0.2)
    )  # fmt: skip
    if row.low is not None and row.high is not None:
        # White under black: a whisker is seen on a full bar too.
        for wide, ink in ((1.8, white), (0.7, black)) if few else ((0.3, _MIDDLE),):
            whisker = _line(axes, (middle, row.low), (middle, row.high), wide)
            whisker.strokeColor = ink
            drawing.add(whisker)


def _important(drawing: Drawing, axes: Axes, marks: Sequence[ImportantChange]) -> None:
    """Draw a dashed line at each fall that matters, named at its end and apart from the others."""
    above = math.inf
    for one in sorted(marks, key=lambda mark: mark.points):
        y = axes.y(-one.points)
        drawing.add(
            Line(axes.left, y, axes.right, y, strokeColor=black, strokeWidth=0.6,
                 strokeDashArray=[2.4, 1.8])
        )  # fmt: skip
        above = min(y, above - 6)
        label = f"{with_sign(-one.points)} {one.name}"
        _text(drawing, (axes.right + 2, above - 2.2), label, fontSize=5.6)


def _name_bar(drawing: Drawing, axes: Axes, place: float, name: str) -> None:
    label = String(0, 0, printable(name)[:12], fontName=FAMILY, fontSize=5.8, fillColor=QUIET,
                   textAnchor="end")  # fmt: skip
    group = Group(label)
    group.translate(axes.x(place) + 2, axes.low - 4)
    group.rotate(40)
    drawing.add(group)
