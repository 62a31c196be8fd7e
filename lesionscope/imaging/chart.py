"""Colour chart of 24 patches: found without clicks, sampled, and turned into a correction.

Lattices of patch-like islands come from `lesionscope.imaging.chart_lattice`. Which lattice is
the chart, which way up, and where its missing patches lie is decided by the known colours,
after the light has been divided out channel by channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.chart_colours import ColourFit, Verdict, fit_correction, verdict
from lesionscope.imaging.chart_lattice import (
    Islands,
    Lattice,
    find_islands,
    find_lattices,
    fit_lattice,
)
from lesionscope.imaging.chart_reference import (
    COLUMNS,
    ROWS,
    Edition,
    delta_e_76,
    lab_of_linear,
    reference_linear,
)
from lesionscope.imaging.colour import linear_light
from lesionscope.imaging.plane import project

_LEVELS = (800, 400, 1600)
"""Longest sides searched; patches of 8 to 72 pixels at one of them."""

_PITCH_PX = 32
"""Pixels from patch to patch when a chart is measured again at full size."""

_ALIKE_DELTA_E = 22.0
_MIN_ALIKE = 14
_MAX_MEAN_DELTA_E = 13.0
_CLIPPED_LOW, _CLIPPED_HIGH = 3, 250
# How far the chart is believed on lightness: half of what it says, of at most 0.43 stops. On 14
# rendered photos with a chart the angle of skin tone is 3.4 degrees off in the median instead of
# 6.4 without and 6.3 with all of it (0.25 to 0.75 of it: 5.0 to 3.7; chosen on those photos).
_CHART_SHARE, _MOST_LIGHT = 0.5, 0.3
_GRID = np.stack(np.meshgrid(np.arange(COLUMNS), np.arange(ROWS)), axis=-1).reshape(-1, 2)
_OUTLINE = np.array([[-0.5, -0.5], [5.5, -0.5], [5.5, 3.5], [-0.5, 3.5]])


@dataclass(frozen=True, eq=False)
class Chart:
    """A colour chart in a photo and the correction it gives.

    Attributes
    ----------
    corners_px : ndarray of shape (4, 2), float64
        Outline (x, y) of the 6 x 4 cells, half a pitch beyond the centres of the corner
        patches: dark skin, bluish green, black, white. Pixels of the photo; the centre of the
        top-left pixel is (0, 0).
    homography : ndarray of shape (3, 3), float64
        Column and row of a patch (0 to 5, 0 to 3) to pixels.
    patches : ndarray of shape (24, 3), float64
        Linear light of each patch, row by row; NaN where out of the frame.
    usable : ndarray of shape (24,), bool
        Patches in view, not clipped, and of the colour that they should have.
    fit : ColourFit or None
        None with too few usable patches.
    """

    corners_px: NDArray[np.float64]
    homography: NDArray[np.float64]
    patches: NDArray[np.float64]
    usable: NDArray[np.bool_]
    fit: ColourFit | None

    @property
    def colour_matrix(self) -> NDArray[np.float64] | None:
        """The (4, 3) correction of the cast in linear light, last row zero.

        It keeps the lightness of a grey, because the light on the chart is seldom the light
        on the skin (`ColourFit.matrix` has the exposure too). None where the residual says that
        it must not be applied.
        """
        if self.fit is None or self.verdict is Verdict.REJECT:
            return None
        return self.fit.matrix / self.fit.exposure

    @property
    def light(self) -> float:
        """Factor on linear light that the chart suggests for the lightness of skin.

        The chart says how much lighter the photo would have to be, and so does the camera by
        having exposed it as it did. Neither is surely right, because the chart may lie in a
        light of its own: the geometric mean is taken, and of the chart at most `_MOST_LIGHT`.
        1 without a usable fit.
        """
        if self.fit is None or self.verdict is Verdict.REJECT:
            return 1.0
        told = np.clip(np.log(self.fit.exposure), -_MOST_LIGHT, _MOST_LIGHT)
        return float(np.exp(_CHART_SHARE * told))

    @property
    def verdict(self) -> Verdict:
        """Whether the correction is good, fair, doubtful or refused."""
        return Verdict.REJECT if self.fit is None else verdict(self.fit.delta_e_after)

    @property
    def delta_e_before(self) -> float | None:
        """Mean CIE76 difference of the usable patches as photographed."""
        return None if self.fit is None else self.fit.delta_e_before

    @property
    def delta_e_after(self) -> float | None:
        """Mean CIE76 difference of the usable patches after the correction."""
        return None if self.fit is None else self.fit.delta_e_after


def find_chart(rgb: NDArray[np.uint8], edition: Edition | None = None) -> Chart | None:
    """Find a 24-patch colour chart, any way up, and fit its colour correction.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Upright sRGB photo.
    edition : Edition or None
        When the chart was made; None takes the edition that fits better.

    Returns
    -------
    Chart or None
        None when no chart is in view, or too little of one.
    """
    whole = min(1.0, max(_LEVELS) / max(rgb.shape[:2]))
    bounded = _resized(rgb, whole)
    # Smaller photos fill several levels with the same picture.
    for shrink in dict.fromkeys(min(1.0, side / max(bounded.shape[:2])) for side in _LEVELS):
        small = _resized(bounded, shrink)
        for lattice in find_lattices(find_islands(small)):
            placed = _placed(small, lattice)
            if placed is not None:
                return _measured(rgb, _unshrunk(placed, shrink * whole), edition)
    return None


def _resized(rgb: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    if scale == 1:
        return rgb
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=how))


def _unshrunk(homography: NDArray[np.float64], shrink: float) -> NDArray[np.float64]:
    """Take a homography from a shrunken copy to the photo; pixel centres shift by half."""
    half = 0.5 - 0.5 * shrink
    back = np.array([[1, 0, half], [0, 1, half], [0, 0, shrink]])
    return np.asarray(back @ homography)


def _patch_light(
    rgb: NDArray[np.uint8], homography: NDArray[np.float64], cells: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return the median sRGB of the middle of each cell, 0 to 255; NaN out of the frame.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
    homography : ndarray of shape (3, 3)
        Cells to pixels.
    cells : ndarray of shape (N, 2), int

    Returns
    -------
    ndarray of shape (N, 3), float64
    """
    across = np.linspace(-0.2, 0.2, 9)
    spots = np.stack(np.meshgrid(across, across), axis=-1).reshape(-1, 2)
    at = project(homography, cells[:, None, :] + spots)
    size = np.array([rgb.shape[1], rgb.shape[0]])
    inside = ((at >= 0) & (at <= size - 1)).all(axis=(1, 2))
    read = np.full((len(cells), 3), np.nan)
    if inside.any():
        nearest = np.rint(at[inside]).astype(int)
        read[inside] = np.median(rgb[nearest[..., 1], nearest[..., 0]], axis=1)
    return read


