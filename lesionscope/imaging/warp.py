"""Random turned and scaled crops of a photo and its truth, for training."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def turned_crop(
    rng: np.random.Generator, rgb: NDArray[np.uint8], bits: NDArray[np.uint8], side: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Cut a square out of a photo at a random turn and scale, mirrored beyond its frame.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    rgb : ndarray of shape (H, W, 3), uint8
        Photo.
    bits : ndarray of shape (H, W), uint8
        Truth; taken over without mixing neighbours.
    side : int
        Pixels on a side of the crop.

    Returns
    -------
    rgb : ndarray of shape (side, side, 3), uint8
    bits : ndarray of shape (side, side), uint8
    """
    height, width = bits.shape
    scale = side / max(height, width) * float(np.exp(rng.uniform(-0.1, 0.9)))
    if rng.random() < 0.7:
        turn = float(rng.uniform(-25, 25))
    else:
        turn = float(rng.choice([90.0, 180.0, 270.0]))
    centre = (float(rng.uniform(0.25, 0.75) * width), float(rng.uniform(0.25, 0.75) * height))
    if scale * max(height, width) < 1.15 * side:  # barely larger than the crop: show all of it
        centre = (width / 2, height / 2)
    matrix = np.asarray(cv2.getRotationMatrix2D(centre, turn, scale), dtype=np.float64)
    matrix[:, 2] += side / 2 - np.array(centre)
    size = (side, side)
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    mirror = cv2.BORDER_REFLECT
    picture = cv2.warpAffine(rgb, matrix, size, flags=smooth, borderMode=mirror)
    truth = cv2.warpAffine(bits, matrix, size, flags=cv2.INTER_NEAREST, borderMode=mirror)
    return np.asarray(picture, np.uint8), np.asarray(truth, np.uint8)
