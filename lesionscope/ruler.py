"""The ruler of a photo: the patient's hand, a printed marker, or both; and its colour chart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.body import OwnHandprint, PatientBody
from lesionscope.core.measurement import Calibration, CalibrationSource
from lesionscope.core.photo import CaptureFinding, Photo
from lesionscope.imaging.chart import Chart, find_chart
from lesionscope.imaging.fiducial import Marker, find_marker
from lesionscope.imaging.handprint import (
    HandOutline,
    are_pair,
    choose_ruler,
    find_hands,
    hand_outline,
)
from lesionscope.ruler_findings import (
    HANDS_ARE_THE_SUBJECT,
    chart_findings,
    chosen_with_flaw,
    disagreement,
    hand_completed,
    not_a_ruler,
    own_hand_findings,
    scale_findings,
    several_hands,
)
from lesionscope.scoring.budget import HAND_AS_LAID, hand_by_marker_sd
from lesionscope.scoring.hand_size import TYPICAL_CM2, hand_size, worth_of

MOST_HANDS = 4
"""Hands outlined in one photo; more is a group picture."""
SUBJECT_SHARE = 0.25
"""Share of the frame from which on a palm is what the photo is about: a hand laid as a ruler
beside a lesion takes 3 to 15 % of the rendered photos."""
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
    hands : tuple of (float, float)
        Centres (x, y) of all hands outlined, pixels of the photo.
    spared : ndarray of shape (H, W), bool, or None
        Palms laid beside what the photo is about. A palm is redder than the body without being
        ill, so no lesion is marked there; None where there is no such palm.
    outlines : tuple of HandOutline
        Every hand that was looked at.
    """

    calibration: Calibration
    hand_mask: NDArray[np.bool_]
    findings: tuple[CaptureFinding, ...]
    hands: tuple[tuple[float, float], ...] = ()
    spared: NDArray[np.bool_] | None = None
    outlines: tuple[HandOutline, ...] = ()


def find_ruler(
    photo: Photo,
    marker_mm: float,
    *,
    body: PatientBody | None = None,
    hand_at: tuple[float, float] | None = None,
) -> Ruler:
    """Look for a marker and for the hand laid as a ruler.

    Parameters
    ----------
    photo : Photo
        The photo.
    marker_mm : float
        Side of the printed ArUco marker.
    body : PatientBody, optional
        The patient's own hand and size, as far as they are known.
    hand_at : tuple of float, optional
        (x, y) in pixels of the upright photo: the hand that a person chose as the ruler.

    Returns
    -------
    Ruler
    """
    marker = find_marker(photo.pixels, marker_mm)
    chart = find_chart(photo.pixels)
    outlines = hands_in(photo)
    hand, findings = _ruler_hand(outlines, hand_at)
    calibration = _calibration(marker, hand, body)
    contradiction = disagreement(calibration)
    if contradiction is None:
        findings += scale_findings(calibration) + own_hand_findings(calibration, body)
    else:
        # A print does not change its size: of the two the marker is believed, but not blindly.
        findings, hand = (contradiction,), None
        calibration = _doubted(_calibration(marker, None, body), contradiction.value)
    findings += chart_findings(chart)
    mask = hand.mask if hand is not None else np.zeros(photo.size, dtype=bool)
    centres = tuple(_centre(outline) for outline in outlines)
    spared = palms_beside(outlines, hand)
    return Ruler(_with_chart(calibration, chart), mask, findings, centres, spared, tuple(outlines))


def _doubted(calibration: Calibration, hand_cm2: float | None) -> Calibration:
    """Widen the error of a marker's scale until its interval reaches what the hand says."""
    apart = abs(math.log((hand_cm2 or TYPICAL_CM2) / TYPICAL_CM2))
    # Of a length, whose square is the area; 1.645 standard deviations are the end of 90 %.
    sd = math.hypot(calibration.relative_sd or 0.0, 0.5 * apart / 1.645)
    return replace(calibration, relative_sd=sd)


def hands_in(photo: Photo) -> list[HandOutline]:
    """Outline the hands of a photo, surest first."""
    return [hand_outline(photo.pixels, hand) for hand in find_hands(photo.pixels)[:MOST_HANDS]]


def palms_beside(
    outlines: list[HandOutline], ruler: HandOutline | None
) -> NDArray[np.bool_] | None:
    """Return the palms that are not what the photo is about.

    Parameters
    ----------
    outlines : list of HandOutline
        Every hand in the photo.
    ruler : HandOutline or None
        The one that gives the scale.

    Returns
    -------
    ndarray of shape (H, W), bool, or None
        The ruler unless it shows its back, and every other palm that takes up little of the
        frame and is no half of a pair laid down to be looked at; None where there is none.
    """
    spared = [
        outline.mask
        for outline in outlines
        if (outline is ruler and outline.shows != "dorsum")
        or (
            outline is not ruler
            and outline.shows == "palm"
            and outline.area_px <= SUBJECT_SHARE * outline.mask.size
            and not any(are_pair(outline, other) for other in outlines if other is not outline)
        )
    ]
    return np.asarray(np.logical_or.reduce(spared)) if spared else None


