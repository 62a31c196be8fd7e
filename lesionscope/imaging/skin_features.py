"""Points of skin that can be found again in another photo.

Skin has little texture, and what there is (pores, moles, borders of lesions) is faint beside
shade. So the green optical density, where blood and melanin both show, is freed of slow changes
and brought to one local contrast; the same skin then looks the same in brighter light, under
another cast, and on every skin tone.

References
----------
Lowe 2004, Int J Comput Vis 60:91-110 (SIFT).
Arandjelovic and Zisserman 2012, CVPR (the square root of SIFT descriptors).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lesionscope.imaging.colour import optical_density
from lesionscope.imaging.resize import resized, resized_mask

Points = NDArray[np.float64]
"""Points (x, y), shape (N, 2); the centre of the top-left pixel is (0, 0)."""

SIDE = 1200
"""Longer side, in pixels, of the picture that features are found on."""
MOST = 2200
"""Features kept, strongest first."""
_GREEN = 1
_REACH = 0.012  # sd of the smoothing that shade is told by, share of the longer side
_LEAST_CONTRAST = 0.004  # natural log units: below it there is noise of the camera alone
_BYTES_PER_SD = 40.0
_DISTINCT = 0.88  # of the distance to the second best: Lowe has 0.8, MAGSAC sorts the rest
_DISTINCT_NEAR = 0.90  # the same where only a neighbourhood is searched
_FARTHEST = 0.5  # largest squared distance of two descriptors of one spot (of at most 2)
_MOST_NEIGHBOURS = 48


@dataclass(frozen=True, eq=False)
class SkinFeatures:
    """Distinct points of skin and what surrounds them.

    Attributes
    ----------
    points : ndarray of shape (N, 2), float64
        (x, y) in pixels of the photo.
    descriptors : ndarray of shape (N, 128), float32
        Square roots of SIFT descriptors, each of length one.
    """

    points: Points
    descriptors: NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of features."""
        return len(self.points)


def flattened(rgb: NDArray[np.uint8], skin: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the texture of skin without light, shade and skin tone.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    skin : ndarray of shape (H, W), bool
        Skin to look at; elsewhere the result is 128.

    Returns
    -------
    ndarray of shape (H, W), uint8
        Local contrast of the green optical density, 40 bytes for each standard deviation.
    """
    density = optical_density(rgb)[..., _GREEN]
    weight = skin.astype(np.float32)
    reach = _REACH * max(skin.shape)
    rough = (density - _smooth(density, weight, reach)) * weight
    spread = np.sqrt(_smooth(rough**2, weight, 2 * reach))
    contrast = rough / np.maximum(spread, _LEAST_CONTRAST)
    return np.asarray(np.clip(128 + _BYTES_PER_SD * contrast, 0, 255), dtype=np.uint8)


def _smooth(
    values: NDArray[np.float32], weight: NDArray[np.float32], reach: float
) -> NDArray[np.float32]:
    """Smooth over skin alone, by normalised convolution."""
    total = cv2.GaussianBlur(values * weight, (0, 0), reach)
    count = cv2.GaussianBlur(weight, (0, 0), reach)
    return np.asarray(total / np.maximum(count, 1e-3), dtype=np.float32)


def skin_features(rgb: NDArray[np.uint8], skin: NDArray[np.bool_]) -> SkinFeatures:
    """Find distinct points on skin.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    skin : ndarray of shape (H, W), bool
        Skin that belongs to the body: without a ruler hand, a marker, a chart.

    Returns
    -------
    SkinFeatures
        Empty where there is no skin or nothing stands out on it.
    """
    work = resized(rgb, SIDE)
    size = work.shape[0], work.shape[1]
    small = resized_mask(skin, size)
    # The rim moves with the view, not with the skin.
    inner = cv2.erode(small.astype(np.uint8), np.ones((9, 9), np.uint8))
    finder = cv2.SIFT.create(nfeatures=MOST, nOctaveLayers=3, contrastThreshold=0.02)
    found, described = finder.detectAndCompute(flattened(work, small), inner)
    if not found:
        return SkinFeatures(np.zeros((0, 2)), np.zeros((0, 128), np.float32))
    shrink = np.array([size[1] / rgb.shape[1], size[0] / rgb.shape[0]])
    points = (np.array([key.pt for key in found], dtype=np.float64) + 0.5) / shrink - 0.5
    share = described / np.maximum(described.sum(axis=1, keepdims=True), 1e-6)
    return SkinFeatures(points, np.sqrt(share).astype(np.float32))


def anywhere(one: SkinFeatures, other: SkinFeatures) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair features that are alike, wherever they lie.

    Parameters
    ----------
    one, other : SkinFeatures
        Of two photos.

    Returns
    -------
    first, second : ndarray of shape (K,), int
        Indices into `one` and `other`.
    """
    if len(one) < 2 or len(other) < 2:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    likeness = one.descriptors @ other.descriptors.T
    second = np.argmax(likeness, axis=1)
    first = np.arange(len(one))
    best = likeness[first, second]
    likeness[first, second] = -1.0
    distance = np.maximum(2 - 2 * np.stack([best, likeness.max(axis=1)]), 0)
    distinct = distance[0] < _DISTINCT**2 * distance[1]
    return first[distinct], second[distinct]


def near(
    one: SkinFeatures, other: SkinFeatures, expected: Points, reach_px: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair features that are alike and lie where they are expected.

    Parameters
    ----------
    one, other : SkinFeatures
        Of two photos.
    expected : ndarray of shape (N, 2)
        Where each feature of `one` is expected in the photo of `other`.
    reach_px : float
        How far from there it may lie.

    Returns
    -------
    first, second : ndarray of shape (K,), int
        Indices into `one` and `other`; each feature is paired at most once.
    """
    if len(one) == 0 or len(other) < 2:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    count = min(_MOST_NEIGHBOURS, len(other))
    far, index = cKDTree(other.points).query(expected, k=count, distance_upper_bound=reach_px)
    there = np.isfinite(far)
    index = np.where(there, index, 0)
    likeness = np.einsum("nd,nkd->nk", one.descriptors, other.descriptors[index])
    distance = np.where(there, np.maximum(2 - 2 * likeness, 0), np.inf)
    order = np.argsort(distance, axis=1)[:, :2]
    row = np.arange(len(one))
    best, next_best = distance[row, order[:, 0]], np.minimum(distance[row, order[:, 1]], 1.0)
    alike = (best < _DISTINCT_NEAR**2 * next_best) & (best < _FARTHEST)
    return _one_to_one(row[alike], index[row, order[:, 0]][alike], best[alike])


def _one_to_one(
    first: NDArray[np.intp], second: NDArray[np.intp], distance: NDArray[np.floating]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Keep the most alike where several features were paired with one."""
    order = np.argsort(distance, kind="stable")
    _, kept = np.unique(second[order], return_index=True)
    chosen = np.sort(order[kept])
    return first[chosen], second[chosen]
