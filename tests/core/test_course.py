import pytest

from lesionscope.core.course import PatientCourse, ScoredVisit
from lesionscope.core.criterion import Quantity
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.study_settings import PgaScale, PgaScore


def bsa(percent: float, convention: Convention = Convention.PROTOCOL) -> BsaEstimate:
    interval = Interval(percent / 2, percent * 2)
    return BsaEstimate(percent, interval, convention, CalibrationSource.HANDPRINT)


COURSE = PatientCourse(
    "P1",
    (
        ScoredVisit("baseline", 0, 20, bsa(8), PgaScore(6, PgaScale.VAS_0_10)),
        ScoredVisit("week_4", 28, None, bsa(4), PgaScore(3, PgaScale.VAS_0_10)),
    ),
)


def test_a_change_is_formed_of_two_values() -> None:
    area = COURSE.change(Quantity.BSA_PERCENT, baseline="baseline", visit="week_4")
    pga = COURSE.change(Quantity.PGA, baseline="baseline", visit="week_4")
    assert area is not None
    assert pga is not None
    assert (area.points, area.percent, pga.points) == (-4, -50, -3)


@pytest.mark.parametrize("visit", ["week_4", "week_8"])
def test_a_blank_score_or_a_visit_not_held_gives_no_change(visit: str) -> None:
    assert COURSE.change(Quantity.CDASI_ACTIVITY, baseline="baseline", visit=visit) is None


def test_what_is_not_followed_is_refused() -> None:
    with pytest.raises(ValueError, match="response cannot rest on age_years"):
        COURSE.visits[0].value(Quantity.AGE_YEARS)


def test_values_that_cannot_be_compared_are_refused() -> None:
    first = COURSE.visits[0]
    other_area = ScoredVisit("week_4", 28, bsa=bsa(4, Convention.ADJUSTED))
    other_scale = ScoredVisit("week_4", 28, pga=PgaScore(3, PgaScale.LIKERT_0_4))
    with pytest.raises(ValueError, match="P1 mixes adjusted, protocol"):
        PatientCourse("P1", (first, other_area))
    with pytest.raises(ValueError, match="P1 mixes likert_0_4, vas_0_10"):
        PatientCourse("P1", (first, other_scale))
    with pytest.raises(ValueError, match="P1 has a visit twice"):
        PatientCourse("P1", (first, first))
