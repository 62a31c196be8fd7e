"""The involved body surface of a visit: photos added, skin seen twice counted once.

Site ownership comes first: the lesions of a photo belong to the site that it was taken for. Of
two photos that registration laid onto each other, what the better view shows of the worse one's
lesions is counted there alone. Of two photos of one site that could not be laid onto each other
the larger area counts.

Errors of photos are of two kinds. What comes from the patient's hand that is not in view, or from
what a handprint is worth, is one error in all photos and adds; borders, distance and curvature
differ from photo to photo and add in quadrature::

    var(total) = sum_i (a_i s_i)^2 + (sum_i a_i h_i)^2

with areas a_i in percent, s_i and h_i the standard deviations of the log of each that are its own
and that are shared. The interval of the total is symmetric in the logarithm, with sd
sqrt(var) / total.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Interval
from lesionscope.core.sites import FACTS, Side, Site, share_of_body, site_share_sd_of_log
from lesionscope.scoring.bsa import LEVEL, log_interval

_Z = 1.6449  # two-sided 90 % of a normal distribution


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
    shared_sd : float or None
        Standard deviation of the log of `bsa` that is the same in all photos of this patient;
        None where it is not known, and all of the error is then taken as shared.
    seen_again : float
        Share of its lesional skin that a better view of the visit shows too, 0 to 1.
    again_in : tuple of str
        Names of these better views.
    cluster : int or None
        Photos that registration laid onto each other share a number; None stands alone.
    """

    site: Site
    side: Side
    bsa: BsaEstimate | None
    photo: str
    shared_sd: float | None = None
    seen_again: float = 0.0
    again_in: tuple[str, ...] = ()
    cluster: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.seen_again <= 1:
            raise ValueError(f"seen_again must be 0 to 1, got {self.seen_again}")

    @property
    def counted_percent(self) -> float:
        """Percent of the body surface that this photo adds; 0 where not measurable."""
        return 0.0 if self.bsa is None else self.bsa.percent * (1 - self.seen_again)

    @property
    def counted_high(self) -> float:
        """Upper end of the interval of what this photo adds."""
        return 0.0 if self.bsa is None else self.bsa.interval.high * (1 - self.seen_again)

    def sds_of_log(self) -> tuple[float, float]:
        """Return the standard deviation of the log of its area, its own and the shared part."""
        if self.bsa is None or self.bsa.percent <= 0:
            return 0.0, 0.0
        whole = math.log(self.bsa.interval.high / self.bsa.percent) / _Z
        shared = whole if self.shared_sd is None else min(self.shared_sd, whole)
        return math.sqrt(max(whole**2 - shared**2, 0.0)), shared


@dataclass(frozen=True)
class SiteInvolved:
    """How much of one site is involved.

    Attributes
    ----------
    site : Site
        The site.
    body_percent : float
        Involved, in percent of the body surface, on the sides photographed.
    site_percent : float
        The same in percent of the site on these sides.
    interval : Interval
        Of `site_percent`.
    """

    site: Site
    body_percent: float
    site_percent: float
    interval: Interval

    @property
    def beyond(self) -> bool:
        """Whether more is involved than the site is taken to have.

        Its photos then show lesions of sites beside it, or its share of the body is off.
        """
        return self.site_percent > 100


@dataclass(frozen=True)
class VisitBsa:
    """Involved body surface of a visit, and what it is made of.

    Attributes
    ----------
    total : BsaEstimate or None
        None when no photo of the visit could be measured.
    counted : tuple of SitePart
        Photos that add to the total.
    left_out : tuple of SitePart
        Photos of skin that another photo already counts, and photos not measurable.
    unseen : tuple of Site
        CDASI locations without a photo: not seen is not clear.
    notes : tuple of str
        What was counted once, and where that could not be told, in sentences.
    """

    total: BsaEstimate | None
    counted: tuple[SitePart, ...]
    left_out: tuple[SitePart, ...]
    unseen: tuple[Site, ...]
    notes: tuple[str, ...] = ()

    def sites(self) -> tuple[SiteInvolved, ...]:
        """Return each photographed site with the share of it that is involved."""
        found: dict[Site, list[SitePart]] = {}
        for part in self.counted:
            if share_of_body(part.site, (part.side,)) > 0:
                found.setdefault(part.site, []).append(part)
        return tuple(_involved(site, parts) for site, parts in found.items())

    def by_site(self) -> dict[Site, BsaEstimate]:
        """Return what each measured site adds, in percent of the body, its sides together."""
        found: dict[Site, list[SitePart]] = {}
        for part in self.counted:
            found.setdefault(part.site, []).append(part)
        totals = {site: _total(parts) for site, parts in found.items()}
        return {site: total for site, total in totals.items() if total is not None}

    def one_sided(self) -> frozenset[Site]:
        """Return the sites of which only one side of the body was measured."""
        sides: dict[Site, set[Side]] = {}
        for part in self.counted:
            sides.setdefault(part.site, set()).add(part.side)
        return frozenset(
            site
            for site, seen in sides.items()
            if share_of_body(site, seen) < FACTS[site].bsa_percent
        )


