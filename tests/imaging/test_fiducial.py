"""Markers drawn with known geometry, markers on rendered skin, and pictures without any."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lesionscope.imaging.colour import linear_light, srgb_bytes
from lesionscope.imaging.fiducial import find_chart, find_marker, find_markers
from lesionscope.imaging.plane import homography_of_four, project
from lesionscope.places import samples_folder

DICTIONARY = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
SKIN = np.array([0.36, 0.20, 0.13])
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
SAMPLES = samples_folder()
WITH_MARKER = sorted(
    path
    for path in SAMPLES.glob("*/truth/*.json")
    if "marker" in json.loads(path.read_text(encoding="utf-8"))["scale_mode"]
)


def quad(centre: tuple[float, float], side: float, turn: float = 0.0) -> NDArray[np.float64]:
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return (SQUARE - 0.5) * side @ np.array([[c, s], [-s, c]]) + centre


def draw(
    corners: NDArray[np.float64],
    number: int = 7,
    *,
    size: tuple[int, int] = (240, 320),
    blur: float = 0.8,
    noise: float = 0.0,
    paper: float = 0.85,
) -> NDArray[np.float64]:
    """Paint a marker on its paper into linear light, four samples a pixel and side."""
    fine, cells = 4, 120
    page = np.full((8 * cells, 8 * cells), paper, np.float32)
    printed = DICTIONARY.generateImageMarker(number, 6 * cells)
    page[cells:-cells, cells:-cells] *= np.where(printed > 127, 1.0, 0.05)
    # Corners are given at pixel centres; a pixel covers half of itself to each side.
    target = (corners + 0.5) * fine - 0.5
    to_fine = homography_of_four(cells + SQUARE * 6 * cells - 0.5, target)
    shape = (size[1] * fine, size[0] * fine)
    inside = cv2.warpPerspective(np.ones(page.shape[:2], np.float32), to_fine, shape)
    painted = cv2.warpPerspective(page, to_fine, shape, flags=cv2.INTER_AREA)
    ink, paper_seen = (
        cv2.GaussianBlur(layer, (0, 0), max(0.1, blur * fine))
        for layer in (painted * (inside > 0.5), (inside > 0.5).astype(np.float32))
    )
    ink, paper_seen = (
        cv2.resize(layer, size[::-1], interpolation=cv2.INTER_AREA) for layer in (ink, paper_seen)
    )
    seen = ink[..., None] + (1 - paper_seen[..., None]) * SKIN
    return seen + np.random.default_rng(0).normal(0, noise, seen.shape)


@pytest.mark.parametrize("turn", [0, 17, 45, 100, 233])
def test_corners_and_scale_of_a_flat_marker(turn: float) -> None:
    corners = quad((155.3, 121.7), 83.0, turn)
    found = find_marker(srgb_bytes(draw(corners, noise=0.003)), 20.0)
    assert found is not None
    assert found.id == 7
    np.testing.assert_allclose(found.corners_px, corners, atol=0.15)
    assert found.mm_per_px == pytest.approx(20 / 83, rel=0.003)
    assert found.mm_per_px_facing == pytest.approx(20 / 83, rel=0.006)
    assert found.tilt_deg < 6


@pytest.mark.parametrize("side", [26.0, 40.0, 140.0])
@pytest.mark.parametrize("blur", [0.5, 1.2])
def test_scale_does_not_depend_on_size_or_blur(side: float, blur: float) -> None:
    corners = quad((160.2, 119.6), side, 12)
    found = find_marker(srgb_bytes(draw(corners, blur=blur, noise=0.002)), 20.0)
    assert found is not None
    assert found.mm_per_px == pytest.approx(20 / side, rel=0.012)
    assert abs(found.mm_per_px * side / 20 - 1) < 3 * found.relative_sd


def test_tilted_marker_gives_tilt_and_both_scales() -> None:
    # Weak perspective: a 40 degree tilt shortens one axis by its cosine.
    corners = (quad((0, 0), 90, 0) * (1, np.cos(np.radians(40)))) + (160, 120)
    found = find_marker(srgb_bytes(draw(corners, noise=0.002)), 20.0)
    assert found is not None
    assert found.tilt_deg == pytest.approx(40, abs=1.5)
    assert found.mm_per_px_facing == pytest.approx(20 / 90, rel=0.005)
    area = 90**2 * np.cos(np.radians(40))
    assert found.mm_per_px == pytest.approx(20 / np.sqrt(area), rel=0.005)


def test_homography_takes_the_corners_to_millimetres() -> None:
    corners = np.array([[110.0, 70.0], [205.0, 80.0], [192.0, 171.0], [103.0, 158.0]])
    found = find_marker(srgb_bytes(draw(corners)), 25.0)
    assert found is not None
    np.testing.assert_allclose(project(found.homography, corners), SQUARE * 25, atol=0.06)
    assert found.side_mm == 25.0


def test_scale_is_proportional_to_the_printed_side() -> None:
    rgb = srgb_bytes(draw(quad((150, 120), 70)))
    small, large = find_marker(rgb, 20.0), find_marker(rgb, 40.0)
    assert small is not None
    assert large is not None
    assert large.mm_per_px == pytest.approx(2 * small.mm_per_px)
    assert large.relative_sd == pytest.approx(small.relative_sd)


def test_measured_at_full_size_of_a_large_photo() -> None:
    corners = quad((1810.4, 1007.8), 110.0, 31)
    rgb = np.full((1500, 2000, 3), srgb_bytes(SKIN))
    rgb[890:1130, 1650:1970] = srgb_bytes(draw(corners - (1650, 890), noise=0.003))
    found = find_marker(rgb, 20.0)
    assert found is not None
    np.testing.assert_allclose(found.corners_px, corners, atol=0.15)


def test_small_marker_of_a_large_photo_is_found_by_the_second_look() -> None:
    corners = quad((1810.4, 1007.8), 24.0, 20)
    rgb = np.full((1500, 2500, 3), srgb_bytes(SKIN))
    rgb[890:1130, 1650:1970] = srgb_bytes(draw(corners - (1650, 890)))
    found = find_marker(rgb, 20.0)
    assert found is not None
    assert found.mm_per_px == pytest.approx(20 / 24, rel=0.015)


def test_of_several_markers_the_surest_that_agrees_is_taken() -> None:
    # The largest was printed at another size, so it would give a scale of its own.
    drawn = ((60, 3), (62, 9), (120, 11))
    rgb = np.hstack([srgb_bytes(draw(quad((160, 120), side), n)) for side, n in drawn])
    assert {m.id for m in find_markers(rgb)} == {3, 9, 11}
    found = find_marker(rgb)
    assert found is not None
    assert found.id in (3, 9)


def test_uncertainty_grows_with_noise_and_distance() -> None:
    def sd(side: float, noise: float) -> float:
        found = find_marker(srgb_bytes(draw(quad((150, 120), side, 9), noise=noise)))
        assert found is not None
        return found.relative_sd

    assert sd(30, 0.02) > sd(120, 0.002)
    assert sd(120, 0.002) > 0.004  # the print is never perfect


def test_white_that_runs_into_black_is_noticed() -> None:
    scene = draw(quad((160, 120), 60, 5), blur=1.5)
    # A shoulder, as cameras have: what is half bright comes out nearly white.
    toned = 0.9 * (1 - np.exp(-3.5 * scene)) / (1 - np.exp(-3.5 * 0.85))
    plain, shifted = find_marker(srgb_bytes(scene)), find_marker(srgb_bytes(toned))
    assert plain is not None
    assert shifted is not None
    assert abs(plain.spread_px) < 0.12
    assert shifted.spread_px > plain.spread_px + 0.1
    assert shifted.relative_sd > plain.relative_sd
    assert abs(shifted.mm_per_px * 60 / 20 - 1) < 3 * shifted.relative_sd


def test_marker_without_paper_around_it_is_refused() -> None:
    scene = draw(quad((160, 120), 90))
    fringe = cv2.resize(DICTIONARY.generateImageMarker(7, 6), (90, 90), interpolation=0)
    bare = np.full_like(scene, 0.02)
    bare[75:165, 115:205] = np.where(fringe > 127, 0.85, 0.02)[..., None]
    assert find_marker(srgb_bytes(bare)) is None


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (64, 64), (600, 450)])
def test_pictures_without_a_marker(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert find_marker(noise) is None
    assert find_marker(np.zeros((*shape, 3), np.uint8)) is None
    assert find_chart(noise) is None


def test_noise_never_makes_a_marker() -> None:
    rng = np.random.default_rng(2)
    for _ in range(6):
        blocks = rng.integers(0, 2, (30, 40, 1), dtype=np.uint8) * 255
        board = cv2.resize(blocks.repeat(3, 2), (400, 300), interpolation=cv2.INTER_NEAREST)
        assert find_marker(board) is None


def test_side_of_the_print_must_be_positive() -> None:
    with pytest.raises(ValueError, match="marker_mm must be positive, got 0"):
        find_marker(np.zeros((50, 50, 3), np.uint8), 0)


def test_input_is_left_alone() -> None:
    rgb = srgb_bytes(draw(quad((160, 120), 90)))
    before = rgb.copy()
    rgb.flags.writeable = False
    find_marker(rgb)
    np.testing.assert_array_equal(rgb, before)


@pytest.mark.parametrize("truth", WITH_MARKER, ids=lambda p: p.stem)
def test_markers_on_rendered_skin(truth) -> None:
    facts = json.loads(truth.read_text(encoding="utf-8"))
    photo = truth.parent.parent / "photos" / f"{truth.stem}.jpg"
    rgb = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB)
    found = find_marker(rgb, facts["marker"]["side_mm"])
    assert found is not None
    assert found.id == facts["marker"]["id"]
    # The truth counts pixel centres from a half, this software from zero.
    corners = np.array(facts["marker"]["corners_px"]) - 0.5
    assert np.linalg.norm(found.corners_px - corners, axis=1).max() < 2.0
    area = cv2.contourArea(corners.astype(np.float32))
    assert found.mm_per_px == pytest.approx(20 / np.sqrt(area), rel=0.02)


def test_half_the_resolution_gives_the_same_millimetres() -> None:
    photo = SAMPLES / "demo_study" / "photos" / "D05_v1_hands.jpg"
    rgb = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB)
    light = cv2.resize(linear_light(rgb), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    whole, half = find_marker(rgb), find_marker(srgb_bytes(light))
    assert whole is not None
    assert half is not None
    assert half.mm_per_px == pytest.approx(2 * whole.mm_per_px, rel=0.015)
