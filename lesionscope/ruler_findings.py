"""What limits the scale of a photo, in words: hand, marker and colour chart."""

from __future__ import annotations

import math

from lesionscope.core.body import PatientBody
from lesionscope.core.measurement import Calibration, CalibrationSource
from lesionscope.core.photo import CaptureFinding, Severity
from lesionscope.imaging.chart import Chart
from lesionscope.imaging.chart_colours import Verdict, verdict
from lesionscope.scoring.hand_size import OWN

PLAUSIBLE_HAND_CM2 = (70.0, 230.0)
"""Handprint areas of adults lie well inside this range (whole hand, both sides, 392 to 448 cm2,
Lee 2007, J Physiol Anthropol 26:475-83: the print is about a third of it)."""

CODES = (
    "chart_fit",
    "chart_unusable",
    "hand_cut",
    "hand_incomplete",
    "hands_are_subject",
    "no_chart",
    "no_hand",
    "no_ruler",
    "own_hand_disagreement",
    "ruler_disagreement",
    "two_hands",
)
"""Of the findings made here, which a corrected outline does not change."""

DISAGREEMENT = 2.0
"""Standard deviations that two measurements of one hand may be apart."""


def not_a_ruler(reason: str) -> CaptureFinding:
    """Say why the hand in view gives no scale."""
    return CaptureFinding(
        "hand_incomplete",
        Severity.WARNING,
        f"A hand is in view but cannot serve as the ruler: {reason[:1].lower()}{reason[1:]}",
    )


def hand_completed(share: float) -> CaptureFinding:
    """Say what share of the ruler hand was completed from its joints."""
    return CaptureFinding(
        "hand_cut",
        Severity.WARNING,
        f"The frame cuts off about {share:.0%} of the ruler hand; its outline was completed from "
        "the joints.",
        "Take the whole hand into the picture.",
        round(100 * share, 1),
        "%",
    )


HANDS_ARE_THE_SUBJECT = CaptureFinding(
    "hands_are_subject",
    Severity.INFO,
    "The hands in view are the subject of the photo, so none was taken as the ruler.",
    "Put a printed marker beside them.",
)


def several_hands(count: int, *, chosen: bool) -> CaptureFinding:
    """Say which of several hands was taken as the ruler, and who took it."""
    which = "you chose" if chosen else "outlined in yellow"
    return CaptureFinding(
        "two_hands",
        Severity.INFO if chosen else Severity.WARNING,
        f"{count} hands are in view; the one {which} was taken as the ruler.",
        "" if chosen else "If it is the wrong one, choose another hand.",
        count,
        "hands",
    )


def chosen_with_flaw(reason: str) -> CaptureFinding:
    """Say what is wrong with the hand that a person chose."""
    return CaptureFinding(
        "hand_incomplete",
        Severity.WARNING,
        f"The hand that was chosen as the ruler is not fit to be one, and areas in handprints may "
        f"be wrong: {reason[:1].lower()}{reason[1:]}",
    )


def chart_findings(chart: Chart | None) -> tuple[CaptureFinding, ...]:
    """Say that the colour chart is missing, or what it did where it did not do well."""
    if chart is None:
        return (
            CaptureFinding(
                "no_chart",
                Severity.INFO,
                "No colour chart is in view: redness and skin tone follow the camera's own white "
                "balance, which moves the skin tone by some degrees of ITA.",
                "Lay a colour chart beside the lesion where colours are to be compared over time.",
            ),
        )
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
    before, after = chart.fit.delta_e_before, chart.fit.delta_e_after
    if verdict(after) is Verdict.GOOD:
        return ()
    return (
        CaptureFinding(
            "chart_fit",
            Severity.WARNING if verdict(after) is Verdict.WARN else Severity.INFO,
            f"Colours were corrected by the chart: its patches were {before:.1f} delta-E off "
            f"and are {after:.1f} now, so redness and skin tone are that much less sure.",
            "Lay the chart in the light that falls on the skin, without glare.",
            round(after, 1),
            "delta-E",
        ),
    )


def scale_findings(calibration: Calibration) -> tuple[CaptureFinding, ...]:
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
    return ()


def disagreement(calibration: Calibration) -> CaptureFinding | None:
    """Say that hand and marker contradict each other: no adult has such a hand.

    Parameters
    ----------
    calibration : Calibration
        By both.

    Returns
    -------
    CaptureFinding or None
        None where they agree, or one of them is missing. Its value is the hand's area in cm2.
    """
    cm2 = calibration.details.get("hand_cm2")
    low, high = PLAUSIBLE_HAND_CM2
    if calibration.marker_corners_px is None or not isinstance(cm2, float) or low <= cm2 <= high:
        return None
    return CaptureFinding(
        "ruler_disagreement",
        Severity.SERIOUS,
        f"By the marker the hand in view would measure {cm2:.0f} cm2, which no adult hand does: "
        "the marker is not of the size that was stated, hand and marker lie at different "
        "distances, or the outline of the hand is wrong. The marker was believed, the percentage "
        "assumes a typical hand, and the intervals reach as far as the two are apart.",
        "Measure the printed marker, and lay hand and marker on the plane of the lesion.",
        round(cm2, 1),
        "cm2",
    )


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


def own_hand_findings(
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
