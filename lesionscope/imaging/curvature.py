"""How much more skin there is than a camera sees, where a limb or trunk curves away.

A pixel near the outline of a limb shows more skin than one in its middle: a half cylinder of
radius r shows 2 r of its pi r. The slant is read off the silhouette. With ``u = z**2`` the square
of a body's height over its own outline, a circular cylinder obeys ``laplace(u) = -2`` with u = 0
at its contours, whatever its direction and however it tapers; that equation is solved on the
skin mask. Skin that the frame cuts goes on beyond it (no flow through the frame); a term
``u / REACH**2`` keeps a contour from bending skin further away than half a trunk. A close-up
in which no contour of a body is seen is left as it is.

References
----------
Horn 1986, Robot Vision, chapter 10 (foreshortening; contours that occlude themselves).
Terzopoulos, Witkin, Kass 1988, Artificial Intelligence 36:91-123 (shape from silhouettes by a
symmetric elastic body).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import linalg

GRID_SIDE = 160
"""Longer side of the grid the equation is solved on: at 400 areas differ by 1.5 %."""
REACH_MM = 240.0
"""Half the width of a wide trunk, about; on the phantom 160 to infinity give the same errors."""
MOST_STRETCH = 5.0
"""Slant of 78 degrees. Beyond it a border drawn one pixel further out decides the area."""
FLAT_RADIUS_MM, ROUND_RADIUS_MM = 22.0, 40.0
FLATNESS_OF_HANDS = 0.7
"""Hands and feet are flatter than round: their height is this share of a cylinder's. It goes over
into round between the two radii, a broad hand and a slender calf."""
LEAST_CONTOUR = 0.25
"""Contour in view, in longer sides of the photo, below which skin is taken as flat."""
PAPER = 1.5
"""Side of the white paper around a marker, in sides of the marker."""
_LARGEST_HOLE = 0.02
"""Share of the frame: a plaster, a navel, a mole taken for no skin. Larger holes are openings
between limbs."""


@dataclass(frozen=True, eq=False)
class Relief:
    """How skin curves away from the camera.

    Attributes
    ----------
    stretch : ndarray of shape (h, w), float32
        Skin area for each area seen, 1 where skin faces the camera, on a coarse grid.
    outlined : bool
        Whether a contour of the body is in view; where not, the stretch is 1 throughout.
    """

    stretch: NDArray[np.float32]
    outlined: bool

    def __post_init__(self) -> None:
        self.stretch.flags.writeable = False

    def flat_px(self, mask: NDArray[np.bool_]) -> float:
        """Return the pixels that masked skin would fill if it all faced the camera.

        Parameters
        ----------
        mask : ndarray of shape (H, W), bool
            Skin in the photo, of the same proportions as the grid.

        Returns
        -------
        float
            In pixels of the mask, never less than it has.
        """
        height, width = self.stretch.shape
        grey = mask.astype(np.uint8) * np.uint8(255)
        share = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA).astype(np.float64)
        if not share.any():
            return float(mask.sum())
        # Only the mean stretch comes from the grid: what the grid blurs or rounds drops out.
        return float(mask.sum()) * float((share * self.stretch).sum() / share.sum())

    def at(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Return the stretch at another size, (H, W) float32."""
        size = (shape[1], shape[0])
        return np.asarray(
            cv2.resize(self.stretch, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32
        )


def relief_of(
    skin: NDArray[np.bool_],
    mm_per_px: float,
    marker_px: NDArray[np.float64] | None = None,
) -> Relief:
    """Estimate from the silhouette of skin how it curves away.

    Parameters
    ----------
    skin : ndarray of shape (H, W), bool
        Visible skin, hands laid on it included.
    mm_per_px : float
        Rough scale, millimetres for each pixel of the mask.
    marker_px : ndarray of shape (4, 2), float64, optional
        Corners (x, y) of a printed marker in pixels of the mask. Where it lies on skin there is
        skin under it; where it lies beside skin, a contour it hides is lost.

    Returns
    -------
    Relief

    Raises
    ------
    ValueError
        If the scale is not positive.
    """
    if not mm_per_px > 0:
        raise ValueError(f"mm_per_px must be positive, got {mm_per_px}")
    shrink = min(1.0, GRID_SIDE / max(skin.shape))
    size = (max(1, round(skin.shape[1] * shrink)), max(1, round(skin.shape[0] * shrink)))
    small = cv2.resize(skin.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA)
    body = np.asarray(small >= 128)
    if marker_px is not None:
        body = _under_paper(body, (marker_px + 0.5) * (np.array(size) / skin.shape[::-1]) - 0.5)
    body = _without_holes(body)
    cell_mm = mm_per_px * skin.shape[1] / size[0]
    contour = _contour_length(body)
    if not body.any() or contour < LEAST_CONTOUR * max(body.shape):
        return Relief(np.ones(body.shape, np.float32), False)
    return Relief(_stretch(body, _squared_height(body, REACH_MM / cell_mm), cell_mm), True)


def _under_paper(body: NDArray[np.bool_], corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Take the skin under a marker's paper as skin, where most of what surrounds it is."""
    middle = corners.mean(axis=0)
    paper, beyond = (np.zeros(body.shape, np.uint8) for _ in range(2))
    for drawn, reach in ((paper, PAPER), (beyond, PAPER + 0.6)):
        outline = np.rint(middle + reach * (corners - middle)).astype(np.int32)
        cv2.fillConvexPoly(drawn, outline, 1)
    ring = (beyond > 0) & (paper == 0)
    if not ring.any() or body[ring].mean() < 0.5:
        return body
    return np.asarray(body | (paper > 0))


def _without_holes(body: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill small holes: a marker on the skin is no contour of the body."""
    holes, count = ndimage.label(~body)
    at_frame = np.zeros(count + 1, dtype=bool)
    for line in (holes[0], holes[-1], holes[:, 0], holes[:, -1]):
        at_frame[line] = True
    size = np.bincount(holes.ravel(), minlength=count + 1)
    fill = ~at_frame & (size < _LARGEST_HOLE * body.size)
    fill[0] = False
    return np.asarray(body | fill[holes])


def _contour_length(body: NDArray[np.bool_]) -> int:
    """Count the sides of cells between skin and what is not, the frame left out."""
    return int((body[1:] ^ body[:-1]).sum() + (body[:, 1:] ^ body[:, :-1]).sum())


def _squared_height(body: NDArray[np.bool_], reach: float) -> NDArray[np.float64]:
    """Solve ``laplace(u) - u / reach**2 = -2`` on the body; (h, w) in squared cells.

    u = 0 on the sides of cells at contours, no flow through the frame.
    """
    number = np.full(body.shape, -1)
    number[body] = np.arange(body.sum())
    around = np.pad(number, 1, constant_values=-2)
    height, width = body.shape
    diagonal = np.full(int(body.sum()), reach**-2)
    rows, columns = [], []
    for down, right in ((0, 1), (2, 1), (1, 0), (1, 2)):
        beside = around[down : down + height, right : right + width][body]
        inner = beside >= 0
        rows.append(number[body][inner])
        columns.append(beside[inner])
        # The contour lies half a cell away, so its zero weighs twice.
        diagonal += np.where(inner, 1.0, np.where(beside == -1, 2.0, 0.0))
    row, column = np.concatenate(rows), np.concatenate(columns)
    every = np.arange(len(diagonal))
    matrix = sparse.csc_matrix(
        (
            np.concatenate([np.full(len(row), -1.0), diagonal]),
            (np.concatenate([row, every]), np.concatenate([column, every])),
        )
    )
    solver = linalg.splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    squared = np.zeros(body.shape)
    squared[body] = solver.solve(np.full(len(diagonal), 2.0))
    return squared


def _stretch(
    body: NDArray[np.bool_], squared: NDArray[np.float64], cell_mm: float
) -> NDArray[np.float32]:
    """Turn the squared height into skin area for each area seen.

    Locally the body is the cylinder of radius ``sqrt(u + g**2 / 4)``, g the slope of u, seen
    g / 2 from its axis; the stretch of a cell is the arc over it, which stays finite at the
    contour, where the slant at a point does not.
    """
    offset = _slope(squared, body) / 2
    radius = np.sqrt(squared + offset**2) + 1e-9
    outer, inner = (np.clip((offset + half) / radius, -1, 1) for half in (0.5, -0.5))
    round_stretch = np.maximum(radius * (np.arcsin(outer) - np.arcsin(inner)), 1)
    flatness = np.interp(
        radius * cell_mm, [FLAT_RADIUS_MM, ROUND_RADIUS_MM], [FLATNESS_OF_HANDS, 1.0]
    )
    stretch = np.sqrt(1 + flatness**2 * (round_stretch**2 - 1))
    stretch = np.where(body, np.minimum(stretch, MOST_STRETCH), 1).astype(np.float32)
    # A cell less than half of which is skin shows the rim: as slanted as the cell beside it.
    return np.where(body, stretch, cv2.dilate(stretch, np.ones((3, 3)))).astype(np.float32)


def _slope(values: NDArray[np.float64], body: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the length of the gradient, taken between cells of the body alone."""
    squares = np.zeros_like(values)
    for axis in (0, 1):
        step = np.diff(values, axis=axis)
        both = (body & np.roll(body, -1, axis)).take(range(step.shape[axis]), axis)
        ends = [(1, 0), (0, 1)]
        pad = [[end if a == axis else (0, 0) for a in (0, 1)] for end in ends]
        total = sum(np.pad(step * both, each) for each in pad)
        count = sum(np.pad(both.astype(int), each) for each in pad)
        squares += (total / np.maximum(count, 1)) ** 2
    return np.asarray(np.sqrt(squares))
