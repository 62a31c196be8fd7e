import cv2
import numpy as np
import pytest

from lesionscope.imaging import colour
from lesionscope.imaging.chart_colours import apply_correction
from lesionscope.imaging.crops import (
    FIELD_MM,
    MARGIN,
    clear_skin_density,
    cut_field,
    field_of,
    lesion_crop,
)


def skin_with_patch(side: int = 200, patch: slice = slice(80, 120)) -> tuple[np.ndarray, ...]:
    rgb = np.full((side, side, 3), (190, 150, 130), dtype=np.uint8)
    mask = np.zeros((side, side), dtype=bool)
    mask[patch, patch] = True
    rgb[mask] = (180, 110, 100)
    return rgb, mask, colour.optical_density(rgb[0, 0])


def test_clear_skin_reads_zero_and_the_lesion_its_contrast() -> None:
    rgb, mask, clear = skin_with_patch()
    crop = lesion_crop(rgb, mask, clear)
    assert crop.shape == (5, 160, 160)
    assert crop.dtype == np.float32
    expected = colour.optical_density(rgb[100, 100]) - clear
    assert crop[:3, 80, 80] == pytest.approx(expected, abs=1e-4)
    assert crop[3, 80, 80] == pytest.approx(colour.chromophores(expected)[0], abs=1e-3)
    assert np.abs(crop[:4, 2, 2]).max() < 1e-4
    assert crop[4, 80, 80] == 1
    assert crop[4, 2, 2] == 0


def test_exposure_and_white_balance_drop_out() -> None:
    rgb, mask, _ = skin_with_patch()
    gain = np.array([0.8, 0.7, 0.75])
    dimmed = colour.srgb_bytes(colour.linear_light(rgb) * gain)
    bright = lesion_crop(rgb, mask, clear_skin_density(rgb, ~mask, 30))
    dim = lesion_crop(dimmed, mask, clear_skin_density(dimmed, ~mask, 30))
    assert np.abs(bright - dim).max() < 0.06  # a step of a byte at the edge


def test_a_small_lesion_is_cut_at_a_fixed_physical_scale() -> None:
    _, mask, _ = skin_with_patch()
    assert field_of(mask, 0.25)[2] == pytest.approx(FIELD_MM / 0.25)
    assert field_of(mask)[2] == pytest.approx(MARGIN * 40)


def test_half_the_resolution_covers_the_same_share_of_a_calibrated_crop() -> None:
    rgb, mask, clear = skin_with_patch(400, slice(160, 240))
    fine = lesion_crop(rgb, mask, clear, 0.1)
    coarse = lesion_crop(rgb[::2, ::2], mask[::2, ::2], clear, 0.2)
    assert fine[4].mean() == pytest.approx(coarse[4].mean(), rel=0.03)


def test_beyond_the_photo_is_clear_skin() -> None:
    rgb, mask, clear = skin_with_patch(200, slice(0, 30))
    crop = lesion_crop(rgb, mask, clear)
    assert crop[4].mean() == pytest.approx((30 / (30 * MARGIN)) ** 2, abs=0.05)
    assert np.abs(crop[:, 0, 0]).max() < 1e-6


def test_local_and_global_references_agree_on_even_skin() -> None:
    rgb, mask, clear = skin_with_patch()
    local = clear_skin_density(rgb, ~mask, 25)
    assert local.shape == rgb.shape
    assert np.abs(local - clear).max() < 1e-3


def test_the_input_is_left_alone() -> None:
    rgb, mask, clear = skin_with_patch()
    before = rgb.copy()
    lesion_crop(rgb, mask, clear, 0.3)
    assert np.array_equal(rgb, before)


def test_bad_arguments_are_named() -> None:
    rgb, mask, clear = skin_with_patch()
    with pytest.raises(ValueError, match="at least one pixel"):
        lesion_crop(rgb, np.zeros_like(mask), clear)
    with pytest.raises(ValueError, match="must agree"):
        lesion_crop(rgb, mask[:50], clear)
    with pytest.raises(ValueError, match="clear_density"):
        lesion_crop(rgb, mask, clear[:2])
    with pytest.raises(ValueError, match="no clear skin"):
        clear_skin_density(rgb, np.zeros_like(mask), 20)


def test_a_photo_finer_than_the_mask_keeps_its_detail_and_its_place() -> None:
    rgb, mask, clear = skin_with_patch(400, slice(160, 240))
    rgb[160:240:4] = (220, 215, 210)  # flakes, thinner than a pixel of the small picture
    small = cv2.resize(rgb, (100, 100), interpolation=cv2.INTER_AREA)
    outline = mask[::4, ::4]
    fine = lesion_crop(rgb, outline, clear, 0.4)
    coarse = lesion_crop(small, outline, clear, 0.4)
    inside = fine[4] == 1
    assert np.array_equal(fine[4], coarse[4])
    assert fine[1][inside].std() > 3 * coarse[1][inside].std()
    assert fine[1][inside].mean() == pytest.approx(coarse[1][inside].mean(), abs=0.15)


def test_the_chart_matrix_acts_on_the_crop_as_on_the_photo() -> None:
    rgb, mask, clear = skin_with_patch()
    matrix = np.vstack([np.diag([1.1, 0.95, 0.9]), np.full(3, 0.01)])
    first = lesion_crop(apply_correction(rgb, matrix), mask, clear, 0.3)
    last = lesion_crop(rgb, mask, clear, 0.3, colour_matrix=matrix)
    assert np.abs(first - last)[:, 20:140, 20:140].mean() < 0.01


def test_a_field_is_cut_to_size_wherever_it_lies() -> None:
    layer = np.arange(100, dtype=np.float32).reshape(10, 10)
    inside = cut_field(layer, (5.0, 5.0, 4.0), 8)
    beyond = cut_field(layer, (-20.0, 5.0, 4.0), 8)
    assert inside.shape == beyond.shape == (8, 8)
    assert layer.min() <= inside.min() <= inside.max() <= layer.max()
    assert beyond.max() < 10  # the first row stands for what lies above it


@pytest.mark.parametrize("shape", [(533, 1600), (1440, 3440), (1200, 3200), (450, 12000)])
@pytest.mark.parametrize("upright", [False, True])
def test_a_long_strip_keeps_its_lesion(shape: tuple[int, int], upright: bool) -> None:
    rgb = np.full((*shape, 3), (190, 150, 130), np.uint8)
    mask = np.zeros((round(shape[0] * 1100 / shape[1]), 1100), bool)
    mask[5:30, 500:560] = True
    if upright:
        rgb, mask = rgb.transpose(1, 0, 2).copy(), mask.T.copy()
    crop = lesion_crop(rgb, mask, colour.optical_density(rgb[0, 0]))
    assert crop.shape == (5, 160, 160)
    assert crop[4].max() == pytest.approx(1)
