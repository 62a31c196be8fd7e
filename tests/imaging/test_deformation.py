import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.imaging.deformation import BOUND, SPREAD, bounded, fit_deformation, through

SIDE = 1000.0
SAME = np.eye(2, 3)
RNG = np.random.default_rng(0)
SOURCE = RNG.uniform(100, 900, (300, 2))


def bent(points: np.ndarray) -> np.ndarray:
    return points + 8 * np.sin(points[:, ::-1] / 150)


def test_a_smooth_bend_is_followed_between_the_matches() -> None:
    found = fit_deformation(SAME, SOURCE, bent(SOURCE), SIDE)
    between = RNG.uniform(200, 800, (50, 2))
    assert np.abs(found.map(between) - bent(between)).max() < 1.0
    assert found.residual_px < 0.5


def test_matches_that_contradict_their_neighbours_lose_their_weight() -> None:
    target = bent(SOURCE)
    target[::4] += RNG.uniform(-40, 40, target[::4].shape)
    found = fit_deformation(SAME, SOURCE, target, SIDE)
    assert np.median(np.linalg.norm(found.map(SOURCE) - bent(SOURCE), axis=1)) < 1.5


def test_a_wrong_affine_guess_is_corrected_beyond_the_matches() -> None:
    truth = np.array([[1.03, -0.02, 5.0], [0.01, 0.97, -9.0]])
    shift = (through(truth, SOURCE) - SOURCE).mean(axis=0)
    guess = np.column_stack([np.eye(2), shift])
    found = fit_deformation(guess, SOURCE, through(truth, SOURCE), SIDE)
    far = np.array([[0.0, 0.0], [1000.0, 1000.0]])
    assert np.abs(found.map(far) - through(truth, far)).max() < 6
    assert np.abs(found.affine - truth)[:, :2].max() < 0.02


def test_far_from_matches_the_map_is_uncertain() -> None:
    found = fit_deformation(SAME, SOURCE[:40] / 4, SOURCE[:40] / 4, SIDE)
    near, far = found.sd_px(np.array([[125.0, 125.0], [900.0, 900.0]]))
    assert near < 2 < SPREAD * SIDE < far


def test_without_matches_the_guess_stands() -> None:
    none = SOURCE[:0]
    found = fit_deformation(SAME, none, none, SIDE)
    assert np.array_equal(found.map(SOURCE), SOURCE)
    assert found.sd_px(SOURCE)[0] == SPREAD * SIDE


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_skin_does_not_jump(x: float, y: float) -> None:
    (moved,) = bounded(np.array([[x, y]]), SIDE)
    assert np.linalg.norm(moved) <= BOUND * SIDE + 1e-9
    assert np.linalg.norm(moved) <= np.hypot(x, y) + 1e-9


@settings(max_examples=5, deadline=None)
@given(st.integers(601, 1500))
def test_many_matches_are_thinned_evenly(count: int) -> None:
    many = np.random.default_rng(count).uniform(0, 1000, (count, 2))
    found = fit_deformation(SAME, many, many, SIDE)
    assert len(found.anchors) == 600
    quarter = (found.anchors < 500).all(axis=1).mean()
    assert 0.15 < quarter < 0.35


def test_the_field_is_the_map_at_every_pixel() -> None:
    found = fit_deformation(SAME, SOURCE, bent(SOURCE), SIDE)
    field = found.field((470, 333))
    assert field.shape == (470, 333, 2)
    at = np.array([[0, 0], [332, 469], [100, 33], [201, 407]])
    assert field[at[:, 1], at[:, 0]] == pytest.approx(found.map(at.astype(float)), abs=0.3)
