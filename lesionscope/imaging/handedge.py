"""The edge of a hand: an expected outline moves to the edge that the photo shows near it.

At each point of the expected outline the photo is read along the normal, and the outline moves
to the strongest step in optical density, all points together: the path of least cost through
the unrolled band, found by dynamic programming. So the edge may lie between the hand and the
patient's own skin of the same colour, where only shade tells them apart, and a red lesion on
the hand cannot tear the outline, because its border does not run along the expected shape.

References
----------
Geiger et al. 1995, IEEE TPAMI 17:294-302: dynamic programming for deformable contours.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lesionscope.imaging.colour import optical_density

Points = NDArray[np.float64]
"""x, y in rows."""

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
    line = spaced(outline, 3 * scale / rule.per_palm)
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


def density_axes(density: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return one optical density (3,) of R, G, B in the axes of `edge_axes`."""
    return np.asarray(_AXES @ np.asarray(density, dtype=np.float32), dtype=np.float32)


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


def spaced(line: Outline, step: float) -> Outline:
    """Space the points of an outline evenly.

    Parameters
    ----------
    line : Outline
        Outline.
    step : float
        Distance between neighbours, about, in the unit of the points.

    Returns
    -------
    Outline
    """
    length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line.points, axis=0), axis=1))]
    at = np.linspace(0, length[-1], max(8, int(length[-1] / step)))
    columns = (line.points[:, 0], line.points[:, 1], line.reach_in, line.reach_out, line.support)
    x, y, reach_in, reach_out, support = (np.interp(at, length, column) for column in columns)
    return Outline(np.stack([x, y], axis=1), reach_in, reach_out, support)


def _smooth(values: Points, sigma: float) -> Points:
    row = cv2.GaussianBlur(values.reshape(1, -1), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(row.ravel())


def _outward(points: Points) -> Points:
    """Return normals that point away from the hand, whichever way round it is seen."""
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
    band = np.asarray(
        cv2.remap(density, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )
    seen = cv2.remap(inside, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT) > 0.99
    step = np.where(seen, step_across(band, 2), 0)
    # A strong edge somewhere on the normal (cloth, wall) makes a weak one matter less there.
    strong = np.percentile(step, 95, axis=1, keepdims=True).astype(np.float32)
    strong = np.asarray(
        cv2.GaussianBlur(strong, (1, 31), 0, borderType=cv2.BORDER_REPLICATE), np.float32
    )
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
