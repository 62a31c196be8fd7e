"""Planes seen by a camera: the homographies between a flat thing and its photo."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def homography_of_four(
    source: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the homography that maps four points onto four.

    Parameters
    ----------
    source, target : ndarray of shape (4, 2), float64
        Points (x, y), no three of them on a line.

    Returns
    -------
    ndarray of shape (3, 3), float64
        Last element 1.

    References
    ----------
    Hartley, Zisserman 2004, Multiple View Geometry, section 4.1 (inhomogeneous solution).

    Examples
    --------
    >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> homography_of_four(square, 2 * square).round(6).tolist()
    [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]]
    """
    x, y = source.T
    u, v = target.T
    one, nil = np.ones(4), np.zeros((4, 3))
    upper = np.column_stack([x, y, one, nil, -u * x, -u * y])
    lower = np.column_stack([nil, x, y, one, -v * x, -v * y])
    solved = np.linalg.solve(np.vstack([upper, lower]), np.concatenate([u, v]))
    return np.append(solved, 1.0).reshape(3, 3) + 0.0


def project(homography: NDArray[np.float64], points: NDArray[Any]) -> NDArray[np.float64]:
    """Map points through a homography.

    Parameters
    ----------
    homography : ndarray of shape (3, 3), float64
    points : ndarray of shape (..., 2)
        (x, y).

    Returns
    -------
    ndarray of shape (..., 2), float64
    """
    flat = np.column_stack([points.reshape(-1, 2), np.ones(points.size // 2)]) @ homography.T
    return np.asarray((flat[:, :2] / flat[:, 2:]).reshape(points.shape))
