"""Printed ArUco marker: millimetres per pixel, the plane it lies on, and how sure both are.

The marker is found on a bounded copy of the photo and measured at full size: a line is fitted
to each side of the rim, in linear light, because gamma moves the middle of an edge towards
black and made a marker of 50 pixels 3.5 % small in area. What a camera's tone curve or bleeding
ink still move shows in the cells, which are white inside where the rim is white outside: how far
they are too large (the *spread*) is kept and widens the uncertainty.

References
----------
Garrido-Jurado et al. 2014, Pattern Recognition 47:2280-92 (ArUco).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.chart import Chart, find_chart
from lesionscope.imaging.colour import linear_light
from lesionscope.imaging.marker_edges import (
    CELLS,
    CORNER_STEP,
    CORNER_STEPS,
    UNIT_SQUARE,
    cell_spread,
    fit_rim,
    is_printed,
    place,
)
from lesionscope.imaging.plane import homography_of_four

__all__ = ["Chart", "Marker", "find_chart", "find_marker", "find_markers", "marker_cells"]

PRINT_TOLERANCE = 0.005
"""Relative standard deviation of a printed side: 0.1 mm in 20 mm.

Proposal of this project: a desktop printer's feed is good to a few parts in a thousand; a sheet
scaled to fit the page is off by far more, which is why the sheet carries ruler ticks to check."""

_DETECTION_SIDE = 1600
_SECOND_SIDE = 3200
_MIN_SIDE_PX = 16.0
_DICTIONARY = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)


@dataclass(frozen=True, eq=False)
class Marker:
    """One printed marker in a photo.

    Attributes
    ----------
    id : int
        Its number in DICT_4X4_50, 0 to 49.
    side_mm : float
        Length of a side as printed, given by the caller.
    corners_px : ndarray of shape (4, 2), float64
        Corners (x, y) in pixels of the photo, clockwise from the pattern's top left; the
        centre of the top-left pixel is (0, 0).
    homography : ndarray of shape (3, 3), float64
        Pixel (x, y, 1) to millimetres on the marker's plane, origin at its first corner.
    mm_per_px : float
        At the marker's centre, on its plane: the root of square millimetres per square pixel.
    mm_per_px_facing : float
        At the marker's distance, on a surface that faces the camera.
    relative_sd : float
        Standard deviation of `mm_per_px` as a fraction of it: edges and print tolerance.
    tilt_deg : float
        Angle between the marker's plane and one that faces the camera. Small angles are
        uncertain: a cosine says little near 1.
    edge_sd_px : float
        Scatter of the rim about its four lines, pixels; bent paper shows here.
    spread_px : float
        By how many pixels white runs into black at the cells.
    """

    id: int
    side_mm: float
    corners_px: NDArray[np.float64]
    homography: NDArray[np.float64]
    mm_per_px: float
    mm_per_px_facing: float
    relative_sd: float
    tilt_deg: float
    edge_sd_px: float
    spread_px: float


def find_marker(rgb: NDArray[np.uint8], marker_mm: float = 20.0) -> Marker | None:
    """Find the printed marker that serves as ruler.

    With several, the one with the smallest uncertainty is taken among those whose scale
    agrees with the median of all.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Upright sRGB photo.
    marker_mm : float
        Side of the printed black square in millimetres.

    Returns
    -------
    Marker or None
        None when no marker of DICT_4X4_50 is in view.

    Raises
    ------
    ValueError
        If `marker_mm` is not positive.
    """
    markers = find_markers(rgb, marker_mm)
    if not markers:
        return None
    middle = float(np.median([m.mm_per_px_facing for m in markers]))
    agreeing = [m for m in markers if abs(np.log(m.mm_per_px_facing / middle)) < np.log(1.25)]
    return min(agreeing or markers, key=lambda m: m.relative_sd)


def find_markers(rgb: NDArray[np.uint8], marker_mm: float = 20.0) -> tuple[Marker, ...]:
    """Find every printed marker, most certain first.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Upright sRGB photo.
    marker_mm : float
        Side of the printed black square in millimetres.

    Returns
    -------
    tuple of Marker

    Raises
    ------
    ValueError
        If `marker_mm` is not positive.
    """
    if not marker_mm > 0:
        raise ValueError(f"marker_mm must be positive, got {marker_mm}")
    gray = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    found = _candidates(gray, _DETECTION_SIDE)
    if not found and max(gray.shape) > 1.5 * _DETECTION_SIDE:
        found = _candidates(gray, _SECOND_SIDE)
    measured = [_measured(gray, number, quad, marker_mm) for number, quad in found]
    kept: list[Marker] = []
    for marker in sorted((m for m in measured if m is not None), key=lambda m: m.relative_sd):
        if not any(_same_place(marker, earlier) for earlier in kept):
            kept.append(marker)
    return tuple(kept)


def _same_place(one: Marker, other: Marker) -> bool:
    """Return whether two candidates are one marker, found twice."""
    apart = np.linalg.norm(one.corners_px.mean(axis=0) - other.corners_px.mean(axis=0))
    return bool(apart < 0.25 * min(one.side_mm / one.mm_per_px, other.side_mm / other.mm_per_px))


def _candidates(gray: NDArray[np.uint8], side: int) -> list[tuple[int, NDArray[np.float64]]]:
    """Detect on a copy of at most `side` pixels; corners in pixels of the photo."""
    shrink = min(1.0, side / max(gray.shape))
    small = gray
    if shrink < 1:
        small = np.asarray(
            cv2.resize(gray, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA),
            dtype=np.uint8,
        )
    settings = cv2.aruco.DetectorParameters()
    # 50 words of 16 bits leave no room to repair bits without making texture into markers.
    settings.errorCorrectionRate = 0.0
    # Cells of four blurred pixels need finer sampling; the rim is checked again at full size.
    settings.perspectiveRemovePixelPerCell = 8
    settings.perspectiveRemoveIgnoredMarginPerCell = 0.3
    # The paper's own outline must not swallow a marker that fills the frame.
    settings.minMarkerDistanceRate = 0.05
    settings.minMarkerPerimeterRate = 4 * _MIN_SIDE_PX / max(small.shape)
    corners, found, _ = cv2.aruco.ArucoDetector(_DICTIONARY, settings).detectMarkers(small)
    # resize maps pixel centres by (x + 0.5) / shrink - 0.5
    full = [(np.asarray(quad[0], dtype=np.float64) + 0.5) / shrink - 0.5 for quad in corners]
    numbers = [int(number) for number in np.ravel(found)] if len(full) else []
    return list(zip(numbers, full, strict=True))


def _measured(
    gray: NDArray[np.uint8], number: int, quad: NDArray[np.float64], marker_mm: float
) -> Marker | None:
    """Fit the pattern to the pixels around a candidate; None when it is not a printed marker."""
    pattern = _on_paper(number)
    patch, origin = _surroundings(gray, quad)
    if not _plausible(quad) or not is_printed(patch, quad - origin, pattern):
        return None
    fit = fit_rim(patch, quad - origin, pattern)
    if fit is None or not _plausible(fit[0]):
        return None
    corners, covariance, edge_sd = fit
    spread = cell_spread(patch, corners, pattern)
    scale, facing, tilt = _scale(corners, marker_mm)
    slope = (
        np.array([_scale(corners + step, marker_mm)[0] - scale for step in CORNER_STEPS])
        / CORNER_STEP
    )
    noise = float(np.sqrt(slope @ covariance @ slope)) / scale
    # Were the rim to spread as the cells do, the side would be off by twice the spread. Half of
    # that stands for one standard deviation: neither end is ruled out.
    bleeding = abs(spread) * scale / marker_mm
    homography = homography_of_four(corners + origin, UNIT_SQUARE * marker_mm)
    return Marker(
        id=number,
        side_mm=marker_mm,
        corners_px=corners + origin,
        homography=homography,
        mm_per_px=scale,
        mm_per_px_facing=facing,
        relative_sd=float(np.sqrt(noise**2 + bleeding**2 + PRINT_TOLERANCE**2)),
        tilt_deg=tilt,
        edge_sd_px=edge_sd,
        spread_px=spread,
    )


def marker_cells(number: int) -> NDArray[np.bool_]:
    """Return the pattern of a marker, to print it.

    Parameters
    ----------
    number : int
        0 to 49.

    Returns
    -------
    ndarray of shape (6, 6), bool
        Which cells are white; the outermost are black.

    Raises
    ------
    ValueError
        If DICT_4X4_50 has no such marker.

    Examples
    --------
    >>> marker_cells(0).sum(axis=1).tolist()
    [0, 3, 2, 2, 1, 0]
    """
    if not 0 <= number < 50:
        raise ValueError(f"a marker's number must be 0 to 49, got {number}")
    return np.asarray(_DICTIONARY.generateImageMarker(number, CELLS, borderBits=1)) > 127


def _on_paper(number: int) -> NDArray[np.bool_]:
    """Return which cells are white, with one ring of white paper around the marker."""
    return np.pad(marker_cells(number), 1, constant_values=True)


def _surroundings(
    gray: NDArray[np.uint8], quad: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Cut the marker and its paper out of the photo, in linear light; also the cut's origin."""
    reach = 0.35 * np.ptp(quad, axis=0).max() + 3
    low = np.maximum(np.floor(quad.min(axis=0) - reach), 0).astype(int)
    high = np.ceil(quad.max(axis=0) + reach).astype(int) + 1
    cut = gray[low[1] : high[1], low[0] : high[0]]
    return linear_light(cut), low.astype(np.float64)


