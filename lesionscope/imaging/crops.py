"""The small picture of one lesion that the network reads.

Optical density minus that of the patient's own clear skin takes tone, exposure and white
balance out, as far as they act alike on both. Where the photo is calibrated, small lesions are
cut at a fixed physical scale, so that a flake of a millimetre looks like one.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging import colour

CROP_SIZE = 128
"""Pixels on a side of a crop."""
FIELD_MM = 25.6
"""Side of the field in millimetres for lesions that fit it: 0.2 mm per pixel at 128 pixels."""
MARGIN = 1.3
"""Side of the field over the longer side of the lesion's box, for lesions that do not fit."""
SMALLEST_FIELD_PX = 24
"""A smaller field would only enlarge pixels."""
DENSITY_LIMITS = (-2.0, 3.0)
"""Density differences are clipped to these, natural log units."""


def clear_skin_density(
    rgb: NDArray[np.uint8], clear: NDArray[np.bool_], reach_px: float
) -> NDArray[np.float32]:
    """Estimate what the optical density would be if all skin were clear.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    clear : ndarray of shape (H, W), bool
        Clear skin of the same patient.
    reach_px : float
        Distance in pixels over which clear skin is averaged.

    Returns
    -------
    ndarray of shape (H, W, 3), float32
        Average density of the clear skin near by; far from any clear skin, its median.

    Raises
    ------
    ValueError
        If there is no clear skin.
    """
    if not clear.any():
        raise ValueError("there is no clear skin to compare with")
    density = colour.optical_density(rgb)
    middle = np.median(density[clear], axis=0).astype(np.float32)
    # Averages over tens of pixels need no full resolution: a reduced grid costs a fraction.
    step = max(1, int(reach_px // 6))
    small = (max(1, rgb.shape[1] // step), max(1, rgb.shape[0] // step))
    weight = clear.astype(np.float32)
    share = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
    mass = cv2.resize(density * weight[..., None], small, interpolation=cv2.INTER_AREA)
    sigma = reach_px / step
    share = cv2.GaussianBlur(share, (0, 0), sigma)[..., None]
    mass = cv2.GaussianBlur(mass, (0, 0), sigma)
    # A weak pull to the median decides where clear skin is far away.
    near = (mass + 0.01 * middle) / (share + 0.01)
    full = cv2.resize(near, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full, dtype=np.float32)


def field_of(
    lesion_mask: NDArray[np.bool_], mm_per_px: float | None = None
) -> tuple[float, float, float]:
    """Return the centre (row, column) and side of the square field around a lesion, in pixels.

    Raises
    ------
    ValueError
        If the mask is empty.
    """
    rows = np.flatnonzero(lesion_mask.any(axis=1))
    if not len(rows):
        raise ValueError("lesion_mask must hold at least one pixel")
    cols = np.flatnonzero(lesion_mask.any(axis=0))
    height, width = rows[-1] + 1 - rows[0], cols[-1] + 1 - cols[0]
    side = MARGIN * max(height, width)
    if mm_per_px is not None:
        side = max(side, FIELD_MM / mm_per_px)
    side = max(side, SMALLEST_FIELD_PX)
    return (rows[0] + rows[-1]) / 2, (cols[0] + cols[-1]) / 2, float(side)


def lesion_crop(
    rgb: NDArray[np.uint8],
    lesion_mask: NDArray[np.bool_],
    clear_density: NDArray[np.floating],
    mm_per_px: float | None = None,
    size: int = CROP_SIZE,
) -> NDArray[np.float32]:
    """Cut out one lesion, normalised against the patient's clear skin.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    lesion_mask : ndarray of shape (H, W), bool
        The lesion and no other.
    clear_density : ndarray of shape (H, W, 3) or (3,), float
        Optical density of clear skin, local or for the whole photo.
    mm_per_px : float, optional
        Scale at the lesion; without one the field follows the lesion's box.
    size : int
        Pixels on a side of the crop.

    Returns
    -------
    ndarray of shape (5, size, size), float32
        Optical density minus that of clear skin in R, G, B; haemoglobin contrast; the lesion's
        share of each pixel. Beyond the photo every channel is 0, which means clear skin.

    Raises
    ------
    ValueError
        If the mask is empty or the shapes do not agree.
    """
    if rgb.shape[:2] != lesion_mask.shape:
        raise ValueError(f"rgb {rgb.shape} and lesion_mask {lesion_mask.shape} must agree")
    reference = np.asarray(clear_density, dtype=np.float32)
    if reference.shape not in ((3,), rgb.shape):
        raise ValueError(f"clear_density must be (3,) or {rgb.shape}, got {reference.shape}")
    row, col, side = field_of(lesion_mask, mm_per_px)
    top, left = int(np.floor(row - side / 2)), int(np.floor(col - side / 2))
    count = int(np.ceil(side)) + 1
    part = (
        slice(max(top, 0), min(top + count, rgb.shape[0])),
        slice(max(left, 0), min(left + count, rgb.shape[1])),
    )
    local = reference[part] if reference.ndim == 3 else reference
    contrast = np.clip(colour.optical_density(rgb[part]) - local, *DENSITY_LIMITS)
    layers = np.dstack([contrast, lesion_mask[part].astype(np.float32)])
    whole = np.zeros((count, count, 4), dtype=np.float32)
    at = (part[0].start - top, part[1].start - left)
    whole[at[0] : at[0] + layers.shape[0], at[1] : at[1] + layers.shape[1]] = layers
    shrink = cv2.INTER_AREA if count > size else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(whole, (size, size), interpolation=shrink), dtype=np.float32)
    blood = colour.chromophores(small[..., :3])[..., :1]
    resized = np.concatenate([small[..., :3], blood, small[..., 3:]], axis=2)
    return np.ascontiguousarray(resized.transpose(2, 0, 1), dtype=np.float32)
