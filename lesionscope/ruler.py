"""The ruler of a photo: the patient's hand, a printed marker, or both; and its colour chart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.body import OwnHandprint, PatientBody
from lesionscope.core.measurement import Calibration, CalibrationSource
from lesionscope.core.photo import CaptureFinding, Photo, Severity
from lesionscope.imaging.chart import Chart, find_chart
from lesionscope.imaging.chart_colours import Verdict, verdict
from lesionscope.imaging.fiducial import Marker, find_marker
from lesionscope.imaging.handprint import HandOutline, choose_ruler, find_hands, hand_outline
from lesionscope.scoring.budget import HAND_AS_LAID, hand_by_marker_sd
from lesionscope.scoring.hand_size import OWN, hand_size, worth_of

PLAUSIBLE_HAND_CM2 = (70.0, 230.0)
"""Handprint areas of adults lie well inside this range (whole hand, both sides, 392 to 448 cm2,
Lee 2007, J Physiol Anthropol 26:475-83: the print is about a third of it)."""

MOST_HANDS = 4
"""Hands outlined in one photo; more is a group picture."""
DISAGREEMENT = 2.0
"""Standard deviations that two measurements of one hand may be apart."""
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
    """

    calibration: Calibration
    hand_mask: NDArray[np.bool_]
    findings: tuple[CaptureFinding, ...]
    hands: tuple[tuple[float, float], ...] = ()


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
    outlines = [hand_outline(photo.pixels, hand) for hand in find_hands(photo.pixels)[:MOST_HANDS]]
    hand, findings = _ruler_hand(outlines, hand_at)
    calibration = _calibration(marker, hand, body)
    findings += _check(calibration) + _own_hand_check(calibration, body) + _chart_findings(chart)
    if marker is not None and any(f.code == "ruler_disagreement" for f in findings):
        # A print does not change its size: of the two the marker is believed.
        calibration, hand = _calibration(marker, None, body), None
    mask = hand.mask if hand is not None else np.zeros(photo.size, dtype=bool)
    centres = tuple(_centre(outline) for outline in outlines)
    return Ruler(_with_chart(calibration, chart), mask, findings, centres)


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
    several = (_several_hands(len(outlines), chosen=hand_at is not None),) * (len(outlines) > 1)
    if hand_at is not None:
        ruler = outlines[_chosen(outlines, hand_at)]
        if ruler.flaw is not None and ruler.flaw.code != "cut":
            several += (_chosen_with_flaw(ruler.reason),)
    else:
        chosen = choose_ruler(outlines, may_be_cut=MAY_BE_CUT)
        if chosen is None:
            flaws = [outline.reason for outline in outlines if not outline.complete]
            return None, (_not_a_ruler(flaws[0]) if flaws else _HANDS_ARE_THE_SUBJECT,)
        ruler = outlines[chosen]
    if ruler.whole_area_px == 0:
        return None, several
    findings = (_completed(ruler.cut_share),) if ruler.cut_share > 0.005 else ()
    return ruler, findings + several


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


def _several_hands(count: int, *, chosen: bool) -> CaptureFinding:
    which = "you chose" if chosen else "outlined in yellow"
    return CaptureFinding(
        "two_hands",
        Severity.INFO if chosen else Severity.WARNING,
        f"{count} hands are in view; the one {which} was taken as the ruler.",
        "" if chosen else "If it is the wrong one, choose another hand.",
        count,
        "hands",
    )


def _chosen_with_flaw(reason: str) -> CaptureFinding:
    return CaptureFinding(
        "hand_incomplete",
        Severity.WARNING,
        f"The hand that was chosen as the ruler is not fit to be one, and areas in handprints may "
        f"be wrong: {reason[:1].lower()}{reason[1:]}",
    )


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
            Severity.WARNING if verdict(after) is Verdict.WARN else Severity.INFO,
            f"Colours were corrected by the chart; what remains is {after:.1f} delta-E on its "
            "patches, so redness and skin tone are that much less sure.",
            "Lay the chart in the light that falls on the skin, without glare.",
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
        return _no_hand(str(calibration.details["handprint"]))
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


def _no_hand(known: str) -> tuple[CaptureFinding, ...]:
    """Say whose hand the percentage counts in, where none is in view."""
    if known == OWN:
        return ()
    return (
        CaptureFinding(
            "no_hand",
            Severity.INFO,
            "No ruler hand is in view: cm2 come from the marker, and the percentage assumes a hand "
            f"by {known}, which widens its interval.",
            "Take one photo with hand and marker together.",
        ),
    )


def _own_hand_check(
    calibration: Calibration, body: PatientBody | None
) -> tuple[CaptureFinding, ...]:
    """Compare the hand in the photo with the patient's own, where a marker allows it."""
    seen, spread = calibration.details.get("hand_cm2"), calibration.details.get("hand_cm2_sd")
    own = body.handprint if body is not None else None
    if own is None or not isinstance(seen, float) or not isinstance(spread, float):
        return ()
    if abs(math.log(seen / own.cm2)) <= DISAGREEMENT * math.hypot(own.sd_of_log, spread):
        return ()
    return (
        CaptureFinding(
            "own_hand_disagreement",
            Severity.WARNING,
            f"By the marker the hand in this photo would measure {seen:.0f} cm2, but the "
            f"patient's own hand was measured as {own.cm2:.0f} cm2: another hand, a hand not laid "
            "flat on the plane of the marker, or a marker of another size.",
            "Check whose hand it is and the size of the printed marker, or measure the hand anew.",
            round(100 * (seen / own.cm2 - 1), 1),
            "%",
        ),
    )
