"""Trend lines of lesions followed through visits, and their figures as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from lesionscope.core.lesion_course import LesionCourse
from lesionscope.pages import vega
from lesionscope.pages.course_words import area_words, difference_words, ratio_words, trend_words
from lesionscope.pages.vega import Spec
from lesionscope.series import area_trend, erythema_trend

MOST_CHARTS = 4
"""Lesions drawn; all are in the table."""


def points_of(
    courses: Sequence[LesionCourse], labels: Sequence[str], dates: Sequence[date]
) -> list[Spec]:
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
    list of dict
        What the charts read, as plain JSON.
    """
    rows: list[Spec] = []
    for course in courses[:MOST_CHARTS]:
        for label, day, point in zip(labels, dates, course.points, strict=True):
            if point is None:
                continue
            both = (("area", point.area), ("erythema", point.erythema))
            for what, found in both:
                rows.append(
                    {
                        "lesion": f"Lesion {course.number}",
                        "what": what,
                        "visit": label,
                        "day": vega.moment(day),
                        "value": found.value,
                        "low": found.interval.low,
                        "high": found.interval.high,
                        "unit": found.unit,
                    }
                )
    return rows


def charts(rows: Sequence[Spec]) -> list[Spec]:
    """Draw area and erythema of each lesion over the visits, with intervals.

    Parameters
    ----------
    rows : sequence of dict
        From `points_of`.

    Returns
    -------
    list of dict
        A chart in Vega-Lite for each lesion.
    """
    blood = [row for row in rows if row["what"] == "erythema"]
    if not blood:
        return []
    span = [min(row["low"] for row in blood), max(row["high"] for row in blood)]
    drawn = []
    for name in dict.fromkeys(row["lesion"] for row in rows):
        area, erythema = (
            [row for row in rows if (row["lesion"], row["what"]) == (name, what)]
            for what in ("area", "erythema")
        )
        unit = area[0]["unit"]
        words = f"Area, {unit}" if unit == "cm²" else "Area, % of skin"
        pair = [
            {**_line(area, words, {"zero": True}), "title": name},
            _line(erythema, "Erythema", {"domain": span}),
        ]
        drawn.append({"vconcat": pair, "spacing": 4})
    return drawn


def _line(rows: Sequence[Spec], title: str, scale: Spec) -> Spec:
    axis = {"format": "%d %b", "labelOverlap": True, "tickCount": 3}
    low = {**vega.quantity("low", title), "scale": scale}
    figures = [{**vega.quantity(name), "format": ".3g"} for name in ("value", "low", "high")]
    said = [vega.name("lesion"), vega.name("visit"), vega.day(), *figures]
    layers = [
        {"mark": vega.LINE, "encoding": {"y": vega.quantity("value")}},
        {"mark": vega.BARS, "encoding": {"y": low, "y2": {"field": "high"}}},
        {
            "mark": {"type": "point", "size": 60, "filled": True},
            "encoding": {"y": vega.quantity("value"), "tooltip": said},
        },
    ]
    return {
        "data": {"values": list(rows)},
        "encoding": {"x": {**vega.day(), "title": None, "axis": axis}},
        "layer": layers,
        "width": 118,
        "height": 95,
    }


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
