"""Find patches of a colour chart and the lattice they stand on.

A patch is a bright, nearly square island in a dark frame. Islands that are neighbours at
right angles grow into a lattice; a homography from lattice steps to pixels then predicts the
patches that were missed. Nothing here knows what colour a patch should have.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

MIN_PATCH_PX, MAX_PATCH_PX = 8, 72
_MAX_ISLANDS = 300
_BLOCK = 31
_ABOVE_LOCAL_MEAN = 3
# Gap between patches: a fifteenth of a patch on the full chart, a quarter on the pocket chart,
# more where a blurred patch has shrunk.
_NEAR, _FAR = 0.95, 1.75


@dataclass(frozen=True, eq=False)
class Islands:
    """Patch-like islands in an image.

    Attributes
    ----------
    centres : ndarray of shape (N, 2), float64
        (x, y) in pixels.
    axes : ndarray of shape (N, 2), float64
        Unit vector along one side.
    sides : ndarray of shape (N,), float64
        Root of the area, pixels.
    """

    centres: NDArray[np.float64]
    axes: NDArray[np.float64]
    sides: NDArray[np.float64]


def find_islands(rgb: NDArray[np.uint8]) -> Islands:
    """Find bright, nearly square islands with sides of `MIN_PATCH_PX` to `MAX_PATCH_PX`.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8

    Returns
    -------
    Islands
        At most 300, the squarest first.
    """
    red, green, blue = cv2.split(rgb)
    # A coloured patch is bright in at least one channel, the frame in none.
    bright = cv2.medianBlur(cv2.max(cv2.max(red, green), blue), 3)
    mask = cv2.adaptiveThreshold(
        bright, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, _BLOCK, -_ABOVE_LOCAL_MEAN
    )
    _, labelled, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    labels, stats = np.asarray(labelled, dtype=np.int32), np.asarray(boxes, dtype=np.int32)
    found = [
        shape
        for label in _square_boxes(stats)
        if (shape := _island(labels, stats[label], int(label))) is not None
    ]
    found.sort(key=lambda shape: -shape[0])
    rows = np.array([shape[1:] for shape in found[:_MAX_ISLANDS]]).reshape(-1, 5)
    return Islands(rows[:, :2], rows[:, 2:4], rows[:, 4])


def _square_boxes(stats: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the components whose bounding box could hold a turned square."""
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    long, short = np.maximum(width, height), np.minimum(width, height)
    area = stats[:, cv2.CC_STAT_AREA]
    fits = (short >= MIN_PATCH_PX) & (long <= 1.5 * MAX_PATCH_PX) & (short >= 0.5 * long)
    fits &= area >= 0.42 * width * height
    fits[0] = False
    return np.flatnonzero(fits)


