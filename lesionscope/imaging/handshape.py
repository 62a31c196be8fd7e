"""The shape of a hand: the outline that its joints lead one to expect.

Widths and reaches are shares of the palm, so that the size of the hand and of the photo drop
out. The outline is a first guess: `lesionscope.imaging.handedge` moves it to the true edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lesionscope.imaging.handedge import Outline, Points, spaced
from lesionscope.imaging.handfinder import FINGERS, WRIST, palm_scale

# Shares of the palm scale, medians over 63 rendered hands; the white-background hands of
# 11k Hands and the open palms of Sign Language Digits agree within the reach of the search.
# Half widths at the middle joint, the end joint and the fingertip joint, and how far the
# fingertip reaches beyond its joint.
_THUMB = (0.115, 0.104, 0.073, 0.095)
_WIDTHS = (
    _THUMB,
    (0.109, 0.094, 0.076, 0.075),
    (0.107, 0.093, 0.081, 0.090),
    (0.101, 0.089, 0.079, 0.092),
    (0.083, 0.073, 0.060, 0.060),
)
# Share of the way from between two knuckles to between their middle joints, by the finger on
# the little-finger side: there the web lies.
_WEBS = {2: 0.40, 3: 0.45, 4: 0.50}
_THUMB_WEB = 0.52
# How far the true edge may lie from the expected one, inwards and outwards, in palm scales.
_FINGER_REACH = (0.06, 0.10)
_TIP_REACH = (0.10, 0.10)
_PALM_REACH = (0.14, 0.20)
_WEB_REACH = (0.15, 0.20)
_THUMB_WEB_REACH = (0.30, 0.20)


@dataclass(frozen=True, eq=False)
class HandAxes:
    """Axes of a hand in a picture: origin at the wrist joint, unit the palm scale.

    Attributes
    ----------
    origin : ndarray of shape (2,), float64
        Wrist joint in pixels.
    across, down : ndarray of shape (2,), float64
        Unit vectors towards the little-finger side and towards the forearm.
    scale : float
        Palm scale in pixels.
    """

    origin: Points
    across: Points
    down: Points
    scale: float

    @classmethod
    def of(cls, joints: Points) -> HandAxes:
        """Read the axes off 21 joints."""
        down = _unit(joints[WRIST] - joints[[5, 9, 13, 17]].mean(axis=0))
        across = np.array([-down[1], down[0]])
        if across @ (joints[17] - joints[5]) < 0:
            across = -across
        return cls(joints[WRIST], across, down, palm_scale(joints))

    def to_hand(self, points: Points) -> Points:
        """Pixels to hand units."""
        turned = (points - self.origin) @ np.stack([self.across, self.down], axis=1)
        return np.asarray(turned / self.scale)

    def to_picture(self, points: Points) -> Points:
        """Hand units to pixels."""
        return np.asarray(points @ np.stack([self.across, self.down]) * self.scale + self.origin)


def expected_outline(joints: Points) -> Outline:
    """Draw the outline that joints lead one to expect.

    Parameters
    ----------
    joints : ndarray of shape (21, 2), float64
        Joints in hand units (`HandAxes.to_hand`).

    Returns
    -------
    Outline
        In hand units, points about 0.02 palm scales apart.
    """
    marks = _forearm_and_little_side(joints)
    for finger in (4, 3, 2, 1):
        marks += _finger(joints, finger)
        if finger > 1:
            marks.append((*_web(joints, finger), *_WEB_REACH))
    marks += _thumb_side(joints)
    return _spline(np.array(marks))


def _unit(vector: Points) -> Points:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))


def _side(direction: Points) -> Points:
    """Little-finger side of a finger that points in `direction`; fingers point up, y is down."""
    return np.array([-direction[1], direction[0]])


Mark = tuple[float, float, float, float]


def _mark(point: Points, reach: tuple[float, float]) -> Mark:
    return (float(point[0]), float(point[1]), *reach)


def _forearm_and_little_side(joints: Points) -> list[Mark]:
    """Mark from the forearm to the little knuckle: the wrist is (0, 0), y the forearm's way."""
    knuckle = joints[17]
    marks = [
        _mark(np.array([0.27, 0.42]), (0.16, 0.16)),
        _mark(np.array([0.28, 0.2]), (0.15, 0.15)),
    ]
    for share, beyond in ((0, 0.32), (0.25, 0.28), (0.5, 0.23), (0.75, 0.165)):
        marks.append(_mark(share * knuckle + np.array([beyond, 0.0]), _PALM_REACH))
    marks.append(_mark(knuckle + 0.105 * _unit(knuckle - joints[5]), (0.09, 0.1)))
    return marks