def visit_total(parts: Sequence[SitePart], locations: Iterable[Site]) -> VisitBsa:
    """Add the photos of a visit, counting skin that two of them show once.

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
    counted: list[SitePart] = []
    notes: list[str] = []
    for groups in _by_place(parts):
        largest, *others = sorted(groups, key=_sum_of, reverse=True)
        counted += largest
        notes += [_larger_counts(largest, other) for other in others]
    kept = tuple(part for part in parts if any(part is other for other in counted))
    notes += [_counted_once(part) for part in kept if part.seen_again > 0]
    left_out = tuple(part for part in parts if not any(part is other for other in kept))
    seen = {part.site for part in parts}
    unseen = tuple(site for site in locations if site not in seen)
    return VisitBsa(_total(kept), kept, left_out, unseen, tuple(notes))


def _by_place(parts: Sequence[SitePart]) -> list[list[list[SitePart]]]:
    """Gather photos by site and side, and there by whether they were laid onto each other."""
    places: dict[object, dict[object, list[SitePart]]] = {}
    for number, part in enumerate(parts):
        if part.bsa is None:
            continue
        alone = ("alone", number)
        # Photos of "other" skin have nothing in common: each counts for itself.
        place = alone if part.site is Site.OTHER else (part.site, part.side)
        cluster = alone if part.cluster is None else part.cluster
        places.setdefault(place, {}).setdefault(cluster, []).append(part)
    return [list(clusters.values()) for clusters in places.values()]


def _sum_of(parts: Sequence[SitePart]) -> float:
    return sum(part.counted_percent for part in parts)


def _names(parts: Iterable[SitePart]) -> str:
    return " and ".join(part.photo for part in parts)


def _larger_counts(largest: Sequence[SitePart], other: Sequence[SitePart]) -> str:
    return (
        f"{_names(other)} and {_names(largest)} show the same site ({FACTS[other[0].site].label}) "
        f"and could not be laid onto each other: the larger area counts, that of "
        f"{_names(largest)}."
    )


def _counted_once(part: SitePart) -> str:
    return (
        f"{100 * part.seen_again:.0f} % of the lesions in {part.photo} are in "
        f"{' and '.join(part.again_in)} too and are counted there."
    )


def _total(parts: Sequence[SitePart]) -> BsaEstimate | None:
    """Add areas; own errors in quadrature, shared errors linearly."""
    estimates = [part.bsa for part in parts if part.bsa is not None]
    if not estimates:
        return None
    conventions = {e.convention for e in estimates}
    if len(conventions) != 1:
        raise ValueError(f"all parts must have one convention, got {sorted(conventions)}")
    percent = _sum_of(parts)
    sources = {e.source for e in estimates}
    source = sources.pop() if len(sources) == 1 else CalibrationSource.MARKER_AND_HANDPRINT
    return BsaEstimate(percent, _interval(parts, percent), estimates[0].convention, source)


def _interval(parts: Sequence[SitePart], percent: float) -> Interval:
    # Where nothing was found the interval of a photo runs from zero to what is possible.
    possible = math.hypot(*(part.counted_high for part in parts if part.counted_percent == 0))
    if percent == 0:
        return Interval(0.0, possible, LEVEL)
    own, shared = (possible / _Z) ** 2, 0.0
    for part in parts:
        its_own, common = part.sds_of_log()
        own += (part.counted_percent * its_own) ** 2
        shared += part.counted_percent * common
    return log_interval(percent, math.sqrt(own + shared**2) / percent)


def _involved(site: Site, parts: Sequence[SitePart]) -> SiteInvolved:
    body = _sum_of(parts)
    whole = _interval(parts, body)
    share = share_of_body(site, {part.side for part in parts})
    percent = 100 * body / share
    if body == 0:
        return SiteInvolved(site, body, 0.0, Interval(0.0, 100 * whole.high / share, LEVEL))
    measured = math.log(whole.high / body) / _Z
    sd = math.hypot(measured, site_share_sd_of_log(site))
    return SiteInvolved(site, body, percent, log_interval(percent, sd))


def counted_percent(total: VisitBsa) -> Mapping[Site, float]:
    """Return the involved percent of each counted site, both sides added."""
    sums: dict[Site, float] = {}
    for part in total.counted:
        sums[part.site] = sums.get(part.site, 0.0) + part.counted_percent
    return sums
