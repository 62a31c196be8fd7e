from __future__ import annotations

import numpy as np
import pytest

from lesionscope.imaging.patch import cropped, cut_out, enlarged
from lesionscope.imaging.resize import resized_mask
from tests.imaging.test_grow import HEIGHT, WIDTH, dice, disc


@pytest.mark.parametrize("scale", [1, 3, 3.7])
def test_a_region_keeps_its_place_and_shape_in_the_photo(scale: float) -> None:
    shape = (round(HEIGHT * scale), round(WIDTH * scale))
    patch = enlarged(disc(180, 120, 33), shape)
    whole = np.zeros(shape, bool)
    rows = slice(patch.top, patch.top + patch.mask.shape[0])
    whole[rows, patch.left : patch.left + patch.mask.shape[1]] = patch.mask
    y, x = (np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5) / scale - 0.5
    assert dice(whole, np.hypot(x - 180, y - 120) < 33) > 0.97


def test_a_part_is_cut_out_without_a_fringe_and_without_its_neighbour() -> None:
    shape = (HEIGHT * 4, WIDTH * 4)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    area, neighbour = np.hypot(x - 803, y - 601) < 121, (x > 930) & (x < 1000) & (y < 900)
    part = enlarged(area, (HEIGHT, WIDTH))  # the same outline at the working size
    small = np.zeros((HEIGHT, WIDTH), bool)
    rows = slice(part.top, part.top + part.mask.shape[0])
    small[rows, part.left : part.left + part.mask.shape[1]] = part.mask
    outline = area | neighbour
    gone = cut_out(outline, resized_mask(outline, small.shape), small, at=(803, 601))
    whole = np.zeros(shape, bool)
    rows = slice(gone.top, gone.top + gone.mask.shape[0])
    whole[rows, gone.left : gone.left + gone.mask.shape[1]] = gone.mask
    assert np.array_equal(whole, area)


def test_cropping_keeps_the_place() -> None:
    patch = cropped(disc(180, 120, 3.5))
    assert (patch.left, patch.top, patch.mask.shape) == (177, 117, (7, 7))
    assert cropped(np.zeros((4, 4), bool)).mask.size == 0
