import numpy as np
import pytest

from lesionscope.imaging.phantom_lamp import knuckle_folds, relit

SHAPE = (80, 100)
DISC = (np.hypot(*np.mgrid[-40:40, -50:50]) < 20).astype(np.float32)
FLAT = np.zeros(SHAPE, np.float32)
GREY = np.full((*SHAPE, 3), 0.2, np.float32)


def test_folds_are_grooves_about_the_lesion() -> None:
    folds = knuckle_folds(np.random.default_rng(0), DISC, radius_px=20, mm_per_px=0.3)
    assert folds.shape == SHAPE
    assert folds.max() <= 0
    assert folds[DISC > 0].mean() < 5 * folds[DISC == 0].mean() < 0


def test_gloss_is_white_and_added_alike_on_every_tone() -> None:
    light, dark = GREY * np.array([2.0, 1.4, 1.0], np.float32), GREY * np.float32(0.2)
    none = np.zeros_like(GREY)
    for seed in range(8):
        lit, dim, gloss = (
            relit(np.random.default_rng(seed), picture, FLAT, matt=FLAT, mm_per_px=0.3)
            for picture in (light, dark, none)
        )
        assert gloss.min() >= 0
        assert gloss[..., 0] == pytest.approx(gloss[..., 2])
        shade = (lit - gloss) / light
        assert shade == pytest.approx((dim - gloss) / dark, rel=1e-3)


def test_some_skin_glints() -> None:
    none = np.zeros_like(GREY)
    glints = [
        relit(np.random.default_rng(seed), none, FLAT, matt=FLAT, mm_per_px=0.3).max()
        for seed in range(20)
    ]
    assert 0.01 < np.median(glints) < 0.4


def test_cloth_is_left_alone() -> None:
    matt = np.ones(SHAPE, np.float32)
    lit = relit(np.random.default_rng(1), GREY, FLAT, matt=matt, mm_per_px=0.3)
    assert lit == pytest.approx(GREY)
