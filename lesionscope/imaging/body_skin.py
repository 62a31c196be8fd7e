"""Skin that keeps its place on the body: without the ruler hand and the marker."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_RIM = 0.006  # of the longer side: the shadow and the blurred edge of what lies on the skin
_QUIET_ZONE = 1.7  # a printed marker has white paper around it


def body_skin(
    skin: NDArray[np.bool_],
    hand: NDArray[np.bool_],
    marker_corners_px: NDArray[np.float64] | None = None,
) -> NDArray[np.bool_]:
    """Take away from visible skin what lies on it and is elsewhere at the next visit.

    Parameters
    ----------
    skin, hand : ndarray of shape (H, W), bool
        Visible skin; the hand laid as a ruler.
    marker_corners_px : ndarray of shape (4, 2), optional
        Corners of a printed marker, (x, y) in pixels.

    Returns
    -------
    ndarray of shape (H, W), bool
    """
    covered = hand.astype(np.uint8)
    if marker_corners_px is not None:
        centre = marker_corners_px.mean(axis=0)
        paper = centre + _QUIET_ZONE * (marker_corners_px - centre)
        cv2.fillConvexPoly(covered, np.rint(paper).astype(np.int32), 1)
    if covered.any():
        width = 2 * max(1, round(_RIM * max(skin.shape))) + 1
        covered = np.asarray(cv2.dilate(covered, np.ones((width, width), np.uint8)), np.uint8)
    return np.asarray(skin & (covered == 0))
