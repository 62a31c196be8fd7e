"""Tidy rows of what was scored and how it changed, for tables, spaghetti and waterfall plots.

One row is one observation, and every field has one meaning. A visit that was not held or not
scored has no row: nothing is carried forward.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lesionscope.core.course import PatientCourse
from lesionscope.core.criterion import Quantity, ResponseRule
from lesionscope.core.protocol import Protocol
from lesionscope.scoring.response import change_interval, changes, responds


@dataclass(frozen=True)
class CourseRow:
    """One point of a spaghetti plot.

    Attributes
    ----------
    patient, visit, quantity : str
        Pseudonym, id of the planned visit, and what was scored.
    day : int
        Days since the baseline.
    value : float
        In the unit of the quantity.
    low, high : float or None
        Interval of a BSA; None for what a person scored.
    """

    patient: str
    visit: str
    quantity: str
    day: int
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class ChangeRow:
    """One bar of a waterfall plot.

    Attributes
    ----------
    rank : int
        From 1, the greatest worsening first.
    patient, visit, quantity : str
        Pseudonym, id of the planned visit, and what was scored.
    baseline, value, change : float
        Change is value less baseline: negative is better.
    change_percent : float or None
        Of the baseline; None where the baseline is 0.
    responder : bool or None
        By the rule given; None without a rule or where it cannot be said.
    low, high : float or None
        Interval of the change of a BSA; None for what a person scored.
    """

    rank: int
    patient: str
    visit: str
    quantity: str
    baseline: float
    value: float
    change: float
    change_percent: float | None
    responder: bool | None
    low: float | None = None
    high: float | None = None

    @property
    def within_error(self) -> bool | None:
        """Whether the interval holds no change; None where there is none."""
        return None if self.low is None or self.high is None else self.low <= 0 <= self.high


def spaghetti_rows(courses: Iterable[PatientCourse], quantity: Quantity) -> list[CourseRow]:
    """Return one row for each patient and visit with a value, in the order of days.

    Parameters
    ----------
    courses : iterable of PatientCourse
        The patients.
    quantity : Quantity
        CDASI activity, BSA or PGA.

    Returns
    -------
    list of CourseRow
    """
    rows = []
    for course in courses:
        for held in sorted(course.visits, key=lambda visit: visit.day):
            value = held.value(quantity)
            if value is None:
                continue
            shown = held.bsa.interval if quantity is Quantity.BSA_PERCENT and held.bsa else None
            ends = (shown.low, shown.high) if shown else (None, None)
            name = (course.pseudonym, held.visit, quantity.value)
            rows.append(CourseRow(*name, held.day, value, *ends))
    return rows


def waterfall_rows(
    protocol: Protocol,
    courses: Iterable[PatientCourse],
    *,
    quantity: Quantity,
    visit: str,
    rule: ResponseRule | None = None,
) -> list[ChangeRow]:
    """Return one row for each patient with both values, the greatest worsening first.

    Parameters
    ----------
    protocol : Protocol
        Says which visit is the baseline.
    courses : iterable of PatientCourse
        The patients.
    quantity : Quantity
        What changed.
    visit : str
        Id of the planned visit.
    rule : ResponseRule or None
        Marks the responders.

    Returns
    -------
    list of ChangeRow
        Equal changes in the order of pseudonyms.

    Raises
    ------
    ValueError
        If the protocol has no such visit after the baseline.
    """
    found = [
        (course, change)
        for course, change in changes(protocol, courses, quantity=quantity, visit=visit)
        if change is not None
    ]
    found.sort(key=lambda pair: (-pair[1].points, pair[0].pseudonym))
    return [
        ChangeRow(
            rank,
            course.pseudonym,
            visit,
            quantity.value,
            change.baseline,
            change.now,
            change.points,
            change.percent,
            None if rule is None else responds(protocol, rule, course),
            *_ends(protocol, course, quantity, visit),
        )
        for rank, (course, change) in enumerate(found, start=1)
    ]


def _ends(
    protocol: Protocol, course: PatientCourse, quantity: Quantity, visit: str
) -> tuple[float | None, float | None]:
    """Return the interval of a change of BSA; nothing for what a person scored."""
    before, after = course.at(protocol.baseline.id), course.at(visit)
    if quantity is not Quantity.BSA_PERCENT or before is None or after is None:
        return None, None
    if before.bsa is None or after.bsa is None:
        return None, None
    found = change_interval(before.bsa, after.bsa)
    return found.low, found.high
