"""A series of photos of one site: lesions followed through its visits, in the baseline's frame.

Every later photo is laid onto the first (`lesionscope.follow_up`). Lesions that touch there, within
the error of the alignment, are one lesion; its area and its blood are read on the skin that all
the visits show of it, so that a visit with less in view is no visit with less disease.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lesionscope.areas import LOOSE, STRICT
from lesionscope.core.comparison import Change, Fate
from lesionscope.core.lesion_course import LesionCourse, LesionPoint
from lesionscope.core.measurement import Calibration, Estimate, Interval, LesionMap, Measurement
from lesionscope.core.photo import Photo
from lesionscope.follow_up import (
    ALIGNMENT_SD,
    LEAST_ERYTHEMA_SD,
    Compared,
    MeasuredPhoto,
    Z,
    area_ratio,
    blood_change,
    edge_sd,
    fate_of,
)
from lesionscope.imaging.aligned import joined_lesions, pulled
from lesionscope.imaging.resize import resized, resized_map, resized_mask
from lesionscope.scoring.bsa import LEVEL, log_interval
from lesionscope.scoring.trend import Trend, linear_trend, ratio_trend

SIDE = 1600
"""Longer side, in pixels, that photos of a series are compared at."""
MOST_COURSES = 60
"""Lesions followed one by one; smaller ones stay in the totals."""
ERYTHEMA_UNIT = "natural log units of green optical density"
_SMALLEST_PX = 12
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Layer:
    """What one visit shows, in the frame of the baseline.

    Attributes
    ----------
    lesion, shared : ndarray of shape (H, W), bool
        Lesions; skin that this visit and the baseline both show.
    probability : ndarray of shape (H, W), float32
        Of lesional skin, 0 to 1.
    blood : ndarray of shape (H, W), float32
        Haemoglobin contrast, natural log units.
    unevenness : float
        Spread of the contrast in clear skin.
    """

    lesion: NDArray[np.bool_]
    shared: NDArray[np.bool_]
    probability: NDArray[np.float32]
    blood: NDArray[np.float32]
    unevenness: float


@dataclass(frozen=True)
class AreaUnit:
    """What a pixel of the baseline is worth.

    Attributes
    ----------
    per_px : float
        In `name`.
    name : str
        ``"cm²"``, or a share of the skin in view where the photo has no scale.
    """

    per_px: float
    name: str


def at_series_size(photo: Photo, found: Measurement, side: int = SIDE) -> MeasuredPhoto:
    """Shrink a photo and its measurement to the size that series are compared at.

    Parameters
    ----------
    photo : Photo
        In its own size.
    found : Measurement
        What was measured in it.
    side : int
        Longer side, pixels.

    Returns
    -------
    MeasuredPhoto
        Itself where the photo is no larger; the identity of the bytes is kept.
    """
    work = resized(np.asarray(photo.pixels), side)
    size = work.shape[0], work.shape[1]
    if size == photo.size:
        return MeasuredPhoto(photo, found)
    drawn = found.lesion_map
    chance = resized_map(drawn.probability, size)
    smaller = replace(
        found,
        skin_mask=resized_mask(found.skin_mask, size),
        hand_mask=resized_mask(found.hand_mask, size),
        lesion_map=LesionMap(chance, resized_mask(drawn.mask, size), drawn.drawn_by),
        calibration=_shrunk(found.calibration, max(size) / max(photo.size)),
    )
    return MeasuredPhoto(replace(photo, pixels=work), smaller)


def _shrunk(calibration: Calibration, share: float) -> Calibration:
    scale, corners = calibration.mm_per_px, calibration.marker_corners_px
    area = calibration.hand_area_px
    return replace(
        calibration,
        mm_per_px=None if scale is None else scale / share,
        marker_corners_px=None if corners is None else (corners + 0.5) * share - 0.5,
        hand_area_px=None if area is None else area * share**2,
        homography=None,  # of the whole photo; nothing here maps single points to millimetres
    )


def area_unit(base: MeasuredPhoto) -> AreaUnit:
    """Return the unit that areas of a series are told in.

    Where the outline was measured, its pixels share what came out: figures of a series then agree
    with those of the baseline. Else the flat scale serves; without a scale, the skin in view.
    """
    found = base.found
    outlined = int(found.lesion_map.mask.sum())
    if found.area_cm2 is not None and found.area_cm2.value > 0 and outlined:
        return AreaUnit(found.area_cm2.value / outlined, "cm²")
    if found.calibration.mm_per_px is not None:
        return AreaUnit(found.calibration.mm_per_px**2 / 100, "cm²")
    return AreaUnit(100 / max(1, int(base.view.skin.sum())), "% of the skin in the first photo")


def base_layer(base: MeasuredPhoto) -> Layer:
    """Return what the baseline itself shows."""
    blood, unevenness = base.blood
    drawn = base.found.lesion_map
    return Layer(drawn.mask, base.view.skin, drawn.probability, blood, unevenness)


def follow_layer(follow: MeasuredPhoto, compared: Compared) -> Layer:
    """Return what a later visit shows, laid onto the baseline.

    Parameters
    ----------
    follow : MeasuredPhoto
        The later photo.
    compared : Compared
        Its comparison with the baseline, not refused.

    Returns
    -------
    Layer
    """
    blood, unevenness = follow.blood
    chance = follow.found.lesion_map.probability
    return Layer(
        compared.follow_lesion,
        compared.shared,
        pulled(chance, compared.field),
        pulled(blood, compared.field),
        unevenness,
    )


def lesion_courses(
    layers: Sequence[Layer], reach_px: float, unit: AreaUnit
) -> tuple[tuple[LesionCourse, ...], NDArray[np.int32]]:
    """Follow every lesion of any visit through all of them.

    Parameters
    ----------
    layers : sequence of Layer
        The baseline first, then the later visits.
    reach_px : float
        Lesions nearer than this belong together: the largest expected error of the alignments.
    unit : AreaUnit
        What a pixel is worth.

    Returns
    -------
    courses : tuple of LesionCourse
        Largest first, at most `MOST_COURSES`.
    numbers : ndarray of shape (H, W), int32
        Number of the lesion at each pixel that is lesional at any visit; 0 elsewhere.
    """
    groups = joined_lesions([layer.lesion for layer in layers], reach_px)
    tally = _Tally.of(layers, groups)
    order = [int(n) for n in 1 + np.argsort(-tally.whole[1:], kind="stable")]
    kept = [n for n in order if tally.whole[n] >= _SMALLEST_PX and tally.seen[:, n].any()]
    number = np.zeros(len(tally.whole), np.int32)
    courses = []
    for rank, group in enumerate(kept[:MOST_COURSES], start=1):
        number[group] = rank
        courses.append(_course(rank, tally, group, unit))
    return tuple(courses), np.asarray(number[groups], np.int32)


@dataclass(frozen=True, eq=False)
class _Tally:
    """What is counted of every group of lesions; visits are rows, groups are columns."""

    whole: NDArray[np.float64]
    seen: NDArray[np.bool_]
    area: NDArray[np.float64]
    loose: NDArray[np.float64]
    strict: NDArray[np.float64]
    blood: NDArray[np.float64]
    centre: NDArray[np.float64]
    uneven: tuple[float, ...]

    @classmethod
    def of(cls, layers: Sequence[Layer], groups: NDArray[np.int32]) -> _Tally:
        row, column = np.nonzero(groups)
        group = groups[row, column]
        count = int(groups.max()) + 1

        def total(weight: NDArray[np.generic]) -> NDArray[np.float64]:
            return np.asarray(np.bincount(group, weight, count), np.float64)

        whole = total(np.ones(len(group)))
        shown = np.stack([layer.shared[row, column] for layer in layers])
        seen = np.stack([total(one) for one in shown]) >= _HALF * np.maximum(whole, 1)
        # Only skin counts that every visit with a view of the lesion shows.
        common = np.asarray((shown | ~seen[:, group]).all(axis=0), bool)
        chances = [layer.probability[row, column] for layer in layers]
        size = np.maximum(total(common), 1)
        side = max(groups.shape)
        return cls(
            whole,
            seen,
            np.stack([total(layer.lesion[row, column] & common) for layer in layers]),
            np.stack([total((p >= LOOSE) & common) for p in chances]),
            np.stack([total((p >= STRICT) & common) for p in chances]),
            np.stack([total(layer.blood[row, column] * common) / size for layer in layers]),
            np.stack([total(at + 0.5) / np.maximum(whole, 1) / side for at in (column, row)]),
            tuple(layer.unevenness for layer in layers),
        )

    def edge(self, visit: int, group: int) -> float:
        return edge_sd(float(self.loose[visit, group]), float(self.strict[visit, group]))


def _course(number: int, tally: _Tally, group: int, unit: AreaUnit) -> LesionCourse:
    visits = range(len(tally.seen))
    points = [_point(tally, visit, group, unit) for visit in visits]
    first = next(visit for visit in visits if points[visit] is not None)
    fates, areas, bloods = [], [], []
    for visit in visits:
        ratio, blood, fate = _since(tally, group, (first, visit))
        fates.append(fate)
        areas.append(ratio)
        bloods.append(blood)
    centre = float(tally.centre[0, group]), float(tally.centre[1, group])
    return LesionCourse(number, centre, tuple(points), tuple(fates), tuple(areas), tuple(bloods))


def _point(tally: _Tally, visit: int, group: int, unit: AreaUnit) -> LesionPoint | None:
    if not tally.seen[visit, group]:
        return None
    area = float(tally.area[visit, group])
    sd = math.hypot(tally.edge(visit, group), ALIGNMENT_SD if visit else 0.0)
    if area > 0:
        interval = log_interval(area, sd)
    else:  # nothing outlined: what a generous reading finds is the most it may be
        interval = Interval(0.0, float(tally.loose[visit, group]), LEVEL)
    bounds = Interval(interval.low * unit.per_px, interval.high * unit.per_px, LEVEL)
    value = float(tally.blood[visit, group])
    reach = Z * max(tally.uneven[visit], LEAST_ERYTHEMA_SD)
    erythema = Estimate(value, Interval(value - reach, value + reach, LEVEL), ERYTHEMA_UNIT)
    return LesionPoint(Estimate(area * unit.per_px, bounds, unit.name), sd, erythema)


def _since(
    tally: _Tally, group: int, visits: tuple[int, int]
) -> tuple[Change | None, Change | None, Fate]:
    """Return what changed of area and blood between two visits, and its name."""
    first, visit = visits
    if not tally.seen[visit, group]:
        return None, None, Fate.NOT_IN_BOTH
    one, other = (float(tally.area[v, group]) for v in visits)
    loose = tuple(float(tally.loose[v, group]) for v in visits)
    edges = tally.edge(first, group), tally.edge(visit, group)
    ratio = area_ratio((one, other), edges)
    means = float(tally.blood[first, group]), float(tally.blood[visit, group])
    blood = blood_change(means, (tally.uneven[first], tally.uneven[visit]))
    if first == visit or one == other == 0:
        return ratio, blood, Fate.WITHIN_ERROR
    return ratio, blood, fate_of((one, other), (loose[0], loose[1]), ratio)


def area_trend(course: LesionCourse, days: Sequence[float]) -> Trend | None:
    """Return by what factor the area of a lesion changes in a month, from the visits with one.

    Parameters
    ----------
    course : LesionCourse
        The lesion.
    days : sequence of float
        When the visits were.

    Returns
    -------
    Trend or None
        None where fewer than two visits show some of it.
    """
    seen = [(day, p) for day, p in zip(days, course.points, strict=True) if p is not None]
    if not seen:
        return None
    return ratio_trend(
        [day for day, _ in seen],
        [point.area.value for _, point in seen],
        [point.area_log_sd for _, point in seen],
    )


def erythema_trend(course: LesionCourse, days: Sequence[float]) -> Trend | None:
    """Return by how much the blood in a lesion changes in a month.

    Parameters
    ----------
    course : LesionCourse
        The lesion.
    days : sequence of float
        When the visits were.

    Returns
    -------
    Trend or None
        None where fewer than two visits show it.
    """
    seen = [(day, p.erythema) for day, p in zip(days, course.points, strict=True) if p is not None]
    return linear_trend(
        [day for day, _ in seen],
        [blood.value for _, blood in seen],
        [(blood.interval.high - blood.interval.low) / 2 / Z for _, blood in seen],
    )