def _finger(joints: Points, finger: int) -> list[Mark]:
    base, middle, end, tip = (joints[joint] for joint in FINGERS[finger])
    at_middle, at_end, at_tip, beyond = _WIDTHS[finger]
    along = (_unit(end - base), _unit(tip - middle), _unit(tip - end))
    side: list[Points] = []
    for sign in (1, -1):
        flank = [
            middle + sign * at_middle * _side(along[0]),
            end + sign * at_end * _side(along[1]),
            tip + sign * at_tip * _side(along[2]),
            tip + 0.75 * beyond * along[2] + sign * 0.62 * at_tip * _side(along[2]),
        ]
        side += flank if sign > 0 else [tip + beyond * along[2], *flank[::-1]]
    reach = [_FINGER_REACH] * 4 + [_TIP_REACH] + [_FINGER_REACH] * 4
    return [_mark(point, each) for point, each in zip(side, reach, strict=True)]


def _web(joints: Points, finger: int) -> Points:
    (base, middle), (base_2, middle_2) = FINGERS[finger][:2], FINGERS[finger - 1][:2]
    knuckles = (joints[base] + joints[base_2]) / 2
    middles = (joints[middle] + joints[middle_2]) / 2
    return np.asarray(knuckles + _WEBS[finger] * (middles - knuckles))


def _thumb_side(joints: Points) -> list[Mark]:
    saddle, base, end, tip = joints[1], joints[2], joints[3], joints[4]
    _, at_end, at_tip, beyond = _WIDTHS[0]
    web = (saddle + joints[5]) / 2
    web = web + _THUMB_WEB * ((end + joints[6]) / 2 - web)
    last, whole = _unit(tip - end), _unit(tip - base)
    inner = [
        0.4 * base + 0.6 * end + 0.115 * _side(_unit(end - base)),
        end + at_end * _side(whole),
        tip + at_tip * _side(last),
        tip + 0.07 * last + 0.045 * _side(last),
    ]
    outer = [
        tip + 0.07 * last - 0.045 * _side(last),
        tip - at_tip * _side(last),
        end - at_end * _side(whole),
        base - 0.105 * _side(_unit(end - saddle)),
    ]
    reaches = [(0.1, 0.09), (0.08, 0.08), (0.08, 0.08), (0.08, 0.08)]
    marks = [_mark(joints[5] + 0.155 * _unit(joints[5] - joints[17]), (0.1, 0.1))]
    marks.append(_mark(web, _THUMB_WEB_REACH))
    marks += [_mark(point, each) for point, each in zip(inner, reaches, strict=True)]
    marks.append(_mark(tip + beyond * last, _TIP_REACH))
    marks += [_mark(point, each) for point, each in zip(outer, reaches[::-1], strict=True)]
    marks.append(_mark(saddle - 0.14 * _side(_unit(base - joints[WRIST])), (0.12, 0.12)))
    marks.append(_mark(np.array([-0.40, 0.0]), _PALM_REACH))
    marks.append(_mark(np.array([-0.31, 0.2]), (0.15, 0.15)))
    marks.append(_mark(np.array([-0.30, 0.42]), (0.16, 0.16)))
    return marks


def _spline(marks: Points) -> Outline:
    """Cubic Hermite spline through the marks, tangents by chord length (Catmull-Rom)."""
    ends = (2 * marks[0] - marks[1], 2 * marks[-1] - marks[-2])
    points = np.vstack([ends[0], marks, ends[1]])[:, :2]
    chord = np.linalg.norm(np.diff(points, axis=0), axis=1) + 1e-9
    pieces = []
    for i in range(len(marks) - 1):
        t = np.linspace(0, 1, max(2, int(chord[i + 1] / 0.01)), endpoint=False)[:, None]
        leave = (points[i + 2] - points[i]) / (chord[i] + chord[i + 1]) * chord[i + 1]
        arrive = (points[i + 3] - points[i + 1]) / (chord[i + 1] + chord[i + 2]) * chord[i + 1]
        place = (
            (2 * t**3 - 3 * t**2 + 1) * points[i + 1]
            + (t**3 - 2 * t**2 + t) * leave
            + (3 * t**2 - 2 * t**3) * points[i + 2]
            + (t**3 - t**2) * arrive
        )
        pieces.append(np.hstack([place, marks[i, 2:] * (1 - t) + marks[i + 1, 2:] * t]))
    whole = np.vstack(pieces)
    line = Outline(whole[:, :2], whole[:, 2], whole[:, 3], np.zeros(len(whole)))
    return spaced(line, 0.02)
