"""How often each grey level occurs inside a region."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def level_counts(
    pixels: NDArray[np.uint8], region: NDArray[np.bool_], channel: int = 0
) -> NDArray[np.float64]:
    """Count the levels of a channel inside a region.

    Parameters
    ----------
    pixels : ndarray of shape (H, W) or (H, W, C), uint8
        The picture.
    region : ndarray of shape (H, W), bool
        Where to count.
    channel : int, optional
        Which of the C channels.

    Returns
    -------
    ndarray of shape (256,), float64
        Number of pixels at each level.
    """
    counts = cv2.calcHist([pixels], [channel], region.astype(np.uint8), [256], [0, 256])
    return np.asarray(counts, dtype=np.float64).ravel()


def median_level(counts: NDArray[np.float64]) -> float:
    """Return the level that half of the pixels do not exceed.

    Parameters
    ----------
    counts : ndarray of shape (256,), float64
        As from `level_counts`; not all zero.

    Returns
    -------
    float
        0 to 255.

    Examples
    --------
    >>> median_level(np.array([1.0, 0.0, 3.0]))
    2.0
    """
    return float(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
