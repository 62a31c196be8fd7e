"""Drawn wounds: erosions and the scratch marks of itching skin, raw, crusted or clotted.

Both are broken skin, which the form grades as erosion; an excoriation differs in shape alone. They
look alike on every tone, because what shows is the tissue beneath the pigment.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging import colour
from lesionscope.imaging.phantom_skin import Array, smooth_noise

EROSION_MM = (1.6, 4.0)
"""Diameter of an erosion in millimetres."""
SCRATCH_MM = (4.0, 25.0)
"""Length of a scratch mark in millimetres."""
SCRATCH_WIDTH_MM = (0.3, 1.3)
"""Its width."""
SCRATCHED = 0.25
"""Share of lesions with broken skin that were scratched rather than eroded."""


def erode(rng: np.random.Generator, body: Array, strength: Array, mm: float) -> Array:
    """Put raw and crusted spots or scratch marks into the lesion."""
    return wounded(rng, body, strength, mm)[0]


def wounded(
    rng: np.random.Generator, body: Array, strength: Array, mm: float
) -> tuple[Array, Array]:
    """Break the skin of a lesion in spots or, less often, along scratch marks.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    body : ndarray of shape (H, W, 3), float32
        Diffuse reflectance of the skin, 0 to 1.
    strength : ndarray of shape (H, W), float32
        How lesional each pixel is, 0 to 1; 0 where there is no skin.
    mm : float
        Millimetres per pixel.

    Returns
    -------
    tuple of ndarray
        The reflectance (H, W, 3), and the share of each pixel that is broken (H, W).
    """
    everywhere = np.zeros(strength.shape, dtype=np.float32)
    inside = np.argwhere(strength > 0.6)
    if not len(inside):
        inside = np.argwhere(strength >= strength.max())
    if rng.random() < SCRATCHED:
        covers = _scratches(rng, strength, inside, mm)
    else:
        covers = _spots(rng, strength, inside, mm)
    for cover in covers:
        everywhere = np.maximum(everywhere, cover)
        raw = np.array([0.35, 0.7, 0.75]) + rng.uniform(0.7, 1.9) * colour.HAEMOGLOBIN
        crust = np.array([1.0, 1.8, 2.0]) * rng.uniform(0.7, 1.5)
        clot = np.array([1.1, 2.6, 2.6]) * rng.uniform(0.75, 1.2)
        density = (raw, crust, clot)[int(rng.choice(3, p=[0.35, 0.3, 0.35]))]
        body = body * (1 - cover[..., None]) + cover[..., None] * np.exp(-density)
        if rng.random() < 0.35:  # a wet wound glints
            glint = np.clip(smooth_noise(rng, strength.shape, max(0.5 / mm, 1)) - 0.9, 0, 1)
            body = body + (glint * cover)[..., None] * rng.uniform(0.05, 0.3)
    return np.asarray(body, dtype=np.float32), np.asarray(everywhere, dtype=np.float32)


def _spots(
    rng: np.random.Generator, strength: Array, inside: NDArray[np.int64], mm: float
) -> list[Array]:
    """Return the cover of each of some ragged ovals."""
    covers = []
    count = int(rng.integers(1, 4)) + int(rng.poisson(min(len(inside) * mm**2 / 400, 4)))
    for row, col in inside[rng.integers(0, len(inside), count)]:
        radius = 0.5 * rng.uniform(*EROSION_MM) / mm
        spot = np.zeros(strength.shape, dtype=np.float32)
        axes = (max(1, round(radius)), max(1, round(radius * rng.uniform(0.6, 1.0))))
        cv2.ellipse(spot, (int(col), int(row)), axes, rng.uniform(0, 180), 0, 360, 1.0, -1)
        ragged = 1 + 0.3 * smooth_noise(rng, strength.shape, max(radius * 0.6, 1))
        cover = np.clip(cv2.GaussianBlur(spot, (0, 0), max(0.2 * radius, 0.4)) * ragged, 0, 1)
        covers.append(np.asarray(cover, np.float32))
    return covers


def _scratches(
    rng: np.random.Generator, strength: Array, inside: NDArray[np.int64], mm: float
) -> list[Array]:
    """Return the cover of each of a few nearly parallel marks of one stroke of the fingers."""
    middle = inside[rng.integers(len(inside))][::-1].astype(np.float64)
    heading = rng.uniform(0, np.pi)
    along = np.array([np.cos(heading), np.sin(heading)])
    across = np.array([-along[1], along[0]])
    gap = rng.uniform(2.0, 8.0) / mm
    count = int(rng.integers(1, 5))
    first = -int(rng.integers(count))  # the middle of one of them lies inside
    bend = rng.normal(0, 0.08)
    covers = []
    for number in range(count):
        length = np.exp(rng.uniform(*np.log(SCRATCH_MM))) / mm
        aside = (first + number) * gap + rng.normal(0, 0.15 * gap)
        way = np.linspace(-0.5, 0.5, 24) + rng.normal(0, 0.1)
        bow = bend * length * (way**2) + 0.02 * length * np.sin(6 * way + rng.uniform(0, 6))
        points = middle + length * way[:, None] * along + (aside + bow)[:, None] * across
        width = rng.uniform(*SCRATCH_WIDTH_MM) / mm
        mark = np.zeros(strength.shape, np.uint8)
        fixed = np.rint(16 * points).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(mark, [fixed], False, 255, max(1, round(width)), cv2.LINE_AA, 4)
        # A nail skips, and leaves a row of beads rather than a line.
        skips = np.clip(1.2 + 0.8 * smooth_noise(rng, strength.shape, max(1.5 / mm, 1)), 0, 1)
        cover = mark / 255 * skips * min(1.0, width) * np.clip(3 * strength, 0, 1)
        covers.append(np.asarray(cover, np.float32))
    return covers
