"""The shape of a hand: where its outline is expected, and the tracing of the true edge.

From the joints an expected outline is drawn (finger widths and reaches as shares of the palm),
from one side of the forearm around the five fingertips to the other. At each point of it the
photo is read along the normal, and the outline moves to the strongest step in optical density,
all points together: the path of least cost through the unrolled band, found by dynamic
programming. So the edge may lie between hand and the patient's own skin of the same colour,
where only shade tells them apart, and a red lesion on the hand cannot tear the outline, because
its border does not run along the expected shape.

References
----------
Geiger et al. 1995, IEEE TPAMI 17:294: dynamic programming for deformable contours.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lesionscope.imaging.colour import optical_density
from lesionscope.imaging.handfinder import FINGERS, WRIST, palm_scale

Points = NDArray[np.float64]

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

# One unit of optical density in these axes is one in the sum below.
_AXES = np.array([[1 / 3, 1 / 3, 1 / 3], [-1.5, 1.5, 0.0], [0.0, -1.5, 1.5]], dtype=np.float32)


@dataclass(frozen=True)
class TraceRule:
    """How a band is read and the path through it chosen.

    Attributes
    ----------
    per_palm : float
        Samples in a palm scale, across the edge.
    band : float
        Share of the expected reach that is searched.
    bend : float
        Cost of a change of offset from one point to the next, per squared sample.
    stray : float
        Cost at the end of the reach; it grows with the square of the distance.
    """

    per_palm: float
    band: float
    bend: float = 0.12
    stray: float = 0.3


ROUGH = TraceRule(per_palm=200, band=1.0)
CLOSER = TraceRule(per_palm=200, band=0.6)
FINE = TraceRule(per_palm=300, band=0.3, stray=0.15)


@dataclass(frozen=True, eq=False)
class Outline:
    """An open line around a hand, from the forearm's little-finger side to its thumb side.

    Attributes
    ----------
    points : ndarray of shape (N, 2), float64
        x, y.
    reach_in, reach_out : ndarray of shape (N,), float64
        How far the edge may lie inwards and outwards, in palm scales.
    support : ndarray of shape (N,), float64
        Strength of the edge found at each point, 0 to 1; zeros before any tracing.
    """

    points: Points
    reach_in: Points
    reach_out: Points
    support: Points


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


def trace(
    density: NDArray[np.float32],
    inside: NDArray[np.float32],
    outline: Outline,
    scale: float,
    rule: TraceRule,
) -> Outline:
    """Move an outline to the edge that the picture shows near it.

    Parameters
    ----------
    density : ndarray of shape (h, w, 3), float32
        Axes of optical density (`edge_axes`).
    inside : ndarray of shape (h, w), float32
        1 where the picture is, 0 beyond the frame.
    outline : Outline
        Expected outline, in pixels of the picture.
    scale : float
        Palm scale in pixels of the picture.
    rule : TraceRule
        Sampling and costs.

    Returns
    -------
    Outline
        In pixels of the picture.
    """
    line = _even(outline, 3 * scale / rule.per_palm)
    normals = _outward(line.points)
    step = scale / rule.per_palm
    widest = max(line.reach_in.max(), line.reach_out.max()) * rule.band
    half = int(np.ceil(widest * rule.per_palm)) + 2
    offsets = np.arange(-half, half + 1)
    places = line.points[:, None] + normals[:, None] * (offsets * step)[None, :, None]
    strength = _edge_strength(density, inside, places.astype(np.float32))
    stray = np.where(
        offsets < 0,
        -offsets / (line.reach_in[:, None] * rule.band * rule.per_palm),
        offsets / (line.reach_out[:, None] * rule.band * rule.per_palm),
    )
    cost = rule.stray * stray**2 - strength + np.where(np.abs(stray) > 1, 1e3, 0)
    path = _least_cost_path(cost.astype(np.float32), rule.bend)
    moved = _smooth(offsets[path].astype(np.float64) * step, 1.0)
    support = strength[np.arange(len(path)), path].astype(np.float64)
    return Outline(line.points + normals * moved[:, None], line.reach_in, line.reach_out, support)


def edge_axes(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the quantities in which the edge of a hand is looked for.

    Parameters
    ----------
    rgb : ndarray of shape (h, w, 3), uint8
        sRGB.

    Returns
    -------
    ndarray of shape (h, w, 3), float32
        Mean optical density, and the differences green - red and blue - green times 1.5, lightly
        smoothed. Density, not brightness, so that an edge on dark skin weighs as much as the
        same edge on light skin.
    """
    density = cv2.transform(optical_density(rgb), _AXES)
    return np.asarray(cv2.GaussianBlur(density, (0, 0), 1.0), dtype=np.float32)


