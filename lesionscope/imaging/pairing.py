"""Pairs of skin features in two photos, and the map that they agree on.

References
----------
Fischler and Bolles 1981, Commun ACM 24:381-95 (RANSAC), as implemented in OpenCV.
Bian et al. 2017, CVPR (grid-based motion statistics: neighbours move alike).
Umeyama 1991, IEEE TPAMI 13:376-80 (similarity by least squares).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lesionscope.imaging.deformation import Deformation, fit_deformation
from lesionscope.imaging.silhouette import silhouette_map
from lesionscope.imaging.skin_features import (
    Points,
    SkinFeatures,
    anywhere,
    near,
    skin_features,
)

# Distances are shares of the follow-up's longer side.
_ROUGH = 0.012  # a similarity over curved, breathing skin is off by so much
_REACHES = (0.05, 0.03, 0.012)  # how far features may lie from where they are expected
_ALIKE = 0.006  # neighbours move alike whose shifts differ by less
_NEIGHBOURS, _SUPPORT = 20, 4
_AGREES = 0.006  # a pair agrees that lies this near to the map


@dataclass(frozen=True, eq=False)
class SkinView:
    """A photo and the skin in it that belongs to the body.

    Attributes
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    skin : ndarray of shape (H, W), bool
        Visible skin without what moves on its own: the ruler hand, a marker, a chart.
    """

    rgb: NDArray[np.uint8]
    skin: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if self.skin.shape != self.rgb.shape[:2]:
            raise ValueError(
                f"the skin mask must have the size of the photo {self.rgb.shape[:2]}, "
                f"got {self.skin.shape}"
            )

    @cached_property
    def features(self) -> SkinFeatures:
        """Distinct points of the skin, found once."""
        return skin_features(self.rgb, self.skin)

    @property
    def side(self) -> int:
        """Longer side in pixels."""
        return max(self.shape)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.skin.shape[0], self.skin.shape[1]


def first_guesses(
    base: SkinView, follow: SkinView, points: tuple[Points, Points] | None
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Give rough maps, each by another way; what a person pointed at stands alone.

    Parameters
    ----------
    base, follow : SkinView
        The two photos.
    points : tuple of two ndarrays of shape (K, 2), or None
        Spots that a person recognised in both.

    Yields
    ------
    name : str
        "features", "outline" or "points".
    affine : ndarray of shape (2, 3), float64
        From baseline to follow-up pixels.
    """
    if points is not None:
        many = len(points[0]) >= 4
        yield "points", _affine_of(*points) if many else similarity(*points)
        return
    one, other = base.features, follow.features
    first, second = anywhere(one, other)
    alike = _robust_similarity(one.points[first], other.points[second], follow.side)
    if alike is not None:
        yield "features", alike
    outline = silhouette_map(base.skin, follow.skin)
    if outline is not None:
        yield "outline", outline


def similarity(source: Points, target: Points) -> NDArray[np.float64]:
    """Return the turn, zoom and shift that lead points onto each other, by least squares.

    In the plane that is one division of complex numbers.

    Parameters
    ----------
    source, target : ndarray of shape (K, 2)
        Pairs of points, (x, y).

    Returns
    -------
    ndarray of shape (2, 3), float64
        The identity's turn and zoom where all points of `source` are one.
    """
    a, b = source.mean(axis=0), target.mean(axis=0)
    one = (source - a) @ np.array([1, 1j])
    other = (target - b) @ np.array([1, 1j])
    power = float(np.vdot(one, one).real)
    factor = np.vdot(one, other) / power if power > 0 else 1.0 + 0.0j
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([turn, b - turn @ a])


def _affine_of(source: Points, target: Points) -> NDArray[np.float64]:
    design = np.column_stack([source, np.ones(len(source))])
    solved, _, rank, _ = np.linalg.lstsq(design, target, rcond=None)
    return np.asarray(solved.T) if rank == 3 else similarity(source, target)


def refined(
    guess: NDArray[np.float64], base: SkinView, follow: SkinView
) -> tuple[Deformation, Points]:
    """Pair features where the map expects them, let it bend, and again with less reach.

    Parameters
    ----------
    guess : ndarray of shape (2, 3), float64
        Affine map from baseline to follow-up pixels.
    base, follow : SkinView
        The two photos.

    Returns
    -------
    deformation : Deformation
        The map.
    agreeing : ndarray of shape (K, 2)
        Points of the baseline whose pairs agree with it.
    """
    one, other = base.features, follow.features
    deformation = fit_deformation(guess, one.points[:0], other.points[:0], base.side)
    source = target = one.points[:0]
    for reach in _REACHES:
        first, second = near(one, other, deformation.map(one.points), reach * follow.side)
        shift = other.points[second] - deformation.map(one.points[first])
        kept = _supported(one.points[first], shift, _ALIKE * follow.side)
        source, target = one.points[first][kept], other.points[second][kept]
        turned = _robust_similarity(source, target, follow.side)
        if turned is None:
            break
        deformation = fit_deformation(turned, source, target, base.side)
    agrees = np.linalg.norm(deformation.map(source) - target, axis=1) < _AGREES * follow.side
    return deformation, source[agrees]


def _supported(points: Points, shift: Points, alike_px: float) -> NDArray[np.bool_]:
    """Tell pairs whose neighbours moved alike from pairs by chance.

    Skin moves together; wrong pairs point anywhere. With `_NEIGHBOURS` chance pairs about, fewer
    than one is expected to move alike.
    """
    if len(points) <= _NEIGHBOURS:
        return np.ones(len(points), bool)
    _, index = cKDTree(points).query(points, k=_NEIGHBOURS + 1)
    apart = np.linalg.norm(shift[index[:, 1:]] - shift[:, None], axis=2)
    return np.asarray((apart < alike_px).sum(axis=1) >= _SUPPORT)


def _robust_similarity(source: Points, target: Points, side: int) -> NDArray[np.float64] | None:
    """Return the turn, zoom and shift that most pairs follow, or None."""
    if len(source) < 4:
        return None
    cv2.setRNGSeed(1)  # RANSAC draws at random: two photos must give one map
    matrix, _ = cv2.estimateAffinePartial2D(
        source.astype(np.float32),
        target.astype(np.float32),
        method=cv2.RANSAC,
        ransacReprojThreshold=_ROUGH * side,
        maxIters=8000,
        confidence=0.999,
    )
    return None if matrix is None else np.asarray(matrix, np.float64)
