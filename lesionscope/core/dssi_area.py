"""Area grades of the DSSI, proposed from measured body surface for the clinician to confirm.

A proposal carries the interval of the measurement, the sites that lie in two regions, and the
skin that no photo shows. It has a type of its own, so that it cannot pass for an answer.

References
----------
PASI area bands as read in Yoo et al. 2022, Clin Exp Dermatol 47:1298.
Lund-Browder adult regional percentages, restated in public burn-triage code.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lesionscope.core.bands import Band, BandScheme
from lesionscope.core.dssi import YOO_2022, Region
from lesionscope.core.evidence import Certainty
from lesionscope.core.measurement import BsaEstimate
from lesionscope.core.sites import FACTS, Site

AREA_BANDS = BandScheme(
    "dssi-area",
    "Area of the region",
    (
        Band("0", 0, 0),
        Band("1", 0, 10, open_low=True, open_high=True),
        # Printed for whole percents; measured ones fall between, so each band ends below the next.
        Band("2", 10, 30, open_high=True),
        Band("3", 30, 50, open_high=True),
        Band("4", 50, 70, open_high=True),
        Band("5", 70, 90, open_high=True),
        Band("6", 90, 100),
    ),
    Certainty.READ,
    YOO_2022,
    "Read for the PASI; that the DSSI uses the same is from memory.",
)
"""Percent of a region to its area grade."""

SHARES: dict[Region, dict[Site, float]] = {
    Region.HEAD: {
        Site.SCALP: 3.5,
        Site.MALAR: 0.8,
        Site.PERIORBITAL: 0.5,
        Site.REST_OF_FACE: 2.2,
        Site.POSTERIOR_NECK: 1.0,
        Site.V_NECK: 1.0,
    },
    Region.TRUNK: {
        Site.V_NECK: 2.0,
        Site.ANTERIOR_CHEST: 4.5,
        Site.ABDOMEN: 6.5,
        Site.UPPER_BACK_SHOULDERS: 7.5,
        Site.REST_BACK_BUTTOCKS: 6.5,
    },
    Region.UPPER_EXTREMITIES: {
        Site.ARM: 12.2,
        Site.MECHANICS_HAND: 2.5,
        Site.DORSUM_HANDS: 1.9,
        Site.GOTTRON_HANDS: 0.6,
        Site.GOTTRON_NOT_HANDS: 0.8,
    },
    Region.LOWER_EXTREMITIES: {
        Site.LATERAL_UPPER_THIGH: 3.0,
        Site.REST_LEG_FEET: 35.2,
        Site.GOTTRON_NOT_HANDS: 1.8,
        Site.REST_BACK_BUTTOCKS: 5.0,
    },
}
"""Percent of the body that each site gives to each region: this project's split of the
Lund-Browder regions. The V of the neck, the back with the buttocks, and the elbows with the knees
lie in two regions."""


@dataclass(frozen=True)
class AreaProposal:
    """The area grade that measured body surface suggests for a region. Not an answer.

    Attributes
    ----------
    region : Region
        The region.
    percent : float
        Involved percent of the region, of the skin that was photographed.
    low, high : float
        Ends of its interval: that of the measurements, lesions of a site in two regions in the
        one or the other, and skin without a photo clear or wholly involved.
    unseen : tuple of Site
        Sites of the region that no measurement covers.
    one_sided : tuple of Site
        Sites of the region of which only one side of the body was measured.
    """

    region: Region
    percent: float
    low: float
    high: float
    unseen: tuple[Site, ...]
    one_sided: tuple[Site, ...] = ()

    @property
    def level(self) -> int:
        """Area grade of `percent`, 0 to 6."""
        return area_level(self.percent)

    @property
    def possible(self) -> tuple[int, ...]:
        """Every grade that the interval allows."""
        return tuple(range(area_level(self.low), area_level(self.high) + 1))

    def describe(self) -> str:
        """Say the grade, how sure it is, and what was not seen."""
        percent = f"{self.percent:.0f}" if self.percent >= 1 or not self.percent else "below 1"
        span = f"{percent} % of the region ({self.low:.0f} to {self.high:.0f} %)"
        first, last = self.possible[0], self.possible[-1]
        doubt = f", may be {first} to {last}" if last > first else ""
        gaps = {"not seen": self.unseen, "one side only": self.one_sided}
        told = "".join(
            f"; {words}: {', '.join(FACTS[site].label for site in sites)}"
            for words, sites in gaps.items()
            if sites
        )
        return f"{self.level}: {span}{doubt}{told}"


def area_level(percent: float) -> int:
    """Return the area grade of a share of a region.

    Parameters
    ----------
    percent : float
        0 to 100.

    Raises
    ------
    ValueError
        If the share is below 0 or above 100.

    References
    ----------
    PASI area bands as read in Yoo et al. 2022, Clin Exp Dermatol 47:1298.

    Examples
    --------
    >>> [area_level(percent) for percent in (0, 0.4, 9.9, 10, 29.5, 30, 100)]
    [0, 1, 1, 2, 2, 3, 6]
    """
    band = AREA_BANDS.band_of(percent)
    if band is None:
        raise ValueError(f"percent must be 0 to 100, got {percent}")
    return int(band)


def propose_area(
    region: Region,
    measured: Mapping[Site, BsaEstimate],
    *,
    one_sided: Collection[Site] = (),
) -> AreaProposal | None:
    """Propose the area grade of a region from measured body surface.

    Parameters
    ----------
    region : Region
        The region.
    measured : mapping of Site to BsaEstimate
        Involved percent of the whole body at each site, both sides together, in one convention.
        Sites without a photo are missing: not seen is not clear.
    one_sided : collection of Site
        Sites of which one side of the body was measured; the other half is skin without a photo.

    Returns
    -------
    AreaProposal or None
        None where nothing of the region was measured. The clinician answers, not this.

    Raises
    ------
    ValueError
        If the estimates are not of one convention.
    """
    if len({estimate.convention for estimate in measured.values()}) > 1:
        raise ValueError("all sites must be measured in one convention")
    shares = SHARES[region]
    seen = {site: measured[site] for site in shares if site in measured}
    if not seen:
        return None
    whole = sum(shares.values())
    unseen = tuple(site for site in shares if site not in seen)
    here = sum(_part(seen[site].percent, site, region)[1] for site in seen)
    low = sum(_part(seen[site].interval.low, site, region)[0] for site in seen)
    high = sum(_part(seen[site].interval.high, site, region)[2] for site in seen)
    halves = tuple(site for site in seen if site in one_sided)
    high += sum(shares[site] for site in unseen) + sum(shares[site] / 2 for site in halves)
    percent, least, most = (min(100.0, 100 * area / whole) for area in (here, low, high))
    return AreaProposal(region, percent, least, most, unseen, halves)


def _part(involved: float, site: Site, region: Region) -> tuple[float, float, float]:
    """Return how much of a site's lesions lie in a region: least, in proportion, most."""
    share = SHARES[region][site]
    of_site = sum(shares.get(site, 0.0) for shares in SHARES.values())
    elsewhere = of_site - share
    # A small site can be measured larger than its share, which is a proposal: no more than all.
    involved = min(involved, of_site)
    return max(0.0, involved - elsewhere), involved * share / of_site, min(involved, share)
