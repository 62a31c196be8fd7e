"""The course of a quantity over visits as a line: how fast it changes, and whether it does.

A straight line is fitted by least squares, each visit weighted by its own error. Where the visits
scatter about the line more than their errors explain, the interval is widened by the excess.

References
----------
Birge 1932, Phys Rev 40:207-27 (the factor by which an error is widened, never made smaller).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.measurement import Interval

MONTH_DAYS = 30.0
"""What a slope is told for."""
LEVEL = 0.90
_Z = 1.6449  # two-sided 90 % of a normal distribution


@dataclass(frozen=True)
class Trend:
    """How fast a quantity changes.

    Attributes
    ----------
    per_month : float
        Change in `MONTH_DAYS` days: a difference, or a factor where `is_ratio`.
    interval : Interval
        Must contain `per_month`.
    is_ratio : bool
        Whether the quantity grows by a factor.
    visits : int
        How many visits the line was drawn through.

    Examples
    --------
    >>> Trend(0.9, Interval(0.7, 1.1), True, 3).within_error
    True
    """

    per_month: float
    interval: Interval
    is_ratio: bool
    visits: int

    def __post_init__(self) -> None:
        if not self.interval.low <= self.per_month <= self.interval.high:
            raise ValueError(f"{self.per_month} must lie in its interval {self.interval}")

    @property
    def within_error(self) -> bool:
        """Whether the visits may differ by error of measurement alone."""
        unchanged = 1.0 if self.is_ratio else 0.0
        return self.interval.low <= unchanged <= self.interval.high


def linear_trend(
    days: Sequence[float], values: Sequence[float], sds: Sequence[float]
) -> Trend | None:
    """Fit a straight line through the values of some visits.

    Parameters
    ----------
    days : sequence of float
        When the visits were, in days.
    values : sequence of float
        Any unit.
    sds : sequence of float
        Standard deviation of each value, positive, the same unit.

    Returns
    -------
    Trend or None
        None where the visits are fewer than two days.

    Raises
    ------
    ValueError
        If the lengths differ or a standard deviation is not positive.

    Examples
    --------
    >>> found = linear_trend([0, 30, 60], [3.0, 2.0, 1.0], [0.1, 0.1, 0.1])
    >>> round(found.per_month, 3), found.within_error
    (-1.0, False)
    """
    fitted = _line(days, values, sds)
    if fitted is None:
        return None
    slope, sd = (MONTH_DAYS * part for part in fitted)
    return Trend(slope, Interval(slope - _Z * sd, slope + _Z * sd, LEVEL), False, len(values))


def ratio_trend(
    days: Sequence[float], values: Sequence[float], log_sds: Sequence[float]
) -> Trend | None:
    """Fit a line to the logarithm of positive values: a factor for each month.

    Parameters
    ----------
    days : sequence of float
        When the visits were, in days.
    values : sequence of float
        Such as areas; visits at which they are zero are left out.
    log_sds : sequence of float
        Standard deviation of the natural logarithm of each.

    Returns
    -------
    Trend or None
        None where fewer than two visits are left.

    Raises
    ------
    ValueError
        If the lengths differ or a standard deviation is not positive.

    Examples
    --------
    >>> round(ratio_trend([0, 30], [4.0, 2.0], [0.1, 0.1]).per_month, 3)
    0.5
    """
    if not len(days) == len(values) == len(log_sds):
        raise ValueError(f"lengths must agree: {len(days)}, {len(values)}, {len(log_sds)}")
    seen = [(d, math.log(v), sd) for d, v, sd in zip(days, values, log_sds, strict=True) if v > 0]
    fitted = _line(*zip(*seen, strict=True)) if seen else None
    if fitted is None:
        return None
    slope, sd = (MONTH_DAYS * part for part in fitted)
    low, high = (math.exp(slope + side * _Z * sd) for side in (-1, 1))
    return Trend(math.exp(slope), Interval(low, high, LEVEL), True, len(seen))


def _line(
    days: Sequence[float], values: Sequence[float], sds: Sequence[float]
) -> tuple[float, float] | None:
    """Return the slope a day and its standard deviation."""
    if not len(days) == len(values) == len(sds):
        raise ValueError(f"lengths must agree: {len(days)}, {len(values)}, {len(sds)}")
    if any(not sd > 0 for sd in sds):
        raise ValueError(f"standard deviations must be positive, got {list(sds)}")
    if len(set(days)) < 2:
        return None
    x, y, sd = (np.asarray(part, np.float64) for part in (days, values, sds))
    weight = 1 / sd**2
    middle = x - np.average(x, weights=weight)
    power = float((weight * middle**2).sum())
    slope = float((weight * middle * y).sum()) / power
    return slope, _excess(y - slope * middle, weight) / math.sqrt(power)


def _excess(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Return by how much visits scatter about the line more than their errors say, 1 or more."""
    spare = len(values) - 2
    if spare < 1:
        return 1.0
    left = values - np.average(values, weights=weight)
    return max(1.0, math.sqrt(float((weight * left**2).sum()) / spare))
