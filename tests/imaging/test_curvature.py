"""Skin that curves away: bodies with exact geometry, and what must not be corrected."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.imaging.curvature import MOST_STRETCH, Relief, relief_of

SHAPE = (300, 400)


def strip(radius: float, turn_deg: float = 0.0, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Silhouette of an endless cylinder that runs through the frame."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    turn = math.radians(turn_deg)
    across = (rows - shape[0] / 2) * math.cos(turn) - (columns - shape[1] / 2) * math.sin(turn)
    return np.asarray(np.abs(across) < radius)


def added(relief: Relief, mask: np.ndarray) -> float:
    return relief.flat_px(mask) / float(mask.sum())


@pytest.mark.parametrize("radius", [30, 60, 110])
@pytest.mark.parametrize("turn_deg", [0, 20, 45, 90])
def test_half_a_cylinder_is_pi_r_h(radius: int, turn_deg: int) -> None:
    limb = strip(radius, turn_deg)
    # A limb of 45 mm radius, whatever its size in the photo.
    relief = relief_of(limb, 45 / radius)
    assert relief.outlined
    assert added(relief, limb) == pytest.approx(math.pi / 2, rel=0.10)


@settings(deadline=None, max_examples=20)
@given(st.floats(-0.9, 0.7), st.floats(0.1, 0.25))
def test_a_patch_on_a_cylinder_has_the_area_of_its_arc(low: float, width: float) -> None:
    radius, shape = 100.0, (300, 300)
    limb = strip(radius, shape=shape)
    rows = np.mgrid[: shape[0], : shape[1]][0] + 0.5
    across = (rows - shape[0] / 2) / radius
    patch = limb & (across > low) & (across < low + width)
    true = (math.asin(min(low + width, 1)) - math.asin(low)) / width
    assert added(relief_of(limb, 0.45), patch) == pytest.approx(true, rel=0.10)


def test_a_tapered_limb_is_nearly_a_cylinder() -> None:
    limb = np.zeros(SHAPE, np.uint8)
    cv2.fillPoly(limb, [np.array([[0, 60], [400, 100], [400, 200], [0, 240]], np.int32)], 1)
    cone = limb.astype(bool)
    assert added(relief_of(cone, 0.5), cone) == pytest.approx(math.pi / 2, rel=0.10)


def test_half_a_sphere_gains_more_than_nothing_and_less_than_double() -> None:
    rows, columns = np.mgrid[:300, :400]
    ball = np.hypot(rows - 150, columns - 200) < 110
    # The truth is 2; the equation's ball is flatter than round, as heads and buttocks are.
    assert 1.3 < added(relief_of(ball, 0.8), ball) < 2.0


def test_skin_that_fills_the_frame_is_left_as_it_is() -> None:
    relief = relief_of(np.ones(SHAPE, bool), 0.2)
    patch = np.zeros(SHAPE, bool)
    patch[40:90, 100:333] = True
    assert not relief.outlined
    assert relief.flat_px(patch) == patch.sum()
    assert np.all(relief.at((30, 40)) == 1)


def test_a_marker_or_a_corner_of_cloth_in_a_close_up_changes_nothing() -> None:
    skin = np.ones(SHAPE, bool)
    skin[100:150, 100:150] = False  # a marker, which is no hole in the body
    skin[:25, :25] = False
    patch = np.zeros(SHAPE, bool)
    patch[30:80, 30:120] = True
    marker = np.array([[107.0, 107.0], [143.0, 107.0], [143.0, 143.0], [107.0, 143.0]])
    relief = relief_of(skin, 0.2, marker)
    assert not relief.outlined
    assert relief.flat_px(patch) == patch.sum()


def test_a_marker_on_a_limb_is_no_gap_and_one_beside_it_is_no_limb() -> None:
    limb, patch = strip(60), strip(60) & ~strip(20)
    square = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    on = limb.copy()
    on[125:175, 175:225] = False
    bare = added(relief_of(limb, 0.75), patch)
    assert added(relief_of(on, 0.75, square * 17 + [200, 150]), patch) == pytest.approx(bare, 0.02)
    beside = relief_of(limb, 0.75, square * 17 + [200, 30])
    assert added(beside, patch) == pytest.approx(bare)


def test_the_middle_of_a_trunk_is_nearly_flat() -> None:
    trunk = strip(130)
    middle = strip(40)
    assert 1.0 <= added(relief_of(trunk, 1.2), middle) < 1.05


def test_a_hand_is_flatter_than_a_limb() -> None:
    limb = strip(40)
    hand, arm = (added(relief_of(limb, radius_mm / 40), limb) for radius_mm in (15, 45))
    assert 1 < hand < arm


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_the_size_of_the_photo_does_not_matter(scale: float) -> None:
    limb, patch = strip(80), strip(80) & ~strip(50)
    size = (int(SHAPE[1] * scale), int(SHAPE[0] * scale))

    def resized(mask: np.ndarray) -> np.ndarray:
        return cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0

    before = added(relief_of(limb, 0.6), patch)
    after = added(relief_of(resized(limb), 0.6 / scale), resized(patch))
    assert after == pytest.approx(before, rel=0.03)


@pytest.mark.parametrize("turned", [np.fliplr, np.flipud, np.rot90, np.transpose])
def test_turning_the_photo_does_not_matter(turned: object) -> None:
    assert callable(turned)
    limb, patch = strip(80, 25), strip(80, 25) & ~strip(30, 25)
    before = added(relief_of(limb, 0.6), patch)
    after = added(
        relief_of(np.ascontiguousarray(turned(limb)), 0.6), np.ascontiguousarray(turned(patch))
    )
    assert after == pytest.approx(before, rel=0.01)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_the_stretch_is_bounded_and_never_shrinks_skin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    blobs = cv2.GaussianBlur(rng.standard_normal((60, 80)).astype(np.float32), (0, 0), 6)
    skin = cv2.resize(blobs, (400, 300)) > 0
    relief = relief_of(skin, float(rng.uniform(0.05, 3)))
    assert float(relief.stretch.min()) >= 1
    assert float(relief.stretch.max()) <= MOST_STRETCH
    assert relief.flat_px(skin) >= skin.sum()


def test_no_skin_and_no_lesion_are_no_area() -> None:
    nothing = np.zeros(SHAPE, bool)
    assert relief_of(nothing, 0.5).flat_px(nothing) == 0
    assert relief_of(strip(60), 0.5).flat_px(nothing) == 0


def test_a_lesion_smaller_than_a_cell_keeps_its_area() -> None:
    speck = np.zeros((3000, 4000), bool)
    speck[1500, 2000] = True
    assert relief_of(np.ones((3000, 4000), bool), 0.1).flat_px(speck) == 1


def test_a_scale_is_needed() -> None:
    with pytest.raises(ValueError, match="positive, got 0"):
        relief_of(strip(50), 0)
