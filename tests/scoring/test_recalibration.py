import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesionscope.core.confirmed import ConfirmedAnswer
from lesionscope.core.measurement import Item
from lesionscope.core.reading import AnswerOrigin
from lesionscope.scoring.recalibration import Adjustment, fit_item, learn

GRADER = "lesion_grades-12345678"


def answered(
    patient: int, probabilities: tuple[float, ...], answer: int, version: str = GRADER
) -> ConfirmedAnswer:
    return ConfirmedAnswer(
        patient, patient, "arm.erythema", Item.ERYTHEMA, probabilities, answer,
        AnswerOrigin.ENTERED, "light", f"skin-1, outline-1, {version}",
    )  # fmt: skip


def study(truth: Adjustment, patients: int, each: int, seed: int = 3) -> list[ConfirmedAnswer]:
    """Readers who answer by adjusted probabilities: what is fitted should be that adjustment."""
    rng = np.random.default_rng(seed)
    answers = []
    for patient in range(patients):
        for _ in range(each):
            chances = tuple(float(p) for p in rng.dirichlet([0.7, 0.7, 0.7, 0.7]))
            level = int(rng.choice(4, p=np.array(truth.apply(chances)) / sum(truth.apply(chances))))
            answers.append(answered(patient, chances, level))
    return answers


@given(
    st.lists(st.floats(0.01, 1), min_size=2, max_size=4),
    st.floats(0.3, 3),
    st.floats(-3, 3),
)
def test_adjusted_probabilities_are_probabilities_and_can_be_taken_back(
    weights: list[float], slope: float, shift: float
) -> None:
    chances = tuple(w / sum(weights) for w in weights)
    adjustment = Adjustment(slope, shift)
    there = adjustment.apply(chances)
    assert sum(there) == pytest.approx(1)
    assert min(there) >= 0
    if min(there) > 1e-3 and min(chances) > 1e-3:
        assert adjustment.inverse().apply(there) == pytest.approx(chances, abs=1e-2)


def test_a_positive_shift_moves_suggestions_up() -> None:
    chances = (0.4, 0.3, 0.2, 0.1)
    up = Adjustment(1.0, 1.0).apply(chances)
    assert np.dot(up, range(4)) > np.dot(chances, range(4))
    with pytest.raises(ValueError, match="slope must be positive"):
        Adjustment(0.0, 0.0)


def test_what_readers_do_is_found_and_helps_patients_left_out() -> None:
    fit = fit_item(Item.ERYTHEMA, study(Adjustment(1.0, 1.2), patients=20, each=15))
    assert fit.refusal == ""
    assert fit.adjustment.shift == pytest.approx(1.2, abs=0.35)
    assert fit.loss_after < fit.loss_before
    assert fit.exact_after >= fit.exact_before


def test_readers_who_agree_change_nothing_much() -> None:
    fit = fit_item(Item.ERYTHEMA, study(Adjustment(), patients=20, each=15))
    assert abs(fit.adjustment.shift) < 0.3
    assert 0.7 < fit.adjustment.slope < 1.4


def test_few_patients_are_refused_and_so_is_harm() -> None:
    few = fit_item(Item.ERYTHEMA, study(Adjustment(1.0, 1.2), patients=4, each=20))
    assert "8 are needed" in few.refusal
    assert few.adjustment == Adjustment()
    # Every patient is read by another habit: what one teaches harms the next.
    rng = np.random.default_rng(5)
    odd = [
        answered(patient, tuple(rng.dirichlet([5, 5, 5, 5])), 3 if patient % 2 else 0)
        for patient in range(10)
        for _ in range(8)
    ]
    fit = fit_item(Item.ERYTHEMA, odd)
    assert fit.refusal or fit.loss_after < fit.loss_before


def test_another_networks_answers_teach_nothing() -> None:
    mixed = study(Adjustment(1.0, 1.2), patients=20, each=5)
    other = [answered(99, (0.25,) * 4, 3, "lesion_grades-ffffffff") for _ in range(500)]
    learnt = learn([*mixed, *other], GRADER, {})
    assert learnt["answers"] == len(mixed)
    assert learnt["items"]["scale"]["refusal"]


def test_a_recalibration_in_use_is_taken_back_before_it_is_learnt_from() -> None:
    used = Adjustment(1.0, 1.0)
    plain = study(Adjustment(1.0, 1.0), patients=20, each=15)
    seen = [
        answered(a.patient_id, used.apply(a.probabilities), a.answer, f"{GRADER}+study-1")
        for a in plain
    ]
    learnt = learn(seen, GRADER, {"study-1": {"erythema": used}})
    own = learn(plain, GRADER, {})
    assert learnt["items"]["erythema"]["shift"] == pytest.approx(
        own["items"]["erythema"]["shift"], abs=0.1
    )
    assert learn(seen, GRADER, {})["answers"] == 0  # by an adjustment that nobody knows
