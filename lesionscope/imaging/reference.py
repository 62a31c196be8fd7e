"""One click on clear skin: the zero of the contrast, and what follows for the lesions.

The colour of the clicked patch is clear skin by a person's word. From there clear skin is followed
outwards: what lies within the noise of the patch joins it, and a smooth background through the
patch carries its colour over gradients of light and of healthy redness.

A network that marked lesions without that knowledge is then heard together with the contrast:
skin like the patch is no lesion whatever the network said, and skin clearly redder than the patch
that the network hesitated over is lesion, the more so the nearer it lies to the patch. Where the
network saw nothing at all, redness alone does not make a lesion: lips, knuckles and sunburn are
redder than clear skin too.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.colour import chromophores
from lesionscope.imaging.grow import ground, pigment_slope
from lesionscope.imaging.lesion import Contrast, clear_background, robust_sd, smooth_density

_PATCH = 0.011  # radius of what a click points at, share of the longer side
_ROUNDS = 5
_LIKE = 2.0  # sd of clear skin: what deviates less from the patch is like it
_LEAST_NOISE = 0.02  # natural log units: coding of JPEG alone makes about as much
_NO_LESION = 0.3  # the most that a network's word counts where skin is like the patch
_LIKE_PATCH, _TO_FULL = 0.5, 0.5  # sd of clear skin up to which it is, and on to full weight
_REDDER = 6.0  # sd of clear skin from which redness speaks for a lesion
_PER_SD = 1.2  # log odds for each sd beyond that
_REACH = 0.3  # sd in shares of the longer side: a palm or another limb has a redness of its own
_AT_CLICK = 0.08  # sd in shares of the longer side: there the person's word stands alone
_UNSURE, _TO_SURE = 0.80, 0.15  # a network is sure from 0.95 on
_MOST = 4.0  # log odds that redness can add: 0.04 becomes 0.7, 0.01 stays below one half


def clear_contrast(
    rgb: NDArray[np.uint8],
    skin: NDArray[np.bool_],
    at: tuple[int, int],
    *,
    excluded: NDArray[np.bool_] | None = None,
) -> Contrast:
    """Compare every pixel with the clear skin that a click points at.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    skin : ndarray of shape (H, W), bool
        Visible skin.
    at : tuple of int
        (x, y) pixel of clear skin.
    excluded : ndarray of shape (H, W), bool, optional
        Skin that must not serve as reference, such as the hand laid as a ruler.

    Returns
    -------
    Contrast
        Zero at the click, and wherever skin is like it.

    Raises
    ------
    ValueError
        If the click lies outside the picture.
    """
    height, width = skin.shape
    x, y = at
    if not (0 <= x < width and 0 <= y < height):
        raise ValueError(f"a click must lie in {width} x {height} pixels, got {x}, {y}")
    rows, columns = np.ogrid[:height, :width]
    patch = (rows - y) ** 2 + (columns - x) ** 2 <= (_PATCH * max(skin.shape)) ** 2
    patch = patch & skin if (patch & skin).any() else patch
    inner = cv2.erode(skin.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    reference = (inner & ~excluded if excluded is not None else inner) | patch
    on = ground(rgb, skin, reference)
    signal = on.red_green - np.float32(pigment_slope(on, (x, y))) * on.green_blue
    clear = _like_patch(signal, reference, patch)
    relative = signal - _through_patch(signal, clear, patch)
    density = smooth_density(rgb)
    bands = [_through_patch(density[..., band], clear, patch) for band in range(3)]
    clear_density = np.stack(bands, axis=-1)
    haemoglobin = chromophores(density - clear_density)[..., 0]
    return Contrast(relative, robust_sd(relative[clear]), clear, clear_density, haemoglobin)


def heard_together(
    probability: NDArray[np.float32],
    against: Contrast,
    skin: NDArray[np.bool_],
    *,
    at: tuple[int, int],
) -> NDArray[np.float32]:
    """Weigh a network's probability of lesion with the contrast against clear skin.

    Parameters
    ----------
    probability : ndarray of shape (H, W), float32
        What the network said, 0 to 1.
    against : Contrast
        From `clear_contrast`.
    skin : ndarray of shape (H, W), bool
        Skin that may be lesion; elsewhere the probability is zero.
    at : tuple of int
        (x, y) pixel that was clicked: the word of redness counts less the further away it is.

    Returns
    -------
    ndarray of shape (H, W), float32
        0 to 1.
    """
    deviation = against.signal / max(against.noise, _LEAST_NOISE)
    share = np.clip(probability, 1e-4, 1 - 1e-4)
    redness = np.clip(_PER_SD * (deviation - _REDDER), 0, _MOST)
    odds = np.log(share / (1 - share)) + redness * _nearness(skin.shape, at)
    together = 1 / (1 + np.exp(-odds))
    # Where skin is like the patch the most stays below every border: nothing there is lesion. On
    # dark skin a lesion deviates by less than the spread of clear skin; away from the click a
    # network that is sure needs half of that to keep its word.
    sure = np.clip((probability - _UNSURE) / _TO_SURE, 0, 1)
    sure = sure * (1 - _nearness(skin.shape, at, _AT_CLICK))
    weight = np.clip((deviation - _LIKE_PATCH * (1 - sure)) / _TO_FULL, 0, 1)
    together = np.minimum(together, _NO_LESION + (1 - _NO_LESION) * weight)
    return np.asarray(np.where(skin, together, 0), dtype=np.float32)


def _nearness(
    shape: tuple[int, ...], at: tuple[int, int], reach: float = _REACH
) -> NDArray[np.float32]:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    far = ((rows - at[1]) ** 2 + (columns - at[0]) ** 2) / (reach * max(shape)) ** 2
    return np.asarray(np.exp(-far / 2), dtype=np.float32)


def _like_patch(
    signal: NDArray[np.float32], reference: NDArray[np.bool_], patch: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Follow clear skin outwards from the patch."""
    background = np.full_like(signal, np.median(signal[patch]))
    noise = max(robust_sd(signal[patch]), _LEAST_NOISE)
    clear = patch
    for _ in range(_ROUNDS):
        relative = signal - background
        clear = reference & (relative < _LIKE * noise) & (relative > -4 * noise - 0.1)
        clear = clear | patch
        noise = max(robust_sd(relative[clear]), _LEAST_NOISE)
        background = _through_patch(signal, clear, patch)
    return clear


def _through_patch(
    values: NDArray[np.float32], clear: NDArray[np.bool_], patch: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Smooth over clear skin and move the whole so that it has the patch's own value there."""
    background = clear_background(values, clear)
    offset = float(np.median((values - background)[patch]))
    return np.asarray(background + np.float32(offset), dtype=np.float32)
