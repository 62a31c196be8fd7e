"""Colour of skin: linear light, optical density, chromophores, CIELAB and ITA.

Skin is read in optical density, minus the natural log of linear light. There haemoglobin,
melanin and shade add up, so that the same extra blood shows the same difference on every
skin tone, as far as the light that never entered the skin (gloss) allows.

References
----------
IEC 61966-2-1:1999 (sRGB transfer function).
Tsumura et al. 1999, J Opt Soc Am A 16:2169: haemoglobin and melanin are linear and
independent in optical density.
Takiwaki 1998, J Med Invest 44:121: erythema and melanin indices, with cautions.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_SRGB = np.arange(256) / 255.0
_LINEAR_OF_BYTE = np.where(_SRGB <= 0.04045, _SRGB / 12.92, ((_SRGB + 0.055) / 1.055) ** 2.4)
# A byte of 0 would be infinitely dense; a third of the first step stands for it.
_DENSITY_OF_BYTE = -np.log(np.maximum(_LINEAR_OF_BYTE, _LINEAR_OF_BYTE[1] / 3))

# Direction of each chromophore in optical density (R, G, B). Haemoglobin absorbs green and
# blue strongly and red little; melanin falls smoothly from blue to red; shade is grey. The
# melanin slope is that of mu_a ~ wavelength^-3.0 at 600, 540 and 460 nm: melanosomes were measured
# at -3.48 (Jacques 1998, omlc.org/spectra/melanin/mua.html), which broad bands flatten.
HAEMOGLOBIN = np.array([0.22, 1.0, 0.82])
"""Extra optical density of blood, green band = 1."""
MELANIN = np.array([0.72, 1.0, 1.62])
"""Extra optical density of melanin, green band = 1."""
SHADE = np.array([1.0, 1.0, 1.0])
"""Extra optical density of less light."""


def linear_light(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Undo the sRGB transfer function.

    Parameters
    ----------
    rgb : ndarray of shape (..., 3), uint8
        sRGB.

    Returns
    -------
    ndarray of shape (..., 3), float32
        Linear light, 0 to 1.
    """
    table = _LINEAR_OF_BYTE.astype(np.float32)
    return np.asarray(table[rgb])


def srgb_bytes(linear: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Apply the sRGB transfer function.

    Parameters
    ----------
    linear : ndarray, float
        Linear light; values outside 0 to 1 are clipped.

    Returns
    -------
    ndarray, uint8
    """
    x = np.clip(linear, 0, 1)
    y = np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.power(x, 1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * y), dtype=np.uint8)


def optical_density(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return minus the natural log of linear light.

    Parameters
    ----------
    rgb : ndarray of shape (..., 3), uint8
        sRGB.

    Returns
    -------
    ndarray of shape (..., 3), float32
        Natural log units, larger where darker.
    """
    table = _DENSITY_OF_BYTE.astype(np.float32)
    return np.asarray(table[rgb])


def chromophores(density: NDArray[np.floating]) -> NDArray[np.float32]:
    """Split optical density into haemoglobin, melanin and shade.

    Parameters
    ----------
    density : ndarray of shape (..., 3), float
        Optical density, or a difference of two, in R, G, B.

    Returns
    -------
    ndarray of shape (..., 3), float32
        Haemoglobin, melanin and shade, each in natural log units of the green band.

    Notes
    -----
    Three unknowns from three bands, so the split is exact for colours made of these three
    and leaves no residual by which to notice others (ink, cloth).

    Examples
    --------
    >>> chromophores(HAEMOGLOBIN * 0.5).round(3).tolist()
    [0.5, 0.0, 0.0]
    """
    mixing = np.stack([HAEMOGLOBIN, MELANIN, SHADE])
    return np.asarray(density @ np.linalg.inv(mixing).astype(np.float32), dtype=np.float32)


def lab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Convert sRGB to CIELAB under D65.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.

    Returns
    -------
    ndarray of shape (H, W, 3), float32
        L* 0 to 100, a*, b*.
    """
    scaled = np.asarray(rgb, dtype=np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), dtype=np.float32)


def lab_in_light(colour: NDArray[np.floating], light: float) -> NDArray[np.float64]:
    """Return what a CIELAB colour becomes when its light is multiplied.

    Parameters
    ----------
    colour : ndarray of shape (3,), float
        L*, a*, b*; not nearly black (L* above 8).
    light : float
        Factor on linear light, positive.

    Returns
    -------
    ndarray of shape (3,), float64
        L*, a*, b*.

    Raises
    ------
    ValueError
        If `light` is not positive.

    References
    ----------
    CIE 015:2018, section 8.2.1: L* + 16, a* and b* are proportional to cube roots of light.

    Examples
    --------
    >>> lab_in_light(np.array([60.0, 10.0, 15.0]), 1.0).tolist()
    [60.0, 10.0, 15.0]
    """
    if not light > 0:
        raise ValueError(f"light must be positive, got {light}")
    offset = np.array([16.0, 0.0, 0.0])
    return np.asarray((colour + offset) * light ** (1 / 3) - offset, dtype=np.float64)


def ita_degrees(lightness: float, b_star: float) -> float | None:
    """Return the individual typology angle of a skin colour.

    Parameters
    ----------
    lightness : float
        CIELAB L* of clear skin.
    b_star : float
        CIELAB b* of clear skin.

    Returns
    -------
    float or None
        Degrees; None where b* is not positive, because the angle then says nothing about skin.

    References
    ----------
    ITA = atan((L* - 50) / b*), Chardon et al. 1991, restated at dermatest.de.

    Examples
    --------
    >>> round(ita_degrees(65, 15), 1)
    45.0
    """
    if b_star <= 0:
        return None
    return float(np.degrees(np.arctan2(lightness - 50, b_star)))


def skin_tone(ita: float | None) -> str | None:
    """Name the ITA class of a skin colour.

    Parameters
    ----------
    ita : float or None
        Degrees.

    Returns
    -------
    str or None
        ``"very_light"`` above 55, ``"light"`` above 41, ``"intermediate"`` above 28, ``"tan"``
        above 10, ``"brown"`` above -30, else ``"dark"``; None without an angle.

    References
    ----------
    Class bounds: dermatest.de; closing each class at its upper bound is this project's choice.

    Examples
    --------
    >>> skin_tone(30.0), skin_tone(-30.0)
    ('intermediate', 'dark')
    """
    if ita is None:
        return None
    bounds = ((55, "very_light"), (41, "light"), (28, "intermediate"), (10, "tan"), (-30, "brown"))
    return next((name for bound, name in bounds if ita > bound), "dark")
