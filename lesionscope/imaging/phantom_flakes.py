"""Drawn scale: loose plates of horn with air beneath, which throw light back before blood takes it.

A flake scatters all colours nearly alike, so it is whitish whatever lies beneath. How much of the
skin still shows through follows from its thickness alone. The same flake is therefore glaring on
dark skin and faint on very light skin, as in life.

References
----------
Kubelka 1948, J Opt Soc Am 38:448: reflectance of a scattering layer over a background.
"""

from __future__ import annotations

import cv2
import numpy as np

from lesionscope.imaging.phantom_skin import Array, smooth_noise

THICKNESS = ((0.03, 0.5), (0.05, 0.7))
"""Scattering thickness of flakes at scale level 1 and 2, no unit. A level is how much of the lesion
is covered; were fine scale drawn much thinner too, a network would judge by brightness, and call
scale on light skin, where every flake is faint, one level too low."""


def _turned(field: Array, shape: tuple[int, int], degrees: float, stretch: float) -> Array:
    """Turn a square field and stretch it along one axis as much as it shrinks along the other."""
    angle, half = np.radians(degrees), field.shape[0] / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag([stretch, 1 / stretch])
    move = np.array([shape[1] / 2, shape[0] / 2]) - linear @ np.array([half, half])
    laid = cv2.warpAffine(
        field, np.column_stack([linear, move]), shape[::-1], borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(laid, np.float32)


def _plates(rng: np.random.Generator, shape: tuple[int, int], size_px: float) -> Array:
    """Return a random height for each of many angular plates of about `size_px` pixels."""
    # Plates are the cells of strewn points: each pixel has the height of the nearest point.
    stretch = float(np.sqrt(np.exp(rng.uniform(0, 1.2))))
    reach = int(1.2 * max(shape) * stretch)
    free = np.full((reach, reach), 255, np.uint8)
    count = max(4, int((reach / max(size_px, 1.2)) ** 2))
    free[rng.integers(0, reach, count), rng.integers(0, reach, count)] = 0
    _, cell = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    height = rng.standard_normal(int(cell.max()) + 1, dtype=np.float32)[cell]
    return _turned(height, shape, float(rng.uniform(0, 180)), stretch)


def _strokes(rng: np.random.Generator, shape: tuple[int, int], size_px: float) -> Array:
    """Return short ridges in several directions, the highest of them at each pixel."""
    best = np.full(shape, -9.0, np.float32)
    heading = rng.uniform(0, 180)
    for _ in range(3):
        stretch = float(np.sqrt(rng.uniform(2.0, 5.0)))
        reach = int(1.2 * max(shape) * stretch)
        field = smooth_noise(rng, (reach, reach), max(size_px * 0.6, 1.0))
        best = np.maximum(best, _turned(field, shape, float(heading + rng.normal(0, 35)), stretch))
    return np.asarray((best - best.mean()) / (best.std() + 1e-6), np.float32)


def flake_cover(
    rng: np.random.Generator, strength: Array, relief: Array, *, share: float, mm_per_px: float
) -> Array:
    """Draw where flakes lie: grains, lace, plates or short strokes over a share of the lesion.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    strength : ndarray of shape (H, W), float32
        How lesional each pixel is, 0 to 1.
    relief : ndarray of shape (H, W), float32
        Height of the skin; flakes may gather in its folds or stand on its ridges.
    share : float
        Part of the lesion that flakes cover, 0 to 1.
    mm_per_px : float
        Millimetres per pixel.

    Returns
    -------
    ndarray of shape (H, W), float32
        Share of each pixel that flakes cover.
    """
    shape = (strength.shape[0], strength.shape[1])
    size = float(np.exp(rng.uniform(np.log(0.35), np.log(1.8)))) / mm_per_px
    style = rng.choice(["grains", "lace", "plates", "strokes"], p=[0.2, 0.15, 0.35, 0.3])
    if style == "plates":
        field = _plates(rng, shape, size) + 0.3 * smooth_noise(rng, shape, size)
    elif style == "strokes":
        field = _strokes(rng, shape, size)
    else:
        field = smooth_noise(rng, shape, size) + 0.6 * smooth_noise(rng, shape, size * 0.5)
        if style == "lace":
            field = -np.abs(smooth_noise(rng, shape, size * 1.3)) + 0.3 * field
    field = field + rng.uniform(0, 0.7) * smooth_noise(rng, shape, 8 * size)
    if rng.random() < 0.4:
        field = field + rng.uniform(-3.0, 3.0) * relief
    core = strength > 0.3
    if not core.any():
        return np.zeros(shape, np.float32)
    threshold = np.quantile(field[core], 1 - share)
    edge = rng.uniform(0.08, 0.4)
    inside = np.clip(2 * strength - 0.4, 0, 1)
    cover = np.clip((field - threshold) / edge + 0.5, 0, 1) * inside
    return np.asarray(cover, np.float32)


def lay_flakes(
    rng: np.random.Generator, body: Array, cover: Array, *, level: int, mm_per_px: float
) -> Array:
    """Lay flakes onto skin: a scattering layer over a background, no light made or lost twice.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    body : ndarray of shape (H, W, 3), float32
        Diffuse reflectance of the skin, 0 to 1.
    cover : ndarray of shape (H, W), float32
        Share of each pixel that flakes cover.
    level : int
        Scale level, 1 or 2. In some lesions of level 2 serum has dried to a yellowish crust.
    mm_per_px : float
        Millimetres per pixel.

    Returns
    -------
    ndarray of shape (H, W, 3), float32
        Diffuse reflectance, 0 to 1.
    """
    shape = (cover.shape[0], cover.shape[1])
    middle = float(np.exp(rng.uniform(*np.log(THICKNESS[level - 1]))))
    crust = level > 1 and rng.random() < 0.15
    # Few flakes are thick, most are thin: a long-tailed thickness over the cover, so that single
    # bright flakes stand out even where nearly all of the lesion is covered.
    tail = rng.uniform(0.7, 2.0)
    spread = tail * smooth_noise(rng, shape, rng.uniform(0.25, 1.5) / mm_per_px) - tail**2 / 3
    thick = middle * np.clip(np.exp(spread), 0, 8) * cover
    back = thick / (1 + thick)
    through = 1 / (1 + thick)
    tint = np.array([0.9, 0.66, 0.36]) if crust else np.array([1.0, 0.98, 0.94])
    tint = (tint * rng.uniform(0.5, 1.0)).astype(np.float32)
    layer = back[..., None] * tint
    under = (through**2)[..., None] * body / (1 - layer * np.clip(body, 0, 0.98))
    return np.asarray(np.clip(layer + under, 0, 0.95), np.float32)


def gathered(relief: Array, cover: Array) -> Array:
    """Return the relief with flakes on it: their raised edges catch light and cast it off."""
    return np.asarray(relief + 0.08 * cover, np.float32)
