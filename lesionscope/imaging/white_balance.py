"""The colour cast of a photo without a colour chart: suspected, estimated, taken out.

A cast multiplies each channel of linear light, so in the plane of the log ratios red/green and
green/blue it is a shift, the same for all that is in the photo. Three things tell of it: cameras
mostly balance well (a mixture of a narrow and a wide distribution), clear skin of every tone lies
in one region of the plane, and what is brightest beside the skin is more often grey than not. The
white rim of a printed marker, where there is one, is paper and tells more than both. All are
normal distributions, so the most probable shift has a closed form.

References
----------
Brainard and Freeman 1997, J Opt Soc Am A 14:1393-411 (colour constancy as Bayesian inference).
Finlayson and Trezzi 2004, Color Imaging Conf 12:37-41 (Minkowski norm 6 of the surroundings).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.colour import linear_light

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
# Log ratios (red/green, green/blue) of clear skin: mean and covariance over 76 rendered photos of
# six tones. The covariance is doubled, because rendered skin varies less than people's.
_SKIN = np.array([0.57, 0.34])
_SKIN_COVARIANCE = 2 * np.array([[0.0144, 0.0033], [0.0033, 0.0087]])
# Standard deviation of the same ratios of the brightest surroundings (0.38 and 0.24 over walls
# and cloths of every colour) and of marker paper (0.05 rendered; brighteners in real paper: more).
_SURROUNDINGS_SD, _PAPER_SD = 0.25, 0.08
# How far photos are from balanced: most a little, one in twelve a lot (proposal).
_USUAL_SD, _CAST_SD, _CAST_SHARE = 0.06, 0.40, 0.08
_LEAST_PIXELS = 500
# Where the sheet's grey patches lie (`lesionscope.exchange.target_sheet`), in sides of the marker.
GREYS_ACROSS = (0.125, 0.375, 0.625, 0.875)
"""Middles of the patches from the left."""
GREYS_DOWN = 1 + 2 / 6
"""Upper edge of the patches: two white cells under the marker. They are 4 mm high."""
_GREYS_SPAN = np.linspace(0.03, 0.06, 5)
# Of the lightest patches that are not clipped, so many must have one colour, to this log ratio.
_GREYS_COMPARED, _GREYS_APART = 2, 0.15
_CLIPPED = 252


@dataclass(frozen=True, eq=False)
class Cast:
    """The most probable colour cast of a photo.

    Attributes
    ----------
    gain : ndarray of shape (3,), float64
        What linear light was multiplied by; luminance of a grey is kept.
    probability : float
        That the photo is one of the few with a strong cast.
    told_by : str
        ``"paper"``, ``"grey patches"``, ``"surroundings"`` or ``"skin"``.
    """

    gain: NDArray[np.float64]
    probability: float
    told_by: str

    @property
    def suspected(self) -> bool:
        """Whether the photo is more probably cast than not."""
        return self.probability > 0.5

    @property
    def strength(self) -> float:
        """Largest ratio of two channels of the gain, 1 without a cast."""
        return float(self.gain.max() / self.gain.min())

    @property
    def correction(self) -> NDArray[np.float64]:
        """The (4, 3) matrix that takes the cast out, as of a colour chart; last row zero."""
        back = 1 / self.gain
        back /= float(_LUMINANCE @ back)
        return np.vstack([np.diag(back), np.zeros(3)])


def estimate_cast(
    rgb: NDArray[np.uint8],
    skin: NDArray[np.bool_],
    *,
    paper: NDArray[np.float64] | None = None,
) -> Cast:
    """Estimate the colour cast of a photo from its skin and from what is beside it.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.
    skin : ndarray of shape (H, W), bool
        Clear skin.
    paper : ndarray of shape (3,), float, optional
        Linear light of white paper in the photo, see `marker_paper`.

    Returns
    -------
    Cast
        With gain 1 and probability 0 where there is too little skin to tell.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if rgb.shape[:2] != skin.shape:
        raise ValueError(f"skin must have the shape of the photo {rgb.shape[:2]}, got {skin.shape}")
    # A median needs no more than some ten thousand pixels.
    step = max(1, max(skin.shape) // 300)
    rgb, skin = rgb[::step, ::step], skin[::step, ::step]
    if np.count_nonzero(skin) < _LEAST_PIXELS:
        return Cast(np.ones(3), 0.0, "skin")
    evidence = [(_log_ratios(np.median(linear_light(rgb[skin]), axis=0)) - _SKIN, _SKIN_COVARIANCE)]
    told_by = "skin"
    if paper is not None:
        evidence.append((_log_ratios(paper), np.eye(2) * _PAPER_SD**2))
        told_by = "paper"
    elif np.count_nonzero(~skin) >= _LEAST_PIXELS:
        brightest = np.mean(linear_light(rgb[~skin]).astype(np.float64) ** 6, axis=0) ** (1 / 6)
        evidence.append((_log_ratios(brightest), np.eye(2) * _SURROUNDINGS_SD**2))
        told_by = "surroundings"
    shift, probability = _most_probable(evidence)
    gain = np.exp(np.array([shift[0], 0.0, -shift[1]]))
    return Cast(gain / float(_LUMINANCE @ gain), probability, told_by)


def marker_paper(
    rgb: NDArray[np.uint8], corners_px: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Read the light of the white paper around a printed marker.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.
    corners_px : ndarray of shape (4, 2), float
        The marker's corners in order, (x, y) in pixels.

    Returns
    -------
    ndarray of shape (3,) or None
        Linear light; None where the rim is out of the frame or so bright that a channel is
        clipped.
    """
    along = np.linspace(-0.07, 1.07, 60)
    near, far = np.full(60, -0.07), np.full(60, 1.07)
    sides = ((along, near), (along, far), (near, along), (far, along))
    rim = np.concatenate([np.stack(side, axis=1) for side in sides])
    at = np.rint(_bilinear(corners_px, rim)).astype(int)
    inside = (at >= 0).all(axis=1) & (at < (rgb.shape[1], rgb.shape[0])).all(axis=1)
    if inside.sum() < len(rim) // 2:
        return None
    # The rim is a cell wide and may be crookedly cut: its brighter quarter is surely paper.
    colour = np.percentile(rgb[at[inside, 1], at[inside, 0]], 75, axis=0)
    if colour.max() >= _CLIPPED:
        return None
    return np.asarray(linear_light(np.rint(colour).astype(np.uint8)), dtype=np.float64)


def marker_greys(
    rgb: NDArray[np.uint8], corners_px: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Read the light of the grey patches printed at the foot of a marker of the target sheet.

    They tell the light where the paper itself is so bright that a channel is clipped.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.
    corners_px : ndarray of shape (4, 2), float
        The marker's corners in order, (x, y) in pixels.

    Returns
    -------
    ndarray of shape (3,) or None
        Linear light of the lightest patch that is not clipped; None where the four patches are
        not seen as what they are: each darker than the one before, and all of one colour.
    """
    read = []
    for middle in GREYS_ACROSS:
        u, v = np.meshgrid(middle + np.linspace(-0.06, 0.06, 7), GREYS_DOWN + _GREYS_SPAN)
        at = np.rint(_bilinear(corners_px, np.stack([u.ravel(), v.ravel()], axis=1))).astype(int)
        if (at < 0).any() or (at >= (rgb.shape[1], rgb.shape[0])).any():
            return None
        read.append(np.median(rgb[at[:, 1], at[:, 0]], axis=0))
    srgb = np.rint(read).astype(np.uint8)
    light = linear_light(srgb).astype(np.float64)
    falls = (light @ _LUMINANCE)[1:] / np.maximum((light @ _LUMINANCE)[:-1], 1e-4)
    whole = np.flatnonzero(srgb.max(axis=1) < _CLIPPED)
    ratios = np.array([_log_ratios(light[i]) for i in whole[:_GREYS_COMPARED]])
    # Skin and cloth under a marker that was cut close neither fall in four steps nor keep a hue.
    if len(ratios) < _GREYS_COMPARED or (falls > 0.85).any() or (falls < 0.02).any():
        return None
    return None if np.ptp(ratios, axis=0).max() > _GREYS_APART else light[whole[0]]


def _bilinear(corners: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Place points of the unit square on a quadrilateral; near enough for a small marker."""
    u, v = at[:, :1], at[:, 1:]
    top = (1 - u) * corners[0] + u * corners[1]
    bottom = (1 - u) * corners[3] + u * corners[2]
    return np.asarray((1 - v) * top + v * bottom)


def _log_ratios(light: NDArray[np.floating]) -> NDArray[np.float64]:
    red, green, blue = np.log(np.maximum(np.asarray(light, dtype=np.float64), 1e-3))
    return np.array([red - green, green - blue])


def _most_probable(
    evidence: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> tuple[NDArray[np.float64], float]:
    """Return the shift of a strong cast that explains the evidence, and its probability.

    Each piece of evidence is the shift plus normal noise of its covariance.
    """
    precision, weighted = np.eye(2) / _CAST_SD**2, np.zeros(2)
    for value, covariance in evidence:
        inverse = np.linalg.inv(covariance)
        precision, weighted = precision + inverse, weighted + inverse @ value
    usual = np.log(1 - _CAST_SHARE) + _log_likelihood(evidence, _USUAL_SD)
    cast = np.log(_CAST_SHARE) + _log_likelihood(evidence, _CAST_SD)
    probability = float(1 / (1 + np.exp(np.clip(usual - cast, -50, 50))))
    return np.asarray(np.linalg.solve(precision, weighted)), probability


def _log_likelihood(
    evidence: list[tuple[NDArray[np.float64], NDArray[np.float64]]], sd: float
) -> float:
    """Log likelihood of all evidence together when the shift itself has this spread."""
    values = np.concatenate([value for value, _ in evidence])
    together = np.kron(np.ones((len(evidence),) * 2), np.eye(2) * sd**2)
    for i, (_, covariance) in enumerate(evidence):
        together[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] += covariance
    _, log_determinant = np.linalg.slogdet(together)
    return float(-0.5 * values @ np.linalg.solve(together, values) - 0.5 * log_determinant)
