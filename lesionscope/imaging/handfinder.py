"""Find hands: a palm detector, then 21 joints of each hand.

The palm detector
sees the whole frame at 192 x 192; where nothing is found there, a wider view with a black margin
(hands that fill the frame) and square windows (small hands) are looked at as well. A hand
stands only when the joint network is sure of it, in the picture and in its mirror image alike,
and puts the joints at the same places in both: a hand that is not there is worse for an area
than one that is missed.

References
----------
Zhang et al. 2020, MediaPipe Hands: On-device Real-time Hand Tracking, arXiv:2006.10214.
Constants of the two networks: MediaPipe's public graphs ``palm_detection_cpu``,
``palm_detection_detection_to_roi`` and ``hand_landmark_landmarks_to_roi`` (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.handnets import JOINTS, PALMS, PhotoPyramid, answers_of

WRIST, THUMB_BASE, INDEX_KNUCKLE, MIDDLE_KNUCKLE, LITTLE_KNUCKLE = 0, 1, 5, 9, 17
"""Joints by number: wrist, thumb saddle joint, metacarpophalangeal joints."""
FINGERS = ((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12), (13, 14, 15, 16), (17, 18, 19, 20))
"""Joints of thumb, index, middle, ring and little finger, each from its base to its tip."""
_KNUCKLES = [5, 9, 13, 17]
# The joints MediaPipe's graph takes the next crop from: fingertips are left out, they move most.
_STEADY = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18]

_PALM_SIDE, _JOINT_SIDE = 192, 224
_PALM_SCORE = 0.45
_SAME_PALM = 0.3
_PALMS_LOOKED_AT = 3
_PASSES = 4
# Ears, chins, elbows reached a mean score of 0.76 and no joint shift below 0.09 palm scales;
# open hands, whole or partly hidden, a score of 0.81 and shifts up to 0.04.
_SURE = 0.77
_SHIFT = 0.08
# A dark hand on dark skin began at 0.02 and 0.33 before it reached 0.99 in a better crop.
_HOPELESS = 0.2


@dataclass(frozen=True, eq=False)
class Hand:
    """One hand in a photo.

    Attributes
    ----------
    score : float
        Certainty of the joint network, 0 to 1, the mean over picture and mirror image.
    side : str
        ``"left"``, ``"right"`` or ``"unknown"``: which of the person's hands.
    side_score : float
        Probability of that side, 0.5 to 1.
    landmarks_px : ndarray of shape (21, 2), float64
        x, y of the joints in pixels of the photo; the centre of the top-left pixel is (0, 0).
    shift : float
        Mean distance of the joints between picture and mirror image, in palm scales.
    box : tuple of float
        x0, y0, x1, y1 around the joints in pixels; may reach beyond the frame.
    """

    score: float
    side: str
    side_score: float
    landmarks_px: NDArray[np.float64]
    shift: float
    box: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        if self.landmarks_px.shape != (21, 2):
            raise ValueError(f"landmarks_px must be (21, 2), got {self.landmarks_px.shape}")
        self.landmarks_px.flags.writeable = False


def palm_scale(landmarks: NDArray[np.floating]) -> float:
    """Return the size of a palm, by which widths and reaches on a hand are measured.

    Parameters
    ----------
    landmarks : ndarray of shape (21, 2), float
        Joints.

    Returns
    -------
    float
        Mean of wrist to middle knuckle and 1.6 times index to little knuckle, in the unit of
        the joints. The mean of a length and a width shrinks less when a hand tilts.
    """
    length = np.linalg.norm(landmarks[MIDDLE_KNUCKLE] - landmarks[WRIST])
    width = np.linalg.norm(landmarks[INDEX_KNUCKLE] - landmarks[LITTLE_KNUCKLE])
    return float(length + 1.6 * width) / 2


def find_hands(rgb: NDArray[np.uint8]) -> tuple[Hand, ...]:
    """Find the hands in a photo.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Photo, sRGB.

    Returns
    -------
    tuple of Hand
        Surest first; empty where no hand is found.

    Raises
    ------
    ValueError
        The photo is not (H, W, 3) uint8.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"photo must be (H, W, 3) uint8, got {rgb.shape} {rgb.dtype}")
    photo = PhotoPyramid(rgb)
    found = _hands_in(photo, _palms(photo, [(0, 0, photo.width, photo.height)]))
    if not found:
        found = _hands_in(photo, _palms(photo, _other_views(photo.width, photo.height)))
    return tuple(sorted(found, key=lambda hand: -hand.score))


