"""How a photo was taken, and what that does to the measurement: blur, light, colour, framing.

Every bound is conservative: a good photo should pass without a word. Bounds were set on 76
rendered photos and 125 real ones (clinical pictures, hands, people in rooms), as they are and
spoiled by a known amount. As they are, none of the 76 drew a warning (other than of lesions that
the frame does cut), and none of the 201 one of blur or grain.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.colour import lab
from lesionscope.imaging.framing import (
    cut_lesion_note,
    cut_skin_note,
    distance_note,
    resolution_note,
    tilt_note,
)
from lesionscope.imaging.levels import level_counts, median_level
from lesionscope.imaging.note import Note as Note
from lesionscope.imaging.note import percent
from lesionscope.imaging.sharpness import blur_sigma, noise_sigma
from lesionscope.imaging.white_balance import estimate_cast

WORKING_SIDE = 1600
"""Long side, in pixels, that a photo is reduced to before it is judged."""

# Blur (see blur_sigma): sharp photos measured 0 to 1.3 px, the same blurred by 2 px 0.8 to 2.5
# (median 2.1 rendered, 1.4 to 1.9 real), by 3 px 1.7 to 3.9, by 4 px 2.4 to 5.8. Warned of: 3 px
# 41 of 44, 2 px 29 of 44, motion over 13 px 35 of 44; the others are small or without edges.
_BLUR_WARNING, _BLUR_SERIOUS = 1.8, 3.0
# Median grey level of the skin: darkest well-lit dark skin of the photos 57, a silhouette 45.
_DARK_SKIN_LEVEL = 45
# The brightest hundredth of a frame: 133 or more in every photo, about 90 with an eighth of the
# light.
_BLACK_FRAME_LEVEL, _DIM_FRAME_LEVEL = 40, 110
# Share of skin at the end of a channel: rendered under 1 %, nine of ten real ones under 5 %.
_CLIPPED, _CLIPPED_SERIOUS = 0.05, 0.25
# Share of the skin's region near white in all channels: rendered at most 0.3 %.
_GLARE_LEVEL, _GLARE = 235, 0.01
_BLOWN_LEVEL, _BLOWN = 250, 0.60
# Grey levels of noise at the working scale: every photo 3.2 or less; six are a dim pink lesion.
_NOISE = 4.0
# Hue angle of clear skin in CIELAB, degrees: rendered 33 to 68, real hands and people mostly 16
# to 77, published skin about 40 to 75.
_HUE_LOW, _HUE_HIGH, _CHROMA_LOW = 5.0, 82.0, 5.0
# Difference of the largest and smallest channel, 99th percentile: 39 or more in colour photos.
_GREY_SPREAD = 8
_LITTLE_SKIN = 0.005


class _Frame(NamedTuple):
    """A photo at the working scale."""

    rgb: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    skin: NDArray[np.bool_]
    lesion: NDArray[np.bool_]
    mm_per_px: float | None
    long_side: int


def capture_notes(
    rgb: NDArray[np.uint8],
    skin: NDArray[np.bool_],
    *,
    lesion: NDArray[np.bool_] | None = None,
    mm_per_px: float | None = None,
    tilt_deg: float | None = None,
) -> tuple[Note, ...]:
    """Judge how a photo was taken.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    skin : ndarray of shape (H, W), bool
        Visible skin.
    lesion : ndarray of shape (H, W), bool, optional
        Lesional skin; left out of the colour of the skin, and looked for at the frame's edge.
    mm_per_px : float, optional
        Millimetres per pixel of `rgb`.
    tilt_deg : float, optional
        Between the camera's axis and the normal of the marker, degrees.

    Returns
    -------
    tuple of Note
        Empty for a good photo. A frame that is black, blown out or grey gets that note alone
        or with those that still make sense.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if rgb.shape[:2] != skin.shape or (lesion is not None and lesion.shape != skin.shape):
        raise ValueError(
            f"skin and lesion must have the shape of the photo {rgb.shape[:2]}, got {skin.shape} "
            f"and {None if lesion is None else lesion.shape}"
        )
    frame = _at_working_scale(rgb, skin, lesion, mm_per_px)
    black = _nearly_black(frame)
    if black:
        return (black,)
    if frame.skin.mean() < _LITTLE_SKIN:
        found: tuple[Note | None, ...] = (_greyscale(frame), _blown_out(frame), _no_skin(frame))
    else:
        grey = _greyscale(frame)
        found = (
            grey,
            _blur(frame),
            _light(frame),
            _clipped(frame),
            _glare(frame),
            _noise(frame),
            None if grey else _colour_cast(frame),
            resolution_note(frame.long_side, frame.mm_per_px, min(skin.shape)),
            distance_note(max(frame.skin.shape), frame.mm_per_px),
            tilt_note(tilt_deg),
            cut_skin_note(frame.skin),
            cut_lesion_note(frame.lesion),
        )
    return tuple(note for note in found if note is not None)


