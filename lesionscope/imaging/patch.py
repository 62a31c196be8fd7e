"""A region of a photo within its box: what a click adds or removes, small enough to travel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Patch:
    """A region of a photo within its box.

    Attributes
    ----------
    left, top : int
        First column and row of the box in pixels of the photo.
    mask : ndarray of shape (h, w), bool
        The region.
    """

    left: int
    top: int
    mask: NDArray[np.bool_]


def enlarged(region: NDArray[np.bool_], shape: tuple[int, int]) -> Patch:
    """Bring a region of the working picture to the photo, its box alone.

    Parameters
    ----------
    region : ndarray of shape (h, w), bool
        A region of the working picture.
    shape : tuple of int
        Height and width of the photo in pixels.

    Returns
    -------
    Patch
        With a box of no pixels where the region is empty. The border lies at half coverage.
    """
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    if not rows.size:
        return Patch(0, 0, np.zeros((0, 0), bool))
    down, across = shape[0] / region.shape[0], shape[1] / region.shape[1]
    top, bottom = int((rows[0] - 1) * down), int(np.ceil((rows[-1] + 2) * down))
    left, right = int((columns[0] - 1) * across), int(np.ceil((columns[-1] + 2) * across))
    top, left = max(0, top), max(0, left)
    bottom, right = min(shape[0], bottom), min(shape[1], right)
    # The centre of a pixel of the photo, (i + 0.5) / scale - 0.5, in pixels of the picture.
    back = np.array(
        [
            [1 / across, 0, (left + 0.5) / across - 0.5],
            [0, 1 / down, (top + 0.5) / down - 0.5],
        ]
    )
    soft = cv2.warpAffine(
        region.astype(np.float32),
        back,
        (right - left, bottom - top),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return Patch(left, top, np.asarray(soft >= 0.5))


def cut_out(
    mask: NDArray[np.bool_],
    small: NDArray[np.bool_],
    part: NDArray[np.bool_],
    *,
    at: tuple[int, int],
) -> Patch:
    """Bring a part of an outline from the working picture to the outline itself.

    Beyond the outline of the working picture the part takes in what is left of the same connected
    area, so that no fringe stays where the two differ by less than a pixel of the picture.

    Parameters
    ----------
    mask : ndarray of shape (H, W), bool
        The outline in the photo.
    small : ndarray of shape (h, w), bool
        The same outline at the size of the working picture.
    part : ndarray of shape (h, w), bool
        What a click found in `small`, see `lesionscope.imaging.grow.grow_clear`.
    at : tuple of int
        (x, y) pixel of the photo that was clicked.

    Returns
    -------
    Patch
        Inside `mask`, in pixels of the photo.
    """
    rim = cv2.dilate(part.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    reaching = part | (rim & ~small)
    patch = enlarged(reaching, (mask.shape[0], mask.shape[1]))
    height, width = patch.mask.shape
    here = mask[patch.top : patch.top + height, patch.left : patch.left + width]
    x, y = at[0] - patch.left, at[1] - patch.top
    if not (0 <= x < width and 0 <= y < height):
        return Patch(0, 0, np.zeros((0, 0), bool))
    # The clicked area alone: its neighbours may reach into the rim.
    label = cv2.connectedComponents(here.astype(np.uint8), connectivity=8)[1]
    return Patch(patch.left, patch.top, patch.mask & here & (label == label[y, x]))


def cropped(mask: NDArray[np.bool_]) -> Patch:
    """Return what is inside a mask, within its box."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return Patch(0, 0, np.zeros((0, 0), bool))
    top, left = int(rows[0]), int(columns[0])
    return Patch(left, top, mask[top : rows[-1] + 1, left : columns[-1] + 1])