def _other_views(width: int, height: int) -> list[tuple[int, int, int, int]]:
    """List the frame with a margin of a quarter, then overlapping squares."""
    margin = max(width, height) // 4
    side = min(width, height)
    last = (width - side, height - side)
    if max(last) < 0.1 * side:
        side = max(1, int(0.7 * side))
        last = (width - side, height - side)
    corners = [(0, 0), last] if min(last) == 0 else [(0, 0), (last[0], 0), (0, last[1]), last]
    squares = [(x, y, x + side, y + side) for x, y in corners]
    return [(-margin, -margin, width + margin, height + margin), *squares]


@lru_cache(maxsize=1)
def _anchors() -> NDArray[np.float32]:
    """Centres (2016, 2) of the palm detector's anchors, as shares of its input."""
    layers = []
    for stride, boxes in ((8, 2), (16, 6)):
        cells = _PALM_SIDE // stride
        centre = (np.arange(cells, dtype=np.float32) + np.float32(0.5)) / cells
        grid = np.stack(np.meshgrid(centre, centre), axis=-1).reshape(-1, 2)
        layers.append(np.repeat(grid, boxes, axis=0))
    return np.concatenate(layers)


def _palms(
    photo: PhotoPyramid, windows: Sequence[tuple[int, int, int, int]]
) -> NDArray[np.float64]:
    """Palms (n, 19): score, x0, y0, x1, y1 and 7 points in photo pixels; best first."""
    return _distinct(np.concatenate([_palms_in(photo, window) for window in windows]))


def _palms_in(photo: PhotoPyramid, window: tuple[int, int, int, int]) -> NDArray[np.float64]:
    x0, y0, x1, y1 = window
    scale = max(x1 - x0, y1 - y0) / _PALM_SIDE
    corner = np.array([(x0 + x1) / 2, (y0 + y1) / 2]) - scale * _PALM_SIDE / 2
    to_photo = np.array([[scale, 0, 0], [0, scale, 0]], dtype=np.float64)
    to_photo[:, 2] = corner + scale / 2 - 0.5
    answer = answers_of(PALMS, photo.crop(to_photo, _PALM_SIDE))
    scores = 1 / (1 + np.exp(-np.clip(answer["Identity_1"].reshape(-1), -60, 60)))
    keep = scores > _PALM_SCORE
    boxes = answer["Identity"].reshape(-1, 18)[keep].astype(np.float64) / _PALM_SIDE
    centre, size = boxes[:, :2] + _anchors()[keep], boxes[:, 2:4]
    points = boxes[:, 4:].reshape(-1, 7, 2) + _anchors()[keep][:, None]
    places = np.concatenate([(centre - size / 2)[:, None], (centre + size / 2)[:, None], points], 1)
    pixels = places * (scale * _PALM_SIDE) + corner - 0.5
    return np.concatenate([scores[keep][:, None], pixels.reshape(len(pixels), 18)], axis=1)


