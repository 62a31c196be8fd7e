"""A first guess of a registration from the outline of the skin alone.

Where the skin itself shows nothing to hold on to, the shape of what is bare does: a limb, the
edge of clothes. It is a guess, to be made finer by features, and never a result.

References
----------
Evangelidis and Psarakis 2008, IEEE TPAMI 30:1858-65 (ECC), as implemented in OpenCV.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 160
"""Longer side, in pixels, of the outlines compared."""
_BLUR = 0.03  # of SIDE: how far the outlines may be apart and still attract each other
_ROUNDS = 60
_LEAST_LIKENESS = 0.5


def silhouette_map(
    base: NDArray[np.bool_], follow: NDArray[np.bool_]
) -> NDArray[np.float64] | None:
    """Lead the outline of one skin mask onto another.

    Parameters
    ----------
    base, follow : ndarray of shape (H, W), bool
        Skin of two photos.

    Returns
    -------
    ndarray of shape (2, 3), float64, or None
        Affine map from baseline to follow-up pixels; None where the outlines are unlike.
    """
    shrink_base, shrink_follow = SIDE / max(base.shape), SIDE / max(follow.shape)
    one, other = _soft(base, shrink_base), _soft(follow, shrink_follow)
    if min(one.std(), other.std()) < 0.05:  # skin from edge to edge has no outline
        return None
    start = np.eye(2, 3, dtype=np.float32)
    start[:, 2] = _centre(other) - _centre(one)
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _ROUNDS, 1e-4)
    try:
        likeness, small = cv2.findTransformECC(one, other, start, cv2.MOTION_AFFINE, criteria)
    except cv2.error:  # raised when the outlines share nothing
        return None
    if likeness < _LEAST_LIKENESS:
        return None
    matrix = np.asarray(small, dtype=np.float64)
    matrix[:, :2] *= shrink_base / shrink_follow
    matrix[:, 2] /= shrink_follow
    return matrix


def _soft(mask: NDArray[np.bool_], shrink: float) -> NDArray[np.float32]:
    size = (max(1, round(mask.shape[1] * shrink)), max(1, round(mask.shape[0] * shrink)))
    small = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), _BLUR * SIDE), dtype=np.float32)


def _centre(soft: NDArray[np.float32]) -> NDArray[np.float32]:
    y, x = np.mgrid[0 : soft.shape[0], 0 : soft.shape[1]]
    total = max(float(soft.sum()), 1e-6)
    return np.array([(soft * x).sum() / total, (soft * y).sum() / total], dtype=np.float32)
