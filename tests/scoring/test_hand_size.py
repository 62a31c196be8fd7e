import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesionscope.core.body import BodySize, OwnHandprint, PatientBody, Sex
from lesionscope.scoring.hand_size import BY_SIZE, OWN, TYPICAL, hand_size, worth_of

OWN_HAND = OwnHandprint(120.0, 0.1)


def test_the_own_hand_goes_before_height_and_weight_and_those_before_nothing() -> None:
    size = BodySize(170, 75, Sex.FEMALE)
    assert hand_size(PatientBody(size, OWN_HAND)).source == OWN
    assert hand_size(PatientBody(size)).source == BY_SIZE
    assert hand_size(PatientBody()).source == hand_size(None).source == TYPICAL
    spreads = [
        hand_size(body).sd_of_log for body in (PatientBody(size, OWN_HAND), PatientBody(size), None)
    ]
    assert spreads == sorted(spreads)


def test_own_hand_and_body_size_measure_what_a_handprint_is_worth() -> None:
    worth = worth_of(PatientBody(BodySize(170, 75), OWN_HAND))
    assert worth.percent == pytest.approx(120 / (1.882 * 1e4) * 100, rel=1e-3)
    assert worth_of(PatientBody(handprint=OWN_HAND)).percent == 0.87


@given(st.floats(150, 195), st.floats(45, 80))
def test_a_handprint_is_worth_less_the_heavier_its_owner(height: float, weight: float) -> None:
    lighter, heavier = (
        worth_of(PatientBody(BodySize(height, kg))).percent for kg in (weight, 1.5 * weight)
    )
    assert heavier < lighter


def test_expectations_stay_within_what_was_published() -> None:
    def worth(sex: Sex, bmi: float) -> float:
        return worth_of(PatientBody(BodySize(170, bmi * 1.7**2, sex))).percent

    assert 0.73 <= worth(Sex.FEMALE, 24) < worth(Sex.MALE, 24) <= 0.95
    assert 0.49 <= worth(Sex.MALE, 58) <= 0.83
    hand = hand_size(PatientBody(BodySize(178, 80, Sex.MALE)))
    assert 140 <= hand.cm2 <= 190
