import numpy as np
import pytest

from lesionscope.imaging.crops import CROP_SIZE
from lesionscope.model.runtime import Grader
from lesionscope.scoring.recalibration import Adjustment


def crops() -> np.ndarray:
    rng = np.random.default_rng(2)
    values = rng.normal(0, 0.1, (3, 5, CROP_SIZE, CROP_SIZE)).astype(np.float32)
    values[:, 4] = 0
    values[:, 4, 30:90, 30:90] = 1
    values[:, 1, 30:90, 30:90] += 0.4
    values[:, 3, 30:90, 30:90] += 0.4
    return values


def test_a_recalibrated_grader_shifts_one_item_and_says_so() -> None:
    own = Grader.load()
    lifted = own.adjusted({"erythema": Adjustment(1.0, 2.0)}, "study-abc")
    assert lifted.version == f"{own.version}+study-abc"
    before, after = own.grade(crops()), lifted.grade(crops())
    both = [(b, a) for b, a in zip(before, after, strict=True) if b.gradable and a.gradable]
    for b, a in both:
        assert np.dot(a.probabilities["erythema"], range(4)) > np.dot(
            b.probabilities["erythema"], range(4)
        )
        assert a.probabilities["scale"] == b.probabilities["scale"]
        assert sum(a.probabilities["erythema"]) == pytest.approx(1)
    # The network that was there before is left as it was.
    assert own.grade(crops()) == before
