"""Where the error of an area comes from, how large each source is, and what would narrow it.

Every source is a factor on the area, independent of the others, so that errors add as variances
of the logarithm. The sizes of hand, distance and curvature were measured on rendered patients
with exact truth and perfect outlines (docs/validation.md, ``benchmarks/area.py``).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from lesionscope.core.measurement import BudgetPart

HAND_AS_LAID = 0.945
"""A hand laid on a body, as a share of its flat outline seen at the distance of the lesion.

It is bent and tilted by the body under it and shows 0.90 of its outline (0.75 to 0.99, standard
deviation of the log 0.06); it lies on top of the skin, nearer to the camera, and looks 1.05 times
as large (standard deviation 0.10). Medians over 51 rendered hands. Neither the proportions of the
21 joints nor the depth that the joint network gives them predicted the tilt of a hand it had not
seen better than this constant."""
HAND_BENT_SD = 0.06
HAND_DISTANCE_SD = 0.10
HAND_OUTLINE_SD = 0.035
"""Outline of a complete hand against rendered truth."""
MARKER_DISTANCE_SD = 0.06
"""Marker and lesion lie at different distance, or on planes of different tilt."""

HAND_SIZE = "size of the patient's hand"
"""How the one source begins that is the same in every photo of a patient."""

SEEN_FLAT_SD = 0.05
"""Skin that no silhouette shows to be curved is curved a little all the same."""
SHARE_OF_STRETCH = 0.6
"""What is added for skin that curves away is uncertain by this share of its logarithm."""


def edge_part(sd: float) -> BudgetPart:
    """Return the part of the lesions' border; `sd` of the log of the area."""
    return BudgetPart(
        "border of the lesions", sd, "Check the outline and correct it where it is wrong."
    )


def curvature_part(stretch: float) -> BudgetPart:
    """Return the part of skin that curves away from the camera.

    Parameters
    ----------
    stretch : float
        Skin area of the lesions for each area seen, 1 or more.

    Returns
    -------
    BudgetPart
    """
    sd = math.hypot(SEEN_FLAT_SD, SHARE_OF_STRETCH * math.log(max(stretch, 1.0)))
    return BudgetPart(
        "skin that curves away", sd, "Turn the body part so that the lesions face the camera."
    )


def hand_parts() -> tuple[BudgetPart, ...]:
    """Return the parts of a hand in the photo, as the ruler of its own lesions."""
    return (
        BudgetPart("outline of the hand", HAND_OUTLINE_SD, "Bare the wrist, keep all in view."),
        BudgetPart("bent or tilted hand", HAND_BENT_SD, "Lay the hand flat, facing the camera."),
        BudgetPart(
            "distance of hand and lesion",
            HAND_DISTANCE_SD,
            "Lay the hand close beside the lesions, or put a printed marker there.",
        ),
    )


def marker_parts(relative_sd: float) -> tuple[BudgetPart, ...]:
    """Return the parts of a marker's scale.

    Parameters
    ----------
    relative_sd : float
        Of millimetres per pixel; an area carries twice as much.

    Returns
    -------
    tuple of BudgetPart
    """
    return (
        BudgetPart("edges and print of the marker", 2 * relative_sd, "Take the photo sharper."),
        BudgetPart(
            "distance of marker and lesion",
            MARKER_DISTANCE_SD,
            "Put the marker on the skin close beside the lesions.",
        ),
    )


def hand_size_part(sd: float, source: str) -> BudgetPart:
    """Return the part of the size of a hand that is not in the photo.

    Parameters
    ----------
    sd : float
        Of the log of its area.
    source : str
        As in `lesionscope.scoring.hand_size.HandSize`.

    Returns
    -------
    BudgetPart
    """
    return BudgetPart(
        f"{HAND_SIZE} ({source})",
        sd,
        "Take one photo of the patient's flat hand with a printed marker beside it.",
    )


def total_sd(parts: Iterable[BudgetPart]) -> float:
    """Return the standard deviation of the log of all sources together.

    Parameters
    ----------
    parts : iterable of BudgetPart
        Independent sources.

    Returns
    -------
    float

    Examples
    --------
    >>> total_sd([edge_part(0.3), edge_part(0.4)])
    0.5
    """
    return math.sqrt(sum(part.sd_of_log**2 for part in parts))


def hand_by_marker_sd(relative_sd: float) -> float:
    """Return the sd of the log of a hand's area that a marker in the same photo gives."""
    return total_sd((*hand_parts(), *marker_parts(relative_sd)))
