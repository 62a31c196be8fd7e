"""Lesion pixels into handprints, cm2 and percent, with the skin that curves away and a budget."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.measurement import (
    BsaEstimate,
    BudgetPart,
    Calibration,
    Convention,
    Estimate,
    LesionMap,
)
from lesionscope.core.photo import CaptureFinding, Severity
from lesionscope.imaging.border import smallest_area
from lesionscope.imaging.curvature import Relief, relief_of
from lesionscope.scoring.bsa import (
    area_of,
    handprints_of,
    log_interval,
    percent_of,
    percent_of_surface,
)
from lesionscope.scoring.budget import (
    HAND_AS_LAID,
    curvature_part,
    edge_part,
    hand_parts,
    hand_size_part,
    marker_parts,
    total_sd,
)
from lesionscope.scoring.hand_size import (
    TYPICAL,
    TYPICAL_CM2,
    TYPICAL_CM2_SD_OF_LOG,
    TYPICAL_PERCENT,
    TYPICAL_SD_OF_LOG,
    Worth,
)

LOOSE, STRICT = 0.1, 0.9
"""Probabilities of a generous and of a strict reading of the border."""
EDGE_SHARE = 0.7
"""How much of the log ratio of the two counts as one standard deviation: set so that nine in ten
intervals hold the truth on rendered patients."""
LEAST_EDGE_SD, MOST_EDGE_SD = 0.10, 2.5
"""Two careful people differ by the first (about a tenth of the area); the second is 'no idea'."""
CURVES_AWAY = 1.25
"""Skin area of the lesions for each area seen from which the correction is worth a finding."""

_OF_ANYBODY = {
    "handprint_cm2": TYPICAL_CM2,
    "handprint_sd": TYPICAL_CM2_SD_OF_LOG,
    "handprint_percent": TYPICAL_PERCENT,
    "handprint_percent_sd": TYPICAL_SD_OF_LOG,
}


@dataclass(frozen=True)
class Areas:
    """How much skin is lesional, in every unit that a ruler allows.

    Attributes
    ----------
    handprints, area_cm2, hand_cm2 : Estimate or None
        As in `lesionscope.core.measurement.Measurement`.
    protocol, adjusted, surface : BsaEstimate or None
        Percent of the body surface under each convention.
    budget : tuple of BudgetPart
        Sources of error of `handprints`, largest first.
    """

    handprints: Estimate | None = None
    area_cm2: Estimate | None = None
    hand_cm2: Estimate | None = None
    protocol: BsaEstimate | None = None
    adjusted: BsaEstimate | None = None
    surface: BsaEstimate | None = None
    budget: tuple[BudgetPart, ...] = ()


def relief_in(
    skin: NDArray[np.bool_], calibration: Calibration, shrink: float = 1.0
) -> Relief | None:
    """Estimate how skin curves away, where a ruler tells a finger from a trunk.

    Parameters
    ----------
    skin : ndarray of shape (H, W), bool
        Visible skin.
    calibration : Calibration
        The scale of the photo.
    shrink : float
        Pixels of the mask for each pixel of the photo.

    Returns
    -------
    Relief or None
        None without any ruler: then no area is measured either.
    """
    mm_per_px = calibration.mm_per_px
    if mm_per_px is None and calibration.hand_area_px:
        laid_cm2 = _fact(calibration, "handprint_cm2") * HAND_AS_LAID
        mm_per_px = 10 * math.sqrt(laid_cm2 / calibration.hand_area_px)
    if mm_per_px is None:
        return None
    corners = calibration.marker_corners_px
    return relief_of(skin, mm_per_px / shrink, None if corners is None else corners * shrink)


def cm2_per_px(calibration: Calibration, relief: Relief) -> float | None:
    """Return square centimetres for each pixel of skin that faces the camera.

    Where the outline of a limb or trunk is in view the relief holds every slant, and the
    marker gives its distance alone: its own tilt is that of the one spot it lies on. In a
    close-up the marker's plane is all that is known of the skin's.

    Parameters
    ----------
    calibration : Calibration
        The scale of the photo.
    relief : Relief
        How the skin curves.

    Returns
    -------
    float or None
        None where no ruler gives millimetres.
    """
    facing = calibration.details.get("mm_per_px_facing")
    if relief.outlined and isinstance(facing, float):
        return facing**2 / 100
    return None if calibration.mm_per_px is None else calibration.mm_per_px**2 / 100


def areas_of(
    lesion_map: LesionMap,
    calibration: Calibration,
    relief: Relief | None,
    *,
    skin_px: float = 0.0,
) -> Areas:
    """Express the lesion area in every unit that a ruler allows.

    Parameters
    ----------
    lesion_map : LesionMap
        Lesions, size of the photo.
    calibration : Calibration
        The scale of the photo.
    relief : Relief or None
        How the skin curves; None without a ruler.
    skin_px : float
        Pixels of the photo that show skin: where nothing was found, a lesion too small to be
        marked in so much skin may still be there.

    Returns
    -------
    Areas
        All None where nothing gives a scale.
    """
    if relief is None:
        return Areas()
    flat_px, possible_px = (
        relief.flat_px(mask) for mask in (lesion_map.mask, lesion_map.probability >= LOOSE)
    )
    possible_px = max(possible_px, smallest_area(skin_px))
    seen_px = float(lesion_map.mask.sum())
    skin = (
        edge_part(_edge_sd(lesion_map)),
        curvature_part(flat_px / seen_px if seen_px else 1.0),
    )
    cm2 = cm2_per_px(calibration, relief)
    area = None
    if cm2 is not None:
        sd = total_sd((*skin, *_scale_parts(calibration)))
        area = area_of(flat_px, 10 * math.sqrt(cm2), sd, possible_px=possible_px)
    if calibration.hand_area_px:
        hand_px, parts = calibration.hand_area_px / HAND_AS_LAID, (*skin, *hand_parts())
    elif cm2 is not None:
        hand_px = _fact(calibration, "handprint_cm2") / cm2
        parts = (*skin, *_scale_parts(calibration), _hand_size_part(calibration))
    else:
        return Areas()
    handprints = handprints_of(flat_px, hand_px, total_sd(parts), possible_px=possible_px)
    budget = tuple(sorted(parts, key=lambda part: -part.sd_of_log))
    return _with_percents(Areas(handprints, area, budget=budget), calibration)


def _fact(calibration: Calibration, name: str) -> float:
    """Return a number of the record; measurements of version 0.1 knew only the average adult."""
    value = calibration.details.get(name, _OF_ANYBODY.get(name))
    if not isinstance(value, float | int):
        raise ValueError(f"the calibration must state {name}, got {value}")
    return float(value)


def _hand_size_part(calibration: Calibration) -> BudgetPart:
    source = str(calibration.details.get("handprint", TYPICAL))
    return hand_size_part(_fact(calibration, "handprint_sd"), source)


def _scale_parts(calibration: Calibration) -> tuple[BudgetPart, ...]:
    """Return the sources of error of the millimetres: of a marker, or of the patient's own hand."""
    if calibration.marker_corners_px is not None:
        return marker_parts(calibration.relative_sd or 0.0)
    return (*hand_parts(), _hand_size_part(calibration))