def _plausible(quad: NDArray[np.float64]) -> bool:
    """Return whether a square seen by a camera could look like this."""
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    if sides.min() < _MIN_SIDE_PX or not cv2.isContourConvex(quad.astype(np.float32)):
        return False
    # Perspective changes opposite sides by a few percent at arm's length; tilt shortens a pair.
    opposite = np.abs(np.log(sides[:2] / sides[2:]))
    open_enough = cv2.contourArea(quad.astype(np.float32)) > 0.25 * sides.mean() ** 2
    return bool(open_enough and opposite.max() < np.log(1.35) and sides.max() < 3 * sides.min())


def _scale(corners: NDArray[np.float64], marker_mm: float) -> tuple[float, float, float]:
    """Return mm per pixel on the plane, mm per pixel facing, and tilt in degrees, at the centre.

    The two singular values of the map at the centre are the magnifications along the axis of
    tilt, unshortened, and across it, shortened by the cosine (weak perspective).
    """
    step = 1e-3
    around = np.array([[0.5 + step, 0.5], [0.5 - step, 0.5], [0.5, 0.5 + step], [0.5, 0.5 - step]])
    right, left, down, up = place(corners, around)
    long, short = np.linalg.svd(np.stack([right - left, down - up]) / (2 * step))[1]
    tilt = float(np.degrees(np.arccos(min(1.0, short / long))))
    return float(marker_mm / np.sqrt(long * short)), float(marker_mm / long), tilt
