"""What a measurement says, in words: numbers with their intervals, the ruler, the findings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st

from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.photo import Severity
from lesionscope.scoring.bsa import probability_above

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
        st.caption(gate_words(document))
    rows = _rows(document)
    if rows:
        st.table(rows, border="horizontal")
    st.caption(_provenance(document, corrected_by))
    show_budget(document)
    show_findings(document)


GATES = (("more than", 1.0), ("less than", 20.0))
"""Bounds on the body surface that trials of skin disease set for entry, in percent."""


def gate_words(document: Mapping[str, Any]) -> str:
    """Say how likely the body surface is to pass the bounds that trials set.

    Examples
    --------
    >>> gate_words({"bsa_percent": 2.0, "bsa_percent_low": 1.5, "bsa_percent_high": 2.67,
    ...             "bsa_source": "handprint"})
    'More than 1 %: almost certain (over 99 %). Less than 20 %: almost certain (over 99 %).'
    """
    low, high = document["bsa_percent_low"], document["bsa_percent_high"]
    level = document.get("bsa_interval_level") or 0.90
    source = CalibrationSource(document["bsa_source"])
    bsa = BsaEstimate(
        document["bsa_percent"], Interval(low, high, level), Convention.PROTOCOL, source
    )
    said = []
    for word, bound in GATES:
        above = probability_above(bsa, bound)
        chance = above if word == "more than" else 1 - above
        said.append(f"{word.capitalize()} {bound:.0f} %: {_chance_words(chance)}.")
    return " ".join(said)


def _chance_words(chance: float) -> str:
    """Put a probability into words with its number.

    Examples
    --------
    >>> _chance_words(0.004), _chance_words(0.34), _chance_words(0.5), _chance_words(0.93)
    ('almost excluded (under 1 %)', 'unlikely (34 %)', 'open (50 %)', 'very likely (93 %)')
    """
    if chance > 0.99:
        return "almost certain (over 99 %)"
    if chance < 0.01:
        return "almost excluded (under 1 %)"
    bounds = ((0.9, "very likely"), (0.6, "likely"), (0.4, "open"), (0.1, "unlikely"))
    word = next((word for bound, word in bounds if chance >= bound), "very unlikely")
    return f"{word} ({100 * chance:.0f} %)"


def show_budget(document: Mapping[str, Any]) -> None:
    """Show what the interval is made of, the largest first, and what would narrow it."""
    parts = [part for part in document.get("budget", ()) if part["sd_of_log"] > 0]
    if not parts:
        return
    largest = max(parts, key=lambda part: part["sd_of_log"])
    with st.expander("What makes the interval this wide"):
        for part in sorted(parts, key=lambda part: -part["sd_of_log"]):
            # A standard deviation of the logarithm, as percent of the area.
            percent = 100 * (math.exp(part["sd_of_log"]) - 1)
            share = part["sd_of_log"] / largest["sd_of_log"]
            st.progress(share, text=f"± {percent:.0f} % · {part['source']}")
        st.caption(f"One standard deviation each. Would narrow it most: {largest['narrows']}")


def _interval_words(document: Mapping[str, Any], key: str, unit: str) -> str:
    level = round(100 * document.get("bsa_interval_level", 0.90))
    low, high = figure(document[f"{key}_low"]), figure(document[f"{key}_high"])
    return f"{level} % interval {low} to {high} {unit}"


def _rows(document: Mapping[str, Any]) -> dict[str, str]:
    handprints = document.get("handprints")
    tone, ita = document.get("skin_tone"), document.get("ita_deg")
    rows = {
        "Adjusted": with_interval(document, "bsa_percent_adjusted", "%"),
        "By height and weight": with_interval(document, "bsa_percent_surface", "%"),
        "Handprints": None if handprints is None else figure(handprints),
        "Lesion area": with_interval(document, "area_cm2", "cm²"),
        "Ruler hand": with_interval(document, "hand_cm2", "cm²"),
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
