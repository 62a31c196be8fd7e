"""What a photo shows of the skin as maps: blood and pigment over clear skin, and its slant."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lesionscope.imaging.colour import chromophores
from lesionscope.imaging.curvature import MOST_STRETCH, Relief
from lesionscope.imaging.lesion import Contrast, smooth_density

MAP_BOUNDS = (-0.5, 1.5)
"""What the file of the maps can hold, natural log units; values beyond are held at the bound."""
STRETCH_BOUNDS = (1.0, MOST_STRETCH)
"""The same of the stretch."""


@dataclass(frozen=True, eq=False)
class SkinMaps:
    """Extra blood and extra pigment over clear skin, and how the skin slants, pixel by pixel.

    Attributes
    ----------
    erythema : ndarray of shape (H, W), float32
        Extra haemoglobin density, natural log units of the green band; zero is clear skin. The
        median over a lesion is its `delta_erythema`.
    melanin : ndarray of shape (H, W), float32
        Extra melanin density in the same units.
    skin : ndarray of shape (H, W), bool
        Where the maps mean anything.
    stretch : ndarray of shape (H, W), float32
        Skin area for each area seen, 1 where skin faces the camera.
    """

    erythema: NDArray[np.float32]
    melanin: NDArray[np.float32]
    skin: NDArray[np.bool_]
    stretch: NDArray[np.float32]

    def curved(self, relief: Relief) -> SkinMaps:
        """Return the same maps with the slant of the skin."""
        shape = (self.skin.shape[0], self.skin.shape[1])
        return replace(self, stretch=relief.at(shape))


def skin_maps(rgb: NDArray[np.uint8], skin: NDArray[np.bool_], against: Contrast) -> SkinMaps:
    """Split what a photo shows over clear skin into blood and pigment.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    skin : ndarray of shape (H, W), bool
        Visible skin.
    against : Contrast
        Of the same picture.

    Returns
    -------
    SkinMaps
        Of flat skin; see `SkinMaps.curved`.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if rgb.shape[:2] != skin.shape or skin.shape != against.haemoglobin.shape:
        raise ValueError(
            f"picture, skin and contrast must have one shape, got {rgb.shape[:2]}, {skin.shape} "
            f"and {against.haemoglobin.shape}"
        )
    melanin = chromophores(smooth_density(rgb) - against.clear_density)[..., 1]
    flat = np.ones(skin.shape, np.float32)
    return SkinMaps(against.haemoglobin, np.ascontiguousarray(melanin), skin, flat)


def maps_png(maps: SkinMaps) -> bytes:
    """Write the maps as one PNG.

    Parameters
    ----------
    maps : SkinMaps
        From `skin_maps`.

    Returns
    -------
    bytes
        8 bit RGB without loss: erythema in red and melanin in green, each 0 to 255 over
        `MAP_BOUNDS`; in blue 0 off the skin, else the stretch, 1 to 255 over `STRETCH_BOUNDS`.
    """
    red = 255 * _share(maps.erythema, MAP_BOUNDS)
    green = 255 * _share(maps.melanin, MAP_BOUNDS)
    blue = np.where(maps.skin, 1 + 254 * _share(maps.stretch, STRETCH_BOUNDS), 0)
    pixels = np.rint(np.stack([red, green, blue], axis=-1)).astype(np.uint8)
    held = io.BytesIO()
    # The reader waits for it, and it goes no further than the next window.
    Image.fromarray(pixels).save(held, "PNG", compress_level=1)
    return held.getvalue()


def _share(values: NDArray[np.float32], bounds: tuple[float, float]) -> NDArray[np.float32]:
    low, high = bounds
    return np.asarray(np.clip((values - low) / (high - low), 0, 1), dtype=np.float32)
