"""Erythematous lesions: haemoglobin contrast against the patient's own clear skin near by.

The classical path, explainable step by step:

1. Optical density, and in it the *erythema signal*: red-green density difference less the
   part of the green-blue difference that melanin brings. Shade cancels in both.
2. A smooth *clear-skin background* of that signal, fitted to skin only and re-fitted without
   what stands out of it, so that a slow gradient of redness or light is not a lesion.
3. What rises over the background by several times the noise of clear skin is lesion.
4. *Edge rule*: a lesion ends where its contrast falls to half of its core's.

Step 4 stands in `lesionscope.imaging.border`. A probability from a trained network may take the
place of step 3; steps 1, 2 and 4 and all numbers reported stay the same.

References
----------
Tsumura et al. 1999, J Opt Soc Am A 16:2169 (pigments add in optical density).
Half contrast is the edge of a blurred step, whatever the blur.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.colour import chromophores, optical_density

_MELANIN_SHARE = 0.45  # of the green-blue difference; MELANIN in colour.py has (1 - 0.72) / 0.62
_BACKGROUND_REACH = 0.12  # sd of the background's smoothing, share of the longer side
_NOISE_FACTOR = 4.0  # a lesion rises this many sd of clear skin
_LEAST_CONTRAST = 0.16  # and at least this much, natural log units
_BLUR = 1.5  # sd in pixels: below it lie the grain of the sensor and the pores


@dataclass(frozen=True, eq=False)
class Contrast:
    """The colour of a photo against the patient's clear skin near by.

    Attributes
    ----------
    signal : ndarray of shape (H, W), float32
        Erythema signal over the clear-skin background, natural log units; zero is clear skin.
    noise : float
        Robust standard deviation of `signal` over clear skin.
    clear : ndarray of shape (H, W), bool
        Skin that the background was fitted to.
    clear_density : ndarray of shape (H, W, 3), float32
        Optical density of clear skin as it would be at each pixel.
    haemoglobin : ndarray of shape (H, W), float32
        Extra haemoglobin density over `clear_density`, green band, natural log units.
    """

    signal: NDArray[np.float32]
    noise: float
    clear: NDArray[np.bool_]
    clear_density: NDArray[np.float32]
    haemoglobin: NDArray[np.float32]


def smooth_density(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the optical density that contrast is taken in, without grain.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.

    Returns
    -------
    ndarray of shape (H, W, 3), float32
        Natural log units, R, G, B.
    """
    return np.asarray(cv2.GaussianBlur(optical_density(rgb), (0, 0), _BLUR), dtype=np.float32)


def erythema_signal(density: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the part of the red-green density difference that melanin does not explain.

    Parameters
    ----------
    density : ndarray of shape (H, W, 3), float32
        Optical density in R, G, B.

    Returns
    -------
    ndarray of shape (H, W), float32
        Natural log units. A factor on the light, the same in all bands, leaves it unchanged.
    """
    red_green = density[..., 1] - density[..., 0]
    green_blue = density[..., 2] - density[..., 1]
    return np.asarray(red_green - _MELANIN_SHARE * green_blue, dtype=np.float32)


def contrast(
    rgb: NDArray[np.uint8],
    skin: NDArray[np.bool_],
    *,
    excluded: NDArray[np.bool_] | None = None,
    lesion: NDArray[np.bool_] | None = None,
) -> Contrast:
    """Compare every pixel with the clear skin around it.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    skin : ndarray of shape (H, W), bool
        Visible skin.
    excluded : ndarray of shape (H, W), bool, optional
        Skin that must not serve as reference, such as the hand laid as a ruler.
    lesion : ndarray of shape (H, W), bool, optional
        Lesions already known (drawn by a clinician): everything else is then clear skin.

    Returns
    -------
    Contrast
    """
    density = smooth_density(rgb)
    signal = erythema_signal(density)
    # The rim of the skin mixes with what lies behind it and must not set the reference.
    inner = cv2.erode(skin.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    reference = inner & ~excluded if excluded is not None else inner
    if reference.sum() < 100:
        reference = np.asarray(skin & ~excluded if excluded is not None else skin)
    if lesion is not None:
        rim = cv2.dilate(lesion.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        clear = reference & ~rim if (reference & ~rim).sum() >= 100 else reference
        relative = signal - clear_background(signal, clear)
    else:
        relative, clear = _settle(signal, reference)
    clear_density = np.stack([clear_background(density[..., band], clear) for band in range(3)], -1)
    haemoglobin = chromophores(density - clear_density)[..., 0]
    noise = robust_sd(relative[clear])
    return Contrast(
        relative.astype(np.float32), noise, clear, clear_density.astype(np.float32), haemoglobin
    )


def _settle(
    signal: NDArray[np.float32], reference: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Fit the background, drop what stands out of it, and fit again."""
    if not reference.any():
        return np.zeros_like(signal), reference
    clear = reference & (signal < np.percentile(signal[reference], 35) + 0.35)
    relative = signal
    for _ in range(5):
        relative = signal - clear_background(signal, clear)
        noise = robust_sd(relative[clear])
        clear = reference & (relative < max(2 * noise, 0.06)) & (relative > -4 * noise - 0.1)
    return relative, clear


def clear_background(values: NDArray[np.float32], where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Smooth values over some pixels alone, by normalised convolution.

    Parameters
    ----------
    values : ndarray of shape (H, W), float32
        Anything measured at each pixel.
    where : ndarray of shape (H, W), bool
        Pixels that count, such as clear skin.

    Returns
    -------
    ndarray of shape (H, W), float32
        In the units of `values`, for every pixel.
    """
    height, width = values.shape
    size = (max(8, width // 8), max(8, height // 8))
    weight = where.astype(np.float32)
    total = cv2.resize(values * weight, size, interpolation=cv2.INTER_AREA)
    count = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    sigma = _BACKGROUND_REACH * max(size)
    total = cv2.GaussianBlur(total, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    count = cv2.GaussianBlur(count, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    coarse = np.asarray(total / np.maximum(count, 1e-6), dtype=np.float32)
    full = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full, dtype=np.float32)


def robust_sd(values: NDArray[np.float32]) -> float:
    """Return the standard deviation of a normal distribution with this median deviation.

    Parameters
    ----------
    values : ndarray, float32
        Any shape; of fewer than 50 the spread is taken to be 0.05.

    Returns
    -------
    float
        In the units of `values`.
    """
    if values.size < 50:
        return 0.05
    middle = float(np.median(values))
    return 1.4826 * float(np.median(np.abs(values - middle)))


def classical_probability(found: Contrast, skin: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Turn contrast into a probability of lesion, by its size against the noise.

    Parameters
    ----------
    found : Contrast
        From `contrast`.
    skin : ndarray of shape (H, W), bool
        Visible skin; elsewhere the probability is zero.

    Returns
    -------
    ndarray of shape (H, W), float32
        0 to 1; 0.5 at the threshold of four sd of clear skin.
    """
    threshold = redness_threshold(found)
    slope = 0.25 * threshold
    odds = np.clip((found.signal - threshold) / slope, -30, 30)
    return np.asarray(np.where(skin, 1 / (1 + np.exp(-odds)), 0), dtype=np.float32)


def redness_threshold(found: Contrast) -> float:
    """Return the erythema signal from which on redness stands out of clear skin."""
    return max(_LEAST_CONTRAST, _NOISE_FACTOR * found.noise)
