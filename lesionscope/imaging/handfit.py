"""Whether a hand is fit to be the ruler: flat, bare, whole, large enough to measure."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.colour import HAEMOGLOBIN, MELANIN
from lesionscope.imaging.handedge import Points, density_axes, edge_axes, step_across
from lesionscope.imaging.handfinder import FINGERS
from lesionscope.imaging.handshape import HandAxes

WRIST_CREASE = 0.15
"""Distance from the wrist joint to the wrist crease, in palm scales.

The median over 63 rendered hands whose truth ends at the crease (p10 0.10, p90 0.21); the wrist
is 0.6 palm scales wide and a handprint 1.75 square palm scales, so that 0.05 are 2 % of it.
"""

# What 110 open palms and 50 rendered rulers kept to, and fists and finger signs did not.
_STRAIGHT = 0.93
_LONG_FINGER, _LITTLE_FINGER = 0.68, 0.50
_THUMB_CLEAR = 0.10
_FLATTEN = "Lay the hand flat with straight fingers, seen from straight above."
# Optical density. The step across bare wrists reached 0.51; a lesion's border across the wrist
# 1.0, of which 0.24 was not blood; 95 in 100 painted sleeves began at 0.6 and 0.3. What
# blood and pigment leave unexplained of a wrist's tint against its fingers was nil on 170 bare
# wrists, up to 2.8 in sleeves.
_SLEEVE_STEP, _SLEEVE_STEP_BLOODLESS = 0.6, 0.28
_SLEEVE_TINT = 0.3
_LEAST_CHROMOPHORE, _MOST_CHROMOPHORE = -0.3, 1.0
_SMALLEST_PALM = 30.0
_LEAST_BARE = 0.5
_LEAST_SEEN = 0.99


@dataclass(frozen=True)
class Flaw:
    """Why a hand's area is not one handprint.

    Attributes
    ----------
    code : str
        ``"bent"``, ``"covered"``, ``"small"`` or ``"cut"``.
    sentence : str
        What is wrong and what to do.
    """

    code: str
    sentence: str


def bent(joints: Points) -> Flaw | None:
    """Tell a flat open hand from any other.

    Parameters
    ----------
    joints : ndarray of shape (21, 2), float64
        Joints in hand units.

    Returns
    -------
    Flaw or None
    """
    for finger in FINGERS[1:]:
        bones = np.diff(joints[list(finger)], axis=0)
        path = float(np.linalg.norm(bones, axis=1).sum())
        reach = float(np.linalg.norm(bones.sum(axis=0)))
        least = _LITTLE_FINGER if finger is FINGERS[-1] else _LONG_FINGER
        forward = -float(bones[:, 1].sum())  # fingers of a flat hand lead away from the wrist
        if reach < least or reach < _STRAIGHT * path or forward < 0.5 * reach:
            return Flaw("bent", f"A finger is bent, hidden or points at the camera. {_FLATTEN}")
    palm = joints[[0, 1, 5, 9, 13, 17]].astype(np.float32).reshape(-1, 1, 2)
    for x, y in joints[[3, 4]]:
        if cv2.pointPolygonTest(palm, (float(x), float(y)), True) > -_THUMB_CLEAR:
            return Flaw("bent", f"The thumb lies across the palm. {_FLATTEN}")
    return None


def covered(
    sleeve: float | None, mask: NDArray[np.bool_], skin: NDArray[np.bool_] | None
) -> Flaw | None:
    """Tell a bare hand from one in a sleeve, bandage or glove.

    Parameters
    ----------
    sleeve : float or None
        What `sleeve_edge` found.
    mask : ndarray of shape (H, W), bool
        The hand.
    skin : ndarray of shape (H, W), bool, or None
        Visible skin, where known.

    Returns
    -------
    Flaw or None
    """
    if sleeve is not None:
        return Flaw("covered", "A sleeve, bandage or bracelet covers the wrist. Bare the wrist.")
    if skin is not None and mask.any() and skin[mask].mean() < _LEAST_BARE:
        return Flaw("covered", "Most of this hand is not bare skin (a glove?). Use the bare hand.")
    return None


def small(scale: float) -> Flaw | None:
    """Tell a hand too small to outline; `scale` is its palm scale in pixels."""
    if scale >= _SMALLEST_PALM:
        return None
    return Flaw("small", f"The hand is too small in the photo (palm of {scale:.0f} pixels).")


def cut(joints_px: Points, axes: HandAxes, seen: float, shape: tuple[int, ...]) -> Flaw | None:
    """Tell a hand that reaches beyond the frame.

    Parameters
    ----------
    joints_px : ndarray of shape (21, 2), float64
        Joints in pixels.
    axes : HandAxes
        Axes of the hand.
    seen : float
        Share of the outline within the frame.
    shape : tuple of int
        Rows and columns of the photo.

    Returns
    -------
    Flaw or None
    """
    ends = (
        ("fingertips", joints_px[[finger[-1] for finger in FINGERS]]),
        ("wrist", axes.to_picture(np.array([[-0.25, WRIST_CREASE], [0.25, WRIST_CREASE]]))),
    )
    last = np.array([shape[1] - 1, shape[0] - 1])
    lost = [name for name, at in ends if np.any(at < 0) or np.any(at > last)]
    if not lost and seen >= _LEAST_SEEN:
        return None
    what = f"the {' and the '.join(lost)}" if lost else f"{1 - seen:.0%} of the hand"
    return Flaw("cut", f"The frame cuts off {what}. Take the whole hand into the picture.")


def sleeve_edge(rgb: NDArray[np.uint8], axes: HandAxes) -> float | None:
    """Find where cloth begins to cover the wrist.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Photo.
    axes : HandAxes
        Axes of the hand.

    Returns
    -------
    float or None
        Distance below the wrist joint in hand units; None where the wrist is bare.
    """
    along = np.arange(-1.0, WRIST_CREASE + 0.06, 0.012)
    grid = np.stack(np.meshgrid(np.linspace(-0.18, 0.18, 13), along, indexing="ij"), axis=-1)
    places = axes.to_picture(grid.reshape(-1, 2)).reshape(grid.shape)
    half = 0.02 * axes.scale
    low = np.clip(np.floor(places.min(axis=(0, 1)) - half), 0, None).astype(int)
    high = np.maximum(np.ceil(places.max(axis=(0, 1)) + half).astype(int) + 1, low)
    crop = rgb[low[1] : high[1], low[0] : high[0]]
    size = np.array(crop.shape[1::-1])
    if size.min() < 4:
        return None
    small_size = np.maximum(np.rint(size * min(1.0, 120 / axes.scale)), 2).astype(int)
    crop = np.asarray(cv2.resize(crop, small_size.tolist(), interpolation=cv2.INTER_AREA), np.uint8)
    x, y = np.moveaxis(((places - low + 0.5) * small_size / size - 0.5).astype(np.float32), -1, 0)
    inside = (x >= 0) & (y >= 0) & (x <= small_size[0] - 1) & (y <= small_size[1] - 1)
    band = cv2.remap(edge_axes(crop), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _cloth_begins(np.asarray(band, dtype=np.float32), inside, along)


def _cloth_begins(
    band: NDArray[np.float32], inside: NDArray[np.bool_], along: Points
) -> float | None:
    """Look for a sharp step across the whole wrist, or a wrist of no tint of this skin."""
    blood = density_axes(HAEMOGLOBIN)
    blood /= np.linalg.norm(blood)
    bloodless = band - (band @ blood)[..., None] * blood  # the border of a lesion is no sleeve
    step = np.where(inside & (along > -0.75), step_across(band, 3), 0)
    at_wrist = np.where(along > -0.3, step, 0)
    wrist = inside & (along > 0.03)
    if wrist.any():
        fingers = np.median(band[:, along < -0.75].reshape(-1, 3), axis=0)
        if _foreign_tint(np.median(band[wrist], axis=0) - fingers) > _SLEEVE_TINT:
            return float(np.median(along[step.argmax(axis=1)]))
    left = np.where(at_wrist > 0, step_across(bloodless, 3), 0)
    sharp = [float(np.percentile(each.max(axis=1), 25)) for each in (at_wrist, left)]
    if sharp[0] < _SLEEVE_STEP or sharp[1] < _SLEEVE_STEP_BLOODLESS:
        return None
    return float(np.median(along[at_wrist.argmax(axis=1)]))


def _foreign_tint(difference: NDArray[np.floating]) -> float:
    """Return how far a difference of tint is from any that blood and pigment make."""
    mixing = np.stack([density_axes(HAEMOGLOBIN)[1:], density_axes(MELANIN)[1:]], axis=1)
    amounts = np.linalg.solve(mixing, difference[1:])
    return float(
        np.linalg.norm(mixing @ (amounts - np.clip(amounts, _LEAST_CHROMOPHORE, _MOST_CHROMOPHORE)))
    )
