"""Colour correction from a chart of known colours: fitted in linear light, and graded.

The correction mixes the three channels in linear light. It is fitted with weights that make
equal steps of lightness count alike, and judged by CIELAB differences on the patches, also on
patches that it has not seen. An offset is left out: it fits the toe of a tone curve as if it
were flare, and on dark skin that turns the hue (b* 10.5 instead of 14.1 on one rendering).

References
----------
Finlayson, Mackiewicz, Hurlbert 2015, IEEE Trans Image Process 24:1460-70 (linear correction
keeps hue under changes of exposure, polynomials do not).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.chart_reference import (
    XYZ_OF_SRGB,
    Edition,
    delta_e_76,
    delta_e_2000,
    lab_of_linear,
    reference_linear,
)
from lesionscope.imaging.colour import linear_light

GOOD_DELTA_E, WARN_DELTA_E, REJECT_DELTA_E = 2.3, 4.0, 6.0
"""Gate on the mean CIE76 difference after correction (proposal of this project; 2.3 is the just
noticeable difference of Mahy et al. 1994, Color Res Appl 19:105-21)."""


class Verdict(StrEnum):
    """What the residual of a correction says about using it."""

    GOOD = "good"
    FAIR = "fair"
    WARN = "warn"
    REJECT = "reject"


def verdict(delta_e: float) -> Verdict:
    """Grade a correction by its mean CIE76 difference on the chart.

    Examples
    --------
    >>> [verdict(d).value for d in (2.3, 4.0, 6.0, 6.1)]
    ['good', 'fair', 'warn', 'reject']
    """
    if delta_e <= GOOD_DELTA_E:
        return Verdict.GOOD
    if delta_e <= WARN_DELTA_E:
        return Verdict.FAIR
    return Verdict.WARN if delta_e <= REJECT_DELTA_E else Verdict.REJECT


@dataclass(frozen=True, eq=False)
class ColourFit:
    """A correction fitted on the patches of a chart, and how well it does.

    Attributes
    ----------
    matrix : ndarray of shape (4, 3), float64
        ``corrected = [red, green, blue, 1] @ matrix``, linear light; the last row is zero.
        Takes the chart to its reference, exposure included.
    exposure : float
        How much lighter `matrix` makes a grey. The light on the chart is seldom the light on
        the skin, so dividing by it corrects the cast alone.
    edition : Edition
        The set of reference values that fitted better.
    delta_e_before, delta_e_after : float
        Mean CIE76 difference to the reference before and after.
    delta_e_held_out : float
        Mean CIE76 difference of each patch under a correction fitted without it.
    delta_e_2000_before, delta_e_2000_after : float
        The same two as CIEDE2000.
    """

    matrix: NDArray[np.float64]
    exposure: float
    edition: Edition
    delta_e_before: float
    delta_e_after: float
    delta_e_held_out: float
    delta_e_2000_before: float
    delta_e_2000_after: float


MIN_PATCHES = 12
"""Nine unknowns, each patch gives three equations; a margin for patches in glare."""


def fit_correction(
    linear: NDArray[np.floating], usable: NDArray[np.bool_], edition: Edition | None = None
) -> ColourFit | None:
    """Fit the correction that takes measured patches to their reference.

    Parameters
    ----------
    linear : ndarray of shape (24, 3), float
        Measured patches, linear light.
    usable : ndarray of shape (24,), bool
        Patches that are in view and not clipped.
    edition : Edition or None
        The chart's edition; None takes the one with the smaller held-out difference.

    Returns
    -------
    ColourFit or None
        None with fewer than `MIN_PATCHES` usable patches, or without a grey among them.
    """
    if usable.sum() < MIN_PATCHES or not usable[18:].any():
        return None
    editions = tuple(Edition) if edition is None else (edition,)
    fits = [_fit_edition(np.asarray(linear, np.float64)[usable], usable, e) for e in editions]
    return min(fits, key=lambda fit: fit.delta_e_held_out)


def _fit_edition(
    measured: NDArray[np.float64], usable: NDArray[np.bool_], edition: Edition
) -> ColourFit:
    reference = reference_linear(edition)[usable]
    weights = _lightness_slope(reference)
    mixing = _weighted(measured, reference, weights)
    left_out = np.empty_like(reference)
    for i in range(len(measured)):
        rest = np.arange(len(measured)) != i
        left_out[i] = measured[i] @ _weighted(measured[rest], reference[rest], weights[rest])
    greys = measured[np.flatnonzero(usable) >= 18]
    luminance = np.stack([greys, greys @ mixing]) @ XYZ_OF_SRGB[1]
    target = lab_of_linear(reference)
    before, after = lab_of_linear(measured), lab_of_linear(measured @ mixing)
    return ColourFit(
        matrix=np.vstack([mixing, np.zeros(3)]),
        exposure=float(luminance[1].sum() / luminance[0].sum()),
        edition=edition,
        delta_e_before=float(delta_e_76(before, target).mean()),
        delta_e_after=float(delta_e_76(after, target).mean()),
        delta_e_held_out=float(delta_e_76(lab_of_linear(left_out), target).mean()),
        delta_e_2000_before=float(delta_e_2000(before, target).mean()),
        delta_e_2000_after=float(delta_e_2000(after, target).mean()),
    )


def _lightness_slope(reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how fast L* rises with linear light at each patch, to weigh its residual."""
    luminance = np.maximum(reference @ XYZ_OF_SRGB[1], (6 / 29) ** 3)
    return np.asarray(luminance ** (-2 / 3))


def _weighted(
    measured: NDArray[np.float64], target: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Solve ``measured @ mixing = target`` by weighted least squares."""
    by = weights[:, None]
    return np.asarray(np.linalg.lstsq(measured * by, target * by, rcond=None)[0])


_CODES = 4096
_STEPS = np.arange(_CODES) / (_CODES - 1)
_SRGB_OF_CODE = np.rint(
    255 * np.where(_STEPS <= 0.0031308, 12.92 * _STEPS, 1.055 * _STEPS ** (1 / 2.4) - 0.055)
).astype(np.uint8)


def apply_correction(rgb: NDArray[np.uint8], matrix: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Correct a photo with the matrix of a chart.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.
    matrix : ndarray of shape (4, 3), float
        See `ColourFit.matrix`.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        sRGB, clipped to its gamut.

    Examples
    --------
    >>> gray = np.full((1, 1, 3), 128, np.uint8)
    >>> apply_correction(gray, np.vstack([np.eye(3), np.zeros(3)])).ravel().tolist()
    [128, 128, 128]
    """
    if matrix.shape != (4, 3):
        raise ValueError(f"matrix must have shape (4, 3), got {matrix.shape}")
    mixed = cv2.transform(linear_light(rgb), np.asarray(matrix, dtype=np.float32).T)
    codes = np.clip(mixed * np.float32(_CODES - 1) + np.float32(0.5), 0, _CODES - 1)
    return np.asarray(_SRGB_OF_CODE[codes.astype(np.uint16)])
