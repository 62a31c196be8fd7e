"""Drawn clear skin: tone, texture, relief, and the marks that are not lesions.

Everything is drawn in optical density, where pigment, blood and shade add up. The skin of
every tone is drawn the same way and differs only in its albedo.

References
----------
Chardon et al. 1991: individual typology angle, ITA = atan((L* - 50) / b*).
Tsumura et al. 1999, J Opt Soc Am A 16:2169: chromophores add in optical density.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging import colour

Array = NDArray[np.float32]

# b* rises from very light to tan skin and falls again towards dark skin; a* changes little.
# Knots chosen by eye within the ranges that skin colour charts show for each ITA class.
_ITA_KNOTS = (-60.0, -30.0, 10.0, 30.0, 50.0, 70.0)
_B_KNOTS = (11.0, 17.0, 21.0, 19.0, 15.0, 9.0)
_A_KNOTS = (9.5, 12.5, 13.0, 11.5, 10.5, 9.0)


@dataclass(frozen=True, eq=False)
class HostSkin:
    """Clear skin before any lesion and before any light falls on it.

    Attributes
    ----------
    density : ndarray of shape (H, W, 3), float32
        Optical density of the body of the skin, natural log units.
    relief : ndarray of shape (H, W), float32
        Height of creases and pores, zero mean, unit-free; ridges are positive.
    skin : ndarray of shape (H, W), bool
        Where there is skin and not the background.
    ita_deg : float
        ITA of the mean colour, degrees.
    """

    density: Array
    relief: Array
    skin: NDArray[np.bool_]
    ita_deg: float


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cell_px: float) -> Array:
    """Draw smooth noise with mean 0 and standard deviation 1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        Rows and columns.
    cell_px : float
        Typical size of a blob in pixels; below 1 the noise is white.

    Returns
    -------
    ndarray of shape (H, W), float32
    """
    rows, cols = shape
    cell = max(cell_px, 1.0)
    grid = (max(2, round(rows / cell) + 2), max(2, round(cols / cell) + 2))
    coarse = rng.standard_normal(grid, dtype=np.float32)
    fine = cv2.resize(coarse, (cols, rows), interpolation=cv2.INTER_CUBIC)
    return np.asarray((fine - fine.mean()) / (fine.std() + 1e-6), dtype=np.float32)


def tone_albedo(rng: np.random.Generator, ita_deg: float) -> Array:
    """Draw the linear-light colour of a skin with this individual typology angle.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    ita_deg : float
        Degrees, about -60 (dark) to 70 (very light).

    Returns
    -------
    ndarray of shape (3,), float32
        Linear sRGB, 0 to 1.
    """
    b_star = float(np.interp(ita_deg, _ITA_KNOTS, _B_KNOTS)) * rng.uniform(0.82, 1.18)
    a_star = float(np.interp(ita_deg, _ITA_KNOTS, _A_KNOTS)) + rng.normal(0, 1.5)
    lightness = np.clip(50 + np.tan(np.radians(ita_deg)) * b_star, 24, 84)
    lab = np.array([[[lightness, a_star, b_star]]], dtype=np.float32)
    rgb = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0, 0]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0) + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.clip(linear, 0.004, 0.95), dtype=np.float32)


def _creases(rng: np.random.Generator, shape: tuple[int, int], mm_per_px: float) -> Array:
    """Return parallel, wavering creases such as those over a knuckle; grooves are negative."""
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    angle = rng.uniform(0, np.pi)
    across = rows * np.cos(angle) + cols * np.sin(angle)
    spacing = rng.uniform(0.8, 3.0) / mm_per_px
    waver = smooth_noise(rng, shape, 6 * spacing) * spacing * rng.uniform(0.5, 1.6)
    wave = np.sin(2 * np.pi * (across + waver) / max(spacing, 2.5))
    groove = -(np.clip(wave - 0.2, 0, None) ** 1.5)
    patchy = np.clip(0.6 + 0.6 * smooth_noise(rng, shape, 4 * spacing), 0, 1.5)
    fine = smooth_noise(rng, shape, spacing * 0.4)
    return np.asarray(groove * patchy + 0.12 * fine, dtype=np.float32)


def borrowed_texture(
    rng: np.random.Generator, shape: tuple[int, int], patches: Sequence[NDArray[np.uint8]]
) -> Array:
    """Take the detail of a photographed patch of clear skin, without its colour or its shade."""
    patch = patches[int(rng.integers(len(patches)))]
    side = int(min(patch.shape[:2]) * rng.uniform(0.45, 1.0))
    top = int(rng.integers(0, patch.shape[0] - side + 1))
    left = int(rng.integers(0, patch.shape[1] - side + 1))
    part = np.rot90(patch[top : top + side, left : left + side], int(rng.integers(4)))
    if rng.random() < 0.5:
        part = part[:, ::-1]
    density = colour.optical_density(np.ascontiguousarray(part))
    detail = density - cv2.GaussianBlur(density, (0, 0), max(side / 6, 2))
    return np.asarray(cv2.resize(detail, shape[::-1], interpolation=cv2.INTER_LINEAR))


def _cut_out(
    rng: np.random.Generator, shape: tuple[int, int], mm_per_px: float
) -> tuple[NDArray[np.bool_], Array]:
    """Return where a limb or finger lies, and the density of shade towards its edges."""
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    across = (rows - shape[0] / 2) * np.cos(angle) + (cols - shape[1] / 2) * np.sin(angle)
    span = 0.5 * max(shape)
    if rng.random() < 0.5:  # a finger, narrow enough to show both edges
        wide = max(shape) * mm_per_px > 50  # then an arm
        radius = (rng.uniform(25, 60) if wide else rng.uniform(6, 14)) / mm_per_px
        middle = rng.normal(0, 0.25) * radius
    else:
        radius = span * rng.uniform(0.8, 3.0)
        middle = span * rng.uniform(0.4, 0.95) - radius
    bend = smooth_noise(rng, shape, max(shape) * 0.8) * min(span, radius) * 0.06
    from_middle = (across + bend - middle) / radius
    # A limb turns away from the camera over its radius: Lambert's cosine, softened by fill light.
    lean = rng.uniform(-0.5, 0.5)
    upright = np.sqrt(np.clip(1 - from_middle**2, 0, 1))
    cosine = np.clip(upright * np.sqrt(1 - lean**2) + lean * from_middle, 0, 1)
    fill = rng.uniform(0.2, 0.6)
    shade = -np.log(fill + (1 - fill) * cosine)
    return np.abs(from_middle) < 1, np.asarray(shade, dtype=np.float32)


def _spots(
    rng: np.random.Generator, shape: tuple[int, int], mm_per_px: float, count: int, mm: float
) -> Array:
    """Return soft round spots of about `mm` millimetres, 0 to 1."""
    field = np.zeros(shape, dtype=np.float32)
    for _ in range(count):
        radius = max(0.7, 0.5 * mm * rng.uniform(0.6, 1.5) / mm_per_px)
        centre = (int(rng.integers(0, shape[1])), int(rng.integers(0, shape[0])))
        axes = (max(1, round(radius * rng.uniform(0.7, 1.3))), max(1, round(radius)))
        cv2.ellipse(field, centre, axes, rng.uniform(0, 180), 0, 360, 1.0, -1)
    soft = float(rng.uniform(0.1, 0.35) * mm / mm_per_px + 0.4)
    return np.asarray(cv2.GaussianBlur(field, (0, 0), soft), dtype=np.float32)


def _lines(
    rng: np.random.Generator,
    shape: tuple[int, int],
    mm_per_px: float,
    count: int,
    mm: float,
    stray: float = 0.5,
) -> Array:
    """Return wavering lines about `mm` millimetres wide, 0 to 1: hairs, folds, veins, ink."""
    field = np.zeros(shape, dtype=np.float32)
    width = mm / mm_per_px
    heading = rng.uniform(0, 2 * np.pi)
    for _ in range(count):
        at = rng.uniform(0, 1, 2) * shape[::-1]
        step = max(shape) * rng.uniform(0.03, 0.08)
        turn = heading + rng.normal(0, stray)
        points = [at]
        for _ in range(10):
            turn += rng.normal(0, 0.5 * stray)
            points.append(points[-1] + step * np.array([np.cos(turn), np.sin(turn)]))
        path = np.rint(np.array(points)).astype(np.int32)[None]
        cv2.polylines(field, list(path), False, 1.0, max(1, round(width)), cv2.LINE_AA)
    # A line thinner than a pixel darkens its pixel by only its share of it.
    return np.asarray(field * min(1.0, width), dtype=np.float32)


def skin_marks(rng: np.random.Generator, shape: tuple[int, int], mm_per_px: float) -> Array:
    """Return the density of what is on clear skin and is no lesion."""
    density = np.zeros((*shape, 3), dtype=np.float32)
    area_cm2 = shape[0] * shape[1] * (mm_per_px / 10) ** 2
    few = 1 + int(rng.poisson(min(area_cm2 * 0.02, 3)))
    if rng.random() < 0.25:  # moles
        spots = _spots(rng, shape, mm_per_px, few, rng.uniform(1.5, 4))
        density += spots[..., None] * rng.uniform(0.5, 1.4) * colour.MELANIN
    if rng.random() < 0.3:  # lentigines and freckles
        spots = _spots(rng, shape, mm_per_px, 4 * few, rng.uniform(1, 3))
        density += spots[..., None] * rng.uniform(0.08, 0.35) * colour.MELANIN
    if rng.random() < 0.15:  # cherry angiomas
        spots = _spots(rng, shape, mm_per_px, few, rng.uniform(1, 2.5))
        density += spots[..., None] * rng.uniform(0.6, 1.3) * colour.HAEMOGLOBIN
    if rng.random() < 0.25:  # hairs
        hairs = _lines(rng, shape, mm_per_px, int(rng.integers(3, 30)), 0.09)
        density += hairs[..., None] * rng.uniform(0.3, 1.3)
    if rng.random() < 0.12:  # veins: deep blood takes more red than green
        veins = cv2.GaussianBlur(_lines(rng, shape, mm_per_px, few, 3.0), (0, 0), 1 / mm_per_px)
        density += veins[..., None] * rng.uniform(0.08, 0.3) * np.array([1.0, 0.6, 0.5])
    if rng.random() < 0.04:  # tattoo ink
        ink = _lines(rng, shape, mm_per_px, few + 2, rng.uniform(0.8, 4))
        density += ink[..., None] * rng.uniform(0.5, 1.5) * np.array([1.2, 1.0, 0.7])
    if rng.random() < 0.25:  # the folds over a joint
        folds = _lines(rng, shape, mm_per_px, int(rng.integers(2, 9)), rng.uniform(0.3, 0.7), 0.1)
        tint = colour.HAEMOGLOBIN + rng.uniform(0.3, 1.5) * colour.MELANIN
        density += folds[..., None] * rng.uniform(0.1, 0.5) * tint
    if rng.random() < 0.08:  # pale scars
        density -= _lines(rng, shape, mm_per_px, 1, 1.2)[..., None] * rng.uniform(0.1, 0.35)
    return density


def draw_host(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    ita_deg: float,
    mm_per_px: float,
    patches: Sequence[NDArray[np.uint8]] = (),
) -> HostSkin:
    """Draw clear skin with texture, creases, marks and perhaps the edge of a limb.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        Rows and columns.
    ita_deg : float
        Individual typology angle of the skin, degrees.
    mm_per_px : float
        Millimetres per pixel.
    patches : sequence of ndarray of shape (h, w, 3), uint8
        Photographed clear skin whose fine texture may be borrowed; none: procedural only.

    Returns
    -------
    HostSkin
    """
    density = np.empty((*shape, 3), dtype=np.float32)
    density[:] = -np.log(tone_albedo(rng, ita_deg))
    mottle = smooth_noise(rng, shape, rng.uniform(4, 20) / mm_per_px)
    blotch = smooth_noise(rng, shape, rng.uniform(3, 12) / mm_per_px)
    density += mottle[..., None] * rng.uniform(0.01, 0.05) * colour.MELANIN
    density += blotch[..., None] * rng.uniform(0.01, 0.05) * colour.HAEMOGLOBIN
    relief = 0.15 * smooth_noise(rng, shape, 0.5 / mm_per_px)
    if patches and rng.random() < 0.6:
        density += borrowed_texture(rng, shape, patches) * rng.uniform(0.5, 1.5)
    if rng.random() < 0.45:
        relief = relief + _creases(rng, shape, mm_per_px) * rng.uniform(0.3, 1.6)
    if rng.random() < 0.6:  # much skin is smooth at the distance of a clinical photo
        relief = relief * rng.uniform(0.05, 0.5)
    density -= (rng.uniform(0.03, 0.35) * np.minimum(relief, 0.3))[..., None]
    density += skin_marks(rng, shape, mm_per_px)
    skin = np.ones(shape, dtype=bool)
    if rng.random() < 0.5:
        skin, shade = _cut_out(rng, shape, mm_per_px)
        density += shade[..., None]
    return HostSkin(density, np.asarray(relief, dtype=np.float32), skin, ita_deg)