def _with_percents(found: Areas, calibration: Calibration) -> Areas:
    """Add what the area is of the body surface, and what the hand measures."""
    if found.handprints is None:
        return found
    source, details = calibration.source, calibration.details
    worth = Worth(
        _fact(calibration, "handprint_percent"), _fact(calibration, "handprint_percent_sd")
    )
    surface = None
    if found.area_cm2 is not None and "body_surface_m2" in details:
        body_m2 = _fact(calibration, "body_surface_m2")
        surface = percent_of_surface(found.area_cm2, body_m2, source)
    hand = None
    if "hand_cm2" in details:
        cm2 = _fact(calibration, "hand_cm2")
        hand = Estimate(cm2, log_interval(cm2, _fact(calibration, "hand_cm2_sd")), "cm2")
    return Areas(
        handprints=found.handprints,
        area_cm2=found.area_cm2,
        hand_cm2=hand,
        protocol=percent_of(found.handprints, Convention.PROTOCOL, source),
        adjusted=percent_of(found.handprints, Convention.ADJUSTED, source, worth=worth),
        surface=surface,
        budget=found.budget,
    )


def _edge_sd(lesion_map: LesionMap) -> float:
    """Spread of the area between a generous and a strict reading of the probability map.

    Where the network is sure the two nearly agree; where it hesitates over whole lesions they are
    far apart, and so are the ends of the interval. A drawn mask leaves the hand that drew it.
    """
    loose, strict = (float((lesion_map.probability >= bound).sum()) for bound in (LOOSE, STRICT))
    spread = float(np.log(max(loose, 1.0) / max(strict, 1.0)))
    return float(np.clip(EDGE_SHARE * spread, LEAST_EDGE_SD, MOST_EDGE_SD))


def relief_findings(lesion_map: LesionMap, relief: Relief | None) -> tuple[CaptureFinding, ...]:
    """Say what a single view cannot see, and how much was added for skin seen at a slant.

    Parameters
    ----------
    lesion_map : LesionMap
        Lesions, size of the photo.
    relief : Relief or None
        How the skin curves.

    Returns
    -------
    tuple of CaptureFinding
    """
    if relief is None or not relief.outlined:
        return ()
    far_side = CaptureFinding(
        "far_side_unseen",
        Severity.INFO,
        "The body part turns out of sight at its edges. Skin on its far side is not in this "
        "photo: it is not counted, neither as lesion nor as clear.",
        "Take a second photo from the other side.",
    )
    seen = float(lesion_map.mask.sum())
    stretch = relief.flat_px(lesion_map.mask) / seen if seen else 1.0
    if stretch < CURVES_AWAY:
        return (far_side,)
    slant = CaptureFinding(
        "lesion_curves_away",
        Severity.INFO,
        f"The lesions lie on skin that curves away from the camera: {100 * (stretch - 1):.0f} % "
        "were added to the area seen, and the interval is wider for it.",
        "Turn the body part so that the lesions face the camera.",
        round(100 * (stretch - 1), 1),
        "%",
    )
    return (far_side, slant)
