"""Pictures for human eyes: outlines and tints on a photo. Nothing is measured on them."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lesionscope.imaging.resize import resized, resized_mask

# Green stands out on every skin and on redness; blue and yellow are told apart from it by
# readers with a red-green deficiency through their lightness.
LESION_COLOUR = (0, 255, 120)
SKIN_COLOUR = (90, 170, 255)
HAND_COLOUR = (255, 220, 0)


def outline_overlay(
    rgb: NDArray[np.uint8],
    lesion: NDArray[np.bool_],
    *,
    skin: NDArray[np.bool_] | None = None,
    hand: NDArray[np.bool_] | None = None,
    opacity: float = 0.0,
) -> NDArray[np.uint8]:
    """Draw the outlines of the masks, and tint the lesions if asked.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Photo; not changed.
    lesion : ndarray of shape (H, W), bool
        Lesions, outlined in green.
    skin, hand : ndarray of shape (H, W), bool, optional
        Skin, outlined in blue; the ruler hand, outlined in yellow.
    opacity : float
        Of the tint inside the lesions, 0 (outline only) to 1.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
    """
    out = rgb.copy()
    if opacity > 0 and lesion.any():
        tint = np.array(LESION_COLOUR, dtype=np.float32)
        mixed = (1 - opacity) * out[lesion].astype(np.float32) + opacity * tint
        out[lesion] = np.rint(mixed).astype(np.uint8)
    width = max(1, round(max(rgb.shape[:2]) / 700))
    for mask, colour in ((skin, SKIN_COLOUR), (hand, HAND_COLOUR), (lesion, LESION_COLOUR)):
        if mask is not None:
            _trace(out, mask, colour, width)
    return out


def heat_overlay(
    rgb: NDArray[np.uint8], heat: NDArray[np.float32], outline: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Lay a map of heat over a picture turned grey, so that no redness is taken for heat.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Picture; not changed.
    heat : ndarray of shape (h, w), float32
        0 to 1, over the same view.
    outline : ndarray of shape (h, w), bool
        Outlined in green.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        From grey over violet to yellow, which readers with a red-green deficiency tell apart.
    """
    size = (rgb.shape[1], rgb.shape[0])
    level = np.clip(cv2.resize(heat, size, interpolation=cv2.INTER_LINEAR), 0, 1)
    painted = cv2.applyColorMap(np.rint(255 * level).astype(np.uint8), cv2.COLORMAP_INFERNO)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)[..., None]
    share = (0.75 * np.sqrt(level))[..., None]
    mixed = (1 - share) * grey + share * painted[..., ::-1]
    out = np.ascontiguousarray(np.rint(mixed), dtype=np.uint8)
    _trace(out, resized_mask(outline, (rgb.shape[0], rgb.shape[1])), LESION_COLOUR, 2)
    return out


def print_overlay(
    rgb: NDArray[np.uint8],
    lesion: NDArray[np.bool_],
    *,
    hand: NDArray[np.bool_] | None = None,
    side: int = 1000,
) -> NDArray[np.uint8]:
    """Draw the outlines for paper, where colour may be lost: thick for lesions, thin for the hand.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Photo; not changed.
    lesion : ndarray of shape (H, W), bool
        Lesions.
    hand : ndarray of shape (H, W), bool, optional
        The ruler hand.
    side : int
        Longer side of the picture returned, at most, in pixels.

    Returns
    -------
    ndarray of shape (h, w, 3), uint8
        White lines between black ones, which a black and white print keeps apart on any skin.
    """
    out = resized(rgb, side).copy()
    size = out.shape[0], out.shape[1]
    thick = max(3, round(max(size) / 250))
    # White: printed in grey the green of the screen is as light as pale skin.
    for mask, width in ((hand, 1), (lesion, thick)):
        if mask is not None:
            _trace(out, resized_mask(mask, size), (255, 255, 255), width, rim=2)
    return out


def _trace(
    out: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    colour: tuple[int, int, int],
    width: int,
    *,
    rim: int = 1,
) -> None:
    """Draw the border of a mask onto a picture that is the caller's own."""
    lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    # A dark line underneath keeps the bright one visible on pale skin.
    cv2.drawContours(out, lines, -1, (0, 0, 0), width + 2 * rim)
    cv2.drawContours(out, lines, -1, colour, width)


def jpeg(rgb: NDArray[np.uint8], *, quality: int = 88) -> bytes:
    """Encode a picture as JPEG without any metadata."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, format="JPEG", quality=quality)
    return buffer.getvalue()


def thumbnail_jpeg(rgb: NDArray[np.uint8], side: int = 320) -> bytes:
    """Return a small JPEG of a photo, without any metadata."""
    return jpeg(resized(rgb, side), quality=82)
