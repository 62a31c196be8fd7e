"""Two visits: a follow-up photo laid onto its baseline, and what changed on the skin of both.

Both photos are measured first (`lesionscope.pipeline.measure`); here they are aligned, and the
lesions of both are compared on the skin that both show, in the pixels of the baseline. There the
ruler cancels: a ratio of areas needs no millimetres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lesionscope.areas import EDGE_SHARE, LEAST_EDGE_SD, LOOSE, MOST_EDGE_SD, STRICT
from lesionscope.core.comparison import Alignment, Change, Comparison, Fate, LesionChange
from lesionscope.core.measurement import Interval, Measurement
from lesionscope.core.photo import Photo
from lesionscope.imaging.aligned import change_map, lesion_groups, pulled, pulled_mask
from lesionscope.imaging.body_skin import body_skin
from lesionscope.imaging.chart_colours import apply_correction
from lesionscope.imaging.lesion import Contrast, contrast
from lesionscope.imaging.pairing import SkinView
from lesionscope.imaging.registration import Registration, register
from lesionscope.imaging.resize import resized, resized_map, resized_mask
from lesionscope.imaging.skin_features import Points
from lesionscope.pipeline import WORK_SIDE
from lesionscope.scoring.bsa import LEVEL, log_interval

ALIGNMENT_SD = 0.03
"""Standard deviation of the log of an area brought from one photo into the other: where the map
stretches skin, so it does the area."""
LEAST_ERYTHEMA_SD = 0.02
"""Of a difference of haemoglobin contrast, natural log units: two photos of the same skin, the
same light, minutes apart."""
LEAST_CHANGE_SD = 0.07
"""Of a change of it between two visits: camera and lamp differ. With `LEAST_SHOWN` it was set so
that nine in ten intervals hold the truth on 26 pairs of rendered photos."""
LEAST_SHOWN = 0.35
"""Least share of a change of blood that a photo shows: gloss and light scattered above the vessels
hide the rest, most on dark skin. On rendered patients the median share is 0.55."""
MOST_LESIONS = 200
Pictures = dict[str, NDArray[np.uint8]]
_SMALLEST_PX = 12
_HALF = 0.5
Z = 1.6449
"""Standard deviations to either side that hold 90 % of a normal distribution."""


@dataclass(frozen=True, eq=False)
class MeasuredPhoto:
    """A photo and what was measured in it.

    Attributes
    ----------
    photo : Photo
        The decoded photo.
    found : Measurement
        What `lesionscope.measure` found in it.

    Raises
    ------
    ValueError
        If the measurement was made from another photo.
    """

    photo: Photo
    found: Measurement

    def __post_init__(self) -> None:
        if self.photo.sha256 != self.found.photo_sha256:
            raise ValueError("the measurement was made from another photo")

    @cached_property
    def view(self) -> SkinView:
        """The photo with the skin of the body, without ruler hand and marker."""
        corners = self.found.calibration.marker_corners_px
        skin = body_skin(self.found.skin_mask, self.found.hand_mask, corners)
        return SkinView(self.photo.pixels, skin)

    @cached_property
    def blood(self) -> tuple[NDArray[np.float32], float]:
        """The haemoglobin contrast of every pixel, and how uneven clear skin is."""
        work = resized(self.photo.pixels, WORK_SIDE)
        if self.found.calibration.colour_matrix is not None:
            work = apply_correction(work, self.found.calibration.colour_matrix)
        size = work.shape[0], work.shape[1]
        lesion = resized_mask(self.found.lesion_map.mask, size)
        against = contrast(work, resized_mask(self.view.skin, size), lesion=lesion)
        return resized_map(against.haemoglobin, self.photo.size), _unevenness(against)


@dataclass(frozen=True, eq=False)
class Compared:
    """A comparison and the pixels behind it, in the frame of the baseline.

    Attributes
    ----------
    comparison : Comparison
        The numbers.
    registration : Registration
        The map from baseline to follow-up pixels.
    field : ndarray of shape (H, W, 2), float32
        Where each baseline pixel lies in the follow-up; nan where refused.
    shared, base_lesion, follow_lesion : ndarray of shape (H, W), bool
        Skin of both photos; lesions of each.
    """

    comparison: Comparison
    registration: Registration
    field: NDArray[np.float32]
    shared: NDArray[np.bool_]
    base_lesion: NDArray[np.bool_]
    follow_lesion: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Pair:
    """Lesions of both photos in the frame of the baseline."""

    shared: NDArray[np.bool_]
    masks: tuple[NDArray[np.bool_], NDArray[np.bool_]]
    probabilities: tuple[NDArray[np.float32], NDArray[np.float32]]


def compare(
    base: MeasuredPhoto,
    follow: MeasuredPhoto,
    *,
    points: tuple[Points, Points] | None = None,
) -> Compared:
    """Lay a follow-up photo onto its baseline and say what changed.

    Parameters
    ----------
    base, follow : MeasuredPhoto
        The two photos.
    points : tuple of two ndarrays of shape (K, 2), optional
        Two or more spots that a person recognised in both, (x, y) in pixels of each.

    Returns
    -------
    Compared
        With a refusal and no change where the photos cannot be aligned.

    Raises
    ------
    ValueError
        If the photos are of different sites.
    """
    if base.found.site is not follow.found.site:
        raise ValueError(
            f"two photos of one site are needed, got {base.found.site} and {follow.found.site}"
        )
    registration = register(base.view, follow.view, points=points)
    alignment = _alignment(registration, follow.found)
    field = registration.field()
    none = np.zeros(base.photo.size, bool)
    identity = (base.photo.sha256, follow.photo.sha256, base.found.site, alignment)
    if alignment.refused:
        seen = base.found.lesion_map.mask
        return Compared(Comparison(*identity), registration, field, none, seen, none)
    pair = _in_one_frame(base, follow, field)
    comparison = Comparison(
        *identity,
        shared_skin=float(pair.shared.sum() / max(1, base.view.skin.sum())),
        area=_area_change(pair),
        erythema=_erythema_change((base, follow), pair, field),
        lesions=_lesion_changes(pair, alignment.error_px or 0.0),
    )
    return Compared(comparison, registration, field, pair.shared, *pair.masks)


def _alignment(registration: Registration, follow: Measurement) -> Alignment:
    error, mm_per_px = registration.expected_error_px, follow.calibration.mm_per_px
    if error is None:
        return Alignment(registration.refused)
    return Alignment(
        began_with=registration.guess,
        pairs=registration.pairs,
        cover=registration.cover,
        error_px=error,
        error_mm=None if mm_per_px is None else error * mm_per_px,
    )


def _in_one_frame(base: MeasuredPhoto, follow: MeasuredPhoto, field: NDArray[np.float32]) -> _Pair:
    one, other = base.found.lesion_map, follow.found.lesion_map
    return _Pair(
        base.view.skin & pulled_mask(follow.view.skin, field),
        (one.mask, pulled_mask(other.mask, field)),
        (one.probability, pulled(other.probability, field)),
    )


def edge_sd(loose: float, strict: float) -> float:
    """Return the spread of an area between a generous and a strict reading of its edge.

    Parameters
    ----------
    loose, strict : float
        Area at `lesionscope.areas.LOOSE` and at `STRICT`, any unit.

    Returns
    -------
    float
        Standard deviation of the natural logarithm, as in `lesionscope.areas`.
    """
    spread = EDGE_SHARE * math.log(max(loose, 1.0) / max(strict, 1.0))
    return min(max(spread, LEAST_EDGE_SD), MOST_EDGE_SD)


def area_ratio(areas: tuple[float, float], edges: tuple[float, float]) -> Change | None:
    """Return how an area changed.

    Parameters
    ----------
    areas : tuple of float
        Before and after, in one unit.
    edges : tuple of float
        Their `edge_sd`.

    Returns
    -------
    Change or None
        After over before; None where either is zero.
    """
    if min(areas) <= 0:
        return None
    value = areas[1] / areas[0]
    sd = math.hypot(*edges, ALIGNMENT_SD)
    return Change(value, log_interval(value, sd), 1.0, "ratio")


def _area_change(pair: _Pair) -> Change | None:
    areas = [float((mask & pair.shared).sum()) for mask in pair.masks]
    edges = [
        edge_sd(*(float((p[pair.shared] >= bound).sum()) for bound in (LOOSE, STRICT)))
        for p in pair.probabilities
    ]
    return area_ratio((areas[0], areas[1]), (edges[0], edges[1]))


def _erythema_change(
    photos: tuple[MeasuredPhoto, MeasuredPhoto], pair: _Pair, field: NDArray[np.float32]
) -> Change | None:
    """Compare the blood in all skin that is lesional in either photo."""
    lesional = (pair.masks[0] | pair.masks[1]) & pair.shared
    if lesional.sum() < _SMALLEST_PX:
        return None
    (before, uneven_before), (after, uneven_after) = (photo.blood for photo in photos)
    means = float(before[lesional].mean()), float(pulled(after, field)[lesional].mean())
    return blood_change(means, (uneven_before, uneven_after))


def blood_change(means: tuple[float, float], uneven: tuple[float, float]) -> Change:
    """Return how the blood of the same skin changed.

    Parameters
    ----------
    means : tuple of float
        Mean haemoglobin contrast before and after, natural log units.
    uneven : tuple of float
        How uneven clear skin is in both photos, the same unit.

    Returns
    -------
    Change
        After less before.
    """
    value = means[1] - means[0]
    reach = Z * max(math.hypot(*uneven), LEAST_CHANGE_SD)
    # Away from zero the change of blood may be larger than what of it is seen.
    low = min(value, value / LEAST_SHOWN) - reach
    high = max(value, value / LEAST_SHOWN) + reach
    unit = "natural log units of green optical density"
    return Change(value, Interval(low, high, LEVEL), 0.0, unit)


def _unevenness(found: Contrast) -> float:
    """Spread of the blood in patches of clear skin: how well the reference is known."""
    height, width = found.clear.shape
    size = (max(2, height // 32), max(2, width // 32))
    weight = found.clear.astype(np.float32)
    total = resized_map(found.haemoglobin * weight, size)
    count = resized_map(weight, size)
    whole = count > _HALF
    return float(np.std(total[whole] / count[whole])) if whole.sum() >= 5 else LEAST_ERYTHEMA_SD


def _lesion_changes(pair: _Pair, reach_px: float) -> tuple[LesionChange, ...]:
    """Follow every lesion of either photo."""
    groups = lesion_groups(*pair.masks, reach_px)
    count = int(groups.max()) + 1
    row, column = np.nonzero(groups)
    group, seen = groups[row, column], pair.shared[row, column]
    whole = np.bincount(group, minlength=count)

    def area(where: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(group, where & seen, count), np.float64)

    masks = [mask[row, column] for mask in pair.masks]
    chances = [p[row, column] for p in pair.probabilities]
    areas = np.stack([area(mask) for mask in masks])
    loose, strict = (np.stack([area(p >= bound) for p in chances]) for bound in (LOOSE, STRICT))
    shared = area(np.ones(len(group), bool))
    x, y = (np.bincount(group, at, count) / np.maximum(whole, 1) for at in (column, row))
    order = 1 + np.argsort(-whole[1:], kind="stable")[:MOST_LESIONS]
    changes: list[LesionChange] = []
    for number in (int(n) for n in order if whole[n] >= _SMALLEST_PX):
        edges = [edge_sd(loose[i, number], strict[i, number]) for i in (0, 1)]
        both = (float(areas[0, number]), float(areas[1, number]))
        ratio = area_ratio(both, (edges[0], edges[1]))
        fate = fate_of(both, (float(loose[0, number]), float(loose[1, number])), ratio)
        if shared[number] < _HALF * whole[number]:
            fate = Fate.NOT_IN_BOTH
        at = (float(x[number]), float(y[number]))
        changes.append(LesionChange(len(changes) + 1, fate, at, *both, ratio))
    return tuple(changes)


def fate_of(areas: tuple[float, float], loose: tuple[float, float], ratio: Change | None) -> Fate:
    """Name what became of a lesion; a faint one that may be there in both is not new or gone.

    Parameters
    ----------
    areas : tuple of float
        Before and after.
    loose : tuple of float
        The same, read generously.
    ratio : Change or None
        From `area_ratio`.

    Returns
    -------
    Fate
    """
    base, follow = areas
    if ratio is None:
        if base == 0:
            return Fate.WITHIN_ERROR if loose[0] > _HALF * follow else Fate.NEW
        return Fate.WITHIN_ERROR if loose[1] > _HALF * base else Fate.RESOLVED
    if ratio.within_error:
        return Fate.WITHIN_ERROR
    return Fate.GROWN if ratio.value > 1 else Fate.SHRUNK


def pictures_of(base: MeasuredPhoto, follow: MeasuredPhoto, compared: Compared) -> Pictures:
    """Draw the follow-up as it lies on the baseline, and the change map.

    Parameters
    ----------
    base, follow : MeasuredPhoto
        The two photos.
    compared : Compared
        Their comparison.

    Returns
    -------
    dict of str to ndarray of shape (H, W, 3), uint8
        ``aligned.jpg`` and ``change_map.png``; empty where the photos could not be aligned.
    """
    if compared.comparison.alignment.refused:
        return {}
    drawn = change_map(
        base.photo.pixels, compared.base_lesion, compared.follow_lesion, compared.shared
    )
    aligned = pulled(np.asarray(follow.photo.pixels), compared.field)
    return {"aligned.jpg": aligned, "change_map.png": drawn}
