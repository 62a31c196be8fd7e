"""Where the skin of a baseline photo lies in a follow-up photo, at any resolution of both.

A registration is found on small photos and looked at on large ones. Here places are *shares*: the
distance from the left and from the upper edge of a photo over its longer side. The map is kept at
nodes of a grid, between which it is straight: it bends over a tenth of a photo, the grid is finer.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.pairing import similarity
from lesionscope.imaging.registration import Registration
from lesionscope.imaging.skin_features import Points

STEP = 1 / 64
"""Distance between nodes, as a share of the baseline's longer side."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a part of the baseline, as shares."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """A smooth map from a baseline photo to a follow-up photo.

    Attributes
    ----------
    nodes : ndarray of shape (R, C, 2), float32
        Where the point (column, row) * `STEP` of the baseline lies: (x, y), shares of the
        follow-up's longer side.
    """

    nodes: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.nodes.ndim != 3 or self.nodes.shape[2] != 2 or min(self.nodes.shape[:2]) < 2:
            raise ValueError(f"nodes must have shape (R, C, 2), got {self.nodes.shape}")
        if not np.isfinite(self.nodes).all():
            raise ValueError("every node must lie somewhere: a refused registration has no mesh")

    def field(
        self, box: Box, size: tuple[int, int], follow_size: tuple[int, int]
    ) -> NDArray[np.float32]:
        """Return where the pixels of a part of the baseline lie in the follow-up.

        Parameters
        ----------
        box : tuple of float
            Part of the baseline, shares.
        size : tuple of int
            Height and width in pixels that the part is shown at.
        follow_size : tuple of int
            Height and width of the follow-up photo, pixels.

        Returns
        -------
        ndarray of shape (H, W, 2), float32
            (x, y) in pixels of the follow-up; the centre of its top-left pixel is (0, 0).
        """
        left, top, right, bottom = box
        x = left + (np.arange(size[1]) + 0.5) * (right - left) / size[1]
        y = top + (np.arange(size[0]) + 0.5) * (bottom - top) / size[0]
        # First along the rows of nodes, then down the columns; OpenCV would round to 1/32 cell,
        # which is two pixels of a large photo.
        column, u = _cell(x, self.nodes.shape[1])
        across = self.nodes[:, column] * (1 - u)[:, None] + self.nodes[:, column + 1] * u[:, None]
        row, v = _cell(y, self.nodes.shape[0])
        mapped = across[row]
        mapped += (across[row + 1] - mapped) * v[:, None, None]
        return np.asarray(mapped * np.float32(max(follow_size)) - np.float32(0.5), np.float32)

    def map(self, points: Points) -> Points:
        """Return where points of the baseline lie in the follow-up.

        Parameters
        ----------
        points : ndarray of shape (N, 2)
            (x, y), shares of the baseline's longer side.

        Returns
        -------
        ndarray of shape (N, 2), float64
            (x, y), shares of the follow-up's longer side.
        """
        asked = np.asarray(points, np.float64).reshape(-1, 2)
        (c, u), (r, v) = (
            _cell(part, count) for part, count in zip(asked.T, self.nodes.shape[1::-1], strict=True)
        )
        u, v = u[:, None], v[:, None]
        upper = (1 - u) * self.nodes[r, c] + u * self.nodes[r, c + 1]
        lower = (1 - u) * self.nodes[r + 1, c] + u * self.nodes[r + 1, c + 1]
        return np.asarray((1 - v) * upper + v * lower, np.float64)

    def to_bytes(self) -> bytes:
        """Return the nodes as a NumPy file."""
        file = io.BytesIO()
        np.save(file, self.nodes)
        return file.getvalue()

    @classmethod
    def same(cls, shape: tuple[int, int]) -> Mesh:
        """Return the map of a photo of this height and width onto itself."""
        return cls(_nodes(shape).astype(np.float32))

    @classmethod
    def from_bytes(cls, data: bytes) -> Mesh:
        """Read a mesh that `to_bytes` wrote.

        Raises
        ------
        ValueError
            If the bytes are not a mesh.
        """
        return cls(np.asarray(np.load(io.BytesIO(data), allow_pickle=False), np.float32))


def mesh_of(registration: Registration) -> Mesh:
    """Keep a registration at the nodes of a grid.

    Parameters
    ----------
    registration : Registration
        Not refused.

    Returns
    -------
    Mesh

    Raises
    ------
    ValueError
        If the registration was refused.
    """
    if registration.refused:
        raise ValueError(f"a refused registration has no mesh: {registration.refused}")
    base, follow = max(registration.base_shape), max(registration.follow_shape)
    nodes = _nodes(registration.base_shape)
    there = registration.map_points(nodes.reshape(-1, 2) * base - 0.5)
    return Mesh(((there + 0.5) / follow).reshape(nodes.shape).astype(np.float32))


def mesh_through(points: tuple[Points, Points], shape: tuple[int, int]) -> Mesh:
    """Lay photos onto each other by spots that a person marked, and nothing else.

    Turn, zoom and shift that lead the spots onto each other by least squares: enough to look at
    two photos together, too little to measure a change by.

    Parameters
    ----------
    points : tuple of two ndarrays of shape (K, 2)
        The spots in the baseline and in the follow-up, shares.
    shape : tuple of int
        Height and width of the baseline.

    Returns
    -------
    Mesh

    Raises
    ------
    ValueError
        If the spots are fewer than two, or lie on one place.
    """
    source, target = (np.asarray(side, np.float64) for side in points)
    if source.shape != target.shape or len(source) < 2:
        raise ValueError(f"two or more spots in both photos are needed, got {len(source)}")
    if min(np.ptp(source, axis=0).max(), np.ptp(target, axis=0).max()) < STEP:
        raise ValueError("the spots lie on one place; choose some that lie apart")
    turn = similarity(source, target)
    nodes = _nodes(shape)
    return Mesh((nodes @ turn[:, :2].T + turn[:, 2]).astype(np.float32))


def _cell(places: NDArray[np.float64], count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the node before each place, and how far on it is to the next.

    Beyond the last node the last cell goes on: a point just outside is still near.
    """
    at = places / STEP
    cell = np.clip(np.floor(at), 0, count - 2).astype(np.int64)
    return cell, (at - cell).astype(np.float32)


def _nodes(shape: tuple[int, int]) -> NDArray[Any]:
    """Return the places of the nodes over a photo of this shape, shares."""
    side = max(shape)
    rows, columns = (int(np.ceil(length / side / STEP)) + 1 for length in shape)
    x, y = np.meshgrid(np.arange(columns) * STEP, np.arange(rows) * STEP)
    return np.stack([x, y], axis=-1)
