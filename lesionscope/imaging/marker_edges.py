"""Edges of a printed marker, to a fraction of a pixel.

A marker is a square of black and white cells on white paper. Given its rough corners, lines are
fitted to the four sides of its rim in linear light; the edges between its cells then tell by how
much white runs into black there.

References
----------
Huber 1964, Ann Math Stat 35:73-101 (robust weights).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.plane import homography_of_four, project

CELLS = 6
"""Cells along a side of a DICT_4X4 marker: four of pattern and the black border."""

UNIT_SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])

CORNER_STEP = 1e-3
"""Pixels by which a corner is moved to see what depends on it."""

CORNER_STEPS = CORNER_STEP * np.eye(8).reshape(8, 4, 2)

_MIN_CONTRAST = 0.12


def place(corners: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Map points of the unit square into the quadrilateral `corners`."""
    return project(homography_of_four(UNIT_SQUARE, corners), points)


def _sampled(patch: NDArray[np.float32], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Read linear light at points (x, y), bilinearly; the rim repeats."""
    at = points.reshape(1, -1, 2).astype(np.float32)
    x, y = np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
    read = cv2.remap(patch, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(read, dtype=np.float64).reshape(points.shape[:-1])


def _cell_light(
    patch: NDArray[np.float32], corners: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the centre of each cell of the padded pattern, in units of a side, and its light."""
    index = (np.arange(CELLS + 2) - 0.5) / CELLS
    centres = np.stack(np.meshgrid(index, index), axis=-1)
    spots = np.stack(np.meshgrid([-0.2, 0.0, 0.2], [-0.2, 0.0, 0.2]), axis=-1).reshape(9, 2)
    light = _sampled(patch, place(corners, centres[:, :, None] + spots / CELLS))
    return centres, np.median(light, axis=-1)


def is_printed(
    patch: NDArray[np.float32], corners: NDArray[np.float64], pattern: NDArray[np.bool_]
) -> bool:
    """Return whether every cell, and most of the paper around, is as black or white as printed.

    Parameters
    ----------
    patch : ndarray of shape (H, W), float32
        Linear light around the marker.
    corners : ndarray of shape (4, 2), float64
        Corners (x, y) in pixels of `patch`.
    pattern : ndarray of shape (8, 8), bool
        Which cells are white, with a ring of paper.
    """
    light = _cell_light(patch, corners)[1]
    white, black = np.median(light[pattern]), np.median(light[~pattern])
    if white - black < _MIN_CONTRAST * max(white, 0.1):
        return False
    wrong = (light > (white + black) / 2) != pattern
    # The paper may be cut by the frame or covered at one side; the pattern itself may not.
    return not wrong[1:-1, 1:-1].any() and bool(wrong.sum() <= 0.25 * (4 * CELLS + 4))


@dataclass(frozen=True, eq=False)
class _Edges:
    """Points on the black-white edges of a pattern, in units of a side, and the way to white."""

    points: NDArray[np.float64]
    to_white: NDArray[np.float64]


def _edges(pattern: NDArray[np.bool_], per_cell: int, *, rim: bool) -> _Edges:
    """List points along the rim of the padded pattern, or along the edges of its cells."""
    along = np.linspace(0.2, 0.8, per_cell)
    points, to_white = [], []
    for turned in (False, True):
        cells = pattern.T if turned else pattern
        for row, column in np.argwhere(cells[:, 1:] != cells[:, :-1]):
            if rim != (column in (0, CELLS)):
                continue
            spot = np.column_stack([np.full(per_cell, float(column)), row - 1 + along])
            way = np.array([1.0 if cells[row, column + 1] else -1.0, 0.0])
            points.append(spot[:, ::-1] if turned else spot)
            to_white.append(np.tile(way[::-1] if turned else way, (per_cell, 1)))
    return _Edges(np.concatenate(points) / CELLS, np.concatenate(to_white))


def _levels(
    patch: NDArray[np.float32],
    corners: NDArray[np.float64],
    pattern: NDArray[np.bool_],
    points: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the light of black and of white at `points`, each a plane through its cells."""
    centres, light = _cell_light(patch, corners)
    planes = []
    for colour in (~pattern, pattern):
        design = np.column_stack([centres[colour], np.ones(colour.sum())])
        weights = np.ones(len(design))
        for _ in range(3):
            root = np.sqrt(weights)
            plane = np.linalg.lstsq(design * root[:, None], light[colour] * root, rcond=None)[0]
            weights = _huber(light[colour] - design @ plane)[0]
        planes.append(points @ plane[:2] + plane[2])
    return planes[0], planes[1]


def _huber(residual: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return Huber's weights, and the robust standard deviation behind them."""
    sd = float(1.4826 * np.median(np.abs(residual))) + 1e-6
    return np.minimum(1.0, 1.345 * sd / np.maximum(np.abs(residual), 1e-12)), sd


def fit_rim(
    patch: NDArray[np.float32], corners: NDArray[np.float64], pattern: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float] | None:
    """Fit the corners to the rim; None when the fit runs away.

    Parameters
    ----------
    patch : ndarray of shape (H, W), float32
        Linear light around the marker.
    corners : ndarray of shape (4, 2), float64
        Rough corners (x, y) in pixels of `patch`.
    pattern : ndarray of shape (8, 8), bool
        Which cells are white, with a ring of paper.

    Returns
    -------
    corners : ndarray of shape (4, 2)
    covariance : ndarray of shape (8, 8)
        Of the corners, square pixels.
    edge_sd : float
        Pixels.
    """
    start, sd = corners, 0.0
    cell = float(np.sqrt(cv2.contourArea(corners.astype(np.float32)))) / CELLS
    edges = _edges(pattern, int(np.clip(round(0.6 * cell), 2, 12)), rim=True)
    covariance: NDArray[np.float64] = np.zeros((8, 8))
    for _ in range(4):
        residual, design = _edge_equations(patch, corners, pattern, edges)
        weights, sd = np.ones(len(residual)), 0.0
        for _ in range(4):
            normal = design.T @ (design * weights[:, None])
            step = np.linalg.solve(normal, design.T @ (residual * weights))
            weights, sd = _huber(residual - design @ step)
        corners = np.asarray(corners + step.reshape(4, 2), dtype=np.float64)
        # Neighbouring samples share pixels: about one in two is new.
        covariance = np.asarray(2 * sd**2 * np.linalg.inv(normal), dtype=np.float64)
        if np.abs(corners - start).max() > 1.5 * max(cell / 2, 2):
            return None
    return corners, covariance, sd


def cell_spread(
    patch: NDArray[np.float32], corners: NDArray[np.float64], pattern: NDArray[np.bool_]
) -> float:
    """Return by how many pixels white runs into black at the cells inside the rim.

    Parameters
    ----------
    patch : ndarray of shape (H, W), float32
        Linear light around the marker.
    corners : ndarray of shape (4, 2), float64
        Fitted corners (x, y) in pixels of `patch`.
    pattern : ndarray of shape (8, 8), bool
        Which cells are white, with a ring of paper.
    """
    towards_white = _edge_equations(patch, corners, pattern, _edges(pattern, 5, rim=False))[0]
    return -float(np.median(towards_white))


def _edge_equations(
    patch: NDArray[np.float32],
    corners: NDArray[np.float64],
    pattern: NDArray[np.bool_],
    edges: _Edges,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far each edge lies towards white, and how that depends on the corners.

    The place of an edge along its profile is where a step of the same total light would be:
    exact for any symmetric blur.
    """
    reach = np.linspace(-0.45, 0.45, 25)
    profile = edges.points[:, None] + reach[:, None] * edges.to_white[:, None] / CELLS
    black, white = _levels(patch, corners, pattern, edges.points)
    light = _sampled(patch, place(corners, profile))
    contrast = np.maximum(white - black, 1e-6)[:, None]
    share = np.clip((light - black[:, None]) / contrast, -0.2, 1.2).mean(axis=1)
    seen = edges.points + (0.45 * (1 - 2 * share))[:, None] * edges.to_white / CELLS
    expected, across = place(corners, edges.points), _normals(corners, edges)
    moves = [
        (place(corners + step, edges.points) - expected) / CORNER_STEP for step in CORNER_STEPS
    ]
    design = np.column_stack([(move * across).sum(axis=1) for move in moves])
    residual = ((place(corners, seen) - expected) * across).sum(axis=1)
    return residual, design


def _normals(corners: NDArray[np.float64], edges: _Edges) -> NDArray[np.float64]:
    """Return the unit normals of the edges in the photo, towards white."""
    step = 1e-3 * edges.to_white
    along = step[:, ::-1]
    tangent = place(corners, edges.points + along) - place(corners, edges.points - along)
    normal = np.column_stack([tangent[:, 1], -tangent[:, 0]])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    towards = place(corners, edges.points + step) - place(corners, edges.points)
    return np.asarray(normal * np.sign((normal * towards).sum(axis=1))[:, None])
