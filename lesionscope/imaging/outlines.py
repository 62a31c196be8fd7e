"""Borders of masks as lines that stay sharp however far a reader zooms in."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_OFF_PX = 0.6  # a line may leave the border of the mask by so much
_FEWEST = 3
_DIGITS = 5  # a hundred-thousandth of a photo is less than a tenth of a pixel of 12 megapixels

Outline = tuple[int, list[float]]
"""Number of what is outlined, and x, y, x, y, ... as shares of the photo's longer side."""


def outlines(mask: NDArray[np.bool_], numbers: NDArray[np.int32] | None = None) -> list[Outline]:
    """Trace the borders of a mask.

    Parameters
    ----------
    mask : ndarray of shape (H, W), bool
        What is outlined; holes have a border too.
    numbers : ndarray of shape (H, W), int32, optional
        What each pixel of the mask belongs to.

    Returns
    -------
    list of (int, list of float)
        The number under the border, 0 without `numbers`, and its points.
    """
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    side = max(mask.shape)
    lines: list[Outline] = []
    for line in found:
        simple = np.asarray(cv2.approxPolyDP(line, _OFF_PX, True)).reshape(-1, 2)
        if len(simple) < _FEWEST:
            continue
        x, y = simple[0]
        number = 0 if numbers is None else int(numbers[y, x])
        shares = np.round((simple + 0.5) / side, _DIGITS)
        lines.append((number, shares.ravel().tolist()))
    return lines
