"""Photos, masks and maps at another size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def resized(rgb: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Shrink a photo so that its longer side is at most `side` pixels."""
    height, width = rgb.shape[:2]
    shrink = side / max(height, width)
    if shrink >= 1:
        return rgb
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def resized_mask(mask: NDArray[np.bool_], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Bring a mask to another size, border at half coverage."""
    if mask.shape == shape:
        return mask
    grey = mask.astype(np.float32)
    enlarges = shape[0] > mask.shape[0]
    how = cv2.INTER_LINEAR if enlarges else cv2.INTER_AREA
    return np.asarray(cv2.resize(grey, (shape[1], shape[0]), interpolation=how) >= 0.5)


def resized_map(values: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Bring a map of numbers to another size."""
    if values.shape == shape:
        return values
    enlarges = shape[0] > values.shape[0]
    how = cv2.INTER_LINEAR if enlarges else cv2.INTER_AREA
    return np.asarray(cv2.resize(values, (shape[1], shape[0]), interpolation=how), np.float32)
