"""A smooth map from one photo to another: an affine part and a bounded deformation.

What matched points leave over a first affine guess is a Gaussian process of two parts: a linear
one, which corrects the affine map as far as the matches warrant, and a smooth one, which bends
with the skin, dies away where there are no matches, and is bounded. The process says everywhere
how far off it may be. Matches that contradict their neighbours lose their weight.

References
----------
Rasmussen and Williams 2006, Gaussian Processes for Machine Learning, algorithm 2.1.
Geman and McClure 1987 (the weight of an outlier falls with the square of its residual).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, solve_triangular

from lesionscope.imaging.skin_features import Points

LENGTH = 0.12
"""Distance over which the deformation changes, as a share of the baseline's longer side."""
SPREAD = 0.012
"""Standard deviation of the deformation before any match is seen, share of the longer side."""
SHEAR = 0.05
"""Standard deviation of each element of the correction of the affine map: few matches on a narrow
limb must not turn or stretch it much."""
NOISE = 0.0015
"""Standard deviation of a good match, share of the longer side: 2 pixels of 1600."""
BOUND = 0.05
"""Largest deformation, share of the longer side: skin does not jump."""
_ROUNDS = 6
_GRID_PX = 16
_MOST_ANCHORS = 600


@dataclass(frozen=True, eq=False)
class Deformation:
    """A map from pixels of one photo to pixels of another.

    Attributes
    ----------
    affine : ndarray of shape (2, 3), float64
        The affine part, corrected by the matches.
    anchors : ndarray of shape (K, 2), float64
        Matched points of the first photo.
    pull : ndarray of shape (K, 2), float64
        What each anchor contributes to it.
    factor : ndarray of shape (K, K), float64
        Cholesky factor of the anchors' covariance.
    side : float
        Longer side of the first photo, pixels.
    residual_px : float
        Robust standard deviation of the matches about the map, pixels of the second photo.
    """

    affine: NDArray[np.float64]
    anchors: Points
    pull: NDArray[np.float64]
    factor: NDArray[np.float64]
    side: float
    residual_px: float

    def map(self, points: Points) -> Points:
        """Return where points of the first photo lie in the second.

        Parameters
        ----------
        points : ndarray of shape (N, 2)
            (x, y) in pixels of the first photo.

        Returns
        -------
        ndarray of shape (N, 2), float64
        """
        moved = through(self.affine, points)
        if len(self.anchors) == 0:
            return moved
        return moved + bounded(_bending(points, self.anchors, self.side) @ self.pull, self.side)

    def sd_px(self, points: Points) -> NDArray[np.float64]:
        """Return how uncertain the deformation is at points of the first photo.

        Parameters
        ----------
        points : ndarray of shape (N, 2)
            (x, y) in pixels of the first photo.

        Returns
        -------
        ndarray of shape (N,), float64
            Standard deviation in each direction, pixels of the second photo.
        """
        if len(self.anchors) == 0:
            return np.full(len(points), SPREAD * self.side)
        centre = self.anchors.mean(axis=0)
        prior = (SPREAD * self.side) ** 2 + SHEAR**2 * ((points - centre) ** 2).sum(axis=1)
        shared = _covariance(self.anchors, points, self.side)
        seen = solve_triangular(self.factor, shared, lower=True, check_finite=False)
        return np.asarray(np.sqrt(np.maximum(prior - (seen**2).sum(axis=0), 0.0)))

    def field(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Return where every pixel of the first photo lies in the second.

        Parameters
        ----------
        shape : tuple of int
            Height and width of the first photo.

        Returns
        -------
        ndarray of shape (H, W, 2), float32
            (x, y) in pixels of the second photo.
        """
        height, width = shape
        rows, columns = -(-height // _GRID_PX) + 1, -(-width // _GRID_PX) + 1
        y, x = np.mgrid[0:rows, 0:columns].astype(np.float64) * _GRID_PX
        coarse = self.map(np.column_stack([x.ravel(), y.ravel()])).reshape(rows, columns, 2)
        across, down = np.meshgrid(np.arange(width), np.arange(height))
        at = (np.float32(1 / _GRID_PX) * across, np.float32(1 / _GRID_PX) * down)
        # The deformation changes over a hundred pixels: between nodes a straight line is enough.
        maps = [m.astype(np.float32) for m in at]
        return np.asarray(
            cv2.remap(coarse.astype(np.float32), maps[0], maps[1], cv2.INTER_LINEAR), np.float32
        )


def through(affine: NDArray[np.float64], points: Points) -> Points:
    """Map points through an affine matrix of shape (2, 3)."""
    return np.asarray(points @ affine[:, :2].T + affine[:, 2], dtype=np.float64)


def _bending(one: Points, other: Points, side: float) -> NDArray[np.float64]:
    """Return the covariance of the smooth part between two sets of points."""
    apart = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T
    return np.asarray((SPREAD * side) ** 2 * np.exp(-0.5 * apart / (LENGTH * side) ** 2))


def _covariance(anchors: Points, points: Points, side: float) -> NDArray[np.float64]:
    """Return the covariance of both parts between anchors and points."""
    centre = anchors.mean(axis=0)
    linear = SHEAR**2 * (anchors - centre) @ (points - centre).T
    return np.asarray(_bending(anchors, points, side) + linear)


def bounded(shift: Points, side: float) -> Points:
    """Shorten deformations smoothly so that none exceeds `BOUND`."""
    most = BOUND * side
    length = np.maximum(np.linalg.norm(shift, axis=1, keepdims=True), 1e-9)
    return np.asarray(shift * (most * np.tanh(length / most) / length))


def fit_deformation(
    affine: NDArray[np.float64], source: Points, target: Points, side: float
) -> Deformation:
    """Fit the smooth map that leads matched points onto each other.

    Parameters
    ----------
    affine : ndarray of shape (2, 3), float64
        A first guess of the affine part.
    source, target : ndarray of shape (K, 2)
        Matched points of the first and of the second photo.
    side : float
        Longer side of the first photo, pixels.

    Returns
    -------
    Deformation
    """
    chosen = _spread_out(source, side)
    source, target = source[chosen], target[chosen]
    left = target - through(affine, source)
    if len(source) == 0:
        return Deformation(affine, source, left, np.zeros((0, 0)), side, 0.0)
    shared = _covariance(source, source, side)
    noise = np.full(len(source), NOISE * side)
    factor: NDArray[np.float64] = np.eye(0)
    pull, residual = left, 0.0
    for _ in range(_ROUNDS):
        factor = np.asarray(np.linalg.cholesky(shared + np.diag(noise**2)), np.float64)
        pull = np.asarray(cho_solve((factor, True), left, check_finite=False))
        off = np.linalg.norm(left - shared @ pull, axis=1)
        # The median length of a two-dimensional normal deviate is 1.18 standard deviations.
        residual = float(np.median(off)) / 1.18
        outlying = off / (2.5 * max(residual, 0.4 * NOISE * side))
        noise = max(residual, NOISE * side) * (1 + outlying**2)
    return Deformation(_corrected(affine, source, pull), source, pull, factor, side, residual)


def _corrected(
    affine: NDArray[np.float64], anchors: Points, pull: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Put the linear part of the process into the affine map."""
    centre = anchors.mean(axis=0)
    extra = SHEAR**2 * pull.T @ (anchors - centre)
    return np.asarray(affine + np.column_stack([extra, -extra @ centre]))


def _spread_out(points: Points, side: float) -> NDArray[np.intp]:
    """Choose points in every part of the picture, so that the fit stays quick."""
    if len(points) <= _MOST_ANCHORS:
        return np.arange(len(points))
    cell = np.floor(points / (0.02 * side)).astype(np.int64)
    key = cell[:, 0] * 100_003 + cell[:, 1]
    order = np.argsort(key, kind="stable")
    starts = np.r_[True, np.diff(key[order]) != 0]
    run = np.arange(len(order)) - np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))
    rank = np.empty(len(order), np.int64)
    rank[order] = run
    return np.sort(np.argsort(rank, kind="stable")[:_MOST_ANCHORS])