def _island(
    labels: NDArray[np.int32], stats: NDArray[np.int32], label: int
) -> tuple[float, float, float, float, float, float] | None:
    """Return squareness, centre, axis and side of a component; None if it is no square."""
    x, y, width, height, area = (int(value) for value in stats)
    component = (labels[y : y + height, x : x + width] == label).astype(np.uint8)
    outlines, _ = cv2.findContours(component, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    (cx, cy), (w, h), angle = cv2.minAreaRect(outlines[0])
    # A contour runs through pixel centres, so its rectangle is a pixel small.
    w, h = w + 1, h + 1
    filled = cv2.contourArea(outlines[0]) + len(outlines[0]) / 2 + 1
    squareness = filled / (w * h) * min(w, h) / max(w, h)
    if filled < 0.75 * w * h or min(w, h) < 0.55 * max(w, h) or area < 0.7 * filled:
        return None
    turn = np.radians(angle)
    return squareness, cx + x, cy + y, float(np.cos(turn)), float(np.sin(turn)), filled**0.5


@dataclass(frozen=True, eq=False)
class Lattice:
    """Islands on a common lattice.

    Attributes
    ----------
    steps : ndarray of shape (M, 2), int
        Lattice coordinates (column, row) of each member; right-handed like the image.
    centres : ndarray of shape (M, 2), float64
        (x, y) in pixels.
    homography : ndarray of shape (3, 3), float64
        Lattice coordinates to pixels.
    """

    steps: NDArray[np.int64]
    centres: NDArray[np.float64]
    homography: NDArray[np.float64]


def find_lattices(islands: Islands, *, min_members: int = 7) -> list[Lattice]:
    """Grow lattices from neighbouring islands, the largest first.

    Parameters
    ----------
    islands : Islands
    min_members : int
        Smallest lattice worth looking at.

    Returns
    -------
    list of Lattice
    """
    neighbours = _neighbours(islands)
    free = np.ones(len(islands.sides), dtype=bool)
    lattices = []
    for start in range(len(free)):
        if not free[start]:
            continue
        members, steps = _grow(islands, neighbours, start, free)
        free[members] = False
        if len(members) >= min_members:
            lattice = fit_lattice(np.array(steps), islands.centres[members])
            if lattice is not None and len(lattice.steps) >= min_members:
                lattices.append(lattice)
    return sorted(lattices, key=lambda lattice: -len(lattice.steps))


def _neighbours(islands: Islands) -> NDArray[np.bool_]:
    """Return which island may be the next one to which, an (N, N) table."""
    away = islands.centres[None] - islands.centres[:, None]
    along = np.abs((away * islands.axes[:, None]).sum(axis=2)) / islands.sides[:, None]
    normal = np.stack([-islands.axes[:, 1], islands.axes[:, 0]], axis=1)
    across = np.abs((away * normal[:, None]).sum(axis=2)) / islands.sides[:, None]
    far, near = np.maximum(along, across), np.minimum(along, across)
    ratio = islands.sides[None] / islands.sides[:, None]
    beside = (far > _NEAR) & (far < _FAR) & (near < 0.35) & (ratio > 1 / 1.5) & (ratio < 1.5)
    return np.asarray(beside | beside.T)


def _grow(
    islands: Islands, neighbours: NDArray[np.bool_], start: int, free: NDArray[np.bool_]
) -> tuple[list[int], list[tuple[int, int]]]:
    """Walk from neighbour to neighbour, counting lattice steps."""
    place = {start: (0, 0)}
    axis = {start: islands.axes[start]}
    taken = {(0, 0)}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        right = axis[here]
        down = np.array([-right[1], right[0]])
        for there in np.flatnonzero(neighbours[here] & free):
            if int(there) in place:
                continue
            away = islands.centres[there] - islands.centres[here]
            column, row = float(away @ right), float(away @ down)
            sideways = abs(column) > abs(row)
            step = (int(np.sign(column)), 0) if sideways else (0, int(np.sign(row)))
            spot = (place[here][0] + step[0], place[here][1] + step[1])
            if spot in taken:
                continue
            place[int(there)] = spot
            axis[int(there)] = _turned_like(islands.axes[there], right)
            taken.add(spot)
            queue.append(int(there))
    return list(place), list(place.values())


def _turned_like(axis: NDArray[np.float64], like: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn an axis by quarter turns until it points most nearly along another."""
    quarter = np.array([-axis[1], axis[0]])
    turns = np.stack([axis, quarter, -axis, -quarter])
    return np.asarray(turns[int(np.argmax(turns @ like))])


def fit_lattice(steps: NDArray[np.int64], centres: NDArray[np.float64]) -> Lattice | None:
    """Fit the homography from lattice steps to pixels and keep the members that obey it.

    Parameters
    ----------
    steps : ndarray of shape (M, 2), int
    centres : ndarray of shape (M, 2), float64

    Returns
    -------
    Lattice or None
        None when the members do not span two rows and two columns.
    """
    if len(steps) < 4 or np.any(np.ptp(steps, axis=0) < 1):
        return None
    moved, stepped = np.diff(centres, axis=0), np.diff(steps, axis=0)
    pitch = np.median(np.linalg.norm(moved, axis=1) / np.linalg.norm(stepped, axis=1))
    for tolerance in (0.15 * pitch, 0.08 * pitch):
        found, kept = cv2.findHomography(
            steps.astype(np.float64), centres, cv2.RANSAC, ransacReprojThreshold=float(tolerance)
        )
        matrix = np.asarray(found, dtype=object)
        if matrix.shape != (3, 3):  # None when no homography fits
            return None
        inside = np.asarray(kept).ravel().astype(bool)
        steps, centres = steps[inside], centres[inside]
        if len(steps) < 4 or np.any(np.ptp(steps, axis=0) < 1):
            return None
    return Lattice(steps, centres, matrix.astype(np.float64))
