import math

import numpy as np
import pytest

from lesionscope.core.measurement import Interval
from lesionscope.scoring.trend import Trend, linear_trend, ratio_trend


def test_a_line_of_two_visits_is_their_difference_and_both_their_errors() -> None:
    found = linear_trend([0, 30], [1.0, 0.6], [0.03, 0.04])
    assert found is not None
    assert found.per_month == pytest.approx(-0.4)
    assert found.interval.high - found.per_month == pytest.approx(1.6449 * 0.05)
    assert found.visits == 2
    assert not found.within_error


def test_a_visit_that_is_sure_weighs_more() -> None:
    sure = linear_trend([0, 30, 60], [0.0, 1.0, 0.0], [0.1, 0.1, 0.001])
    unsure = linear_trend([0, 30, 60], [0.0, 1.0, 0.0], [0.1, 0.1, 10.0])
    assert sure is not None
    assert unsure is not None
    assert sure.per_month < 0 < unsure.per_month


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    days, sds = [0, 20, 45, 90], [0.1, 0.2, 0.1, 0.15]
    held = 0
    for _ in range(600):
        values = [2.0 - 0.01 * day + rng.normal(0, sd) for day, sd in zip(days, sds, strict=True)]
        found = linear_trend(days, values, sds)
        assert found is not None
        held += found.interval.low <= -0.3 <= found.interval.high
    # Scatter beyond the errors widens the interval and none narrows it: a little over 90 %.
    assert 0.87 < held / 600 < 0.99


def test_scatter_beyond_the_errors_widens_the_interval() -> None:
    calm = linear_trend([0, 30, 60, 90], [0.0, 1.0, 2.0, 3.0], [0.1] * 4)
    wild = linear_trend([0, 30, 60, 90], [0.0, 2.0, 1.0, 3.0], [0.1] * 4)
    assert calm is not None
    assert wild is not None
    wide = [t.interval.high - t.interval.low for t in (calm, wild)]
    assert wide[1] > 2 * wide[0]


def test_an_area_that_halves_each_month_is_a_factor_and_gone_visits_are_left_out() -> None:
    found = ratio_trend([0, 30, 60, 90], [8.0, 4.0, 2.0, 0.0], [0.1] * 4)
    assert found is not None
    assert found.is_ratio
    assert found.per_month == pytest.approx(0.5)
    assert found.visits == 3
    assert found.interval.low == pytest.approx(0.5 * math.exp(-1.6449 * 0.1 / math.sqrt(2)))


def test_one_day_gives_no_trend_and_bad_numbers_are_refused() -> None:
    assert linear_trend([5, 5], [1.0, 2.0], [0.1, 0.1]) is None
    assert linear_trend([], [], []) is None
    assert ratio_trend([0, 30], [0.0, 1.0], [0.1, 0.1]) is None
    with pytest.raises(ValueError, match="positive"):
        linear_trend([0, 30], [1.0, 2.0], [0.1, 0.0])
    with pytest.raises(ValueError, match="lengths"):
        ratio_trend([0, 30], [1.0], [0.1, 0.1])
    with pytest.raises(ValueError, match="interval"):
        Trend(2.0, Interval(0.0, 1.0), False, 2)
