"""From areas in pixels to handprints, cm2 and percent of the body surface, with intervals.

Every source of error is a factor on the area, so errors add as variances of the logarithm
and the interval is symmetric in the logarithm: it never reaches below zero.

References
----------
Thomas and Finlay 2007: one handprint is taken as 1 % (protocol convention).
Rhodes et al. 2013, Br J Dermatol 169:76-84: in adults the handprint is 13 % below 1 %; the
standard deviation of 0.10 between people is this project's reading of the published range.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lesionscope.core.measurement import (
    BsaEstimate,
    CalibrationSource,
    Convention,
    Estimate,
    Interval,
)
from lesionscope.core.sites import Side, Site

LEVEL = 0.90
_Z = 1.6449  # two-sided 90 % of a normal distribution

HANDPRINT_PERCENT: dict[Convention, float] = {
    Convention.PROTOCOL: 1.0,
    Convention.ADJUSTED: 0.87,
}
"""What one handprint is worth in percent of the body surface."""

HANDPRINT_SD_OF_LOG = 0.10 / 0.87
"""Spread between people of what a handprint is worth, as a standard deviation of the log."""

HANDPRINT_CM2 = 120.0
"""Typical area of an adult's handprint outline, used only where a marker gives cm2 and no hand
is in view. Rendered bodies of this project's demo: 102 to 139 cm2; Lee 2007 (whole hand both
sides 392 to 448 cm2) gives a palmar side of the same size."""
HANDPRINT_CM2_SD_OF_LOG = 0.13


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


@dataclass(frozen=True)
class ErrorBudget:
    """Standard deviations of the log of the area, one for each source of error.

    Attributes
    ----------
    edge : float
        Where the border of the lesions is drawn.
    ruler : float
        The outline of the hand or the corners of the marker.
    geometry : float
        Hand and lesion at different distance, tilt, curved skin.
    handprint : float
        What a handprint is worth (only in a percentage that is not the bare protocol count).
    """

    edge: float
    ruler: float
    geometry: float
    handprint: float = 0.0

    def total(self) -> float:
        """Return the standard deviation of all sources together."""
        return math.sqrt(self.edge**2 + self.ruler**2 + self.geometry**2 + self.handprint**2)


def handprints_of(
    lesion_px: float, hand_px: float, budget: ErrorBudget, *, possible_px: float = 0.0
) -> Estimate:
    """Express a lesion area in outlines of the patient's own hand.

    Parameters
    ----------
    lesion_px, hand_px : float
        Areas in pixels of the same photo.
    budget : ErrorBudget
        Sources of error.
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
    return _estimate(lesion_px / hand_px, possible_px / hand_px, budget, "handprints")


def area_of(
    lesion_px: float, mm_per_px: float, budget: ErrorBudget, *, possible_px: float = 0.0
) -> Estimate:
    """Express a lesion area in cm2.

    Parameters
    ----------
    lesion_px : float
        Area in pixels.
    mm_per_px : float
        Scale on the plane of the lesion.
    budget : ErrorBudget
        Sources of error.
    possible_px : float
        Area that a generous reading would call lesion: the upper end where `lesion_px` is zero.

    Returns
    -------
    Estimate
        In cm2, with a 90 % interval.
    """
    cm2_per_px = mm_per_px**2 / 100.0
    return _estimate(lesion_px * cm2_per_px, possible_px * cm2_per_px, budget, "cm2")


def _estimate(value: float, possible: float, budget: ErrorBudget, unit: str) -> Estimate:
    # The log of zero has no spread: there the interval runs from zero to what is possible.
    if value == 0:
        return Estimate(0.0, Interval(0.0, possible, LEVEL), unit)
    return Estimate(value, log_interval(value, budget.total()), unit)


def percent_of(
    handprints: Estimate, convention: Convention, source: CalibrationSource
) -> BsaEstimate:
    """Turn handprints into percent of the body surface under a convention.

    The protocol convention defines a handprint as 1 %, so it adds no error; the adjusted one
    carries the spread of handprints between people.

    Parameters
    ----------
    handprints : Estimate
        Lesion area in handprints.
    convention : Convention
        What a handprint is worth.
    source : CalibrationSource
        The ruler behind `handprints`.

    Returns
    -------
    BsaEstimate

    Examples
    --------
    >>> two = Estimate(2.0, log_interval(2.0, 0.1), "handprints")
    >>> percent_of(two, Convention.ADJUSTED, CalibrationSource.HANDPRINT).percent
    1.74
    """
    worth = HANDPRINT_PERCENT[convention]
    value = handprints.value * worth
    if convention is Convention.PROTOCOL or value == 0:
        low, high = handprints.interval.low * worth, handprints.interval.high * worth
        return BsaEstimate(value, Interval(low, high, LEVEL), convention, source)
    own = math.log(handprints.interval.high / handprints.value) / _Z
    interval = log_interval(value, math.hypot(own, HANDPRINT_SD_OF_LOG))
    return BsaEstimate(value, interval, convention, source)


