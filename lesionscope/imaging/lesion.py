"""Erythematous lesions: haemoglobin contrast against the patient's own clear skin near by.

The classical path, explainable step by step:

1. Optical density, and in it the *erythema signal*: red-green density difference less the
   part of the green-blue difference that melanin brings. Shade cancels in both.
2. A smooth *clear-skin background* of that signal, fitted to skin only and re-fitted without
   what stands out of it, so that a slow gradient of redness or light is not a lesion.
3. What rises over the background by several times the noise of clear skin is lesion.
4. *Edge rule*: a lesion ends where its contrast falls to half of its core's.

A probability from a trained network may take the place of step 3; steps 1, 2 and 4 and all
numbers reported stay the same.

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

from lesionscope.imaging.colour import chromophores, lab, optical_density

_MELANIN_SHARE = 0.45  # of the green-blue difference; MELANIN in colour.py has (1 - 0.72) / 0.62
_BACKGROUND_REACH = 0.12  # sd of the background's smoothing, share of the longer side
_NOISE_FACTOR = 4.0  # a lesion rises this many sd of clear skin
_LEAST_CONTRAST = 0.16  # and at least this much, natural log units
_MAYBE, SURE = 0.35, 0.5
"""A network's lesion reaches the second probability somewhere. What lies above the first around
such places tells how sure the network is of this photo: ..."""
_OF_TYPICAL, LEAST = 0.8, 0.45
"""... the border lies at this share of the median there, and never below the second. Borders of
rendered patients, of whom the network is sure, are best at 0.8; real photos that it never saw make
it hesitate, and 0.4 to 0.5 is best there (docs/validation.md)."""
_SURE_OF_PHOTO, _DOUBT = 0.95, 0.30
"""A network whose median is the first is left alone; this much lower, redness has its full say."""
_MOST_REDNESS = 3.0
"""The most that redness adds to the logit of the network."""
_SMALLEST_SHARE = 1.2e-4  # of the skin in view: a patch of 2 mm on a back, a pimple on a face


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
    density = np.asarray(cv2.GaussianBlur(optical_density(rgb), (0, 0), 1.5), dtype=np.float32)
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
    threshold = _threshold(found)
    slope = 0.25 * threshold
    odds = np.clip((found.signal - threshold) / slope, -30, 30)
    return np.asarray(np.where(skin, 1 / (1 + np.exp(-odds)), 0), dtype=np.float32)


def _threshold(found: Contrast) -> float:
    return max(_LEAST_CONTRAST, _NOISE_FACTOR * found.noise)


def with_colour(
    probability: NDArray[np.float32], found: Contrast, skin: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Let plain redness speak up where a network hesitates over the whole photo.

    Parameters
    ----------
    probability : ndarray of shape (H, W), float32
        What the network said.
    found : Contrast
        From `contrast`.
    skin : ndarray of shape (H, W), bool
        Skin that may be lesion; elsewhere the probability is zero.

    Returns
    -------
    ndarray of shape (H, W), float32
        Nowhere less than the network said. A network that is sure of this photo is left alone.
    """
    doubt = np.clip((_SURE_OF_PHOTO - _typical(probability, skin)) / _DOUBT, 0, 1)
    if doubt == 0:
        return probability
    threshold = _threshold(found)
    redness = np.clip((found.signal - threshold) / (0.25 * threshold), 0, _MOST_REDNESS)
    share = np.clip(probability, 1e-4, 1 - 1e-4)
    together = 1 / (1 + np.exp(-(np.log(share / (1 - share)) + doubt * redness)))
    return np.asarray(np.where(skin, together, 0), dtype=np.float32)


def border_probability(probability: NDArray[np.float32], skin: NDArray[np.bool_]) -> float:
    """Return the probability at which a network's lesions end in this photo.

    Parameters
    ----------
    probability : ndarray of shape (H, W), float32
        Probability of lesional skin.
    skin : ndarray of shape (H, W), bool
        Visible skin.

    Returns
    -------
    float
        Higher where the network is sure of what it sees, lower where it hesitates.
    """
    return max(LEAST, _OF_TYPICAL * _typical(probability, skin))


def _typical(probability: NDArray[np.float32], skin: NDArray[np.bool_]) -> float:
    """Return the median probability where the network sees lesions; 0 where it sees none."""
    maybe = np.asarray((probability >= _MAYBE) & skin)
    seen = probability[_touching(maybe, np.asarray(probability >= SURE))]
    return float(np.median(seen)) if seen.size else 0.0