def _linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return linear light of sRGB values 0 to 255; NaN stays NaN."""
    known = np.nan_to_num(srgb).astype(np.uint8)
    return np.where(np.isnan(srgb), np.nan, linear_light(known).astype(np.float64))


def _placed(rgb: NDArray[np.uint8], lattice: Lattice) -> NDArray[np.float64] | None:
    """Return the homography from chart cells to pixels if the lattice is a chart, else None."""
    low, high = lattice.steps.min(axis=0) - COLUMNS, lattice.steps.max(axis=0) + COLUMNS
    if np.any(high - low > 40):
        return None
    x, y = np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1)
    cells = np.stack(np.meshgrid(x, y), axis=-1)
    light = _patch_light(rgb, lattice.homography, cells.reshape(-1, 2)).reshape(*cells.shape[:2], 3)
    best_score, best = 0.0, None
    for placement in _placements(lattice):
        at = np.rint(project(placement, _GRID)).astype(int) - low
        score = _likeness(light[at[:, 1], at[:, 0]])[0]
        if score > best_score:
            best_score, best = score, placement
    return None if best is None else np.asarray(lattice.homography @ best)


def _placements(lattice: Lattice) -> Iterator[NDArray[np.float64]]:
    """List the ways to lay the cells on the lattice: four turns, every shift that covers it."""
    steps = lattice.steps
    for cosine, sine in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        turn = np.array([[cosine, -sine], [sine, cosine]])
        corner = _GRID @ turn.T
        low = steps.min(axis=0) - corner.max(axis=0)
        high = steps.max(axis=0) - corner.min(axis=0)
        for dx in range(low[0], high[0] + 1):
            for dy in range(low[1], high[1] + 1):
                own = (steps - (dx, dy)) @ turn
                covered = ((own >= 0) & (own < (COLUMNS, ROWS))).all(axis=1).sum()
                if covered >= max(6, 0.6 * min(len(steps), ROWS * COLUMNS)):
                    yield np.array([[cosine, -sine, dx], [sine, cosine, dy], [0, 0, 1.0]])


def _likeness(srgb: NDArray[np.float64]) -> tuple[float, NDArray[np.bool_]]:
    """Score 24 colours against the chart, with the light divided out of each channel.

    Parameters
    ----------
    srgb : ndarray of shape (24, 3), float64
        0 to 255; NaN where unseen.

    Returns
    -------
    score : float
        Zero when this is no chart; otherwise larger is more alike.
    alike : ndarray of shape (24,), bool
        Patches that have their colour.
    """
    nothing = 0.0, np.zeros(ROWS * COLUMNS, dtype=bool)
    seen = ~np.isnan(srgb).any(axis=1)
    if seen.sum() < _MIN_ALIKE:
        return nothing
    measured, reference = _linear(srgb), reference_linear()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(measured / reference)
    fair: NDArray[np.bool_] = np.zeros(srgb.shape, dtype=bool)
    fair[seen] = ((srgb > _CLIPPED_LOW) & (srgb < _CLIPPED_HIGH) & (reference > 0.03))[seen]
    if fair.sum(axis=0).min() < 6:
        return nothing
    gain = np.exp([np.median(ratio[fair[:, c], c]) for c in range(3)])
    restored = np.minimum(measured / gain, 1.0)
    difference = delta_e_76(lab_of_linear(np.nan_to_num(restored)), _REFERENCE_LAB)
    alike = seen & (difference < _ALIKE_DELTA_E)
    count = int(alike.sum())
    if count < max(_MIN_ALIKE, 0.7 * seen.sum()):
        return nothing
    mean = float(difference[alike].mean())
    return (count - mean / 10, alike) if mean < _MAX_MEAN_DELTA_E else nothing


_REFERENCE_LAB = lab_of_linear(reference_linear())


def _measured(
    rgb: NDArray[np.uint8], rough: NDArray[np.float64], edition: Edition | None
) -> Chart | None:
    """Lay the lattice again on the chart at full size, read its patches and fit the correction."""
    homography = _refined(rgb, rough)
    srgb = _patch_light(rgb, homography, _GRID)
    score, alike = _likeness(srgb)
    if score <= 0:
        homography, srgb = rough, _patch_light(rgb, rough, _GRID)
        score, alike = _likeness(srgb)
    if score <= 0:
        return None
    linear = _linear(srgb)
    clipped = np.asarray((srgb >= _CLIPPED_HIGH) | (srgb <= _CLIPPED_LOW))
    usable = alike & ~clipped.any(axis=1)
    fit = fit_correction(linear, usable, edition)
    return Chart(project(homography, _OUTLINE), homography, linear, usable, fit)


def _refined(rgb: NDArray[np.uint8], rough: NDArray[np.float64]) -> NDArray[np.float64]:
    """Find the islands again on a close-up of the chart and refit; the rough one if that fails."""
    around = project(rough, np.array([[-1.0, -1.0], [6.0, -1.0], [6.0, 4.0], [-1.0, 4.0]]))
    low = np.maximum(np.floor(around.min(axis=0)), 0).astype(int)
    high = np.minimum(np.ceil(around.max(axis=0)) + 1, (rgb.shape[1], rgb.shape[0])).astype(int)
    if np.any(high - low < 2 * COLUMNS):
        return rough
    centres = project(rough, _GRID)
    pitch = float(np.linalg.norm(np.diff(centres.reshape(ROWS, COLUMNS, 2), axis=1), axis=2).mean())
    scale = _PITCH_PX / pitch
    close = _resized(np.ascontiguousarray(rgb[low[1] : high[1], low[0] : high[0]]), scale)
    islands = find_islands(close)
    found = (islands.centres + 0.5) / scale - 0.5 + low
    steps, kept = _nearest_cells(found, islands, centres, pitch)
    lattice = fit_lattice(steps, found[kept])
    if lattice is None or len(lattice.steps) < 8:
        return rough
    return lattice.homography


def _nearest_cells(
    found: NDArray[np.float64], islands: Islands, centres: NDArray[np.float64], pitch: float
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Pair islands with the cells that they lie on; at most one for each."""
    if not len(found):
        return np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=np.intp)
    away = np.linalg.norm(found[:, None] - centres[None], axis=2)
    cell = away.argmin(axis=1)
    sized = (islands.sides > 0.5 * _PITCH_PX) & (islands.sides < 1.05 * _PITCH_PX)
    near = np.flatnonzero((away.min(axis=1) < 0.3 * pitch) & sized)
    first = {int(cell[i]): i for i in near[::-1]}
    kept = np.array(sorted(first.values()), dtype=np.intp)
    return _GRID[cell[kept]].astype(np.int64), kept
