import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.dssi import Region
from lesionscope.core.dssi_area import SHARES, area_level, propose_area
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.sites import FACTS, Site


def bsa(percent: float, spread: float = 1.0, convention: Convention = Convention.PROTOCOL):
    interval = Interval(percent / spread, percent * spread)
    return BsaEstimate(percent, interval, convention, CalibrationSource.HANDPRINT)


def test_shares_split_every_site_once() -> None:
    for site in Site:
        split = sum(shares.get(site, 0.0) for shares in SHARES.values())
        assert split == pytest.approx(FACTS[site].bsa_percent), site
    assert sum(sum(s.values()) for s in SHARES.values()) == pytest.approx(99.0)


@pytest.mark.parametrize(
    ("percent", "level"),
    [
        (0, 0),
        (0.01, 1),
        (9.99, 1),
        (10, 2),
        (29.99, 2),
        (30, 3),
        (50, 4),
        (70, 5),
        (89.9, 5),
        (90, 6),
        (100, 6),
    ],
)
def test_area_grades(percent: float, level: int) -> None:
    assert area_level(percent) == level


@pytest.mark.parametrize("percent", [-0.1, 100.1, float("nan")])
def test_a_share_outside_0_to_100_has_no_grade(percent: float) -> None:
    with pytest.raises(ValueError, match="0 to 100"):
        area_level(percent)


def all_of(region: Region, fraction: float) -> dict[Site, BsaEstimate]:
    return {site: bsa(FACTS[site].bsa_percent * fraction) for site in SHARES[region]}


def test_a_region_wholly_seen_is_graded_by_its_share() -> None:
    found = propose_area(Region.UPPER_EXTREMITIES, all_of(Region.UPPER_EXTREMITIES, 0.25))
    assert found is not None
    assert found.percent == pytest.approx(25)
    assert (found.level, found.unseen) == (2, ())


def test_skin_without_a_photo_is_not_clear() -> None:
    found = propose_area(Region.UPPER_EXTREMITIES, {Site.ARM: bsa(0.9)})
    assert found is not None
    assert found.level == 1
    assert Site.DORSUM_HANDS in found.unseen
    # The 5.8 of 18 percent that no photo shows may be involved as a whole.
    assert found.high == pytest.approx(100 * (0.9 + 5.8) / 18)
    assert found.possible == (1, 2, 3)
    assert "not seen" in found.describe()


def test_nothing_measured_proposes_nothing() -> None:
    assert propose_area(Region.TRUNK, {Site.ARM: bsa(1)}) is None
    assert propose_area(Region.TRUNK, {}) is None


def test_a_site_in_two_regions_widens_the_interval() -> None:
    # Five percent of the body, on the back or on the buttocks, which the form does not tell apart.
    seen = all_of(Region.TRUNK, 0.0) | {Site.REST_BACK_BUTTOCKS: bsa(5.0)}
    trunk = propose_area(Region.TRUNK, seen)
    assert trunk is not None
    assert trunk.low == pytest.approx(0)
    assert trunk.high == pytest.approx(100 * 5.0 / 27)
    assert trunk.low < trunk.percent < trunk.high
    assert trunk.percent == pytest.approx(100 * 5.0 * 6.5 / 11.5 / 27)


def test_a_small_site_measured_too_large_stops_at_its_share() -> None:
    found = propose_area(Region.HEAD, all_of(Region.HEAD, 3.0))
    assert found is not None
    assert found.percent == pytest.approx(100)
    assert found.level == 6


def test_conventions_are_not_mixed() -> None:
    mixed = {Site.ARM: bsa(1), Site.DORSUM_HANDS: bsa(1, convention=Convention.ADJUSTED)}
    with pytest.raises(ValueError, match="one convention"):
        propose_area(Region.UPPER_EXTREMITIES, mixed)


@settings(deadline=None)
@given(
    st.sampled_from(list(Region)),
    st.dictionaries(
        st.sampled_from([s for s in Site if FACTS[s].bsa_percent]),
        st.tuples(st.floats(0, 60), st.floats(1, 4)),
    ),
)
def test_every_proposal_lies_in_its_interval(
    region: Region, measured: dict[Site, tuple[float, float]]
) -> None:
    found = propose_area(region, {site: bsa(*given) for site, given in measured.items()})
    if found is None:
        assert not set(SHARES[region]) & set(measured)
        return
    assert 0 <= found.low <= found.percent + 1e-9
    assert found.percent <= found.high + 1e-9
    assert found.high <= 100
    assert found.level in range(7)
    assert found.describe().startswith(str(found.level))


def test_the_other_side_of_a_site_is_skin_without_a_photo() -> None:
    measured = all_of(Region.UPPER_EXTREMITIES, 0.1)
    whole = propose_area(Region.UPPER_EXTREMITIES, measured)
    half = propose_area(Region.UPPER_EXTREMITIES, measured, one_sided={Site.ARM, Site.SCALP})
    assert whole is not None
    assert half is not None
    assert half.one_sided == (Site.ARM,)
    assert (half.low, half.percent) == (whole.low, whole.percent)
    share = SHARES[Region.UPPER_EXTREMITIES]
    more = 100 * share[Site.ARM] / 2 / sum(share.values())
    assert half.high == pytest.approx(whole.high + more)
    assert "one side only: Arm" in half.describe()


def test_a_trace_is_not_called_nothing() -> None:
    found = propose_area(Region.UPPER_EXTREMITIES, all_of(Region.UPPER_EXTREMITIES, 0.003))
    assert found is not None
    assert found.describe().startswith("1: below 1 % of the region")
