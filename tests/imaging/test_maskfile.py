import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from lesionscope.imaging.maskfile import gray_from_png, gray_png, mask_from_png, mask_png

SHAPES = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)


@settings(max_examples=40, deadline=None)
@given(arrays(np.bool_, SHAPES))
def test_mask_comes_back_as_it_was(mask: np.ndarray) -> None:
    assert np.array_equal(mask_from_png(mask_png(mask)), mask)


@settings(max_examples=40, deadline=None)
@given(arrays(np.float32, SHAPES, elements=st.floats(0, 1, width=32)))
def test_values_come_back_to_half_a_step(values: np.ndarray) -> None:
    once = gray_from_png(gray_png(values))
    assert np.abs(once - values).max() <= 1 / 510 + 1e-6
    assert np.array_equal(gray_from_png(gray_png(once)), once)


def test_mask_file_is_8_bit_grey_of_0_and_255() -> None:
    mask = np.zeros((30, 50), bool)
    mask[3:9, 4:40] = True
    image = Image.open(io.BytesIO(mask_png(mask)))
    assert (image.format, image.mode, image.size) == ("PNG", "L", (50, 30))
    assert np.unique(np.asarray(image)).tolist() == [0, 255]


def test_mask_read_back_can_be_written_to() -> None:
    mask = mask_from_png(mask_png(np.zeros((4, 4), bool)))
    mask[0, 0] = True
    assert mask.sum() == 1


@pytest.mark.parametrize("mask", [np.zeros((3, 3), np.uint8), np.zeros((3, 3, 3), bool)])
def test_what_is_no_mask_is_refused(mask: np.ndarray) -> None:
    with pytest.raises(ValueError, match="mask must be bool of shape"):
        mask_png(mask)


@pytest.mark.parametrize("values", [np.full((2, 2), 1.5), np.full((2, 2), np.nan), np.zeros(3)])
def test_values_outside_0_to_1_are_refused(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="values must"):
        gray_png(values)


def test_file_that_is_no_grey_png_is_refused() -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG")
    with pytest.raises(ValueError, match="grey PNG, got mode RGB"):
        mask_from_png(file.getvalue())
    with pytest.raises(ValueError, match="whole PNG"):
        mask_from_png(mask_png(np.ones((90, 90), bool))[:50])
