"""Visible skin: a colour gate in optical density, then a graph cut.

Skin of every tone lies in one wedge of the chromaticity plane of optical density: melanin
and haemoglobin both absorb more green than red, and more blue than red. Cloth of much red
and no yellow, neutral and blue backgrounds lie outside. Where a colour cast has moved the
whole photo, too little of the warm part of the picture falls inside the wedge, and a
permissive gate takes over; the result says so.

References
----------
Boykov and Jolly 2001; Rother et al. 2004 (GrabCut), as implemented in OpenCV.
The edges of the wedge were fitted on rendered skin of six tones (see docs/validation.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.colour import optical_density

_CUT_SIDE = 320  # the graph cut runs on a picture of this side: its cost grows with the pixels


@dataclass(frozen=True, eq=False)
class SkinMask:
    """Visible skin and how much the colour could be trusted.

    Attributes
    ----------
    mask : ndarray of shape (H, W), bool
        Visible skin.
    cast_suspected : bool
        The permissive gate was needed: the colours of the photo are shifted as a whole.
    """

    mask: NDArray[np.bool_]
    cast_suspected: bool


def skin_mask(rgb: NDArray[np.uint8]) -> SkinMask:
    """Find visible skin by colour.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.

    Returns
    -------
    SkinMask
    """
    density = np.asarray(cv2.GaussianBlur(optical_density(rgb), (0, 0), 1.2), dtype=np.float32)
    wedge, permissive = _gates(density)
    warm = float((permissive > 0).mean())
    cast = warm > 0.10 and float((wedge > 0).mean()) < 0.25 * warm
    cut = _cut(density, permissive if cast else wedge)
    return SkinMask(_without_specks(cut, permissive > 0), cast)


def _gates(density: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Signed distance into the skin wedge and into the permissive gate, in units of softness."""
    red_green = density[..., 1] - density[..., 0]
    green_blue = density[..., 2] - density[..., 1]
    green = density[..., 1]
    # In shade the red of skin deepens, so the bound against red cloth gives way with density.
    red_cloth = 0.80 + green_blue - red_green + 0.25 * np.clip(green - 1.5, 0, 1.5)
    wedge = np.minimum.reduce(
        [
            (red_green - 0.24) / 0.05,
            (1.45 - red_green) / 0.20,
            (green_blue + 0.16) / 0.06,
            (0.85 - green_blue) / 0.10,
            red_cloth / 0.10,
            (green + 0.02) / 0.04,
            (4.6 - green) / 0.40,
        ]
    )
    permissive = np.minimum.reduce(
        [
            (red_green - 0.12) / 0.05,
            (red_green + 0.9 * green_blue + 0.5) / 0.10,
            (np.hypot(red_green, green_blue) - 0.15) / 0.05,
            (4.8 - green) / 0.40,
            (3.2 - red_green) / 0.20,
        ]
    )
    return wedge.astype(np.float32), permissive.astype(np.float32)


def _cut(density: NDArray[np.float32], gate: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Let the picture's own colours settle what the gate left doubtful."""
    inside = np.asarray(gate > 0)
    if inside.mean() < 0.003:
        return inside
    if inside.mean() > 0.98:
        return np.ones_like(inside)
    height, width = inside.shape
    shrink = min(1.0, _CUT_SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    small = np.asarray(
        cv2.resize(_as_bytes(density), size, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
    label = np.where(inside, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    label[gate < -3] = cv2.GC_BGD
    label = np.asarray(cv2.resize(label, size, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
    if min(int((label & 1).sum()), int((1 - (label & 1)).sum())) < 20:
        return inside
    cv2.setRNGSeed(1)  # k-means inside the cut draws at random: one photo must give one mask
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    no_box = (0, 0, 1, 1)  # not read when the labels are given
    cv2.grabCut(small, label, no_box, background, foreground, 2, cv2.GC_INIT_WITH_MASK)
    soft = cv2.resize((label & 1) * np.uint8(255), (width, height), interpolation=cv2.INTER_LINEAR)
    cut = np.asarray(soft > 127)
    # A picture of one colour leaves the cut nothing to tell apart: then the gate stands.
    return cut if (cut & inside).sum() >= 0.6 * inside.sum() else inside


def _as_bytes(density: NDArray[np.float32]) -> NDArray[np.uint8]:
    red_green = density[..., 1] - density[..., 0]
    green_blue = density[..., 2] - density[..., 1]
    planes = (60 + 90 * red_green, 90 + 90 * green_blue, 40 * density[..., 1])
    return np.stack([np.clip(p, 0, 255) for p in planes], axis=-1).astype(np.uint8)


def _without_specks(mask: NDArray[np.bool_], warm: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop islands under 1 % of the skin; fill small holes, and red ones of any size.

    A dark red lesion can be redder than the wedge allows, but skin lies all around it; cloth
    seldom does.
    """
    kept = _components_over(mask, 0.01 * mask.sum(), connectivity=8)
    count, label, stats, _ = cv2.connectedComponentsWithStats(
        (~kept).astype(np.uint8), connectivity=4
    )
    share_warm = np.bincount(label.ravel(), warm.ravel(), count) / np.maximum(
        stats[:, cv2.CC_STAT_AREA], 1
    )
    touches = np.zeros(count, bool)
    for rim in (label[0], label[-1], label[:, 0], label[:, -1]):
        touches[np.unique(rim)] = True
    small = stats[:, cv2.CC_STAT_AREA] < 0.004 * mask.size
    fill = ~touches & (small | (share_warm > 0.7))
    fill[0] = False
    return np.asarray(kept | fill[label])


def _components_over(
    mask: NDArray[np.bool_], area: float, *, connectivity: int
) -> NDArray[np.bool_]:
    _, label, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=connectivity
    )
    keep = stats[:, cv2.CC_STAT_AREA] > area
    keep[0] = False
    return np.asarray(keep[label])
