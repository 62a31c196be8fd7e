"""Recast a photo of skin: darker by melanin, other light, lesions drawn onto what is clear.

Real photos carry what no drawing has, but they are few and mostly of light skin. Pigment and
blood add up in optical density, so both can be laid onto photographed skin.

References
----------
Tsumura et al. 1999, J Opt Soc Am A 16:2169 (pigments add in optical density).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging import colour
from lesionscope.imaging.phantom_body import Body, Mask
from lesionscope.imaging.phantom_view import blood_colour, draw_lesions


@dataclass(frozen=True, eq=False)
class Recast:
    """A recast photo and what was drawn onto it.

    Attributes
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.
    lesion : ndarray of shape (H, W), bool
        Lesions drawn, their edge at half strength.
    doubtful : ndarray of shape (H, W), bool
        Skin so faintly lesional by the drawing that neither answer is wrong.
    """

    rgb: NDArray[np.uint8]
    lesion: Mask
    doubtful: Mask


def recast(rng: np.random.Generator, rgb: NDArray[np.uint8], skin: Mask) -> Recast:
    """Give the skin of a photo another tone, perhaps lesions, and the photo another exposure.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.
    skin : ndarray of shape (H, W), bool
        Visible skin.

    Returns
    -------
    Recast

    Examples
    --------
    >>> grey = np.full((64, 64, 3), 180, np.uint8)
    >>> made = recast(np.random.default_rng(1), grey, np.zeros((64, 64), bool))
    >>> made.rgb.shape, bool(made.lesion.any())
    ((64, 64, 3), False)
    """
    shape = skin.shape
    density = colour.optical_density(rgb).astype(np.float32)
    soft = cv2.GaussianBlur(skin.astype(np.float32), (0, 0), 1.5)[..., None]
    if skin.any() and rng.random() < 0.55:
        room = max(2.6 - float(np.median(density[..., 1][skin])), 0.0)
        density += soft * rng.uniform(0, min(room, 1.6)) * colour.MELANIN
    lesion = np.zeros(shape, bool)
    doubtful = np.zeros(shape, bool)
    if rng.random() < 0.5:
        none = np.zeros(shape, np.float32)
        body = Body(none, skin, none, none, np.zeros(shape, bool), ())
        strength, contrast = draw_lesions(rng, body, shape)
        density += (contrast * strength * soft[..., 0])[..., None] * blood_colour(rng)
        seen = strength * (contrast > 0.02)
        lesion = (seen > 0.5) & skin
        rim = (seen > 0.25) & (seen <= 0.5) & (contrast < 0.20)
        doubtful = (rim | (lesion & (contrast < 0.10))) & skin
        lesion &= ~doubtful
    linear = np.exp(-density)
    level = float(linear[skin].mean()) if skin.any() else 0.3
    gain = float((0.3 / max(level, 0.02)) ** rng.uniform(0, 0.5))
    return Recast(colour.srgb_bytes(np.clip(linear * gain, 0, 1)), lesion, doubtful)
