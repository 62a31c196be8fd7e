"""Where lesions end: from a probability, a network's or that of redness alone, to an outline."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.lesion import Contrast, redness_threshold

_MAYBE, SURE = 0.35, 0.5
"""A network's lesion reaches the second probability somewhere. What lies above the first around
such places tells how sure the network is of this photo: ..."""
_OF_TYPICAL, LEAST = 0.85, 0.45
"""... the border lies at this share of the median there, and never below the second. On rendered
patients, of whom the network is sure, shares of 0.75 to 0.9 do alike; real photos that a network
never saw make it hesitate, and the border comes down with it (docs/validation.md, "Held out")."""
TOLD = 0.75
"""The border where a person has said what clear skin is: nobody needs to guess how sure to be."""
_SURE_OF_PHOTO, _DOUBT = 0.95, 0.30
"""A network whose median is the first is left alone; this much lower, redness has its full say."""
_MOST_REDNESS = 3.0
"""The most that redness adds to the logit of the network."""
_SMALLEST_SHARE = 1.2e-4  # of the skin in view: a patch of 2 mm on a back, a pimple on a face


def smallest_area(skin_px: float) -> float:
    """Return the area of the smallest lesion that is marked in so much skin, in its pixels."""
    return _SMALLEST_SHARE * skin_px


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
    threshold = redness_threshold(found)
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
    border: float | None = None,
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
    border : float, optional
        Probability at which a network's lesions end; by default `border_probability`.

    Returns
    -------
    ndarray of shape (H, W), bool
    """
    smallest = smallest_area(float(skin.sum())) + 12
    if not edge_rule:
        border = border or border_probability(probability, skin)
        likely = np.asarray((probability >= border) & skin)
        mask = _touching(likely, np.asarray(probability >= max(border, SURE)))
        return _over(_closed(mask) & skin, smallest)
    threshold = redness_threshold(found)
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
