"""One light for photos of two visits: what to multiply one by so that clear skin looks alike.

Exposure and white balance multiply each channel of linear light. The clear skin that both photos
show should not have changed between the visits, so it tells the factors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.colour import linear_light

MOST_GAIN = 4.0
"""Two steps of exposure; what needs more is another kind of photo."""
_LEAST_PIXELS = 500
_CLIPPED = 250


def clear_light(rgb: NDArray[np.uint8], clear: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Return the median light of clear skin.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.
    clear : ndarray of shape (H, W), bool
        Clear skin.

    Returns
    -------
    ndarray of shape (3,) or None
        Linear light; None where too little clear skin is well exposed.
    """
    if rgb.shape[:2] != clear.shape:
        raise ValueError(f"clear must have the shape {rgb.shape[:2]}, got {clear.shape}")
    step = max(1, round(float(np.sqrt(clear.sum() / 20_000))))
    chosen = rgb[::step, ::step][clear[::step, ::step]]
    chosen = chosen[chosen.max(axis=1) < _CLIPPED]
    if len(chosen) < _LEAST_PIXELS:
        return None
    return np.asarray(np.median(linear_light(chosen), axis=0), np.float64)


def light_gain(
    base: NDArray[np.float64] | None, follow: NDArray[np.float64] | None
) -> tuple[float, float, float] | None:
    """Return what linear light of a follow-up is multiplied by to look like its baseline.

    Parameters
    ----------
    base, follow : ndarray of shape (3,) or None
        Light of the same clear skin in both, from `clear_light`.

    Returns
    -------
    tuple of float or None
        A factor for each channel, 1 / `MOST_GAIN` to `MOST_GAIN`; None where either is unknown.
    """
    if base is None or follow is None:
        return None
    gain = np.clip(base / np.maximum(follow, 1e-4), 1 / MOST_GAIN, MOST_GAIN)
    return float(gain[0]), float(gain[1]), float(gain[2])
