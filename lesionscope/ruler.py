"""The ruler of a photo: the patient's hand, a printed marker, or both; and its colour chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.measurement import Calibration, CalibrationSource
from lesionscope.core.photo import CaptureFinding, Photo, Severity
from lesionscope.imaging.chart import Chart, find_chart
from lesionscope.imaging.chart_colours import Verdict, verdict
from lesionscope.imaging.fiducial import Marker, find_marker
from lesionscope.imaging.handprint import Hand, HandOutline, find_hands, hand_outline

PLAUSIBLE_HAND_CM2 = (70.0, 230.0)
"""Handprint areas of adults lie well inside this range (whole hand, both sides, 392 to 448 cm2,
Lee 2007, J Physiol Anthropol 26:475-83: the print is about a third of it)."""

MOST_HANDS = 4
"""Hands outlined in one photo; more is a group picture."""
LEAST_IN_FRAME = 0.96
"""Share of its outline that a hand needs in the frame to serve as the ruler."""
STRETCHED = 1.12
"""A stretched fingertip lies this much further from the wrist than the middle joint."""
PAIR_SIZE_RATIO, PAIR_COSINE = 1.3, 0.77
"""Two hands that differ less than this in length, and point less than 40 degrees apart, are the
subject of the photo. In rendered photos of both hands the ratio is at most 1.1, the angle 20."""


@dataclass(frozen=True, eq=False)
class Ruler:
    """What gives a photo its scale.

    Attributes
    ----------
    calibration : Calibration
        The scale.
    hand_mask : ndarray of shape (H, W), bool
        Outline of the ruler hand in the photo; empty when there is none.
    findings : tuple of CaptureFinding
        What limits the scale, in words.
    """

    calibration: Calibration
    hand_mask: NDArray[np.bool_]
    findings: tuple[CaptureFinding, ...]


def find_ruler(photo: Photo, marker_mm: float) -> Ruler:
    """Look for a marker and for the hand laid as a ruler.

    Parameters
    ----------
    photo : Photo
        The photo.
    marker_mm : float
        Side of the printed ArUco marker.

    Returns
    -------
    Ruler
    """
    marker = find_marker(photo.pixels, marker_mm)
    chart = find_chart(photo.pixels)
    hand, findings = _ruler_hand(photo)
    calibration = _with_chart(_calibration(marker, hand, marker_mm), chart)
    findings += _check(calibration) + _chart_findings(chart)
    if marker is not None and any(f.code == "ruler_disagreement" for f in findings):
        # A print does not change its size: of the two the marker is believed.
        calibration, hand = _with_chart(_calibration(marker, None, marker_mm), chart), None
    mask = hand.mask if hand is not None else np.zeros(photo.size, dtype=bool)
    return Ruler(calibration, mask, findings)


def _ruler_hand(photo: Photo) -> tuple[HandOutline | None, tuple[CaptureFinding, ...]]:
    """Outline the hand that was laid as the ruler, or say why there is none.

    A hand offered as a ruler is one, whole, and turned as it lies. Two hands of one size that
    point the same way are a photo of the hands themselves, and neither is the ruler.
    """
    hands = find_hands(photo.pixels)
    if not hands:
        return None, ()
    if _are_a_pair(hands):
        return None, (_HANDS_ARE_THE_SUBJECT,)
    outlines = [hand_outline(photo.pixels, hand) for hand in hands[:MOST_HANDS]]
    whole = [
        outline
        for outline in outlines
        if outline.complete
        and _is_open(outline.hand)
        and _share_in_frame(outline) >= LEAST_IN_FRAME
    ]
    if not whole:
        return None, (_HAND_CUT,)
    # The ruler is laid towards the camera, so of several whole hands it is the largest.
    chosen = max(whole, key=lambda o: o.area_px)
    return chosen, (_TWO_HANDS,) if len(hands) > 1 else ()


def _is_open(hand: Hand) -> bool:
    """Whether the fingers are stretched: a fist has less outline than a handprint."""
    joints = hand.landmarks_px
    reach = np.linalg.norm(joints - joints[0], axis=1)
    tips, middles = reach[[8, 12, 16, 20]], reach[[6, 10, 14, 18]]
    return int((tips > STRETCHED * middles).sum()) >= 3


def _share_in_frame(outline: HandOutline) -> float:
    return outline.area_px / outline.whole_area_px if outline.whole_area_px > 0 else 0.0


def _are_a_pair(hands: Sequence[Hand]) -> bool:
    """Whether two hands lie side by side, of one size and pointing one way."""
    if len(hands) < 2:
        return False
    first, second = (hand.landmarks_px for hand in hands[:2])
    ways = [joints[9] - joints[0] for joints in (first, second)]  # wrist to middle knuckle
    lengths = [float(np.linalg.norm(way)) for way in ways]
    if min(lengths) == 0:
        return False
    cosine = float(ways[0] @ ways[1]) / (lengths[0] * lengths[1])
    return max(lengths) < PAIR_SIZE_RATIO * min(lengths) and cosine > PAIR_COSINE


_HAND_CUT = CaptureFinding(
    "hand_incomplete",
    Severity.WARNING,
    "A hand is in view but cannot serve as the ruler: it is cut by the "
    "frame, or its fingers are not stretched.",
    "Retake with one flat hand wholly in the frame, fingers and wrist uncovered.",
)
_HANDS_ARE_THE_SUBJECT = CaptureFinding(
    "hands_are_subject",
    Severity.INFO,
    "The hands in view are the subject of the photo, so none was taken as the ruler.",
    "Put a printed marker beside them.",
)
_TWO_HANDS = CaptureFinding(
    "two_hands",
    Severity.WARNING,
    "More than one hand is in view; the one outlined in yellow was taken as the ruler.",
    "If it is the wrong one, retake with only the patient's own ruler hand in view.",
)


def _calibration(marker: Marker | None, hand: HandOutline | None, side: float) -> Calibration:
    area = float(hand.area_px) if hand is not None else None
    details: dict[str, float | int | str | None] = {}
    if hand is not None:
        details["hand_shows"] = hand.shows
    if marker is None:
        source = CalibrationSource.NONE if hand is None else CalibrationSource.HANDPRINT
        return Calibration(source, hand_area_px=area, details=details)
    details |= {"marker_id": marker.id, "marker_mm": side, "tilt_deg": round(marker.tilt_deg, 1)}
    if area is not None:
        details["hand_cm2"] = round(area * marker.mm_per_px_facing**2 / 100, 1)
    return Calibration(
        CalibrationSource.MARKER if hand is None else CalibrationSource.MARKER_AND_HANDPRINT,
        mm_per_px=marker.mm_per_px,
        relative_sd=marker.relative_sd,
        homography=marker.homography,
        marker_corners_px=marker.corners_px,
        hand_area_px=area,
        details=details,
    )


def _with_chart(calibration: Calibration, chart: Chart | None) -> Calibration:
    if chart is None or chart.fit is None:
        return calibration
    details = calibration.details | {
        "chart_delta_e_before": round(chart.fit.delta_e_before, 1),
        "chart_delta_e_after": round(chart.fit.delta_e_after, 1),
    }
    return replace(calibration, colour_matrix=chart.colour_matrix, details=details)


def _chart_findings(chart: Chart | None) -> tuple[CaptureFinding, ...]:
    """Say what the colour chart did, where it did not do well."""
    if chart is None:
        return ()
    if chart.fit is None or chart.colour_matrix is None:
        return (
            CaptureFinding(
                "chart_unusable",
                Severity.WARNING,
                "A colour chart is in view, but its patches do not fit their known colours, so "
                "the colours of the photo stay as they are.",
                "Retake with the whole chart in the light that falls on the skin, without glare.",
            ),
        )
    after = chart.fit.delta_e_after
    if verdict(after) is Verdict.GOOD:
        return ()
    return (
        CaptureFinding(
            "chart_fit",
            Severity.INFO,
            f"Colours were corrected by the chart; what remains is {after:.1f} delta-E on its "
            "patches.",
            "",
            round(after, 1),
            "delta-E",
        ),
    )


def _check(calibration: Calibration) -> tuple[CaptureFinding, ...]:
    """Say what the scale lacks, and whether hand and marker contradict each other."""
    if calibration.source is CalibrationSource.NONE:
        return (
            CaptureFinding(
                "no_ruler",
                Severity.WARNING,
                "Neither a hand nor a marker was found, so area and body surface cannot be "
                "measured; the outline and the sub-scores still can.",
                "Retake with the patient's flat hand or the printed marker beside the lesion.",
            ),
        )
    if calibration.source is CalibrationSource.MARKER:
        return (
            CaptureFinding(
                "no_hand",
                Severity.INFO,
                "No ruler hand is in view: cm2 come from the marker, and the percentage assumes "
                "a typical adult hand, which widens its interval.",
                "Take one photo with hand and marker together.",
            ),
        )
    cm2 = calibration.details.get("hand_cm2")
    low, high = PLAUSIBLE_HAND_CM2
    if isinstance(cm2, float) and not low <= cm2 <= high:
        return (
            CaptureFinding(
                "ruler_disagreement",
                Severity.WARNING,
                f"By the marker the hand would measure {cm2:.0f} cm2, which no adult hand does: "
                "hand and marker lie at different distances, or the outline is wrong. The marker "
                "is used.",
                "Lay hand and marker on the plane of the lesion, facing the camera.",
                round(math.sqrt(cm2), 1),
                "cm",
            ),
        )
    return ()