def _at_working_scale(
    rgb: NDArray[np.uint8],
    skin: NDArray[np.bool_],
    lesion: NDArray[np.bool_] | None,
    mm_per_px: float | None,
) -> _Frame:
    none = np.zeros_like(skin) if lesion is None else lesion
    scale = WORKING_SIDE / max(skin.shape)
    long_side = max(skin.shape)
    if scale < 1:
        size = (max(1, round(scale * skin.shape[1])), max(1, round(scale * skin.shape[0])))
        rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        skin, none = (
            cv2.resize(m.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
            for m in (skin, none)
        )
        mm_per_px = None if mm_per_px is None else mm_per_px / scale
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    return _Frame(rgb, grey, skin, none, mm_per_px, long_side)


def _nearly_black(frame: _Frame) -> Note | None:
    brightest = float(np.percentile(frame.grey[::2, ::2], 99))
    if brightest >= _BLACK_FRAME_LEVEL:
        return None
    return Note(
        "nearly_black",
        "serious",
        "The photo is nearly black: neither skin nor redness can be measured.",
        "Switch on the room's light or the flash and take it again.",
        brightest,
        "grey level of 255, brightest hundredth",
    )


def _blown_out(frame: _Frame) -> Note | None:
    share = float(np.mean(frame.grey >= _BLOWN_LEVEL))
    if share < _BLOWN:
        return None
    return Note(
        "blown_out",
        "serious",
        "Most of the photo is pure white: skin that was there has no colour left to measure.",
        "Step out of direct light, tap the skin to set the exposure and take it again.",
        percent(share),
        "% of the picture",
    )


def greyscale_note() -> Note:
    """Return the note for a picture without colour."""
    return Note(
        "greyscale",
        "serious",
        "The picture has no colour: redness cannot be measured, and lesions may be missed or "
        "made up.",
        "Use the colour photo; switch the camera's black-and-white filter off.",
    )


def _greyscale(frame: _Frame) -> Note | None:
    red, green, blue = cv2.split(np.ascontiguousarray(frame.rgb[::4, ::4]))
    spread = cv2.subtract(cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue))
    return greyscale_note() if np.percentile(spread, 99) < _GREY_SPREAD else None


def _no_skin(frame: _Frame) -> Note:
    return Note(
        "no_skin",
        "serious",
        "No skin was found, so nothing could be measured.",
        "Let skin fill at least a third of the frame, in even light, on a plain cloth that is not "
        "skin-coloured.",
        percent(float(frame.skin.mean())),
        "% of the picture",
    )


def _blur(frame: _Frame) -> Note | None:
    sigma = blur_sigma(frame.grey, frame.skin)
    if sigma is None or sigma < _BLUR_WARNING:
        return None
    return Note(
        "blur",
        "serious" if sigma >= _BLUR_SERIOUS else "warning",
        f"The photo is blurred: even its sharpest edges are spread over {sigma:.1f} px. Fine scale "
        "and small erosions cannot be seen, and lesion borders are uncertain.",
        "Tap the skin to focus, rest the elbows, add light and take it again.",
        round(sigma, 2),
        "px of the measured picture (standard deviation)",
    )


