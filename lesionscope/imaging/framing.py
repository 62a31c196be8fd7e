"""Where the camera stood: resolution, distance, tilt, and what the frame cuts off."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.note import Note, percent

# A papule of 4 mm needs three pixels to be seen at all.
_COARSE_MM_PER_PX, _LONG_SIDE, _SHORT_SIDE = 1.3, 640, 240
# A phone sees about 65 degrees, so 150 mm across is 120 mm away, where skin 10 mm nearer looks
# 18 % larger in area; rendered photos are 220 mm across or more.
_CLOSE_MM = 150.0
# A weak perspective reads up to 37 degrees off 29 markers on curved skin in ordinary photos.
_TILT, _TILT_SERIOUS = 40.0, 60.0
_EDGE_SKIN, _EDGE_LESION = 0.60, 0.01


def resolution_note(
    long_side: int, mm_per_px: float | None, short_side: int | None = None
) -> Note | None:
    """Say so when a photo shows too little detail.

    Parameters
    ----------
    long_side : int
        Of the photo, in pixels.
    mm_per_px : float or None
        Millimetres per pixel of the same photo.
    short_side : int, optional
        In pixels as measured: a long strip is seen at few of them.

    Returns
    -------
    Note or None
        None where the detail suffices.

    Examples
    --------
    >>> resolution_note(4000, 0.1) is None, resolution_note(400, None).value
    (True, 400.0)
    """
    if mm_per_px is not None and mm_per_px >= _COARSE_MM_PER_PX:
        value, unit = round(mm_per_px, 2), "mm per pixel as measured"
    elif mm_per_px is None and long_side < _LONG_SIDE:
        value, unit = float(long_side), "px, long side"
    elif mm_per_px is None and short_side is not None and short_side < _SHORT_SIDE:
        value, unit = float(short_side), "px, short side as measured"
    else:
        return None
    return Note(
        "low_resolution",
        "warning",
        f"The photo shows little detail ({value:g} {unit}): small lesions are missed, and scale "
        "and erosion cannot be told.",
        "Use the original photo, not a copy from a messenger, or step closer.",
        value,
        unit,
    )


def distance_note(long_side: int, mm_per_px: float | None) -> Note | None:
    """Say so when the camera was so near that perspective distorts areas.

    Parameters
    ----------
    long_side : int
        Of the photo, in pixels.
    mm_per_px : float or None
        Millimetres per pixel of the same photo.

    Returns
    -------
    Note or None
        None where the distance does, or is not known.

    Examples
    --------
    >>> distance_note(1000, 0.1).value
    100.0
    """
    if mm_per_px is None or long_side * mm_per_px >= _CLOSE_MM:
        return None
    across = float(round(long_side * mm_per_px))
    return Note(
        "too_close",
        "warning",
        f"The picture is only {across:.0f} mm across, so the camera was very near: skin that "
        "bulges towards it looks larger, by about a fifth of its area for each centimetre.",
        "Step back to about half a metre and zoom in instead.",
        across,
        "mm, long side of the picture",
    )


def tilt_note(tilt_deg: float | None) -> Note | None:
    """Say so when the camera looked at the marker aslant.

    Parameters
    ----------
    tilt_deg : float or None
        Angle between the camera's axis and the normal of the marker, degrees.

    Returns
    -------
    Note or None
        None where it looked straight enough, or there is no marker.

    Examples
    --------
    >>> tilt_note(20) is None, tilt_note(50).severity
    (True, 'warning')
    """
    if tilt_deg is None or tilt_deg < _TILT:
        return None
    seen = math.cos(math.radians(tilt_deg))
    return Note(
        "tilt",
        "serious" if tilt_deg >= _TILT_SERIOUS else "warning",
        f"The camera looked at the marker from {tilt_deg:.0f} degrees aslant: skin that lies like "
        f"it shows {seen:.0%} of its area, which is corrected, but skin at another angle is not.",
        "Hold the camera parallel to the skin, with the marker flat beside the lesion.",
        round(tilt_deg, 1),
        "degrees",
    )


def cut_skin_note(skin: NDArray[np.bool_]) -> Note | None:
    """Say so when skin fills most of the frame's edge.

    Parameters
    ----------
    skin : ndarray of shape (H, W), bool
        Visible skin.

    Returns
    -------
    Note or None
    """
    share = _edge_share(skin)
    if share < _EDGE_SKIN:
        return None
    return Note(
        "skin_cut_by_frame",
        "info",
        f"Skin runs out of the frame on {percent(share):.0f} % of its edge: lesions beyond it are "
        "not counted.",
        "Add a photo from further away if the whole site should count.",
        percent(share),
        "% of the frame's edge",
    )


def cut_lesion_note(lesion: NDArray[np.bool_]) -> Note | None:
    """Say so when a lesion leaves the frame.

    Parameters
    ----------
    lesion : ndarray of shape (H, W), bool
        Lesional skin.

    Returns
    -------
    Note or None
    """
    share = _edge_share(lesion)
    if share < _EDGE_LESION:
        return None
    return Note(
        "lesion_cut_by_frame",
        "warning",
        "A lesion runs out of the frame: the part outside is not counted; the area is too small.",
        "Step back until the whole lesion is in the frame, or add a photo of the rest.",
        percent(share),
        "% of the frame's edge",
    )


def _edge_share(mask: NDArray[np.bool_]) -> float:
    edge = np.concatenate([mask[0], mask[-1], mask[1:-1, 0], mask[1:-1, -1]])
    return float(edge.mean())