@dataclass(frozen=True)
class SitePart:
    """What one photo adds to a visit.

    Attributes
    ----------
    site, side : Site, Side
        The skin that the photo was taken for.
    bsa : BsaEstimate or None
        None where the photo could not be measured.
    photo : str
        Name of the photo, for the account of what was counted.
    """

    site: Site
    side: Side
    bsa: BsaEstimate | None
    photo: str


@dataclass(frozen=True)
class VisitBsa:
    """Involved body surface of a visit, and what it is made of.

    Attributes
    ----------
    total : BsaEstimate or None
        None when no photo of the visit could be measured.
    counted : tuple of SitePart
        One photo for each site and side.
    left_out : tuple of SitePart
        Photos of skin that another photo already counts, and photos not measurable.
    unseen : tuple of Site
        CDASI locations without a photo: not seen is not clear.
    """

    total: BsaEstimate | None
    counted: tuple[SitePart, ...]
    left_out: tuple[SitePart, ...]
    unseen: tuple[Site, ...]


def visit_total(parts: Sequence[SitePart], locations: Iterable[Site]) -> VisitBsa:
    """Add the photos of a visit, counting each site and side once.

    Where several photos show one site and side, the one with the largest involved area counts:
    two views of the same skin must not be added, and the better view shows more of it.

    Parameters
    ----------
    parts : sequence of SitePart
        One for each photo, all in one convention.
    locations : iterable of Site
        The sites that a complete visit would show.

    Returns
    -------
    VisitBsa
    """
    best: dict[tuple[Site, Side, str], SitePart] = {}
    for part in parts:
        # Photos of "other" skin have nothing in common: each counts for itself.
        key = (part.site, part.side, part.photo if part.site is Site.OTHER else "")
        if part.bsa is None:
            continue
        held = best.get(key)
        if held is None or held.bsa is None or part.bsa.percent > held.bsa.percent:
            best[key] = part
    counted = tuple(best.values())
    left_out = tuple(part for part in parts if part not in counted)
    seen = {part.site for part in parts}
    unseen = tuple(site for site in locations if site not in seen)
    return VisitBsa(_sum([p.bsa for p in counted if p.bsa]), counted, left_out, unseen)


def _sum(estimates: Sequence[BsaEstimate]) -> BsaEstimate | None:
    """Add estimates; photos share the ruler's owner, so their errors are taken as fully shared.

    Errors of photos of one patient are partly common (the same hand, the same rule for the edge),
    so the ends of the intervals are added, which is the widest honest sum.
    """
    if not estimates:
        return None
    conventions = {e.convention for e in estimates}
    if len(conventions) != 1:
        raise ValueError(f"all parts must have one convention, got {sorted(conventions)}")
    percent = sum(e.percent for e in estimates)
    low = sum(e.interval.low for e in estimates)
    high = sum(e.interval.high for e in estimates)
    sources = {e.source for e in estimates}
    source = sources.pop() if len(sources) == 1 else CalibrationSource.MARKER_AND_HANDPRINT
    return BsaEstimate(percent, Interval(low, high, LEVEL), estimates[0].convention, source)


def probability_above(estimate: BsaEstimate, percent: float) -> float:
    """Return the probability that the truth exceeds a bound, for the gates of a protocol.

    Parameters
    ----------
    estimate : BsaEstimate
        With a 90 % interval, symmetric in the logarithm.
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
        return 0.0
    sd = math.log(estimate.interval.high / estimate.percent) / _Z
    if sd == 0:
        return float(estimate.percent > percent)
    z = (math.log(estimate.percent) - math.log(percent)) / sd
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


def counted_percent(total: VisitBsa) -> Mapping[Site, float]:
    """Return the involved percent of each counted site, both sides added."""
    sums: dict[Site, float] = {}
    for part in total.counted:
        if part.bsa is not None:
            sums[part.site] = sums.get(part.site, 0.0) + part.bsa.percent
    return sums