def _light(frame: _Frame) -> Note | None:
    level = median_level(level_counts(frame.grey, frame.skin))
    brightest = float(np.percentile(frame.grey[::2, ::2], 99))
    if level >= _DARK_SKIN_LEVEL and brightest >= _DIM_FRAME_LEVEL:
        return None
    # A dark frame tells of too little light on any skin; dark skin may be dark in good light.
    dim = brightest < _DIM_FRAME_LEVEL
    return Note(
        "underexposed",
        "warning",
        "The whole photo is dark: faint redness drowns in the camera's noise."
        if dim
        else "The skin is very dark in the photo, from too little light or from its own tone: "
        "faint redness drowns in the camera's noise.",
        "Add light, tap the skin to set the exposure and take it again.",
        brightest if dim else level,
        f"grey level of 255, {'brightest hundredth' if dim else 'median of skin'}",
    )


def _clipped(frame: _Frame) -> Note | None:
    counts = np.stack([level_counts(frame.rgb, frame.skin, i) for i in range(3)])
    shares = counts / counts.sum(axis=1, keepdims=True)
    bright, dark = float(shares[:, 253:].sum(1).max()), float(shares[:, :3].sum(1).max())
    share = max(bright, dark)
    if share < _CLIPPED:
        return None
    word, advice = (
        ("overexposed", "Step out of direct light, or tap the brightest skin to set the exposure")
        if bright >= dark
        else ("shadows_clipped", "Light the skin from two sides")
    )
    return Note(
        word,
        "serious" if share >= _CLIPPED_SERIOUS else "warning",
        f"On {percent(share):.0f} % of the skin a colour channel is at its "
        f"{'upper' if bright >= dark else 'lower'} end: redness there is not what it was.",
        f"{advice}, and take it again.",
        percent(share),
        "% of skin",
    )


def _glare(frame: _Frame) -> Note | None:
    # The skin mask may have holes where the glare is.
    skin, rgb = frame.skin[::2, ::2].astype(np.uint8), np.ascontiguousarray(frame.rgb[::2, ::2])
    region = cv2.morphologyEx(skin, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) > 0
    white = np.asarray(cv2.inRange(rgb, (_GLARE_LEVEL,) * 3, (255,) * 3), dtype=np.uint8) > 0
    inside = int(np.count_nonzero(np.asarray(region)))
    share = int(np.count_nonzero(white & np.asarray(region))) / max(1, inside)
    if share < _GLARE:
        return None
    return Note(
        "glare",
        "warning",
        f"{percent(share):.0f} % of the skin reflects the light like a mirror: redness and scale "
        "cannot be seen there.",
        "Move the lamp or switch the flash off, blot shiny skin, and take it again.",
        percent(share),
        "% of skin",
    )


def _noise(frame: _Frame) -> Note | None:
    level = noise_sigma(frame.grey, frame.skin)
    if level < _NOISE:
        return None
    return Note(
        "noise",
        "warning",
        f"The photo is grainy (about {level:.0f} grey levels): pale lesions may be missed and "
        "borders are ragged.",
        "Add light so that the camera needs less amplification, and take it again.",
        round(level, 1),
        "grey levels (standard deviation)",
    )


def _colour_cast(frame: _Frame) -> Note | None:
    clear = frame.skin & ~frame.lesion
    clear = clear if clear.any() else frame.skin
    colour = np.array([median_level(level_counts(frame.rgb, clear, i)) for i in range(3)], np.uint8)
    _, a, b = (float(v) for v in lab(colour[None, None])[0, 0])
    hue = float(np.degrees(np.arctan2(b, a)))
    skin_like = float(np.hypot(a, b)) >= _CHROMA_LOW and _HUE_LOW <= hue <= _HUE_HIGH
    cast = estimate_cast(frame.rgb, clear)
    if skin_like and not cast.suspected:
        return None
    if cast.suspected:
        tint = ("red or orange", "green or yellow", "blue")[int(np.argmax(cast.gain))]
    else:
        tint = "green or yellow" if hue > _HUE_HIGH else "blue or pink"
    return Note(
        "colour_cast",
        "warning",
        f"The skin looks tinted ({tint}): the light or the white balance may be off, and with it "
        "redness and skin tone.",
        "Use daylight or white lamps of one kind, no coloured walls or cloths near by; put a "
        "colour chart in the frame.",
        round(hue, 1),
        "degrees (CIELAB hue of clear skin)",
    )
