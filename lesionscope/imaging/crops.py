"""The small picture of one lesion that the network reads.

Optical density minus that of the patient's own clear skin takes tone, exposure and white
balance out, as far as they act alike on both. Where the photo is calibrated, small lesions are
cut at a fixed physical scale, so that a flake of a millimetre looks like one.
"""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging import colour
from lesionscope.imaging.chart_colours import apply_correction

Value = TypeVar("Value", np.uint8, np.float32)
CROP_SIZE = 160
"""Pixels on a side of a crop."""
FIELD_MM = 32.0
"""Side of the field in millimetres for lesions that fit it: 0.2 mm per pixel at 160 pixels."""
MARGIN = 1.2
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


def cut_field(
    layer: NDArray[Value], field: tuple[float, float, float], size: int = CROP_SIZE
) -> NDArray[Value]:
    """Cut a square field out of a picture or a map and bring it to `size` pixels on a side.

    Parameters
    ----------
    layer : ndarray of shape (H, W) or (H, W, C), uint8 or float32
        Beyond its edges, its outermost pixels stand for what is not known.
    field : tuple of float
        Centre (row, column) and side, in pixels of `layer`; see `field_of`.
    size : int
        Pixels on a side of the answer.

    Returns
    -------
    ndarray of shape (size, size) or (size, size, C), dtype of `layer`
    """
    row, col, side = field
    top, left = int(np.floor(row - side / 2)), int(np.floor(col - side / 2))
    count = int(np.ceil(side)) + 1
    rows = np.clip(np.arange(top, top + count), 0, layer.shape[0] - 1)
    cols = np.clip(np.arange(left, left + count), 0, layer.shape[1] - 1)
    part = np.ascontiguousarray(layer[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1])
    if part.shape[:2] != (count, count):
        part = part[np.ix_(rows - rows[0], cols - cols[0])]
    shrink = cv2.INTER_AREA if count > size else cv2.INTER_LINEAR
    small = cv2.resize(part, (size, size), interpolation=shrink)
    return np.asarray(small, dtype=layer.dtype)


def lesion_crop(
    rgb: NDArray[np.uint8],
    lesion_mask: NDArray[np.bool_],
    clear_density: NDArray[np.floating],
    mm_per_px: float | None = None,
    *,
    colour_matrix: NDArray[np.floating] | None = None,
) -> NDArray[np.float32]:
    """Cut out one lesion, normalised against the patient's clear skin.

    Flakes are finer than outlines: the photo may be given larger than the mask, and its detail
    is then kept as far as the crop can hold it.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    lesion_mask : ndarray of shape (h, w), bool
        The lesion and no other, over the same view as `rgb`.
    clear_density : ndarray of shape (h, w, 3) or (3,), float
        Optical density of clear skin, local or for the whole photo.
    mm_per_px : float, optional
        Millimetres per pixel of the mask, at the lesion; without one the field follows the
        lesion's box.
    colour_matrix : ndarray of shape (4, 3), float, optional
        Takes the cast out of `rgb`, where `clear_density` was measured without it; see
        `lesionscope.imaging.chart_colours.apply_correction`.

    Returns
    -------
    ndarray of shape (5, S, S), float32
        Optical density minus that of clear skin in R, G, B; haemoglobin contrast; the lesion's
        share of each pixel. Beyond the photo every channel is 0, which means clear skin.

    Raises
    ------
    ValueError
        If the mask is empty or the shapes do not agree.
    """
    # The longer side tells the scale: the shorter one of a long strip is rounded by far more.
    longer = int(np.argmax(lesion_mask.shape))
    grow = rgb.shape[longer] / lesion_mask.shape[longer]
    if abs(rgb.shape[1 - longer] - grow * lesion_mask.shape[1 - longer]) > max(1.0, grow):
        raise ValueError(f"rgb {rgb.shape} and lesion_mask {lesion_mask.shape} must agree")
    reference = np.asarray(clear_density, dtype=np.float32)
    if reference.shape not in ((3,), (*lesion_mask.shape, 3)):
        raise ValueError(f"clear_density must be (3,) or the mask's shape, got {reference.shape}")
    field = field_of(lesion_mask, mm_per_px)
    picture = cut_field(rgb, (field[0] * grow, field[1] * grow, field[2] * grow))
    if colour_matrix is not None:  # a crop is corrected faster than the photo
        picture = apply_correction(picture, colour_matrix)
    local = cut_field(reference, field) if reference.ndim == 3 else reference
    known = _inside(lesion_mask.shape, field)
    contrast = np.clip(colour.optical_density(picture) - local, *DENSITY_LIMITS)
    contrast = contrast * known[..., None]
    outline = cut_field(lesion_mask.astype(np.float32), field) * known
    blood = colour.chromophores(contrast)[..., :1]
    layers = np.concatenate([contrast, blood, outline[..., None]], axis=2)
    return np.ascontiguousarray(layers.transpose(2, 0, 1), dtype=np.float32)


def _inside(shape: tuple[int, ...], field: tuple[float, float, float]) -> NDArray[np.float32]:
    """Return 1 where the field lies on the photo and 0 beyond it."""
    row, col, side = field
    steps = (np.arange(CROP_SIZE) + 0.5) / CROP_SIZE * (int(np.ceil(side)) + 1)
    rows, cols = steps + np.floor(row - side / 2), steps + np.floor(col - side / 2)
    on_rows, on_cols = (rows > 0) & (rows < shape[0]), (cols > 0) & (cols < shape[1])
    return np.asarray(on_rows[:, None] & on_cols, dtype=np.float32)
