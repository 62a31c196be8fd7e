"""What a measurement says, in words: numbers with their intervals, the ruler, the findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lesionscope.core.measurement import BsaEstimate, CalibrationSource
from lesionscope.core.photo import Severity

_RULERS = {
    CalibrationSource.HANDPRINT: "the patient's hand",
    CalibrationSource.MARKER: "the printed marker",
    CalibrationSource.MARKER_AND_HANDPRINT: "the patient's hand and the printed marker",
    CalibrationSource.MANUAL: "a length given by hand",
    CalibrationSource.NONE: "none",
}
_ICONS = {
    Severity.INFO: ":material/info:",
    Severity.WARNING: ":orange[:material/warning:]",
    Severity.SERIOUS: ":red[:material/error:]",
}
_ORDER = list(_ICONS)


def figure(value: float) -> str:
    """Write an area or percentage with the digits that its size deserves.

    Examples
    --------
    >>> figure(0.034), figure(3.14159), figure(27.4), figure(0.0)
    ('0.03', '3.1', '27', '0')
    """
    if value == 0:
        return "0"
    if value < 1:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def with_interval(document: Mapping[str, Any], key: str, unit: str) -> str | None:
    """Write a quantity of a measurement document with its interval, or None where not measurable.

    Examples
    --------
    >>> with_interval({"a": 3.14, "a_low": 2.2, "a_high": 4.3}, "a", "%")
    '3.1 % (2.2 to 4.3)'
    """
    if document.get(key) is None:
        return None
    low, high = document[f"{key}_low"], document[f"{key}_high"]
    return f"{figure(document[key])} {unit} ({figure(low)} to {figure(high)})"


def bsa_words(bsa: BsaEstimate | None) -> str:
    """Write a body surface estimate with its interval, or that there is none."""
    if bsa is None:
        return "not measurable"
    low, high = bsa.interval.low, bsa.interval.high
    return f"{figure(bsa.percent)} % ({figure(low)} to {figure(high)})"


def interval_words(bsa: BsaEstimate) -> str:
    """Write the interval of a body surface estimate with its level."""
    low, high = figure(bsa.interval.low), figure(bsa.interval.high)
    return f"{100 * bsa.interval.level:.0f} % interval {low} to {high} %"


def ruler_words(document: Mapping[str, Any]) -> str:
    """Say what served as the ruler."""
    return _RULERS[CalibrationSource(document["calibration"]["source"])]


def show_measurement(document: Mapping[str, Any], *, corrected_by: str = "") -> None:
    """Show the numbers of a measurement, its ruler and its findings.

    Parameters
    ----------
    document : mapping
        The public JSON document of the measurement.
    corrected_by : str
        The reader who drew the mask; empty when the software did.
    """
    protocol = with_interval(document, "bsa_percent", "%")
    if protocol is None:
        st.metric("Body surface", "not measurable")
    else:
        st.metric(
            "Body surface, protocol (handprint = 1 %)",
            f"{figure(document['bsa_percent'])} %",
            help="Lesional skin of this photo as a share of the whole body surface.",
        )
        st.caption(_interval_words(document, "bsa_percent", "%"))
    rows = _rows(document)
    if rows:
        st.table(rows, border="horizontal")
    st.caption(_provenance(document, corrected_by))
    show_findings(document)


def _interval_words(document: Mapping[str, Any], key: str, unit: str) -> str:
    level = round(100 * document.get("bsa_interval_level", 0.90))
    low, high = figure(document[f"{key}_low"]), figure(document[f"{key}_high"])
    return f"{level} % interval {low} to {high} {unit}"


def _rows(document: Mapping[str, Any]) -> dict[str, str]:
    handprints = document.get("handprints")
    tone, ita = document.get("skin_tone"), document.get("ita_deg")
    rows = {
        "Adjusted (0.87 %)": with_interval(document, "bsa_percent_adjusted", "%"),
        "Handprints": None if handprints is None else figure(handprints),
        "Lesion area": with_interval(document, "area_cm2", "cm²"),
        "Lesions": str(len(document.get("lesions", []))),
        "Ruler": ruler_words(document),
        "Skin tone": None if tone is None else f"{tone.replace('_', ' ')} (ITA {ita:.0f}°)",
    }
    return {name: words for name, words in rows.items() if words is not None}


def _provenance(document: Mapping[str, Any], corrected_by: str) -> str:
    drawn = "corrected by " + corrected_by if corrected_by else f"by {document['drawn_by']}"
    return f"Outline {drawn} · graded by {document['model_version']}"


def findings(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the findings of a measurement, the most serious first."""
    found: list[Mapping[str, Any]] = list(document["findings"])
    return sorted(found, key=lambda f: -_ORDER.index(Severity(f["severity"])))


def show_findings(document: Mapping[str, Any]) -> None:
    """Show what limits a measurement and how to retake the photo."""
    for finding in findings(document):
        icon = _ICONS[Severity(finding["severity"])]
        advice = f"  \n:small[:gray[{finding['advice']}]]" if finding.get("advice") else ""
        st.markdown(f"{icon} {finding['message']}{advice}")
