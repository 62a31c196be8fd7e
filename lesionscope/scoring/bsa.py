"""From areas in pixels to handprints, cm2 and percent of the body surface, with intervals.

Every source of error is a factor on the area, so errors add as variances of the logarithm
and the interval is symmetric in the logarithm: it never reaches below zero.

References
----------
Thomas and Finlay 2007: one handprint is taken as 1 % (protocol convention).
Rhodes et al. 2013, Br J Dermatol 169:76-84: in adults the handprint is 13 % below 1 %.
"""

from __future__ import annotations

import math

from lesionscope.core.handprint_bsa import PERCENT
from lesionscope.core.measurement import (
    BsaEstimate,
    CalibrationSource,
    Convention,
    Estimate,
    Interval,
)
from lesionscope.scoring.hand_size import (
    SURFACE_SD_OF_LOG,
    Worth,
    worth_of,
)

LEVEL = 0.90
_Z = 1.6449  # two-sided 90 % of a normal distribution
_BEYOND = 0.05  # chance of a truth above the interval


def log_interval(value: float, sd_of_log: float, *, level_z: float = _Z) -> Interval:
    """Return the 90 % interval of a positive quantity whose log is normally distributed.

    Parameters
    ----------
    value : float
        Best value, zero or positive.
    sd_of_log : float
        Standard deviation of the natural logarithm.
    level_z : float
        Normal quantile of the level.

    Returns
    -------
    Interval

    Examples
    --------
    >>> interval = log_interval(2.0, 0.1)
    >>> round(interval.low, 2), round(interval.high, 2)
    (1.7, 2.36)
    """
    spread = math.exp(level_z * sd_of_log)
    return Interval(value / spread, value * spread, LEVEL)


def handprints_of(
    lesion_px: float, hand_px: float, sd_of_log: float, *, possible_px: float = 0.0
) -> Estimate:
    """Express a lesion area in outlines of the patient's own hand.

    Parameters
    ----------
    lesion_px, hand_px : float
        Areas in pixels of the same photo: of the skin if it faced the camera, and of the flat
        hand at its distance.
    sd_of_log : float
        Standard deviation of the log of the area, all sources of error together
        (`lesionscope.scoring.budget.total_sd`).
    possible_px : float
        Area that a generous reading would call lesion: the upper end where `lesion_px` is zero.

    Returns
    -------
    Estimate
        In handprints, with a 90 % interval.

    Raises
    ------
    ValueError
        If the hand has no area.
    """
    if hand_px <= 0:
        raise ValueError(f"hand area must be positive, got {hand_px}")
    return _estimate(lesion_px / hand_px, possible_px / hand_px, sd_of_log, "handprints")


def area_of(
    lesion_px: float, mm_per_px: float, sd_of_log: float, *, possible_px: float = 0.0
) -> Estimate:
    """Express a lesion area in cm2.

    Parameters
    ----------
    lesion_px : float
        Area in pixels.
    mm_per_px : float
        Scale on the plane of the lesion.
    sd_of_log : float
        Standard deviation of the log of the area, all sources of error together
        (`lesionscope.scoring.budget.total_sd`).
    possible_px : float
        Area that a generous reading would call lesion: the upper end where `lesion_px` is zero.

    Returns
    -------
    Estimate
        In cm2, with a 90 % interval.
    """
    cm2_per_px = mm_per_px**2 / 100.0
    return _estimate(lesion_px * cm2_per_px, possible_px * cm2_per_px, sd_of_log, "cm2")


def _estimate(value: float, possible: float, sd_of_log: float, unit: str) -> Estimate:
    # The log of zero has no spread: there the interval runs from zero to what is possible.
    if value == 0:
        return Estimate(0.0, Interval(0.0, possible, LEVEL), unit)
    return Estimate(value, log_interval(value, sd_of_log), unit)