def _centre(outline: HandOutline) -> tuple[float, float]:
    x, y = outline.contour_px.mean(axis=0)
    return round(float(x), 1), round(float(y), 1)


def _chosen(outlines: list[HandOutline], at: tuple[float, float]) -> int:
    """Return the hand that a person pointed at: the one with the nearest joint."""
    gaps = [np.linalg.norm(each.hand.landmarks_px - at, axis=1).min() for each in outlines]
    return int(np.argmin(gaps))


def _ruler_hand(
    outlines: list[HandOutline], hand_at: tuple[float, float] | None
) -> tuple[HandOutline | None, tuple[CaptureFinding, ...]]:
    """Take the hand that was laid as the ruler, or say why there is none."""
    if not outlines:
        return None, ()
    several = (several_hands(len(outlines), chosen=hand_at is not None),) * (len(outlines) > 1)
    if hand_at is not None:
        ruler = outlines[_chosen(outlines, hand_at)]
        if ruler.flaw is not None and ruler.flaw.code != "cut":
            several += (chosen_with_flaw(ruler.reason),)
    else:
        chosen = choose_ruler(outlines, may_be_cut=MAY_BE_CUT)
        if chosen is None:
            flaws = [outline.reason for outline in outlines if not outline.complete]
            return None, (not_a_ruler(flaws[0]) if flaws else HANDS_ARE_THE_SUBJECT,)
        ruler = outlines[chosen]
    if ruler.whole_area_px == 0:
        return None, several
    findings = (hand_completed(ruler.cut_share),) if ruler.cut_share > 0.005 else ()
    return ruler, findings + several


def _calibration(
    marker: Marker | None, hand: HandOutline | None, body: PatientBody | None
) -> Calibration:
    """Put together what gives the scale, and what a handprint of this patient is."""
    area = float(hand.whole_area_px) if hand is not None and hand.whole_area_px else None
    if marker is None and area is None:
        return Calibration(CalibrationSource.NONE)
    details = _of_the_patient(body)
    if hand is not None:
        details["hand_shows"] = hand.shows
    if marker is None:
        own = body.handprint if body is not None else None
        return _by_hand(area, own, details)
    details |= {
        "marker_id": marker.id,
        "marker_mm": marker.side_mm,
        "tilt_deg": round(marker.tilt_deg, 1),
        "mm_per_px_facing": marker.mm_per_px_facing,
    }
    if area is not None:
        flat = area / HAND_AS_LAID * marker.mm_per_px_facing**2 / 100
        details["hand_cm2"] = round(flat, 1)
        details["hand_cm2_sd"] = round(hand_by_marker_sd(marker.relative_sd), 4)
    return Calibration(
        CalibrationSource.MARKER if area is None else CalibrationSource.MARKER_AND_HANDPRINT,
        mm_per_px=marker.mm_per_px,
        relative_sd=marker.relative_sd,
        homography=marker.homography,
        marker_corners_px=marker.corners_px,
        hand_area_px=area,
        details=details,
    )


def _of_the_patient(body: PatientBody | None) -> dict[str, float | int | str | None]:
    """Write down what a handprint is taken to be, so that a correction needs no other source."""
    size, worth = hand_size(body), worth_of(body)
    details: dict[str, float | int | str | None] = {
        "handprint": size.source,
        "handprint_cm2": size.cm2,
        "handprint_sd": size.sd_of_log,
        "handprint_percent": worth.percent,
        "handprint_percent_sd": worth.sd_of_log,
    }
    if body is not None and body.size is not None:
        details["body_surface_m2"] = body.size.surface_m2()
    return details


def _by_hand(
    area: float | None,
    own: OwnHandprint | None,
    details: dict[str, float | int | str | None],
) -> Calibration:
    """Give a photo with a hand alone its scale, where the patient's own hand was measured."""
    if area is None or own is None:
        return Calibration(CalibrationSource.HANDPRINT, hand_area_px=area, details=details)
    return Calibration(
        CalibrationSource.HANDPRINT,
        mm_per_px=10 * math.sqrt(own.cm2 * HAND_AS_LAID / area),
        relative_sd=own.sd_of_log / 2,
        hand_area_px=area,
        details=details,
    )


def _with_chart(calibration: Calibration, chart: Chart | None) -> Calibration:
    if chart is None or chart.fit is None:
        return calibration
    details = calibration.details | {
        "chart_delta_e_before": round(chart.fit.delta_e_before, 1),
        "chart_delta_e_after": round(chart.fit.delta_e_after, 1),
        "chart_light": round(chart.light, 3),
    }
    return replace(calibration, colour_matrix=chart.colour_matrix, details=details)
