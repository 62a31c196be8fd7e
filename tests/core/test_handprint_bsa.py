from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.handprint_bsa import (
    ADJUSTED_RANGE,
    HANDPRINT_BSA,
    PERCENT,
    REGIONS,
    adjusted_range,
)
from lesionscope.core.instrument import Incomplete, Total
from lesionscope.core.measurement import Convention


def counts() -> st.SearchStrategy[dict[str, float]]:
    tenths = {key: st.integers(0, 10 * share) for key, (_, share) in REGIONS.items()}
    return st.fixed_dictionaries(tenths).map(lambda d: {key: n / 10 for key, n in d.items()})


@settings(deadline=None)
@given(counts())
def test_both_conventions_equal_the_exact_sum(answers: dict[str, float]) -> None:
    exact = sum((Fraction(round(10 * n), 10) for n in answers.values()), Fraction(0))
    protocol = HANDPRINT_BSA.total("protocol", answers)
    adjusted = HANDPRINT_BSA.total("adjusted", answers)
    assert isinstance(protocol, Total)
    assert isinstance(adjusted, Total)
    assert protocol.value == pytest.approx(float(exact), abs=1e-9)
    assert adjusted.value == pytest.approx(float(exact * Fraction("0.87")), abs=1e-9)
    assert 0 <= protocol.value <= 100
    assert 0 <= adjusted.value <= 87


def test_regions_make_one_body() -> None:
    assert sum(share for _, share in REGIONS.values()) == 100


def test_the_range_of_a_handprint_lies_around_its_worth() -> None:
    low, high = ADJUSTED_RANGE
    assert (low + high) / 2 == pytest.approx(PERCENT[Convention.ADJUSTED])
    assert adjusted_range(100) == pytest.approx((67, 107))


def test_a_count_beyond_the_region_is_refused() -> None:
    with pytest.raises(ValueError, match="head_neck must be 0 to 9"):
        HANDPRINT_BSA.check({"head_neck": 9.1})
    with pytest.raises(ValueError, match="negative"):
        adjusted_range(-1)


def test_a_region_not_counted_is_not_clear() -> None:
    answers = dict.fromkeys(REGIONS, 0)
    del answers["genitalia"]
    assert isinstance(HANDPRINT_BSA.total("protocol", answers), Incomplete)
