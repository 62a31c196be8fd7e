"""Blur and grain of drawn skin, where both are known."""

import cv2
import numpy as np
import pytest

from lesionscope.imaging.sharpness import blur_sigma, noise_sigma


@pytest.fixture(scope="module")
def spots() -> np.ndarray:
    """A sharp drawing of pale discs on darker ground, 480 x 640."""
    grey = np.full((480, 640), 120, np.uint8)
    rng = np.random.default_rng(0)
    for _ in range(60):
        at = (int(rng.integers(640)), int(rng.integers(480)))
        level = int(rng.integers(60, 220))
        cv2.circle(grey, at, int(rng.integers(12, 50)), level, -1, cv2.LINE_AA)
    return grey


def everywhere(grey: np.ndarray) -> np.ndarray:
    return np.ones(grey.shape, bool)


@pytest.mark.parametrize("sigma", [1.5, 2.0, 3.0, 4.0])
def test_known_blur_is_measured(spots: np.ndarray, sigma: float) -> None:
    blurred = cv2.GaussianBlur(spots, (0, 0), sigma)
    found = blur_sigma(blurred, everywhere(spots))
    assert found == pytest.approx(sigma, rel=0.15)


def test_sharp_drawing_has_none(spots: np.ndarray) -> None:
    found = blur_sigma(spots, everywhere(spots))
    assert found is not None
    assert found < 0.8


def test_contrast_does_not_count(spots: np.ndarray) -> None:
    blurred = cv2.GaussianBlur(spots, (0, 0), 3)
    faint = (60 + blurred / 2.5).astype(np.uint8)
    assert blur_sigma(faint, everywhere(spots)) == pytest.approx(
        blur_sigma(blurred, everywhere(spots)), rel=0.15
    )


def test_motion_in_one_direction_is_seen(spots: np.ndarray) -> None:
    streak = np.zeros((13, 13), np.float32)
    streak[6] = 1 / 13
    moved = cv2.filter2D(spots, -1, streak)
    for picture in (moved, np.ascontiguousarray(moved.T)):
        found = blur_sigma(picture, everywhere(picture))
        assert found is not None
        assert found > 2


def test_only_the_region_is_asked(spots: np.ndarray) -> None:
    half = spots.copy()
    half[:, 320:] = cv2.GaussianBlur(spots, (0, 0), 4)[:, 320:]
    region = everywhere(spots)
    region[:, :340] = False
    found = blur_sigma(half, region)
    assert found is not None
    assert found > 3


def test_flat_or_empty_region_cannot_tell() -> None:
    flat = np.full((200, 200), 90, np.uint8)
    assert blur_sigma(flat, everywhere(flat)) is None
    assert blur_sigma(flat, np.zeros((200, 200), bool)) is None


@pytest.mark.parametrize("sigma", [2, 5, 9])
def test_known_grain_is_measured(sigma: float) -> None:
    rng = np.random.default_rng(3)
    shade = np.add.outer(np.linspace(80, 150, 300), np.linspace(0, 20, 400))
    grey = np.clip(np.rint(shade + rng.normal(0, sigma, shade.shape)), 0, 255).astype(np.uint8)
    assert noise_sigma(grey, everywhere(grey)) == pytest.approx(sigma, abs=0.3)
