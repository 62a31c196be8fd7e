"""The handprint: outline and area of one flat hand, the patient's own ruler.

A handprint is palm, fingers and thumb of one flat hand up to the wrist crease. Gaps between
spread fingers do not count. A hand whose area is not one handprint (cut by the frame, covered by
a sleeve, bent to a fist) is outlined all the same, and says so.

References
----------
Rhodes et al. 2013, PMID 23448271: the handprint of adults is 0.87 % of body surface.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.handfinder import FINGERS, Hand, find_hands
from lesionscope.imaging.handshape import (
    CLOSER,
    FINE,
    ROUGH,
    HandAxes,
    Outline,
    Points,
    TraceRule,
    edge_axes,
    expected_outline,
    filled,
    step_across,
    trace,
)

__all__ = ["Hand", "HandOutline", "choose_ruler", "find_hands", "hand_outline"]

WRIST_CREASE = 0.15
"""Distance from the wrist joint to the wrist crease, in palm scales.

The median over 63 rendered hands whose truth ends at the crease (p10 0.10, p90 0.21); the wrist
is 0.6 palm scales wide and a handprint 1.75 square palm scales, so that 0.05 are 2 % of it.
"""
OUTLINE_RELATIVE_SD = 0.03
"""Relative standard deviation of the area of a complete hand against rendered truth."""

# What an open, flat hand kept to: 110 open palms, 50 rendered rulers, fists and signs without.
_STRAIGHT = 0.93
_LONG_FINGER, _LITTLE_FINGER = 0.68, 0.50
_THUMB_CLEAR = 0.10
# Bare wrists, rendered and real, reached 0.32 and 0.47; sleeves of another colour began at 0.7.
_SLEEVE_STEP = 0.55
_SLEEVE_TINT = 0.6
_SMALLEST_PALM = 30.0
_MAY_BE_CUT = 0.01


@dataclass(frozen=True, eq=False)
class HandOutline:
    """The outline of one hand.

    Attributes
    ----------
    hand : Hand
        Whose outline it is.
    mask : ndarray of shape (H, W), bool
        The hand from fingertips to wrist crease, at the size of the photo.
    contour_px : ndarray of shape (N, 2), float64
        x, y of the closed outline in pixels of the photo, the centre of the top-left pixel is
        (0, 0); where the frame cuts the hand it runs on as the joints lead one to expect.
    area_px : int
        Pixels of the mask.
    whole_area_px : int
        The same with what the frame cuts off.
    complete : bool
        Whether the area may stand for one handprint.
    reason : str
        Why not, and what to do; empty where complete.
    shows : str
        ``"palm"``, ``"dorsum"`` or ``"unknown"``.
    spread_deg : float
        Mean angle between neighbouring fingers, index to little finger, in degrees.
    edge_support : float
        Mean strength of the edge along the outline, 0 to 1.
    scale_px : float
        Palm scale in pixels (`lesionscope.imaging.handfinder.palm_scale`).
    """

    hand: Hand
    mask: NDArray[np.bool_]
    contour_px: Points
    area_px: int
    whole_area_px: int
    complete: bool
    reason: str
    shows: str
    spread_deg: float
    edge_support: float
    scale_px: float

    def __post_init__(self) -> None:
        if self.complete == bool(self.reason):
            raise ValueError(f"complete is {self.complete}, yet the reason is {self.reason!r}")
        self.mask.flags.writeable = False
        self.contour_px.flags.writeable = False


def hand_outline(
    rgb: NDArray[np.uint8], hand: Hand, skin: NDArray[np.bool_] | None = None
) -> HandOutline:
    """Outline a hand from fingertips to wrist crease.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Photo, sRGB.
    hand : Hand
        A hand found in it.
    skin : ndarray of shape (H, W), bool, optional
        Visible skin, to notice gloves and sleeves of the colour of skin.

    Returns
    -------
    HandOutline

    Raises
    ------
    ValueError
        The skin mask and the photo differ in size.
    """
    if skin is not None and skin.shape != rgb.shape[:2]:
        raise ValueError(f"skin must be {rgb.shape[:2]} as the photo, got {skin.shape}")
    axes = HandAxes.of(hand.landmarks_px)
    joints = axes.to_hand(hand.landmarks_px)
    expected = expected_outline(joints)
    line = _moved(expected, axes.to_picture(expected.points))
    for rules in ((ROUGH, CLOSER), (FINE,)):
        line = _traced(rgb, line, axes.scale, rules)
    sleeve = _sleeve_edge(rgb, axes)
    end = WRIST_CREASE if sleeve is None else sleeve
    contour = axes.to_picture(_above(axes.to_hand(line.points), end))
    mask, whole = _mask(contour, (rgb.shape[0], rgb.shape[1]))
    area = int(mask.sum())
    shortfalls = (
        _cut_by_frame(hand, axes, area / max(whole, 1), rgb.shape),
        _not_flat(joints),
        _covered(sleeve, mask, skin),
        _too_small(axes.scale),
    )
    reason = next((each for each in shortfalls if each), "")
    return HandOutline(
        hand=hand,
        mask=mask,
        contour_px=contour,
        area_px=area,
        whole_area_px=whole,
        complete=not reason,
        reason=reason,
        shows=_shows(hand),
        spread_deg=_spread(joints),
        edge_support=float(line.support.mean()),
        scale_px=axes.scale,
    )


def choose_ruler(outlines: Sequence[HandOutline]) -> int | None:
    """Propose the hand that was laid down as the ruler.

    Parameters
    ----------
    outlines : sequence of HandOutline
        Every hand in the photo.

    Returns
    -------
    int or None
        Index of the proposed hand, None where no hand is fit to be one. A person may choose
        otherwise.

    Notes
    -----
    Only a complete hand can be the ruler. Two hands of like size that show the same side and
    point the same way were laid down to be looked at: they are what the photo is about, and
    neither is proposed. Of several others the largest is, being nearest to the camera.
    """
    fit = [
        index
        for index, outline in enumerate(outlines)
        if outline.complete
        and not any(_pair(outline, other) for other in outlines if other is not outline)
    ]
    return max(fit, key=lambda index: outlines[index].area_px, default=None)


def _moved(line: Outline, points: Points) -> Outline:
    return Outline(points, line.reach_in, line.reach_out, line.support)


def _traced(
    rgb: NDArray[np.uint8], line: Outline, scale: float, rules: Sequence[TraceRule]
) -> Outline:
    """Trace in a crop around the line, shrunk to the sampling of the rules."""
    margin = 0.4 * scale
    size = np.array(rgb.shape[1::-1])
    low = np.clip(np.floor(line.points.min(axis=0) - margin), 0, size - 2).astype(int)
    high = np.clip(np.ceil(line.points.max(axis=0) + margin), low + 2, size).astype(int)
    crop = rgb[low[1] : high[1], low[0] : high[0]]
    shrink = min(1.0, rules[0].per_palm / scale)
    if shrink < 1:
        small = np.maximum(np.rint((high - low) * shrink), 2).astype(int)
        crop = np.asarray(cv2.resize(crop, small.tolist(), interpolation=cv2.INTER_AREA), np.uint8)
    fit = np.array(crop.shape[1::-1]) / (high - low)
    density = edge_axes(crop)
    inside = np.ones(crop.shape[:2], dtype=np.float32)
    line = _moved(line, (line.points - low + 0.5) * fit - 0.5)
    for rule in rules:
        line = trace(density, inside, line, scale * float(fit.mean()), rule)
    return _moved(line, (line.points + 0.5) / fit - 0.5 + low)


def _above(points: Points, end: float) -> Points:
    """Clip a closed line in hand units at `end` below the wrist joint (Sutherland-Hodgman)."""
    after = np.roll(points, -1, axis=0)
    keep, keep_after = points[:, 1] < end, after[:, 1] < end
    share = (end - points[:, 1]) / np.where(keep == keep_after, 1.0, after[:, 1] - points[:, 1])
    crossing = points + share[:, None] * (after - points)
    both = np.stack([points, crossing], axis=1).reshape(-1, 2)
    return both[np.stack([keep, keep != keep_after], axis=1).ravel()]


def _mask(contour: Points, shape: tuple[int, int]) -> tuple[NDArray[np.bool_], int]:
    """The mask within the frame, and the pixels of the hand within and beyond it."""
    mask = np.zeros(shape, dtype=bool)
    if len(contour) < 3:
        return mask, 0
    low = np.floor(contour.min(axis=0)).astype(int)
    high = np.ceil(contour.max(axis=0)).astype(int) + 1
    box = filled(contour - low, (int(high[1] - low[1]), int(high[0] - low[0])))
    first, past = np.maximum(low, 0), np.minimum(high, shape[::-1])
    if np.all(past > first):
        seen = box[first[1] - low[1] : past[1] - low[1], first[0] - low[0] : past[0] - low[0]]
        mask[first[1] : past[1], first[0] : past[0]] = seen
    return mask, int(box.sum())


def _cut_by_frame(hand: Hand, axes: HandAxes, seen: float, shape: tuple[int, ...]) -> str:
    tips = hand.landmarks_px[[finger[-1] for finger in FINGERS]]
    wrist = axes.to_picture(np.array([[-0.25, WRIST_CREASE], [0.25, WRIST_CREASE]]))
    last = np.array([shape[1] - 1, shape[0] - 1])
    missing = [
        name
        for name, points in (("fingertips", tips), ("wrist", wrist))
        if np.any(points < 0) or np.any(points > last)
    ]
    if not missing and seen >= 1 - _MAY_BE_CUT:
        return ""
    what = f"the {' and the '.join(missing)}" if missing else f"{1 - seen:.0%} of the hand"
    return f"The frame cuts off {what}. Retake the photo with the whole hand in the picture."


def _not_flat(joints: Points) -> str:
    advice = "Lay the hand flat with straight fingers, seen from straight above."
    for finger in FINGERS[1:]:
        base, middle, end, tip = joints[list(finger)]
        path = sum(float(np.linalg.norm(b - a)) for a, b in ((base, middle), (middle, end)))
        path += float(np.linalg.norm(tip - end))
        reach = float(np.linalg.norm(tip - base))
        least = _LITTLE_FINGER if finger is FINGERS[-1] else _LONG_FINGER
        if reach < least or reach < _STRAIGHT * path:
            return f"A finger is bent, hidden or points at the camera. {advice}"
    palm = joints[[0, 1, 5, 9, 13, 17]].astype(np.float32).reshape(-1, 1, 2)
    for joint in joints[[3, 4]]:
        if cv2.pointPolygonTest(palm, (float(joint[0]), float(joint[1])), True) > -_THUMB_CLEAR:
            return f"The thumb lies across the palm, or the hand is seen from its edge. {advice}"
    return ""


def _sleeve_edge(rgb: NDArray[np.uint8], axes: HandAxes) -> float | None:
    """Where along the hand cloth begins to cover the wrist, in hand units; None if bare."""
    across = np.linspace(-0.18, 0.18, 13)
    along = np.arange(-0.45, WRIST_CREASE + 0.06, 0.012)
    grid = np.stack(np.meshgrid(across, along, indexing="ij"), axis=-1)
    places = axes.to_picture(grid.reshape(-1, 2)).reshape(grid.shape)
    half = 0.02 * axes.scale
    low = np.clip(np.floor(places.min(axis=(0, 1)) - half), 0, None).astype(int)
    high = np.ceil(places.max(axis=(0, 1)) + half).astype(int) + 1
    crop = rgb[low[1] : high[1], low[0] : high[0]]
    if min(crop.shape[:2]) < 4:
        return None
    size = np.array(crop.shape[1::-1])
    small = np.maximum(np.rint(size * min(1.0, 120 / axes.scale)), 2).astype(int)
    crop = np.asarray(cv2.resize(crop, small.tolist(), interpolation=cv2.INTER_AREA), np.uint8)
    x, y = np.moveaxis(((places - low + 0.5) * small / size - 0.5).astype(np.float32), -1, 0)
    inside = (x >= 0) & (y >= 0) & (x <= small[0] - 1) & (y <= small[1] - 1)
    band = cv2.remap(edge_axes(crop), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _cloth_begins(np.asarray(band, dtype=np.float32), inside, along)


def _cloth_begins(
    band: NDArray[np.float32], inside: NDArray[np.bool_], along: Points
) -> float | None:
    """A sharp step across the whole wrist, or a wrist of another tint than the palm."""
    step = np.where(inside & (along > -0.3), step_across(band, 3), 0)
    sharpest = step.argmax(axis=1)
    seen = inside & (along > 0.03)
    tint = 0.0
    if seen.any():
        palm = np.median(band[:, along < -0.25].reshape(-1, 3), axis=0)
        tint = float(np.linalg.norm((np.median(band[seen], axis=0) - palm)[1:]))
    if np.percentile(step.max(axis=1), 25) < _SLEEVE_STEP and tint < _SLEEVE_TINT:
        return None
    return float(np.median(along[sharpest]))


def _covered(sleeve: float | None, mask: NDArray[np.bool_], skin: NDArray[np.bool_] | None) -> str:
    if sleeve is not None:
        return (
            "A sleeve, bandage or bracelet covers the wrist. Bare the wrist and retake the photo."
        )
    if skin is not None and mask.any() and skin[mask].mean() < 0.5:
        return "Most of this hand is not bare skin (a glove?). The patient's bare hand is needed."
    return ""


def _too_small(scale: float) -> str:
    if scale >= _SMALLEST_PALM:
        return ""
    return f"The hand is too small in the photo (its palm is {scale:.0f} pixels). Come closer."


def _shows(hand: Hand) -> str:
    """Fingers up, the palm of a right hand has its thumb on the right."""
    if hand.side == "unknown":
        return "unknown"
    joints = hand.landmarks_px
    up = joints[[5, 9, 13, 17]].mean(axis=0) - joints[0]
    thumb_right = float((joints[5] - joints[17]) @ np.array([-up[1], up[0]])) > 0
    return "palm" if thumb_right == (hand.side == "right") else "dorsum"


def _directions(joints: Points) -> Points:
    """Angles of index to little finger in degrees, 0 straight up, in hand units."""
    fingers = np.array(FINGERS[1:])
    along = joints[fingers[:, -1]] - joints[fingers[:, 0]]
    return np.asarray(np.degrees(np.arctan2(along[:, 0], -along[:, 1])))


def _spread(joints: Points) -> float:
    return float(np.abs(np.diff(_directions(joints))).mean())


def _pair(one: HandOutline, other: HandOutline) -> bool:
    areas = sorted((one.whole_area_px, other.whole_area_px))
    down = [HandAxes.of(outline.hand.landmarks_px).down for outline in (one, other)]
    alike = one.shows == other.shows or "unknown" in (one.shows, other.shows)
    return alike and areas[0] >= 0.6 * areas[1] and float(down[0] @ down[1]) > 0.7
