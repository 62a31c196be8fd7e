import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.change import Change, ImportantChange, MeasurementError, ResponderRule
from lesionscope.core.evidence import Certainty

FOUR = ImportantChange(4, "four", Certainty.STUDY)


@pytest.mark.parametrize(("icc", "sdc"), [(0.85, 10.7), (0.90, 8.8), (0.95, 6.2)])
def test_smallest_detectable_change_of_the_worked_examples(icc: float, sdc: float) -> None:
    error = MeasurementError.from_reliability(10, icc, "worked example")
    assert error.smallest_detectable == pytest.approx(sdc, abs=0.06)
    # Every one of them is above the important change of the CDASI.
    assert Change(20, 15, error=error).within_error


def test_a_change_below_the_smallest_detectable_is_noise() -> None:
    error = MeasurementError(1.0, "own readers")
    assert error.smallest_detectable == pytest.approx(2.772, abs=1e-3)
    assert Change(10, 8, error=error).within_error
    assert not Change(10, 7, error=error).within_error
    assert Change(10, 7).within_error is None
    assert "not known" in Change(10, 7).describe()


def test_worsening_can_matter_too() -> None:
    assert Change(10, 14, (FOUR,)).reaches(FOUR)
    assert not Change(10, 13, (FOUR,)).reaches(FOUR)
    assert Change(10, 14).describe().startswith("+4 points (+40 %)")


def test_no_percent_of_a_baseline_of_zero() -> None:
    assert Change(0, 3).percent is None
    assert Change(0, 0).improved_by(40) is None
    assert Change(0, 3).describe().startswith("+3 points;")


@settings(deadline=None)
@given(st.integers(1, 100), st.integers(0, 100), st.integers(1, 100))
def test_the_responder_bound_is_exact(baseline: int, now: int, percent: int) -> None:
    expected = 100 * (baseline - now) >= percent * baseline
    assert Change(baseline, now).improved_by(percent) is expected


@pytest.mark.parametrize("percent", [0, -1, 101])
def test_a_responder_bound_is_a_share(percent: float) -> None:
    with pytest.raises(ValueError, match="percent"):
        Change(10, 5).improved_by(percent)
    with pytest.raises(ValueError, match="percent"):
        ResponderRule("r", percent, Certainty.STUDY)


def test_a_rule_of_the_study_needs_no_adopting() -> None:
    assert ResponderRule("r", 50, Certainty.STUDY).verdict(Change(10, 5)) is True


def test_errors_need_sense_and_an_origin() -> None:
    with pytest.raises(ValueError, match="icc"):
        MeasurementError.from_reliability(10, 1.2, "own readers")
    with pytest.raises(ValueError, match="sd"):
        MeasurementError.from_reliability(-1, 0.9, "own readers")
    with pytest.raises(ValueError, match="standard error"):
        MeasurementError(float("nan"), "own readers")
    with pytest.raises(ValueError, match="agreement study"):
        MeasurementError(1.0, " ")
    with pytest.raises(ValueError, match="positive"):
        ImportantChange(0, "none", Certainty.STUDY)
