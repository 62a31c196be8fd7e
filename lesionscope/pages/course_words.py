"""What is said of lesions followed through visits, in words: figures, intervals, trends."""

from __future__ import annotations

from collections.abc import Sequence

from lesionscope.core.comparison import Change, Comparison, Fate
from lesionscope.core.lesion_course import LesionCourse, LesionPoint
from lesionscope.pages.components.comparator import LesionCard
from lesionscope.pages.panel import figure
from lesionscope.scoring.trend import Trend
from lesionscope.series import area_trend, erythema_trend

WITHIN = "within measurement error"


def ratio_words(change: Change | None) -> str:
    """Write the change of an area as percent with its interval.

    Examples
    --------
    >>> from lesionscope.core.measurement import Interval
    >>> ratio_words(Change(0.62, Interval(0.5, 0.77), 1.0, "ratio"))
    '-38 % (-50 to -23)'
    >>> ratio_words(Change(0.95, Interval(0.8, 1.1), 1.0, "ratio"))
    '-5 % (-20 to +10), within measurement error'
    """
    if change is None:
        return "no ratio: one of the areas is zero"
    value, low, high = (
        100 * (part - 1) for part in (change.value, change.interval.low, change.interval.high)
    )
    said = f"{value:+.0f} % ({low:+.0f} to {high:+.0f})"
    return f"{said}, {WITHIN}" if change.within_error else said


def difference_words(change: Change | None) -> str:
    """Write the change of erythema with its interval, in natural log units.

    Examples
    --------
    >>> from lesionscope.core.measurement import Interval
    >>> difference_words(Change(-0.12, Interval(-0.3, 0.02), 0.0, ""))
    '-0.12 (-0.30 to +0.02), within measurement error'
    """
    if change is None:
        return "not measurable"
    low, high = change.interval.low, change.interval.high
    said = f"{change.value:+.2f} ({low:+.2f} to {high:+.2f})"
    return f"{said}, {WITHIN}" if change.within_error else said


def trend_words(trend: Trend | None) -> str:
    """Write a trend with its interval for a month.

    Examples
    --------
    >>> from lesionscope.core.measurement import Interval
    >>> trend_words(Trend(0.8, Interval(0.7, 0.9), True, 3))
    '-20 % a month (-30 to -10)'
    """
    if trend is None:
        return "no trend: fewer than two visits show it"
    parts = (trend.per_month, trend.interval.low, trend.interval.high)
    if trend.is_ratio:
        value, low, high = (100 * (part - 1) for part in parts)
        said = f"{value:+.0f} % a month ({low:+.0f} to {high:+.0f})"
    else:
        said = "{:+.2f} a month ({:+.2f} to {:+.2f})".format(*parts)
    return f"{said}, {WITHIN}" if trend.within_error else said


def comparison_words(comparison: Comparison) -> str:
    """Say what changed between two photos, on the skin of both."""
    fates = (Fate.NEW, Fate.RESOLVED, Fate.GROWN, Fate.SHRUNK, Fate.WITHIN_ERROR)
    counts = [f"{comparison.count(fate)} {fate.value}" for fate in fates if comparison.count(fate)]
    lesions = f" Lesions: {', '.join(counts)}." if counts else ""
    return (
        f"Lesional area {ratio_words(comparison.area)}. "
        f"Erythema {difference_words(comparison.erythema)}.{lesions}"
    )


def area_words(point: LesionPoint | None) -> str:
    """Write the area of a lesion at one visit with its interval."""
    if point is None:
        return "not in view"
    area = point.area
    bounds = f"{figure(area.interval.low)} to {figure(area.interval.high)}"
    return f"{figure(area.value)} {area.unit} ({bounds})"


def card_of(course: LesionCourse, titles: Sequence[str], days: Sequence[float]) -> LesionCard:
    """Return what is said of a lesion when it is chosen.

    Parameters
    ----------
    course : LesionCourse
        The lesion.
    titles : sequence of str
        Names of the visits.
    days : sequence of float
        When they were.

    Returns
    -------
    LesionCard
    """
    lines = []
    for number, (title, point) in enumerate(zip(titles, course.points, strict=True)):
        said = f"{title}: {area_words(point)}"
        if point is not None:
            said += f", erythema {point.erythema.value:.2f}"
        if point is not None and number != course.first:
            said += f" · {course.fates[number].value}"
        lines.append(said)
    lines.append(f"Area: {trend_words(area_trend(course, days))}")
    lines.append(f"Erythema: {trend_words(erythema_trend(course, days))}")
    title = f"Lesion {course.number} · {course.fates[course.last].value}"
    return LesionCard(course.number, course.centre, title, tuple(lines))
