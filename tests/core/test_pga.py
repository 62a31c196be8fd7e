import pytest

from lesionscope.core.field import NOT_ASSESSABLE, Levels, Numbers
from lesionscope.core.instrument import Incomplete, Total
from lesionscope.core.pga import FIVE_LEVELS, SCALES, VISUAL_ANALOGUE, Verdict, above, pga


@pytest.mark.parametrize("answer", [0, 2, 3, 9.7])
def test_without_a_scale_nothing_is_entered_and_nothing_decided(answer: float) -> None:
    with pytest.raises(ValueError, match="after the study sets the scale"):
        pga().check({"skin_activity": answer})
    assert isinstance(pga().total("pga", {}), Incomplete)
    judged = above(2, answer, scale=None)
    assert judged.verdict is Verdict.UNDETERMINED
    assert "scale" in judged.why


def test_one_number_means_two_things_on_two_scales() -> None:
    line = pga(VISUAL_ANALOGUE).total("pga", {"skin_activity": 3})
    grades = pga(FIVE_LEVELS).total("pga", {"skin_activity": 3})
    assert isinstance(line, Total)
    assert isinstance(grades, Total)
    assert (line.rule.high, grades.rule.high) == (10, 4)
    assert line.rule.important[0].points == 2
    assert grades.rule.important == ()


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (2.1, Verdict.YES),
        (2.0, Verdict.NO),
        (0, Verdict.NO),
        (None, Verdict.UNDETERMINED),
        (NOT_ASSESSABLE, Verdict.UNDETERMINED),
    ],
)
def test_the_bound_is_strict(answer: float | str | None, verdict: Verdict) -> None:
    assert above(2, answer, scale=VISUAL_ANALOGUE).verdict is verdict


def test_a_number_off_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 4"):
        above(2, 7, scale=FIVE_LEVELS)
    with pytest.raises(ValueError, match="0 to 10 cm"):
        above(2, 10.5, scale=VISUAL_ANALOGUE)


def test_a_protocol_may_state_its_own_scale() -> None:
    hundred = Numbers(0, 100, "mm")
    assert above(20, 21, scale=hundred).verdict is Verdict.YES
    three = Levels(("mild", "moderate", "severe"))
    assert above(0, 1, scale=three).verdict is Verdict.YES
    assert set(SCALES.values()) == {VISUAL_ANALOGUE, FIVE_LEVELS}
