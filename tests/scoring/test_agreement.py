"""Agreement against published tables, brute force and simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.scoring.agreement import (
    bland_altman,
    icc_2_1,
    icc_3_1,
    mean_squares,
    measurement_errors,
    weighted_kappa,
)

# Shrout and Fleiss 1979, Psychol Bull 86:420-8, table 2: four judges on six targets.
SHROUT_FLEISS = [
    [9, 2, 5, 8],
    [6, 1, 3, 2],
    [8, 4, 6, 8],
    [7, 1, 2, 6],
    [10, 5, 6, 9],
    [6, 2, 4, 7],
]

# Bland and Altman 1986, Lancet 1:307-10, table 1: peak expiratory flow (l/min) of 17 subjects,
# first reading by the Wright meter and by the mini meter.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


def test_the_analysis_of_variance_is_that_of_shrout_and_fleiss() -> None:
    ms = mean_squares(SHROUT_FLEISS)
    # Their table 3: between targets 11.24, between judges 32.49, residual 1.02.
    assert (round(ms.rows, 2), round(ms.columns, 2), round(ms.error, 2)) == (11.24, 32.49, 1.02)


def test_the_coefficients_are_those_of_shrout_and_fleiss() -> None:
    # Their table 4: ICC(2,1) 0.29, ICC(3,1) 0.71.
    assert round(icc_2_1(SHROUT_FLEISS).value, 2) == 0.29
    assert round(icc_3_1(SHROUT_FLEISS).value, 2) == 0.71


def test_the_intervals_are_those_that_other_packages_print_for_that_table() -> None:
    # R's psych::ICC and irr::icc print these for the table: ICC(2,1) 0.019 to 0.761 and
    # ICC(3,1) 0.342 to 0.946.
    two, three = icc_2_1(SHROUT_FLEISS), icc_3_1(SHROUT_FLEISS)
    assert (round(two.low, 3), round(two.high, 3)) == (0.019, 0.761)
    assert (round(three.low, 3), round(three.high, 3)) == (0.342, 0.946)


@given(
    st.lists(st.tuples(*[st.integers(0, 40)] * 2), min_size=3, max_size=20),
    st.integers(-30, 30),
)
@settings(max_examples=60, deadline=None)
def test_a_constant_bias_lowers_agreement_and_leaves_consistency(
    pairs: list[tuple[int, int]], bias: int
) -> None:
    table = np.array(pairs, float)
    shifted = table + np.array([0, bias])
    one, other = icc_3_1(table), icc_3_1(shifted)
    assert one.value == pytest.approx(other.value, nan_ok=True)
    if icc_3_1(table).defined and icc_2_1(table).defined and icc_2_1(shifted).defined:
        ms = mean_squares(shifted)
        if ms.columns >= ms.error and ms.rows >= ms.error:
            assert icc_2_1(shifted).value <= other.value + 1e-9


def test_perfect_agreement_is_one() -> None:
    table = [[1, 1], [4, 4], [9, 9]]
    for found in (icc_2_1(table), icc_3_1(table)):
        assert (found.value, found.low, found.high) == (1, 1, 1)
    assert measurement_errors(table).sdc_agreement == 0


def test_where_nothing_varies_there_is_no_coefficient() -> None:
    for found in (icc_2_1([[2, 2], [2, 2], [2, 2]]), icc_3_1([[2, 2], [2, 2], [2, 2]])):
        assert not found.defined
        assert math.isnan(found.low)


@pytest.mark.parametrize("table", [[[1, 2]], [[1], [2]], [[1, 2], [3, math.nan]]])
def test_a_table_that_cannot_be_analysed_is_refused(table: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="agreement needs"):
        mean_squares(table)


def test_the_intervals_cover_what_they_should() -> None:
    """Two random raters with a true ICC of 0.6: 95 % intervals hold it about 95 % of the time."""
    rng = np.random.default_rng(4)
    held = [0, 0]
    rounds, n, k = 400, 25, 4
    for _ in range(rounds):
        subjects = rng.normal(0, math.sqrt(0.6), (n, 1))
        table = subjects + rng.normal(0, math.sqrt(0.4), (n, k))
        for place, found in enumerate((icc_2_1(table), icc_3_1(table))):
            held[place] += found.low <= 0.6 <= found.high
    assert all(0.92 <= count / rounds <= 0.98 for count in held)


def brute_kappa(one: list[int], other: list[int], levels: int) -> float:
    """Quadratic kappa as 1 less seen over expected squared disagreement, all pairs compared."""
    seen = np.mean([(a - b) ** 2 for a, b in zip(one, other, strict=True)])
    chance = np.mean([(a - b) ** 2 for a, b in itertools.product(one, other)])
    return 1 - seen / chance if chance else math.nan


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
@settings(max_examples=80, deadline=None)
def test_kappa_equals_brute_force(pairs: list[tuple[int, int]]) -> None:
    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    found = weighted_kappa(one, other, 4)
    assert found.value == pytest.approx(brute_kappa(one, other, 4), nan_ok=True)
    if found.defined and not math.isnan(found.low):
        assert -1 <= found.low <= found.value + 1e-9 <= found.high + 2e-9 <= 1 + 3e-9


def test_the_error_of_unweighted_kappa_is_the_published_one() -> None:
    """With two levels the weights are those of plain kappa."""
    one = [0] * 25 + [1] * 25
    other = [0] * 20 + [1] * 5 + [0] * 10 + [1] * 15
    found = weighted_kappa(one, other, 2)
    assert found.value == pytest.approx(0.40)
    # By hand from Fleiss, Cohen and Everitt's formula for kappa, equation 13.
    po, pe = 0.7, 0.5
    p = np.array([[0.4, 0.1], [0.2, 0.3]])
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    a = sum(p[i, i] * (1 - (rows[i] + columns[i]) * (1 - 0.4)) ** 2 for i in (0, 1))
    b = (1 - 0.4) ** 2 * sum(p[i, j] * (columns[i] + rows[j]) ** 2 for i, j in ((0, 1), (1, 0)))
    c = (0.4 - pe * (1 - 0.4)) ** 2
    error = math.sqrt((a + b - c) / 50) / (1 - pe)
    assert po - pe == pytest.approx(0.4 * (1 - pe))
    assert (found.high - found.low) / 2 == pytest.approx(1.959964 * error, rel=1e-5)


def test_a_reader_of_one_level_gives_kappa_no_interval() -> None:
    found = weighted_kappa([0, 1, 2], [0, 0, 0], 3)
    assert found.value == 0
    assert math.isnan(found.low)


def test_kappa_refuses_what_does_not_pair_or_fit() -> None:
    with pytest.raises(ValueError, match="pairs"):
        weighted_kappa([0, 1], [0], 2)
    with pytest.raises(ValueError, match="0 to 2"):
        weighted_kappa([0], [3], 3)


def test_bland_altman_is_the_published_example() -> None:
    found = bland_altman(WRIGHT, MINI)
    # Bland and Altman 1986: mean difference -2.1 l/min, standard deviation 38.8; with 1.96
    # instead of their 2 the limits are -78.1 and 73.9.
    assert (round(found.mean.value, 1), round(found.sd, 1)) == (-2.1, 38.8)
    assert (round(found.low.value, 1), round(found.high.value, 1)) == (-78.1, 73.9)
    # Their 95 % interval of the bias: -22.0 to 17.8.
    assert (round(found.mean.low, 1), round(found.mean.high, 1)) == (-22.0, 17.8)
    assert not found.proportional


def test_a_proportional_bias_is_seen() -> None:
    truth = np.linspace(1, 30, 30)
    noise = np.tile([0.2, -0.2], 15)
    found = bland_altman(truth * 1.2 + noise, truth)
    assert found.proportional
    assert found.slope.value == pytest.approx(0.2 / 1.1, rel=0.05)
    assert not bland_altman(truth + 3 + noise, truth).proportional


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="three pairs"):
        bland_altman([1, 2], [1, 2])


def test_the_errors_of_measurement_follow_from_the_analysis() -> None:
    found = measurement_errors(SHROUT_FLEISS)
    ms = mean_squares(SHROUT_FLEISS)
    assert found.sem_consistency == pytest.approx(math.sqrt(ms.error))
    assert found.sem_agreement == pytest.approx(math.sqrt((ms.columns - ms.error) / 6 + ms.error))
    assert found.sdc_agreement == pytest.approx(1.96 * math.sqrt(2) * found.sem_agreement, rel=1e-4)


def test_of_two_raters_the_sem_is_the_sd_of_differences_over_root_two() -> None:
    errors = measurement_errors(np.column_stack([WRIGHT, MINI]))
    apart = np.std(np.subtract(WRIGHT, MINI), ddof=1)
    assert errors.sem_consistency == pytest.approx(apart / math.sqrt(2))
    # The 1.96 sd of Bland and Altman is then the smallest detectable change.
    assert errors.sdc_consistency == pytest.approx(1.959964 * apart, rel=1e-6)