def lesion_mask(
    probability: NDArray[np.float32],
    found: Contrast,
    skin: NDArray[np.bool_],
    *,
    edge_rule: bool,
) -> NDArray[np.bool_]:
    """Outline the lesions.

    Parameters
    ----------
    probability : ndarray of shape (H, W), float32
        Probability of lesional skin.
    found : Contrast
        From `contrast`.
    skin : ndarray of shape (H, W), bool
        Visible skin.
    edge_rule : bool
        Move each border to half of the core's contrast. A network that was trained on borders
        drawn at half contrast needs no second move.

    Returns
    -------
    ndarray of shape (H, W), bool
    """
    smallest = _SMALLEST_SHARE * float(skin.sum()) + 12
    if not edge_rule:
        border = border_probability(probability, skin)
        likely = np.asarray((probability >= border) & skin)
        mask = _touching(likely, np.asarray(probability >= max(border, SURE)))
        return _over(_closed(mask) & skin, smallest)
    threshold = _threshold(found)
    high = probability >= 0.5
    low = (found.signal > 0.55 * threshold) & skin
    mask = _touching(low, high)
    return _over(_closed(_half_contrast(mask, found.signal, smallest)) & skin, smallest)


def _touching(low: NDArray[np.bool_], high: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the components of `low` that hold at least one pixel of `high`."""
    count, label = cv2.connectedComponents(low.astype(np.uint8))
    keep = np.zeros(count, bool)
    keep[np.unique(label[low & high])] = True
    keep[0] = False
    return np.asarray(keep[label])


def _half_contrast(
    mask: NDArray[np.bool_], signal: NDArray[np.float32], smallest: float
) -> NDArray[np.bool_]:
    count, label, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    out = np.zeros_like(mask)
    for number in range(1, count):
        x, y, width, height, area = stats[number]
        if area < smallest:
            continue
        window = np.s_[y : y + height, x : x + width]
        inside = label[window] == number
        core = np.percentile(signal[window][inside], 80)
        out[window] |= inside & (signal[window] > 0.5 * core)
    return out


def _closed(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, disc) > 0)


def _over(mask: NDArray[np.bool_], smallest: float) -> NDArray[np.bool_]:
    _, label, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    keep = stats[:, cv2.CC_STAT_AREA] >= smallest
    keep[0] = False
    return np.asarray(keep[label])


@dataclass(frozen=True)
class LesionRegion:
    """One connected lesion in the pixels of the mask it was found in.

    Attributes
    ----------
    label : int
        From 1, largest first.
    area_px : int
        Number of pixels.
    centre : tuple of float
        Row and column of the centroid.
    box : tuple of int
        First row, first column, last row + 1, last column + 1.
    delta_erythema : float
        Median haemoglobin contrast over clear skin, natural log units of the green band.
    delta_a_star : float
        Median CIELAB a* less that of clear skin at the same place.
    """

    label: int
    area_px: int
    centre: tuple[float, float]
    box: tuple[int, int, int, int]
    delta_erythema: float
    delta_a_star: float


def regions(
    rgb: NDArray[np.uint8], mask: NDArray[np.bool_], found: Contrast, *, most: int = 200
) -> tuple[tuple[LesionRegion, ...], NDArray[np.int32]]:
    """Take the lesions of a mask apart and measure each.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    mask : ndarray of shape (H, W), bool
        Lesional skin.
    found : Contrast
        From `contrast`.
    most : int
        Largest number of lesions told apart; further ones stay in the mask and its area.

    Returns
    -------
    regions : tuple of LesionRegion
        Largest first.
    labels : ndarray of shape (H, W), int32
        Number of the lesion at each pixel, 0 outside.
    """
    count, label, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")[:most]
    a_star = lab(rgb)[..., 1]
    clear_a = clear_background(a_star, found.clear)
    number = np.zeros(count, np.int32)
    result = []
    for rank, component in enumerate(order, start=1):
        number[component] = rank
        x, y, width, height, area = (int(v) for v in stats[component])
        window = np.s_[y : y + height, x : x + width]
        inside = label[window] == component
        result.append(
            LesionRegion(
                label=rank,
                area_px=area,
                centre=(float(centres[component][1]), float(centres[component][0])),
                box=(y, x, y + height, x + width),
                delta_erythema=float(np.median(found.haemoglobin[window][inside])),
                delta_a_star=float(np.median((a_star - clear_a)[window][inside])),
            )
        )
    return tuple(result), np.asarray(number[label], dtype=np.int32)
