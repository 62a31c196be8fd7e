"""How sharp and how clean a region of a photo is: spread of its edges, grain.

References
----------
Zhuo and Sim 2011, Pattern Recognition 44:1852: blur from the gradient ratio of a re-blurred edge.
Immerkaer 1996, Comput Vis Image Underst 64:300: noise from a Laplacian difference mask.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.levels import level_counts, median_level

# Standard deviations of the two blurs (px), least slope of an edge (grey levels per px) at first
# and when there are none, least number of edges in a direction.
_PRE, _AGAIN, _SLOPES, _EDGES = 1.2, 2.0, (2.5, 1.0), 40


def blur_sigma(grey: NDArray[np.uint8], region: NDArray[np.bool_]) -> float | None:
    """Estimate how far the sharpest edges of a region are spread.

    An edge spread by a Gaussian of standard deviation s becomes less steep by the ratio
    ``R = sqrt(s**2 + r**2) / s`` when it is blurred again by r, whatever its contrast, so that s
    follows from R. The sharpest edges are the lower quartile; it is taken for four directions
    apart and the largest counts, because motion blurs one direction and spares another.

    Parameters
    ----------
    grey : ndarray of shape (H, W), uint8
        Grey levels.
    region : ndarray of shape (H, W), bool
        Where to look; edges within 4 pixels of it count as well.

    Returns
    -------
    float or None
        Standard deviation in pixels, 0 for a sharp photo; None where there are too few edges
        to tell.

    References
    ----------
    Zhuo and Sim 2011, Pattern Recognition 44:1852, equation 6. The direction and the quartile
    are this project's.
    """
    if not region.any():
        return None
    rows, columns = _bounds(region, margin=12)
    near = cv2.dilate(region[rows, columns].astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    # Noise makes false sharp edges: a first blur of 1.2 px, taken back below, quiets it.
    once = _blurred(grey[rows, columns].astype(np.float32), _PRE)
    twice = _blurred(once, _AGAIN)
    x, y = _slope(once, 1, 0), _slope(once, 0, 1)
    slope = cv2.magnitude(x, y)
    crest = near & (slope >= cv2.dilate(slope, np.ones((3, 3), np.uint8)))
    # A strong blur leaves slight slopes only: they are asked when there are no others.
    least = next((v for v in _SLOPES if np.count_nonzero(crest & (slope > v)) >= 2 * _EDGES), None)
    if least is None:
        return None
    at = np.nonzero(crest & (slope > least))
    second = cv2.magnitude(_slope(twice, 1, 0), _slope(twice, 0, 1))[at]
    ratio = np.maximum(slope[at] / np.maximum(second, 1e-3), 1.0005)
    spread = np.sqrt(np.maximum(_AGAIN**2 / (ratio**2 - 1) - _PRE**2, 0))
    direction = np.floor((np.arctan2(y[at], x[at]) / np.pi + 1 / 8) * 4).astype(int) % 4
    sharpest = [
        float(np.percentile(spread[direction == d], 25))
        for d in range(4)
        if np.count_nonzero(direction == d) >= _EDGES
    ]
    return max(sharpest, default=None)


def _blurred(grey: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    side = 2 * round(3 * sigma) + 1
    return np.asarray(cv2.GaussianBlur(grey, (side, side), sigma), dtype=np.float32)


def _slope(grey: NDArray[np.float32], dx: int, dy: int) -> NDArray[np.float32]:
    return np.asarray(cv2.Sobel(grey, cv2.CV_32F, dx, dy, ksize=3, scale=1 / 8), dtype=np.float32)


def noise_sigma(grey: NDArray[np.uint8], region: NDArray[np.bool_]) -> float:
    """Estimate the grain of a region.

    Parameters
    ----------
    grey : ndarray of shape (H, W), uint8
        Grey levels.
    region : ndarray of shape (H, W), bool
        Where to look; not empty.

    Returns
    -------
    float
        Standard deviation in grey levels, in steps of a quarter.

    References
    ----------
    Immerkaer 1996, Comput Vis Image Underst 64:300, the mask of equation 2. The median in
    place of the mean is this project's: it passes over edges and hairs.
    """
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rows, columns = _bounds(region, margin=0)
    response = cv2.filter2D(grey[rows, columns], cv2.CV_16S, mask)
    size = np.asarray(cv2.convertScaleAbs(response), dtype=np.uint8)
    # The mask turns noise of s into 6 s, and half of |N(0, 6 s)| lies below 0.6745 * 6 s.
    return median_level(level_counts(size, region[rows, columns])) / (6 * 0.6745)


def _bounds(region: NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    rows, columns = np.nonzero(region.any(1))[0], np.nonzero(region.any(0))[0]
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
    )
