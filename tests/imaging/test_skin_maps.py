from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lesionscope.imaging.colour import MELANIN, linear_light, srgb_bytes
from lesionscope.imaging.curvature import Relief
from lesionscope.imaging.lesion import contrast
from lesionscope.imaging.regions import regions
from lesionscope.imaging.skin_maps import MAP_BOUNDS, SkinMaps, maps_png, skin_maps

from .scenes import DARK, LIGHT, draw


def mapped(rgb: np.ndarray, skin: np.ndarray, lesion: np.ndarray) -> SkinMaps:
    return skin_maps(rgb, skin, contrast(rgb, skin, lesion=lesion))


@pytest.mark.parametrize("albedo", [LIGHT, DARK], ids=["light", "dark"])
def test_the_median_over_a_lesion_is_its_delta_erythema(albedo: np.ndarray) -> None:
    rgb, skin, lesion = draw(albedo, contrast=0.6)
    maps = mapped(rgb, skin, lesion)
    parts, _ = regions(rgb, lesion, contrast(rgb, skin, lesion=lesion))
    assert np.median(maps.erythema[lesion]) == pytest.approx(parts[0].delta_erythema, abs=1e-6)
    assert np.median(maps.erythema[lesion]) == pytest.approx(0.6, abs=0.06)
    assert np.median(maps.melanin[lesion]) == pytest.approx(0, abs=0.06)
    clear = skin & ~lesion
    assert np.median(np.abs(maps.erythema[clear])) < 0.05


def test_pigment_shows_in_the_melanin_map_alone() -> None:
    rgb, skin, _ = draw(LIGHT, contrast=0)
    lesion = draw(LIGHT, contrast=0.6)[2]
    spot = linear_light(rgb)
    spot[lesion] *= np.exp(-0.4 * MELANIN)
    maps = mapped(srgb_bytes(spot), skin, lesion)
    assert np.median(maps.melanin[lesion]) == pytest.approx(0.4, abs=0.06)
    assert np.median(maps.erythema[lesion]) == pytest.approx(0, abs=0.06)


def test_the_file_holds_the_maps_to_a_byte() -> None:
    rgb, skin, lesion = draw(LIGHT, contrast=0.6)
    flat = mapped(rgb, skin, lesion)
    maps = flat.curved(Relief(np.full((12, 16), 1.5, np.float32), True))
    pixels = np.asarray(Image.open(io.BytesIO(maps_png(maps)))).astype(float)
    low, high = MAP_BOUNDS
    step = (high - low) / 255
    for plane, values in enumerate((maps.erythema, maps.melanin)):
        back = low + pixels[..., plane] * step
        assert np.abs(back - np.clip(values, low, high)).max() <= 0.51 * step
    assert np.array_equal(pixels[..., 2] > 0, skin)
    assert (1 + (pixels[..., 2][skin] - 1) / 254 * 4) == pytest.approx(1.5, abs=0.01)


def test_what_has_another_shape_is_refused() -> None:
    rgb, skin, lesion = draw()
    against = contrast(rgb, skin, lesion=lesion)
    with pytest.raises(ValueError, match="one shape"):
        skin_maps(rgb[1:], skin, against)
    with pytest.raises(ValueError, match="one shape"):
        skin_maps(rgb[1:], skin[1:], against)
