"""Courses of lesions as plain values that JSON can hold, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lesionscope.core.comparison import Fate
from lesionscope.core.lesion_course import LesionCourse, LesionPoint
from lesionscope.core.measurement import Estimate, Interval
from lesionscope.exchange.comparison_files import change_from, change_part


def course_document(course: LesionCourse) -> dict[str, Any]:
    """Write the course of a lesion as plain values.

    Parameters
    ----------
    course : LesionCourse
        The lesion at every visit.

    Returns
    -------
    dict
        As `course_from` reads it; null where a visit does not show the skin.
    """
    return {
        "number": course.number,
        "centre": list(course.centre),
        "points": [None if point is None else _point_part(point) for point in course.points],
        "fates": [fate.value for fate in course.fates],
        "area_changes": [change_part(change) for change in course.area_changes],
        "erythema_changes": [change_part(change) for change in course.erythema_changes],
    }


def course_from(document: Mapping[str, Any]) -> LesionCourse:
    """Read the course of a lesion back.

    Parameters
    ----------
    document : mapping
        As written by `course_document`.

    Returns
    -------
    LesionCourse
    """
    x, y = document["centre"]
    areas, bloods = document["area_changes"], document["erythema_changes"]
    return LesionCourse(
        document["number"],
        (x, y),
        tuple(None if part is None else _point_from(part) for part in document["points"]),
        tuple(Fate(fate) for fate in document["fates"]),
        tuple(change_from(part, unchanged=1.0) for part in areas),
        tuple(change_from(part, unchanged=0.0) for part in bloods),
    )


def _point_part(point: LesionPoint) -> dict[str, Any]:
    return {
        "area": _estimate_part(point.area),
        "area_log_sd": point.area_log_sd,
        "erythema": _estimate_part(point.erythema),
    }


def _point_from(part: Mapping[str, Any]) -> LesionPoint:
    area, erythema = _estimate_from(part["area"]), _estimate_from(part["erythema"])
    return LesionPoint(area, part["area_log_sd"], erythema)


def _estimate_part(estimate: Estimate) -> dict[str, Any]:
    low, high, level = (
        estimate.interval.low,
        estimate.interval.high,
        estimate.interval.level,
    )
    return {"value": estimate.value, "low": low, "high": high, "level": level,
            "unit": estimate.unit}  # fmt: skip


def _estimate_from(part: Mapping[str, Any]) -> Estimate:
    interval = Interval(part["low"], part["high"], part["level"])
    return Estimate(part["value"], interval, part["unit"])
