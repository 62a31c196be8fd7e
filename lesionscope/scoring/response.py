"""How patients changed from the baseline, and who responded by the rules of the protocol.

Nothing is carried forward, and nobody without a value is counted as unchanged.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from lesionscope.core.change import Change
from lesionscope.core.course import PatientCourse
from lesionscope.core.criterion import LABELS, UNITS, Bound, Quantity, ResponseRule
from lesionscope.core.measurement import BsaEstimate, Interval
from lesionscope.core.protocol import Protocol

LEVEL = 0.95
"""Level of the intervals of a summary."""


@dataclass(frozen=True)
class ResponderCount:
    """How many responded by one rule.

    Attributes
    ----------
    rule : ResponseRule
        The rule of the protocol.
    responders : tuple of str
        Pseudonyms.
    assessed, patients : int
        Patients of whom it can be said, and all.
    unknown : tuple of str
        Pseudonyms of whom it cannot.
    share : Interval or None
        Exact binomial interval of the share of responders among those assessed; None for nobody.
    share_all_counted : float
        Responders over all patients, each unknown counted as no responder.
    """

    rule: ResponseRule
    responders: tuple[str, ...]
    assessed: int
    patients: int
    unknown: tuple[str, ...]
    share: Interval | None
    share_all_counted: float

    def describe(self) -> str:
        """Say the count."""
        said = f"{len(self.responders)} of {self.assessed} assessed"
        if self.share is not None:
            low, high = 100 * self.share.low, 100 * self.share.high
            said += f" (95 % interval {low:.0f} to {high:.0f} %)"
        return f"{said}; {len(self.unknown)} of {self.patients} not known"


@dataclass(frozen=True)
class ChangeSummary:
    """The change of one quantity from the baseline to one visit, over patients.

    Attributes
    ----------
    quantity : Quantity
        What was scored.
    visit : str
        Id of the planned visit.
    patients, assessed : int
        All, and those with both values.
    missing : tuple of str
        Pseudonyms without one of the values.
    mean, median, lower_quartile, upper_quartile : float or None
        Of the change, in the unit of the quantity; None for nobody.
    mean_interval : Interval or None
        95 % interval of the mean by Student's t; None below two patients.
    """

    quantity: Quantity
    visit: str
    patients: int
    assessed: int
    missing: tuple[str, ...]
    mean: float | None = None
    median: float | None = None
    lower_quartile: float | None = None
    upper_quartile: float | None = None
    mean_interval: Interval | None = None

    def describe(self) -> str:
        """Say the change."""
        name = LABELS[self.quantity]
        if self.mean is None:
            return f"{name} at {self.visit}: no patient with both values"
        said = f"{name} at {self.visit}: mean change {self.mean:+.1f}"
        if self.mean_interval is not None:
            said += f" ({self.mean_interval.low:+.1f} to {self.mean_interval.high:+.1f})"
        return f"{said}, {self.assessed} of {self.patients} patients"


def rule_words(rule: ResponseRule) -> str:
    """Say a response rule.

    Examples
    --------
    >>> from lesionscope.core.criterion import bound_from
    >>> rule_words(ResponseRule("r", Quantity.BSA_PERCENT, "week_12", "s", bound_from(">= 2")))
    'BSA falls by >= 2 %'
    """
    parts = []
    if rule.drop is not None:
        parts.append(f"falls by {rule.drop}{UNITS.get(rule.quantity, '')}")
    if rule.drop_percent is not None:
        parts.append(f"falls by {rule.drop_percent} % of the baseline")
    if rule.reaches is not None:
        parts.append(f"reaches {rule.reaches}{UNITS.get(rule.quantity, '')}")
    return f"{LABELS[rule.quantity]} {' and '.join(parts)}"


def responds(protocol: Protocol, rule: ResponseRule, course: PatientCourse) -> bool | None:
    """Return whether a patient responded by a rule, or None where that cannot be said.

    It cannot be said without a value at the baseline or at the visit, nor of a percentage of a
    baseline of 0.

    Parameters
    ----------
    protocol : Protocol
        Says which visit is the baseline.
    rule : ResponseRule
        The rule.
    course : PatientCourse
        The patient.

    Returns
    -------
    bool or None
    """
    change = course.change(rule.quantity, baseline=protocol.baseline.id, visit=rule.visit)
    if change is None or (rule.drop_percent is not None and change.baseline == 0):
        return None
    held = [
        rule.drop is None or rule.drop.holds(-change.points),
        rule.drop_percent is None or _falls(change, rule.drop_percent),
        rule.reaches is None or rule.reaches.holds(change.now),
    ]
    return all(held)


def _falls(change: Change, bound: Bound) -> bool:
    # Multiplied out: 40 % of a whole number must not fail by a rounding of the division.
    return bound.relation.holds(-100 * change.points, bound.value * change.baseline)


def responder_counts(
    protocol: Protocol, courses: Sequence[PatientCourse]
) -> tuple[ResponderCount, ...]:
    """Count the responders by each rule of the protocol; empty where its text has no rule.

    Parameters
    ----------
    protocol : Protocol
        With its response rules.
    courses : sequence of PatientCourse
        The patients.

    Returns
    -------
    tuple of ResponderCount

    References
    ----------
    Clopper and Pearson 1934, Biometrika 26:404-13 (exact interval).
    """
    return tuple(_count(protocol, rule, courses) for rule in protocol.response)


def _count(
    protocol: Protocol, rule: ResponseRule, courses: Sequence[PatientCourse]
) -> ResponderCount:
    answers = {course.pseudonym: responds(protocol, rule, course) for course in courses}
    yes = tuple(name for name, answer in answers.items() if answer)
    unknown = tuple(name for name, answer in answers.items() if answer is None)
    assessed = len(answers) - len(unknown)
    share = _exact_interval(len(yes), assessed) if assessed else None
    counted = len(yes) / len(answers) if answers else 0.0
    return ResponderCount(rule, yes, assessed, len(answers), unknown, share, counted)


def _exact_interval(count: int, total: int) -> Interval:
    tail = (1 - LEVEL) / 2
    low = special.betaincinv(count, total - count + 1, tail) if count else 0.0
    high = special.betaincinv(count + 1, total - count, 1 - tail) if count < total else 1.0
    return Interval(float(low), float(high), LEVEL)


def change_summary(
    protocol: Protocol, courses: Sequence[PatientCourse], *, quantity: Quantity, visit: str
) -> ChangeSummary:
    """Summarise the change of one quantity from the baseline to a visit.

    Parameters
    ----------
    protocol : Protocol
        Says which visit is the baseline.
    courses : sequence of PatientCourse
        The patients.
    quantity : Quantity
        CDASI activity, BSA or PGA.
    visit : str
        Id of the planned visit.

    Returns
    -------
    ChangeSummary

    Raises
    ------
    ValueError
        If the protocol has no such visit after the baseline.
    """
    pairs = changes(protocol, courses, quantity=quantity, visit=visit)
    missing = tuple(course.pseudonym for course, change in pairs if change is None)
    points = [change.points for _, change in pairs if change is not None]
    if not points:
        return ChangeSummary(quantity, visit, len(pairs), 0, missing)
    quartiles = np.quantile(points, [0.25, 0.5, 0.75])
    lower, median, upper = (float(value) for value in quartiles)
    mean = float(np.mean(points))
    return ChangeSummary(
        quantity,
        visit,
        len(pairs),
        len(points),
        missing,
        mean,
        median,
        lower,
        upper,
        _mean_interval(points),
    )


def _mean_interval(points: Sequence[float]) -> Interval | None:
    if len(points) < 2:
        return None
    mean, error = float(np.mean(points)), float(np.std(points, ddof=1)) / len(points) ** 0.5
    reach = float(special.stdtrit(len(points) - 1, (1 + LEVEL) / 2)) * error
    return Interval(mean - reach, mean + reach, LEVEL)


def changes(
    protocol: Protocol, courses: Iterable[PatientCourse], *, quantity: Quantity, visit: str
) -> list[tuple[PatientCourse, Change | None]]:
    """Return each patient with the change from the baseline, None without both values.

    Parameters
    ----------
    protocol : Protocol
        Says which visit is the baseline.
    courses : iterable of PatientCourse
        The patients.
    quantity : Quantity
        CDASI activity, BSA or PGA.
    visit : str
        Id of the planned visit.

    Returns
    -------
    list of (PatientCourse, Change or None)

    Raises
    ------
    ValueError
        If the protocol has no such visit after the baseline.
    """
    if protocol.visit_named(visit).day <= 0:
        raise ValueError(f"a change needs a visit after the baseline, got {visit!r}")
    baseline = protocol.baseline.id
    return [(course, course.change(quantity, baseline=baseline, visit=visit)) for course in courses]


def change_interval(before: BsaEstimate, after: BsaEstimate) -> Interval:
    """Return the interval of the difference of two areas, each with its own, skew interval.

    The errors are taken as independent. Those of hand size and habitus are shared by the visits of
    a patient, so the interval is rather too wide than too narrow.

    Parameters
    ----------
    before, after : BsaEstimate
        Of one patient, under one convention, with intervals of one level.

    Returns
    -------
    Interval
        Of after less before, percent of the body surface.

    Raises
    ------
    ValueError
        If the intervals are of two levels.

    References
    ----------
    Zou and Donner 2008, Stat Med 27:1693-702 (method of variance estimates recovery).

    Examples
    --------
    >>> from lesionscope.core.measurement import CalibrationSource, Convention
    >>> def area(percent, low, high):
    ...     kind = Convention.PROTOCOL, CalibrationSource.HANDPRINT
    ...     return BsaEstimate(percent, Interval(low, high), *kind)
    >>> found = change_interval(area(10.0, 7.0, 14.0), area(4.0, 1.0, 7.0))
    >>> round(found.low, 2), round(found.high, 2)
    (-11.0, -1.76)
    """
    if before.interval.level != after.interval.level:
        raise ValueError(
            f"intervals of {before.interval.level:g} and {after.interval.level:g} do not compare"
        )
    change = after.percent - before.percent
    down = after.percent - after.interval.low, before.interval.high - before.percent
    up = after.interval.high - after.percent, before.percent - before.interval.low
    return Interval(change - math.hypot(*down), change + math.hypot(*up), before.interval.level)
