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

from lesionscope.imaging import handfit
from lesionscope.imaging.handedge import (
    CLOSER,
    FINE,
    ROUGH,
    Outline,
    Points,
    TraceRule,
    edge_axes,
    filled,
    trace,
)
from lesionscope.imaging.handfinder import FINGERS, Hand, find_hands
from lesionscope.imaging.handshape import HandAxes, expected_outline

__all__ = ["Hand", "HandOutline", "are_pair", "choose_ruler", "find_hands", "hand_outline"]


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
    flaw : Flaw or None
        Why the area is not that of one handprint; None where it is.
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
    flaw: handfit.Flaw | None
    shows: str
    spread_deg: float
    edge_support: float
    scale_px: float

    def __post_init__(self) -> None:
        self.mask.flags.writeable = False
        self.contour_px.flags.writeable = False

    @property
    def complete(self) -> bool:
        """Whether the area may stand for one handprint."""
        return self.flaw is None

    @property
    def reason(self) -> str:
        """Why the hand is not complete, and what to do; empty where it is."""
        return self.flaw.sentence if self.flaw is not None else ""

    @property
    def cut_share(self) -> float:
        """Share of the hand that the frame cuts off, 0 to 1."""
        return 1 - self.area_px / self.whole_area_px if self.whole_area_px > 0 else 1.0


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
    sleeve = handfit.sleeve_edge(rgb, axes)
    end = handfit.WRIST_CREASE if sleeve is None else sleeve
    contour = axes.to_picture(_above(axes.to_hand(line.points), end))
    mask, whole = _mask(contour, (rgb.shape[0], rgb.shape[1]))
    area = int(mask.sum())
    flaw = (
        handfit.bent(joints)
        or handfit.covered(sleeve, mask, skin)
        or handfit.small(axes.scale)
        or handfit.cut(hand.landmarks_px, axes, area / max(whole, 1), rgb.shape)
    )
    return HandOutline(
        hand=hand,
        mask=mask,
        contour_px=contour,
        area_px=area,
        whole_area_px=whole,
        flaw=flaw,
        shows=_shows(hand),
        spread_deg=_spread(joints),
        edge_support=float(line.support.mean()),
        scale_px=axes.scale,
    )


def choose_ruler(outlines: Sequence[HandOutline], *, may_be_cut: float = 0.0) -> int | None:
    """Propose the hand that was laid down as the ruler.

    Parameters
    ----------
    outlines : sequence of HandOutline
        Every hand in the photo.
    may_be_cut : float
        Share of a hand that the frame may cut off, 0 to 1. The ruler's area is then its
        `whole_area_px`, not its mask.

    Returns
    -------
    int or None
        Index of the proposed hand, None where no hand is fit to be one. A person may choose
        otherwise.

    Notes
    -----
    Only a flat, bare hand can be the ruler. Two hands of like size that show the same side and
    point the same way were laid down to be looked at: they are what the photo is about, and
    neither is proposed. Of several others the one seen largest is, being nearest to the camera.
    """
    fit = [
        index
        for index, outline in enumerate(outlines)
        if _serves(outline, may_be_cut)
        and not any(are_pair(outline, other) for other in outlines if other is not outline)
    ]
    return max(fit, key=lambda index: outlines[index].area_px, default=None)


def _serves(outline: HandOutline, may_be_cut: float) -> bool:
    if outline.flaw is None:
        return True
    return outline.flaw.code == "cut" and outline.cut_share <= may_be_cut


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
    return np.asarray(both[np.stack([keep, keep != keep_after], axis=1).ravel()])


def _mask(contour: Points, shape: tuple[int, int]) -> tuple[NDArray[np.bool_], int]:
    """Return the mask within the frame, and the pixels of the hand within and beyond it."""
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


def are_pair(one: HandOutline, other: HandOutline) -> bool:
    """Return whether two hands of like size show the same side and point the same way."""
    areas = sorted((one.whole_area_px, other.whole_area_px))
    down = [HandAxes.of(outline.hand.landmarks_px).down for outline in (one, other)]
    alike = one.shows == other.shows or "unknown" in (one.shows, other.shows)
    return alike and areas[0] >= 0.6 * areas[1] and float(down[0] @ down[1]) > 0.7
