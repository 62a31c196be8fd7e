"""Light on the relief of drawn skin: folds shade themselves, and lamps glint where they mirror.

Gloss is light that never entered the skin. It is white, the same on every tone, and lies where the
surface faces half way between lamp and camera: along a finger, on the ridges of a knuckle. There it
hides the colour of dark skin most and can be taken for scale.

References
----------
Blinn 1977, SIGGRAPH: half-way vector. Tsumura et al. 1999: gloss adds to the body of the skin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.phantom_skin import Array, smooth_noise


def knuckle_folds(
    rng: np.random.Generator, strength: Array, *, radius_px: float, mm_per_px: float
) -> Array:
    """Draw the transverse folds of the skin over a joint, strongest in its middle.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    strength : ndarray of shape (H, W), float32
        How lesional each pixel is; the folds lie about its middle.
    radius_px : float
        Radius of the lesion in pixels.
    mm_per_px : float
        Millimetres per pixel.

    Returns
    -------
    ndarray of shape (H, W), float32
        Height, no unit: 0 on flat skin, negative in a fold.
    """
    shape = (strength.shape[0], strength.shape[1])
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    mass = strength.sum() + 1e-3
    y, x = rows - (rows * strength).sum() / mass, cols - (cols * strength).sum() / mass
    turn = rng.uniform(0, np.pi)
    across, along = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    spacing = rng.uniform(1.0, 3.2) / mm_per_px
    waver = smooth_noise(rng, shape, 4 * spacing) * rng.uniform(0.1, 0.6) * spacing
    phase = 2 * np.pi * (across + waver) / max(spacing, 2.2)
    groove = -(np.clip(np.sin(phase) - rng.uniform(-0.3, 0.5), 0, None) ** rng.uniform(0.7, 1.5))
    patchy = np.clip(0.7 + 0.7 * smooth_noise(rng, shape, 2.5 * spacing), 0, 1.6)
    wide, tall = radius_px * rng.uniform(0.6, 1.2), radius_px * rng.uniform(0.6, 1.4)
    window = np.exp(-((along / wide) ** 2) - (across / tall) ** 2)
    return np.asarray(groove * patchy * window, np.float32)


def _slant(
    rng: np.random.Generator, relief: Array, mm_per_px: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the slope of the surface: that of its relief on a rounded, uneven limb."""
    shape = (relief.shape[0], relief.shape[1])
    depth = float(np.exp(rng.uniform(np.log(0.03), np.log(0.45)))) / mm_per_px
    fine_y, fine_x = np.gradient(relief * depth)
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float64)
    turn, radius = rng.uniform(0, 2 * np.pi), np.exp(rng.uniform(np.log(7), np.log(150)))
    away = (cols - shape[1] / 2) * np.cos(turn) + (rows - shape[0] / 2) * np.sin(turn)
    lean = np.clip(away * mm_per_px / radius + rng.normal(0, 0.2), -0.9, 0.9)
    lean = lean / np.sqrt(1 - lean**2)
    bumps = [rng.uniform(0, 0.15) * smooth_noise(rng, shape, max(shape) * 0.25) for _ in range(2)]
    limit = 2.0
    slope_x = np.clip(fine_x, -limit, limit) + lean * np.cos(turn) + bumps[0]
    slope_y = np.clip(fine_y, -limit, limit) + lean * np.sin(turn) + bumps[1]
    return slope_x, slope_y


def _towards(rng: np.random.Generator) -> NDArray[np.float64]:
    lamp = np.array([rng.normal(0, 0.5), rng.normal(-0.2, 0.5), 1.0])
    return np.asarray(lamp / np.linalg.norm(lamp))


def relit(
    rng: np.random.Generator, lit: Array, relief: Array, *, matt: Array, mm_per_px: float
) -> Array:
    """Let lamps shade the relief of a lit picture and glint on it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    lit : ndarray of shape (H, W, 3), float32
        Linear light of skin under even light.
    relief : ndarray of shape (H, W), float32
        Height, no unit; ridges are positive.
    matt : ndarray of shape (H, W), float32
        0 where the surface mirrors as skin does, 1 where it does not (cloth).
    mm_per_px : float
        Millimetres per pixel.

    Returns
    -------
    ndarray of shape (H, W, 3), float32
        Linear light.
    """
    slope_x, slope_y = _slant(rng, relief, mm_per_px)
    length = np.sqrt(1 + slope_x**2 + slope_y**2)
    normal = np.stack([-slope_x, -slope_y, np.ones_like(length)], -1) / length[..., None]
    lamp = _towards(rng)
    fill = rng.uniform(0.3, 0.8)
    shade = fill + (1 - fill) * np.clip(normal @ lamp, 0, None) / lamp[2]
    gloss = 0.04 * rng.uniform(0, 1) * (1 - np.clip(normal[..., 2], 0, 1)) ** 3
    if rng.random() < 0.75:
        for number in range(int(rng.integers(1, 4))):
            half = (lamp if number == 0 else _towards(rng)) + np.array([0.0, 0.0, 1.0])
            half /= np.linalg.norm(half)
            sharp = float(np.exp(rng.uniform(np.log(5), np.log(90))))
            strong = float(np.exp(rng.uniform(np.log(0.008), np.log(0.16))))
            gloss = gloss + strong * np.clip(normal @ half, 0, 1) ** sharp
    share = (1 - matt)[..., None]
    shaded = lit * (1 + share * (shade[..., None] - 1))
    return np.asarray(shaded + share * gloss[..., None], np.float32)
