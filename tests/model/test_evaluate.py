import json

import numpy as np
import pytest

from lesionscope.model import evaluate


def test_kappa_matches_a_worked_example() -> None:
    truth = np.array([0, 0, 1, 1, 2, 2])
    level = np.array([0, 1, 1, 1, 2, 0])
    # Observed squared distances sum to 1 + 4; expected from the margins (2,2,2) x (2,3,1) / 6.
    expected = (0 + 3 + 4 + 2 + 0 + 1 + 8 + 3 + 0) * 2 / 6
    assert evaluate.quadratic_kappa(truth, level, 3) == pytest.approx(1 - 5 / expected)


def test_kappa_is_unknown_without_variation() -> None:
    assert np.isnan(evaluate.quadratic_kappa(np.array([1, 1]), np.array([1, 1]), 3))


def test_roc_area_counts_pairs() -> None:
    truth = np.array([0, 0, 1, 1])
    assert evaluate.roc_area(truth, np.array([0.1, 0.4, 0.35, 0.8])) == pytest.approx(0.75)
    assert evaluate.roc_area(truth, np.array([0.5, 0.5, 0.5, 0.5])) == pytest.approx(0.5)
    assert np.isnan(evaluate.roc_area(np.zeros(4, int), np.ones(4)))


def test_calibration_error_of_honest_and_boastful_answers() -> None:
    truth = np.array([0] * 8 + [1] * 2)
    honest = np.tile([0.8, 0.2], (10, 1))
    boastful = np.tile([0.99, 0.01], (10, 1))
    assert evaluate.calibration_error(truth, honest) == pytest.approx(0, abs=1e-9)
    assert evaluate.calibration_error(truth, boastful) == pytest.approx(0.19)


def test_the_interval_is_wider_when_photos_hold_more_lesions() -> None:
    values = np.repeat(np.random.default_rng(0).normal(size=20), 5)

    def mean(at: np.ndarray) -> float:
        return float(values[at].mean())

    alone = evaluate.interval(mean, [str(n) for n in range(100)])
    together = evaluate.interval(mean, [str(n // 5) for n in range(100)])
    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


def test_the_rule_learns_an_order_and_survives_json() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(600, 3))
    truth = np.digitize(numbers[:, 0] + 0.2 * rng.normal(size=600), [-0.7, 0.0, 0.9])
    rule = evaluate.OrdinalRule.fit(numbers, truth, 4)
    chances = rule.probabilities(numbers)
    assert chances.sum(axis=1) == pytest.approx(np.ones(600))
    assert evaluate.quadratic_kappa(truth, chances.argmax(axis=1), 4) > 0.85
    again = evaluate.OrdinalRule.of(json.loads(json.dumps(rule.document())))
    assert again.probabilities(numbers) == pytest.approx(chances)
