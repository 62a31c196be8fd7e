"""The ruler of a photo: the patient's hand, a printed marker, or both; and its colour chart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.measurement import Calibration, CalibrationSource
from lesionscope.core.photo import CaptureFinding, Photo, Severity
from lesionscope.imaging.chart import Chart, find_chart
from lesionscope.imaging.chart_colours import Verdict, verdict
from lesionscope.imaging.fiducial import Marker, find_marker
from lesionscope.imaging.handprint import HandOutline, choose_ruler, find_hands, hand_outline

PLAUSIBLE_HAND_CM2 = (70.0, 230.0)
"""Handprint areas of adults lie well inside this range (whole hand, both sides, 392 to 448 cm2,
Lee 2007, J Physiol Anthropol 26:475-83: the print is about a third of it)."""

MOST_HANDS = 4
"""Hands outlined in one photo; more is a group picture."""
MAY_BE_CUT = 0.10
"""Share of the ruler hand that the frame may cut off: its joints say what is missing."""


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
    """Outline the hand that was laid as the ruler, or say why there is none."""
    outlines = [hand_outline(photo.pixels, hand) for hand in find_hands(photo.pixels)[:MOST_HANDS]]
    if not outlines:
        return None, ()
    chosen = choose_ruler(outlines, may_be_cut=MAY_BE_CUT)
    if chosen is None:
        flaws = [outline.reason for outline in outlines if not outline.complete]
        return None, (_not_a_ruler(flaws[0]) if flaws else _HANDS_ARE_THE_SUBJECT,)
    ruler = outlines[chosen]
    findings = (_completed(ruler.cut_share),) if ruler.cut_share > 0.005 else ()
    return ruler, findings + ((_TWO_HANDS,) if len(outlines) > 1 else ())


def _not_a_ruler(reason: str) -> CaptureFinding:
    return CaptureFinding(
        "hand_incomplete",
        Severity.WARNING,
        f"A hand is in view but cannot serve as the ruler: {reason[:1].lower()}{reason[1:]}",
    )


def _completed(share: float) -> CaptureFinding:
    return CaptureFinding(
        "hand_cut",
        Severity.WARNING,
        f"The frame cuts off about {share:.0%} of the ruler hand; its outline was completed from "
        "the joints.",
        "Take the whole hand into the picture.",
        round(100 * share, 1),
        "%",
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
    area = float(hand.whole_area_px) if hand is not None else None
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
