import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesionscope.core.body import BodySize, OwnHandprint, PatientBody, SurfaceFormula


def test_worked_example_of_both_formulas() -> None:
    size = BodySize(170, 75)
    assert size.surface_m2() == pytest.approx(1.882, abs=5e-4)
    assert size.surface_m2(SurfaceFormula.DUBOIS) == pytest.approx(1.864, abs=5e-4)
    assert size.bmi == pytest.approx(25.95, abs=0.01)
    assert size.sex is None


@given(st.floats(140, 200), st.floats(45, 120))
def test_the_formulas_agree_on_adults(height: float, weight: float) -> None:
    size = BodySize(height, weight)
    ratio = size.surface_m2() / size.surface_m2(SurfaceFormula.DUBOIS)
    assert abs(math.log(ratio)) < 0.15


@pytest.mark.parametrize(("height", "weight"), [(1.7, 75), (170, 0), (251, 75), (170, 401)])
def test_metres_and_impossible_sizes_are_refused(height: float, weight: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        BodySize(height, weight)


@pytest.mark.parametrize("cm2", [19.9, 351, 1.2])
def test_no_hand_is_that_small_or_large(cm2: float) -> None:
    with pytest.raises(ValueError, match="20 to 350"):
        OwnHandprint(cm2, 0.1)


def test_a_hand_is_never_known_exactly() -> None:
    with pytest.raises(ValueError, match="positive, got 0"):
        OwnHandprint(120, 0)


def test_nothing_may_be_known_of_a_body() -> None:
    assert PatientBody() == PatientBody(None, None)
