"""Trend lines of lesions followed through visits, and their figures as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from lesionscope.core.lesion_course import LesionCourse
from lesionscope.pages.course_words import area_words, difference_words, ratio_words, trend_words
from lesionscope.series import area_trend, erythema_trend

MOST_CHARTS = 4
"""Lesions drawn; all are in the table."""


def points_table(
    courses: Sequence[LesionCourse], labels: Sequence[str], dates: Sequence[date]
) -> pd.DataFrame:
    """Return one row for each lesion and visit that shows it, the largest lesions alone.

    Parameters
    ----------
    courses : sequence of LesionCourse
        Largest first.
    labels : sequence of str
        Names of the visits.
    dates : sequence of date
        When they were.

    Returns
    -------
    pandas.DataFrame
    """
    rows: list[dict[str, Any]] = []
    for course in courses[:MOST_CHARTS]:
        for label, day, point in zip(labels, dates, course.points, strict=True):
            if point is None:
                continue
            both = (("area", point.area), ("erythema", point.erythema))
            for what, found in both:
                rows.append(
                    {
                        "lesion": f"Lesion {course.number}",
                        "order": course.number,
                        "what": what,
                        "visit": label,
                        "day": pd.Timestamp(day),
                        "value": found.value,
                        "low": found.interval.low,
                        "high": found.interval.high,
                        "unit": found.unit,
                    }
                )
    return pd.DataFrame(rows)


def charts(table: pd.DataFrame) -> list[alt.VConcatChart]:
    """Draw area and erythema of each lesion over the visits, with intervals."""
    blood = table[table["what"] == "erythema"]
    span = [float(blood["low"].min()), float(blood["high"].max())]
    drawn = []
    for name in table["lesion"].unique():
        one = table[table["lesion"] == name]
        area, erythema = (one[one["what"] == what] for what in ("area", "erythema"))
        unit = str(area["unit"].iloc[0])
        words = f"Area, {unit}" if unit == "cm²" else "Area, % of skin"
        pair: alt.VConcatChart = alt.vconcat(
            _line(area, words, alt.Scale(zero=True)).properties(title=str(name)),
            _line(erythema, "Erythema", alt.Scale(domain=span)),
            spacing=4,
        )
        drawn.append(pair)
    return drawn


def _line(table: pd.DataFrame, title: str, scale: alt.Scale) -> alt.LayerChart | alt.FacetChart:
    axis = alt.Axis(format="%d %b", labelOverlap=True, tickCount=3)
    base = alt.Chart(table).encode(x=alt.X("day:T", title=None, axis=axis))
    line = base.mark_line(strokeWidth=1.5).encode(y="value:Q")
    bars = base.mark_rule(strokeWidth=2, color="#7a8791").encode(
        y=alt.Y("low:Q", title=title, scale=scale), y2="high:Q"
    )
    shown = [alt.Tooltip(f"{name}:Q", format=".3g") for name in ("value", "low", "high")]
    points = base.mark_point(size=60, filled=True).encode(
        y="value:Q", tooltip=["lesion:N", "visit:N", "day:T", *shown]
    )
    return alt.layer(line, bars, points, width=118, height=95)


def figures(
    courses: Sequence[LesionCourse], labels: Sequence[str], days: Sequence[float]
) -> pd.DataFrame:
    """Return every lesion in figures: areas, what became of it, trends.

    Parameters
    ----------
    courses : sequence of LesionCourse
        The lesions.
    labels : sequence of str
        Names of the visits.
    days : sequence of float
        When they were.

    Returns
    -------
    pandas.DataFrame
    """
    rows = []
    for course in courses:
        row = {"Lesion": course.number, "Became": course.fates[course.last].value}
        for number, (label, point) in enumerate(zip(labels, course.points, strict=True)):
            name = label if labels.count(label) == 1 else f"{label} ({number + 1})"
            row[f"Area, {name}"] = area_words(point)
        row["Change of area"] = ratio_words(course.area_changes[course.last])
        row["Trend of area"] = trend_words(area_trend(course, days))
        row["Change of erythema"] = difference_words(course.erythema_changes[course.last])
        row["Trend of erythema"] = trend_words(erythema_trend(course, days))
        rows.append(row)
    return pd.DataFrame(rows)
