"""The lesions of an outline, taken apart and measured one by one."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.colour import lab
from lesionscope.imaging.lesion import Contrast, clear_background


@dataclass(frozen=True)
class LesionRegion:
    """One connected lesion in the pixels of the mask it was found in.

    Attributes
    ----------
    label : int
        From 1, largest first.
    area_px : int
        Number of pixels.
    centre : tuple of float
        Row and column of the centroid.
    box : tuple of int
        First row, first column, last row + 1, last column + 1.
    delta_erythema : float
        Median haemoglobin contrast over clear skin, natural log units of the green band.
    delta_a_star : float
        Median CIELAB a* less that of clear skin at the same place.
    """

    label: int
    area_px: int
    centre: tuple[float, float]
    box: tuple[int, int, int, int]
    delta_erythema: float
    delta_a_star: float


def regions(
    rgb: NDArray[np.uint8], mask: NDArray[np.bool_], found: Contrast, *, most: int = 200
) -> tuple[tuple[LesionRegion, ...], NDArray[np.int32]]:
    """Take the lesions of a mask apart and measure each.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    mask : ndarray of shape (H, W), bool
        Lesional skin.
    found : Contrast
        From `contrast`.
    most : int
        Largest number of lesions told apart; further ones stay in the mask and its area.

    Returns
    -------
    regions : tuple of LesionRegion
        Largest first.
    labels : ndarray of shape (H, W), int32
        Number of the lesion at each pixel, 0 outside.
    """
    count, label, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")[:most]
    a_star = lab(rgb)[..., 1]
    clear_a = clear_background(a_star, found.clear)
    number = np.zeros(count, np.int32)
    result = []
    for rank, component in enumerate(order, start=1):
        number[component] = rank
        x, y, width, height, area = (int(v) for v in stats[component])
        window = np.s_[y : y + height, x : x + width]
        inside = label[window] == component
        result.append(
            LesionRegion(
                label=rank,
                area_px=area,
                centre=(float(centres[component][1]), float(centres[component][0])),
                box=(y, x, y + height, x + width),
                delta_erythema=float(np.median(found.haemoglobin[window][inside])),
                delta_a_star=float(np.median((a_star - clear_a)[window][inside])),
            )
        )
    return tuple(result), np.asarray(number[label], dtype=np.int32)
