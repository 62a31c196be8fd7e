import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention
from lesionscope.core.sites import CDASI_LOCATIONS, Side, Site
from lesionscope.scoring.bsa import (
    ErrorBudget,
    SitePart,
    area_of,
    counted_percent,
    handprints_of,
    log_interval,
    percent_of,
    probability_above,
    visit_total,
)

BUDGET = ErrorBudget(edge=0.1, ruler=0.05, geometry=0.14)
areas = st.floats(0, 1e7)


@given(areas, st.floats(1, 1e7))
def test_intervals_hold_their_value_and_never_fall_below_zero(lesion: float, hand: float) -> None:
    found = handprints_of(lesion, hand, BUDGET)
    assert 0 <= found.interval.low <= found.value <= found.interval.high
    for convention in Convention:
        bsa = percent_of(found, convention, CalibrationSource.HANDPRINT)
        assert 0 <= bsa.interval.low <= bsa.percent <= bsa.interval.high


def test_one_hand_is_one_percent_by_protocol_and_less_when_adjusted() -> None:
    one = handprints_of(5000, 5000, BUDGET)
    protocol = percent_of(one, Convention.PROTOCOL, CalibrationSource.HANDPRINT)
    adjusted = percent_of(one, Convention.ADJUSTED, CalibrationSource.HANDPRINT)
    assert (protocol.percent, adjusted.percent) == (1.0, 0.87)

    def width(bsa: BsaEstimate) -> float:
        return math.log(bsa.interval.high / bsa.interval.low)

    # What a handprint is worth differs between people: only the adjusted one can know that.
    assert width(adjusted) > width(protocol)


def test_adjusted_interval_of_a_perfect_outline_is_the_published_range() -> None:
    exact = handprints_of(1.0, 1.0, ErrorBudget(0, 0, 0))
    found = percent_of(exact, Convention.ADJUSTED, CalibrationSource.HANDPRINT)
    # 0.67 to 1.07 is plus and minus two sd; ninety percent is 1.64 of them.
    assert 0.67 < found.interval.low < 0.74
    assert 1.02 < found.interval.high < 1.07


def test_a_marker_gives_square_centimetres() -> None:
    assert area_of(10_000, 0.1, BUDGET).value == pytest.approx(1.0)


def test_errors_add_as_variances() -> None:
    assert ErrorBudget(0.3, 0.4, 0.0).total() == pytest.approx(0.5)


def test_nothing_found_is_zero_up_to_what_is_possible() -> None:
    found = handprints_of(0, 1000, BUDGET, possible_px=50)
    assert (found.value, found.interval.low, found.interval.high) == (0, 0, 0.05)
    bsa = percent_of(found, Convention.ADJUSTED, CalibrationSource.HANDPRINT)
    assert (bsa.percent, bsa.interval.high) == (0, pytest.approx(0.0435))


def test_a_hand_without_area_is_refused() -> None:
    with pytest.raises(ValueError, match="positive, got 0"):
        handprints_of(10, 0, BUDGET)


def estimate(percent: float) -> BsaEstimate:
    interval = log_interval(percent, 0.2)
    return BsaEstimate(percent, interval, Convention.PROTOCOL, CalibrationSource.HANDPRINT)


def part(site: Site, percent: float | None, side: Side = Side.MIDLINE, photo: str = "") -> SitePart:
    return SitePart(site, side, None if percent is None else estimate(percent), photo)


def test_two_views_of_one_site_count_once_and_both_sides_count_twice() -> None:
    found = visit_total(
        [
            part(Site.ARM, 1.0, Side.LEFT, "a"),
            part(Site.ARM, 0.6, Side.LEFT, "b"),
            part(Site.ARM, 0.5, Side.RIGHT, "c"),
            part(Site.ABDOMEN, None, photo="d"),
        ],
        CDASI_LOCATIONS,
    )
    assert found.total is not None
    assert found.total.percent == pytest.approx(1.5)
    assert [p.photo for p in found.counted] == ["a", "c"]
    assert [p.photo for p in found.left_out] == ["b", "d"]
    assert counted_percent(found) == {Site.ARM: pytest.approx(1.5)}


def test_unseen_sites_are_named_and_not_clear() -> None:
    found = visit_total([part(Site.ABDOMEN, None)], CDASI_LOCATIONS)
    assert found.total is None
    assert Site.ABDOMEN not in found.unseen
    assert len(found.unseen) == 14


def test_other_photos_have_nothing_in_common() -> None:
    found = visit_total([part(Site.OTHER, 1.0, photo="a"), part(Site.OTHER, 2.0, photo="b")], [])
    assert found.total is not None
    assert found.total.percent == pytest.approx(3.0)


def test_probability_of_passing_a_gate_falls_as_the_bound_rises() -> None:
    bsa = estimate(1.2)
    chances = [probability_above(bsa, bound) for bound in (0.5, 1.0, 1.2, 2.0, 20.0)]
    assert chances == sorted(chances, reverse=True)
    assert chances[2] == pytest.approx(0.5)
    assert probability_above(estimate(0.0), 1.0) == 0.0
