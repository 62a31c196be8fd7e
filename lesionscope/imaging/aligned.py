"""A follow-up photo seen in the frame of its baseline, and what differs there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# Vermilion and blue are told apart by readers with any colour vision deficiency (Okabe, Ito 2008).
NEW_COLOUR = (213, 94, 0)
GONE_COLOUR = (0, 114, 178)
BOTH_COLOUR = (240, 228, 66)
_TINT = 0.55
_DIM = 0.35


def pulled(values: NDArray[Any], field: NDArray[np.float32]) -> NDArray[Any]:
    """Bring a follow-up picture or map into the frame of the baseline.

    Parameters
    ----------
    values : ndarray of shape (H', W') or (H', W', 3), uint8 or float32
        Picture or map of the follow-up.
    field : ndarray of shape (H, W, 2), float32
        Where each baseline pixel lies in it, as from `Registration.field`.

    Returns
    -------
    ndarray of shape (H, W) or (H, W, 3)
        Of the same type; 0 outside the follow-up.
    """
    x, y = np.ascontiguousarray(field[..., 0]), np.ascontiguousarray(field[..., 1])
    return np.asarray(cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))


def pulled_mask(mask: NDArray[np.bool_], field: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Bring a follow-up mask into the frame of the baseline, border at half coverage."""
    return np.asarray(pulled(mask.astype(np.uint8) * np.uint8(255), field) >= 128)


def lesion_groups(
    base: NDArray[np.bool_], follow: NDArray[np.bool_], reach_px: float
) -> NDArray[np.int32]:
    """Put together what is one lesion in two photos; see `joined_lesions`."""
    return joined_lesions((base, follow), reach_px)


def joined_lesions(masks: Sequence[NDArray[np.bool_]], reach_px: float) -> NDArray[np.int32]:
    """Put together what is one lesion in several photos.

    Parameters
    ----------
    masks : sequence of ndarray of shape (H, W), bool
        Lesions of each photo in the frame of the baseline.
    reach_px : float
        Lesions nearer than this belong together: the expected error of the alignment.

    Returns
    -------
    ndarray of shape (H, W), int32
        Number of the group at each pixel, from 1; 0 where no photo has a lesion.
    """
    any_of = np.logical_or.reduce(list(masks)).astype(np.uint8)
    width = 2 * max(0, round(reach_px / 2)) + 1
    joined = cv2.dilate(any_of, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    _, label = cv2.connectedComponents(joined)
    return np.asarray(label * any_of, dtype=np.int32)


def change_map(
    rgb: NDArray[np.uint8],
    base: NDArray[np.bool_],
    follow: NDArray[np.bool_],
    shared: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Draw what is new, gone and in both on the baseline photo, for human eyes.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Baseline photo; not changed.
    base, follow : ndarray of shape (H, W), bool
        Lesions of both photos in the frame of the baseline.
    shared : ndarray of shape (H, W), bool
        Skin that both photos show; the rest is dimmed.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        New lesion vermilion, gone lesion blue, lesion in both outlined in yellow.
    """
    grey = np.repeat(rgb.mean(axis=2, keepdims=True), 3, axis=2).astype(np.float32)
    out = np.where(shared[..., None], 0.4 * rgb + 0.6 * grey, _DIM * grey).astype(np.float32)
    for where, colour in ((follow & ~base, NEW_COLOUR), (base & ~follow, GONE_COLOUR)):
        seen = where & shared
        out[seen] = (1 - _TINT) * out[seen] + _TINT * np.array(colour, np.float32)
    drawn = np.rint(out).astype(np.uint8)
    both = (base & follow & shared).astype(np.uint8)
    lines, _ = cv2.findContours(both, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    cv2.drawContours(drawn, lines, -1, BOTH_COLOUR, max(1, round(max(rgb.shape[:2]) / 900)))
    return drawn