def step_across(band: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Measure the step at each sample of a band.

    Parameters
    ----------
    band : ndarray of shape (N, K, C), float32
        Samples along N lines.
    width : int
        Samples averaged on either side.

    Returns
    -------
    ndarray of shape (N, K), float32
        Length of the difference between the means of the `width` samples after and before each.

    Examples
    --------
    >>> line = np.array([0, 0, 0, 1, 1, 1], dtype=np.float32).reshape(1, 6, 1)
    >>> step_across(line, 2).tolist()
    [[0.0, 0.5, 1.0, 1.0, 0.5, 0.0]]
    """
    total = np.cumsum(np.pad(band, ((0, 0), (width + 1, width), (0, 0)), mode="edge"), axis=1)
    before = total[:, width : -width - 1] - total[:, : -2 * width - 1]
    after = total[:, 2 * width + 1 :] - total[:, width + 1 : -width]
    return np.asarray(np.linalg.norm(after - before, axis=2) / width, np.float32)


def filled(points: Points, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Fill a closed line: a pixel belongs to it where its centre lies inside.

    Parameters
    ----------
    points : ndarray of shape (N, 2), float64
        x, y; the last point is joined to the first. Where the line overlaps itself (finger
        beside finger) the overlap is inside.
    shape : tuple of int
        Rows and columns of the mask.

    Returns
    -------
    ndarray of shape `shape`, bool

    Examples
    --------
    >>> square = np.array([[0.5, 0.5], [3.5, 0.5], [3.5, 2.5], [0.5, 2.5]])
    >>> int(filled(square, (5, 6)).sum())
    6
    """
    start, end = points, np.roll(points, -1, axis=0)
    downwards = end[:, 1] > start[:, 1]
    top, bottom = np.where(downwards[:, None], start, end), np.where(downwards[:, None], end, start)
    first = np.clip(np.ceil(top[:, 1]), 0, shape[0]).astype(int)
    past = np.clip(np.ceil(bottom[:, 1]), 0, shape[0]).astype(int)
    count = past - first
    edge = np.repeat(np.arange(len(points)), count)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    slope = (bottom[:, 0] - top[:, 0]) / np.maximum(bottom[:, 1] - top[:, 1], 1e-12)
    column = np.ceil(top[edge, 0] + (row - top[edge, 1]) * slope[edge])
    turns = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
    where = (row, np.clip(column, 0, shape[1]).astype(int))
    np.add.at(turns, where, np.where(downwards, 1, -1)[edge])
    return np.asarray(np.cumsum(turns, axis=1)[:, :-1] != 0)


def _unit(vector: Points) -> Points:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))


def _side(direction: Points) -> Points:
    """Little-finger side of a finger that points in `direction`; fingers point up, y is down."""
    return np.array([-direction[1], direction[0]])


Mark = tuple[float, float, float, float]


def _mark(point: Points, reach: tuple[float, float]) -> Mark:
    return (float(point[0]), float(point[1]), *reach)


def _forearm_and_little_side(joints: Points) -> list[Mark]:
    """The wrist is at (0, 0); y grows towards the forearm, x towards the little finger."""
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
    return _even(line, 0.02)


def _even(line: Outline, step: float) -> Outline:
    """Space the points evenly, about `step` apart."""
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line.points, axis=0), axis=1))]
    at = np.linspace(0, length[-1], max(8, int(length[-1] / step)))
    columns = (line.points[:, 0], line.points[:, 1], line.reach_in, line.reach_out, line.support)
    x, y, reach_in, reach_out, support = (np.interp(at, length, column) for column in columns)
    return Outline(np.stack([x, y], axis=1), reach_in, reach_out, support)


def _smooth(values: Points, sigma: float) -> Points:
    row = cv2.GaussianBlur(values.reshape(1, -1), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(row.ravel())


def _outward(points: Points) -> Points:
    """Normals that point away from the hand, whichever way round it is seen."""
    smooth = np.stack([_smooth(points[:, 0], 2.0), _smooth(points[:, 1], 2.0)], axis=1)
    tangent = np.gradient(smooth, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    x, y = points[:, 0], points[:, 1]
    twice_area = float(x @ np.roll(y, -1) - y @ np.roll(x, -1))
    return normal if twice_area < 0 else -normal


def _edge_strength(
    density: NDArray[np.float32], inside: NDArray[np.float32], places: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Step of density across each place along the normals (N, K), 0 to 1; 0 beyond the frame."""
    x, y = np.ascontiguousarray(places[..., 0]), np.ascontiguousarray(places[..., 1])
    band = cv2.remap(density, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = cv2.remap(inside, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) > 0.99
    step = np.where(seen, step_across(band, 2), 0)
    # A strong edge somewhere on the normal (cloth, wall) makes a weak one matter less there.
    strong = np.percentile(step, 95, axis=1, keepdims=True).astype(np.float32)
    strong = cv2.GaussianBlur(strong, (1, 31), 0, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(step / (step + np.float32(0.05) + np.float32(0.5) * strong), np.float32)


def _least_cost_path(cost: NDArray[np.float32], bend: float) -> NDArray[np.int64]:
    """Column for each row so that costs and squared steps between rows sum to the least."""
    rows, columns = cost.shape
    most = 3
    step = np.arange(-most, most + 1)
    fine = (bend * step**2).astype(np.float32)
    padded = np.full(columns + 2 * most, np.float32(1e6))
    came_from = np.empty((rows, columns), dtype=np.int8)
    total = cost[0]
    for row in range(1, rows):
        padded[most:-most] = total
        ways = sliding_window_view(padded, 2 * most + 1) + fine
        best = ways.argmin(axis=1)
        came_from[row] = step[best]
        total = ways[np.arange(columns), best] + cost[row]
    path = np.empty(rows, dtype=np.int64)
    path[-1] = int(total.argmin())
    for row in range(rows - 1, 0, -1):
        path[row - 1] = path[row] + came_from[row, path[row]]
    return path
