import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention
from lesionscope.scoring.bsa import (
    area_of,
    handprints_of,
    log_interval,
    percent_of,
    percent_of_surface,
    probability_above,
)
from lesionscope.scoring.hand_size import Worth

SD = 0.18
areas = st.floats(0, 1e7)


@given(areas, st.floats(1, 1e7))
def test_intervals_hold_their_value_and_never_fall_below_zero(lesion: float, hand: float) -> None:
    found = handprints_of(lesion, hand, SD)
    assert 0 <= found.interval.low <= found.value <= found.interval.high
    for convention in (Convention.PROTOCOL, Convention.ADJUSTED):
        bsa = percent_of(found, convention, CalibrationSource.HANDPRINT)
        assert 0 <= bsa.interval.low <= bsa.percent <= bsa.interval.high


def test_one_hand_is_one_percent_by_protocol_and_less_when_adjusted() -> None:
    one = handprints_of(5000, 5000, SD)
    protocol = percent_of(one, Convention.PROTOCOL, CalibrationSource.HANDPRINT)
    adjusted = percent_of(one, Convention.ADJUSTED, CalibrationSource.HANDPRINT)
    assert (protocol.percent, adjusted.percent) == (1.0, 0.87)

    def width(bsa: BsaEstimate) -> float:
        return math.log(bsa.interval.high / bsa.interval.low)

    # What a handprint is worth differs between people: only the adjusted one can know that.
    assert width(adjusted) > width(protocol)


def test_adjusted_interval_of_a_perfect_outline_is_the_published_range() -> None:
    exact = handprints_of(1.0, 1.0, 0.0)
    found = percent_of(exact, Convention.ADJUSTED, CalibrationSource.HANDPRINT)
    # 0.67 to 1.07 is plus and minus two sd; ninety percent is 1.64 of them.
    assert 0.67 < found.interval.low < 0.74
    assert 1.02 < found.interval.high < 1.07


def test_a_marker_gives_square_centimetres() -> None:
    assert area_of(10_000, 0.1, SD).value == pytest.approx(1.0)


def test_the_body_surface_gives_a_percentage_without_a_handprint() -> None:
    area = area_of(1_880_000, 0.1, SD)
    found = percent_of_surface(area, 1.88, CalibrationSource.MARKER)
    assert found.percent == pytest.approx(1.0)
    assert found.convention is Convention.SURFACE
    assert found.interval.high / found.percent > area.interval.high / area.value
    with pytest.raises(ValueError, match="positive, got 0"):
        percent_of_surface(area, 0, CalibrationSource.MARKER)


def test_the_surface_convention_does_not_count_handprints() -> None:
    one = handprints_of(5000, 5000, SD)
    with pytest.raises(ValueError, match="needs cm2"):
        percent_of(one, Convention.SURFACE, CalibrationSource.MARKER)


def test_a_known_hand_narrows_the_adjusted_percentage() -> None:
    one = handprints_of(5000, 5000, 0.05)
    known = percent_of(
        one, Convention.ADJUSTED, CalibrationSource.HANDPRINT, worth=Worth(0.70, 0.06)
    )
    unknown = percent_of(one, Convention.ADJUSTED, CalibrationSource.HANDPRINT)
    assert known.percent == pytest.approx(0.70)
    assert known.interval.high / known.percent < unknown.interval.high / unknown.percent


def test_nothing_found_is_zero_up_to_what_is_possible() -> None:
    found = handprints_of(0, 1000, SD, possible_px=50)
    assert (found.value, found.interval.low, found.interval.high) == (0, 0, 0.05)
    bsa = percent_of(found, Convention.ADJUSTED, CalibrationSource.HANDPRINT)
    assert (bsa.percent, bsa.interval.high) == (0, pytest.approx(0.0435))


def test_a_hand_without_area_is_refused() -> None:
    with pytest.raises(ValueError, match="positive, got 0"):
        handprints_of(10, 0, SD)


def estimate(percent: float) -> BsaEstimate:
    interval = log_interval(percent, 0.2)
    return BsaEstimate(percent, interval, Convention.PROTOCOL, CalibrationSource.HANDPRINT)


def test_probability_of_passing_a_gate_falls_as_the_bound_rises() -> None:
    bsa = estimate(1.2)
    chances = [probability_above(bsa, bound) for bound in (0.5, 1.0, 1.2, 2.0, 20.0)]
    assert chances == sorted(chances, reverse=True)
    assert chances[2] == pytest.approx(0.5)


def test_nothing_found_may_still_be_something() -> None:
    def none_but(possible: float) -> BsaEstimate:
        nothing = handprints_of(0, 1000, SD, possible_px=1000 * possible)
        return percent_of(nothing, Convention.PROTOCOL, CalibrationSource.HANDPRINT)

    assert probability_above(none_but(0.0), 1.0) == 0.0
    # One truth in twenty lies above the interval, by its own word.
    assert probability_above(none_but(1.0), 1.0) == pytest.approx(0.05)
    assert probability_above(none_but(2.0), 1.0) > probability_above(none_but(1.5), 1.0)
    assert probability_above(none_but(0.2), 1.0) < 1e-5
