import math

import pytest

from lesionscope.core.field import NOT_ASSESSABLE, Field, Levels, Numbers, Unset

GRADED = Field("g", "Graded", Levels(("none", "some")))
LINE = Field("l", "Line", Numbers(0, 10, "cm", decimals=1))


@pytest.mark.parametrize("answer", [0, 1, NOT_ASSESSABLE])
def test_levels_and_not_assessable_are_allowed(answer: float | str) -> None:
    GRADED.check(answer)


@pytest.mark.parametrize("answer", [2, -1, 1.0, True, "1", "", "NA", None, math.nan, math.inf])
def test_anything_else_is_refused(answer: object) -> None:
    with pytest.raises(ValueError, match="g must be 0 to 1 or 'not assessable'"):
        GRADED.check(answer)  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", [0, 10, 2.5, 0.1 + 0.2])
def test_numbers_in_range_are_allowed(answer: float) -> None:
    LINE.check(answer)


@pytest.mark.parametrize("answer", [-0.1, 10.1, 2.55, math.nan, math.inf, True, "2", None])
def test_numbers_out_of_range_or_too_fine_are_refused(answer: object) -> None:
    with pytest.raises(ValueError, match="0 to 10 cm, decimals: 1"):
        LINE.check(answer)  # type: ignore[arg-type]


def test_a_patient_has_no_not_assessable() -> None:
    asked = Field("p", "Patient's", Levels(("no", "yes")), assessable_only=True)
    with pytest.raises(ValueError, match=r"p must be 0 to 1, got 'not assessable'"):
        asked.check(NOT_ASSESSABLE)


def test_nothing_can_be_entered_on_a_scale_that_is_not_set() -> None:
    unset = Field("u", "Unset", Unset("the study sets the scale"))
    with pytest.raises(ValueError, match="after the study sets the scale"):
        unset.check(0)


def test_scales_that_hold_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="two levels"):
        Levels(("only",))
    with pytest.raises(ValueError, match="below"):
        Numbers(5, 5)