def percent_of(
    handprints: Estimate,
    convention: Convention,
    source: CalibrationSource,
    *,
    worth: Worth | None = None,
) -> BsaEstimate:
    """Turn handprints into percent of the body surface under a convention.

    The protocol convention defines a handprint as 1 %, so it adds no error; the adjusted one
    carries the spread of handprints between people.

    Parameters
    ----------
    handprints : Estimate
        Lesion area in handprints.
    convention : Convention
        What a handprint is worth, protocol or adjusted.
    source : CalibrationSource
        The ruler behind `handprints`.
    worth : Worth, optional
        What this patient's handprint is worth by the adjusted convention; by default what an
        adult's is of whom nothing is known.

    Returns
    -------
    BsaEstimate

    Raises
    ------
    ValueError
        If the convention does not count in handprints.

    Examples
    --------
    >>> two = Estimate(2.0, log_interval(2.0, 0.1), "handprints")
    >>> percent_of(two, Convention.ADJUSTED, CalibrationSource.HANDPRINT).percent
    1.74
    """
    if convention is Convention.SURFACE:
        raise ValueError("the surface convention needs cm2 (percent_of_surface), got handprints")
    if convention is Convention.PROTOCOL:
        return _share(handprints, Worth(PERCENT[convention], 0.0), convention, source)
    return _share(handprints, worth or worth_of(None), convention, source)


def percent_of_surface(
    area_cm2: Estimate, surface_m2: float, source: CalibrationSource
) -> BsaEstimate:
    """Turn square centimetres into percent of a body surface known from height and weight.

    Parameters
    ----------
    area_cm2 : Estimate
        Lesion area in square centimetres.
    surface_m2 : float
        The whole body surface, square metres.
    source : CalibrationSource
        The ruler behind `area_cm2`.

    Returns
    -------
    BsaEstimate
        With the error of the formula for the body surface in its interval.

    Raises
    ------
    ValueError
        If the surface is not positive.

    Examples
    --------
    >>> area = Estimate(188.0, log_interval(188.0, 0.1), "cm2")
    >>> round(percent_of_surface(area, 1.88, CalibrationSource.MARKER).percent, 3)
    1.0
    """
    if not surface_m2 > 0:
        raise ValueError(f"the body surface must be positive, got {surface_m2}")
    return _share(
        area_cm2, Worth(1 / (100 * surface_m2), SURFACE_SD_OF_LOG), Convention.SURFACE, source
    )


def _share(
    area: Estimate, worth: Worth, convention: Convention, source: CalibrationSource
) -> BsaEstimate:
    """Multiply an area by what its unit is worth in percent, and add the error of that."""
    value = area.value * worth.percent
    if worth.sd_of_log == 0 or value == 0:
        low, high = area.interval.low * worth.percent, area.interval.high * worth.percent
        return BsaEstimate(value, Interval(low, high, LEVEL), convention, source)
    own = math.log(area.interval.high / area.value) / _Z
    interval = log_interval(value, math.hypot(own, worth.sd_of_log))
    return BsaEstimate(value, interval, convention, source)


def probability_above(estimate: BsaEstimate, percent: float) -> float:
    """Return the probability that the truth exceeds a bound, for the gates of a protocol.

    Parameters
    ----------
    estimate : BsaEstimate
        With a 90 % interval, symmetric in the logarithm; of nothing found, from zero to what is
        possible.
    percent : float
        The bound.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> at_bound = BsaEstimate(1.0, log_interval(1.0, 0.2), Convention.PROTOCOL,
    ...                        CalibrationSource.HANDPRINT)
    >>> probability_above(at_bound, 1.0)
    0.5
    """
    if estimate.percent <= 0:
        # Nothing was found, and one time in twenty more than `high` is there all the same: an
        # exponential tail through that point.
        high = estimate.interval.high
        return _BEYOND ** (percent / high) if high > 0 else float(percent < 0)
    sd = math.log(estimate.interval.high / estimate.percent) / _Z
    if sd == 0:
        return float(estimate.percent > percent)
    z = (math.log(estimate.percent) - math.log(percent)) / sd
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))
