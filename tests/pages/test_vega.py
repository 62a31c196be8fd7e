"""The charts that are written by hand are charts of Vega-Lite, and show what they should."""

from __future__ import annotations

from datetime import date
from typing import Any

import altair as alt
import pytest

from lesionscope.core.comparison import Change, Fate
from lesionscope.core.lesion_course import LesionCourse, LesionPoint
from lesionscope.core.measurement import Estimate, Interval
from lesionscope.pages import lesion_trends, vega
from lesionscope.pages.timeline_site import SiteCourse, erythema_layers, erythema_rows

DAYS = [date(2026, 1, 5), date(2026, 2, 9)]
CHANGE = Change(-0.2, Interval(-0.3, -0.1, 0.9), 0.0, "log units")


def point(area: float) -> LesionPoint:
    blood = Estimate(0.3, Interval(0.2, 0.4, 0.9), "log units")
    return LesionPoint(Estimate(area, Interval(area / 2, 2 * area, 0.9), "cm²"), 0.2, blood)


def checked(chart: dict[str, Any]) -> dict[str, Any]:
    """Return a chart that the schema of Vega-Lite allows."""
    alt.Chart.from_dict(chart).to_dict()
    return chart


def test_a_lesion_has_its_area_over_its_erythema() -> None:
    none: tuple[None, None] = (None, None)
    fates = (Fate.WITHIN_ERROR, Fate.WITHIN_ERROR)
    courses = [
        LesionCourse(1, (0.5, 0.5), (point(3), point(2)), fates, none, none),
        LesionCourse(2, (0.2, 0.5), (None, point(1)), fates, none, none),
    ]
    rows = lesion_trends.points_of(courses, ["Baseline", "Week 5"], DAYS)
    assert [row["day"] for row in rows if row["lesion"] == "Lesion 2"] == [
        "2026-02-09T00:00:00"
    ] * 2
    first, second = map(checked, lesion_trends.charts(rows))
    assert [part["data"]["values"][0]["value"] for part in first["vconcat"]] == [3, 0.3]
    assert len(second["vconcat"][0]["data"]["values"]) == 1
    assert lesion_trends.charts([]) == []


def test_erythema_is_hollow_where_within_error() -> None:
    course = SiteCourse("Arm, left", (), ((DAYS[0], None), (DAYS[1], CHANGE)))
    rows = erythema_rows(course)
    assert [row["state"] for row in rows] == ["first photo", "changed"]
    axis = {**vega.day(), "title": None}
    chart = checked(vega.layered("Erythema", *erythema_layers(rows, axis)))
    test = chart["layer"][-1]["encoding"]["fillOpacity"]["condition"]["test"]
    assert "changed" in test


@pytest.mark.parametrize("mark", [vega.LINE, vega.BARS, vega.POINTS])
def test_marks_are_known(mark: dict[str, Any]) -> None:
    place = {"x": vega.day(), "y": vega.quantity("value", "Area")}
    checked({"data": {"values": []}, "mark": mark, "encoding": place})