def _distinct(palms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blend overlapping palms into one, weighted by score."""
    rest = palms[np.argsort(-palms[:, 0])]
    kept = []
    while len(rest):
        same = _overlap(rest[0, 1:5], rest[:, 1:5]) > _SAME_PALM
        same[0] = True
        weight = rest[same, :1]
        blend = (rest[same] * weight).sum(axis=0) / weight.sum()
        blend[0] = rest[0, 0]
        kept.append(blend)
        rest = rest[~same]
    return np.array(kept).reshape(-1, 19)


def _overlap(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    area = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(shared / np.maximum(area - shared, 1e-9))


@dataclass(frozen=True)
class _Crop:
    """A square turned with the hand: centre, side, and the direction from wrist to fingers."""

    centre: NDArray[np.float64]
    side: float
    up: NDArray[np.float64]

    def matrix(self, mirrored: bool) -> NDArray[np.float64]:
        """Crop pixels to photo pixels, (2, 3)."""
        step = self.side / _JOINT_SIDE
        right = np.array([-self.up[1], self.up[0]]) * (-1 if mirrored else 1)
        turn = np.stack([right, -self.up], axis=1) * step
        middle = (_JOINT_SIDE - 1) / 2
        return np.concatenate([turn, (self.centre - turn @ [middle, middle])[:, None]], axis=1)


def _crop_of_palm(palm: NDArray[np.float64]) -> _Crop:
    """Where the joint network looks first: 2.6 palms, half a palm towards the fingers."""
    points = palm[5:].reshape(7, 2)
    size = palm[3:5] - palm[1:3]
    up = _unit(points[2] - points[0])
    return _Crop((palm[1:3] + palm[3:5]) / 2 + 0.5 * size[1] * up, 2.6 * float(max(size)), up)


def _crop_of_joints(joints: NDArray[np.float64]) -> _Crop:
    """Where the joint network looks again: twice the box of the steady joints."""
    knuckles = ((joints[5] + joints[13]) / 2 + joints[9]) / 2
    up = _unit(knuckles - joints[WRIST])
    right = np.array([-up[1], up[0]])
    across, along = joints[_STEADY] @ right, joints[_STEADY] @ up
    size = max(float(np.ptp(across)), float(np.ptp(along)))
    centre = right * (across.max() + across.min()) / 2 + up * (along.max() + along.min()) / 2
    return _Crop(centre + 0.1 * np.ptp(along) * up, 2.0 * size, up)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))


@dataclass(frozen=True)
class _Joints:
    score: float
    right: float
    places: NDArray[np.float64]


def _joints(photo: PhotoPyramid, crop: _Crop, *, mirrored: bool = False) -> _Joints:
    matrix = crop.matrix(mirrored)
    answer = answers_of(JOINTS, photo.crop(matrix, _JOINT_SIDE))
    places = answer["Identity"].reshape(21, 3)[:, :2].astype(np.float64)
    right = float(answer["Identity_2"].ravel()[0])
    return _Joints(
        score=float(answer["Identity_1"].ravel()[0]),
        right=1 - right if mirrored else right,
        places=places @ matrix[:, :2].T + matrix[:, 2],
    )


def _hands_in(photo: PhotoPyramid, palms: NDArray[np.float64]) -> list[Hand]:
    hands: list[Hand] = []
    for palm in palms[:_PALMS_LOOKED_AT]:
        hand = _confirmed(photo, _crop_of_palm(palm))
        if hand is not None and not any(_same_hand(hand, other) for other in hands):
            hands.append(hand)
    return hands


def _confirmed(photo: PhotoPyramid, crop: _Crop) -> Hand | None:
    """Follow the joints from crop to crop; None where the network is not sure of a hand."""
    joints = _joints(photo, crop)
    if joints.score < _HOPELESS / 40:
        return None
    for look in range(1, _PASSES):
        crop = _crop_of_joints(joints.places)
        if crop.side < 8:
            return None
        before, joints = joints, _joints(photo, crop)
        settled = before.score > _SURE and joints.score > _SURE
        if settled or (look == 1 and joints.score < _HOPELESS):
            break
    if joints.score < 0.5:
        return None
    mirror = _joints(photo, crop, mirrored=True)
    scale = palm_scale(joints.places)
    shift = float(np.linalg.norm(joints.places - mirror.places, axis=1).mean()) / max(scale, 1e-9)
    score = (joints.score + mirror.score) / 2
    if score < _SURE or shift > _SHIFT:
        return None
    return _hand(
        (joints.places + mirror.places) / 2, score, shift, (joints.right + mirror.right) / 2
    )


def _hand(places: NDArray[np.float64], score: float, shift: float, right: float) -> Hand:
    side = "unknown" if abs(right - 0.5) < 0.15 else "right" if right > 0.5 else "left"
    low, high = places.min(axis=0), places.max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return Hand(score, side, max(right, 1 - right), places, shift, box)


def _same_hand(one: Hand, other: Hand) -> bool:
    """Two palms of one hand: the joints lie within half a palm of one another."""
    apart = np.linalg.norm(one.landmarks_px - other.landmarks_px, axis=1).mean()
    return float(apart) < 0.5 * palm_scale(one.landmarks_px)
