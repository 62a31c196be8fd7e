"""A measurement as a JSON document and PNG files, and back.

The document is a public format, described key by key in ``docs/output-format.md``. Null means
not measurable and never zero. Within a major version keys are added and none is changed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.measurement import (
    BsaEstimate,
    BudgetPart,
    Calibration,
    CalibrationSource,
    Convention,
    Estimate,
    Interval,
    Item,
    Lesion,
    LesionMap,
    Measurement,
    SubscoreSuggestion,
)
from lesionscope.core.photo import CaptureFinding, Severity
from lesionscope.core.sites import Site
from lesionscope.imaging.maskfile import gray_from_png, gray_png, mask_from_png, mask_png

SCHEMA_VERSION = "1.2"
"""Major version: a key was removed or changed its meaning. Minor version: a key was added."""

DEFAULT_LEVEL = 0.90
"""Level stated for the intervals of a photo in which nothing could be measured."""

_DIGITS = 6
# Matrices act on pixel coordinates in the thousands, so they keep twice as many digits.
_MATRIX_DIGITS = 12


def document(m: Measurement) -> dict[str, Any]:
    """Write a measurement as plain values that JSON can hold.

    Parameters
    ----------
    m : Measurement
        What was found in one photo.

    Returns
    -------
    dict
        Keys as in ``docs/output-format.md``. Numbers are rounded to 6 significant digits, those
        of matrices to 12. The pixels are not in it, see `mask_files`.

    Raises
    ------
    ValueError
        If a number is not finite, or the intervals are not all of one level.
    """
    height, width = m.lesion_map.mask.shape
    return {
        "schema_version": SCHEMA_VERSION,
        "sha256": m.photo_sha256,
        "width_px": width,
        "height_px": height,
        "site": m.site.value,
        **_bsa_part(m),
        **_estimate_part("handprints", m.handprints),
        **_estimate_part("area_cm2", m.area_cm2),
        **_estimate_part("hand_cm2", m.hand_cm2),
        "budget": [_budget_part(part) for part in m.budget],
        "hands": [[_number(x), _number(y)] for x, y in m.hands],
        "mm_per_px": _number(m.calibration.mm_per_px),
        "calibration": _calibration_part(m.calibration),
        **_suggestion_part(m),
        "lesions": [_lesion_part(lesion) for lesion in m.lesions],
        "ita_deg": _number(m.ita_deg),
        "skin_tone": m.skin_tone,
        "findings": [_finding_part(finding) for finding in m.findings],
        "drawn_by": m.lesion_map.drawn_by,
        "software_version": m.software_version,
        "model_version": m.model_version,
        "seconds": {stage: _number(value) for stage, value in m.seconds.items()},
    }


def mask_files(m: Measurement) -> dict[str, bytes]:
    """Write the pixels of a measurement as PNG files.

    Parameters
    ----------
    m : Measurement
        What was found in one photo.

    Returns
    -------
    dict of str to bytes
        ``lesion``, ``skin`` and ``hand`` (8 bit, 0 or 255) and ``probability`` (8 bit, 255 for 1),
        each the size of the upright photo.
    """
    return {
        "lesion": mask_png(m.lesion_map.mask),
        "skin": mask_png(m.skin_mask),
        "hand": mask_png(m.hand_mask),
        "probability": gray_png(m.lesion_map.probability),
    }


def json_text(content: Any) -> str:
    """Write plain values as JSON text that any strict reader accepts.

    Parameters
    ----------
    content : dict or list
        As from `document`.

    Returns
    -------
    str
        Indented, ASCII, with a newline at its end.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def measurement_from(document: Mapping[str, Any], files: Mapping[str, bytes]) -> Measurement:
    """Read a measurement back from its document and files.

    Parameters
    ----------
    document : mapping
        As written by `document`.
    files : mapping of str to bytes
        As written by `mask_files`.

    Returns
    -------
    Measurement
        Masks as they were; probabilities of pixels to within 1/510, numbers as rounded.

    Raises
    ------
    ValueError
        If the document is of another major version, lacks a key, or does not fit the files.
    """
    version = str(document.get("schema_version", "none"))
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise ValueError(f"schema_version must be {SCHEMA_VERSION[0]}.x, got {version}")
    try:
        return _measurement(document, files)
    except KeyError as missing:
        raise ValueError(f"the measurement lacks {missing}") from missing


def _measurement(d: Mapping[str, Any], files: Mapping[str, bytes]) -> Measurement:
    level = float(d["bsa_interval_level"])
    lesion = _mask(d, files, "lesion")
    probability = gray_from_png(files["probability"])
    return Measurement(
        photo_sha256=d["sha256"],
        site=Site(d["site"]),
        findings=tuple(_finding_from(f) for f in d["findings"]),
        calibration=_calibration_from(d),
        skin_mask=_mask(d, files, "skin"),
        hand_mask=_mask(d, files, "hand"),
        lesion_map=LesionMap(probability, lesion, d["drawn_by"]),
        lesions=tuple(_lesion_from(part) for part in d["lesions"]),
        handprints=_estimate_from(d, "handprints", level, "handprints"),
        area_cm2=_estimate_from(d, "area_cm2", level, "cm2"),
        bsa_protocol=_bsa_from(d, "bsa_percent", level, Convention.PROTOCOL),
        bsa_adjusted=_bsa_from(d, "bsa_percent_adjusted", level, Convention.ADJUSTED),
        suggestions=tuple(_suggestion_from(part) for part in d["suggestions"]),
        ita_deg=d["ita_deg"],
        skin_tone=d["skin_tone"],
        software_version=d["software_version"],
        model_version=d["model_version"],
        seconds=dict(d["seconds"]),
        **_added_in_1_1(d, level),
    )


def _added_in_1_1(d: Mapping[str, Any], level: float) -> dict[str, Any]:
    """Read what documents of version 1.0 did not have; they give the defaults."""
    if "budget" not in d:
        return {}
    return {
        "budget": tuple(BudgetPart(**part) for part in d["budget"]),
        "hand_cm2": _estimate_from(d, "hand_cm2", level, "cm2"),
        "bsa_surface": _bsa_from(d, "bsa_percent_surface", level, Convention.SURFACE),
        "hands": tuple((x, y) for x, y in d["hands"]),
    }


def _number(value: float | None, digits: int = _DIGITS) -> float | None:
    if value is None:
        return None
    if not math.isfinite(value):
        raise ValueError(f"a measured number must be finite, got {value}")
    return float(f"{float(value):.{digits}g}")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):  # NumPy's numbers are no JSON
        value = value.item()
    return _number(value) if isinstance(value, float) else value


def _numbers(values: NDArray[np.float64] | None) -> list[list[float | None]] | None:
    if values is None:
        return None
    return [[_number(v, _MATRIX_DIGITS) for v in row] for row in np.asarray(values)]


def _array(rows: list[list[float]] | None) -> NDArray[np.float64] | None:
    return None if rows is None else np.array(rows, dtype=np.float64)


def _mask(d: Mapping[str, Any], files: Mapping[str, bytes], name: str) -> NDArray[np.bool_]:
    mask = mask_from_png(files[name])
    expected = (d["height_px"], d["width_px"])
    if mask.shape != expected:
        raise ValueError(f"the {name} mask must have shape {expected}, got {mask.shape}")
    return mask


def _bsa_part(m: Measurement) -> dict[str, Any]:
    estimates = (m.bsa_protocol, m.bsa_adjusted, m.bsa_surface)
    sources = {estimate.source for estimate in estimates if estimate is not None}
    quantities = (*estimates, m.handprints, m.area_cm2, m.hand_cm2)
    intervals = [quantity.interval for quantity in quantities if quantity is not None]
    levels = {interval.level for interval in intervals} or {DEFAULT_LEVEL}
    if len(levels) > 1 or len(sources) > 1:
        raise ValueError(f"one level and one ruler must serve all, got {levels} and {sources}")
    part: dict[str, Any] = {}
    keys = ("bsa_percent", "bsa_percent_adjusted", "bsa_percent_surface")
    for key, estimate in zip(keys, estimates, strict=True):
        part[key] = _number(estimate.percent if estimate else None)
        part |= _bounds(key, estimate.interval if estimate else None)
    part["bsa_interval_level"] = _number(levels.pop())
    part["bsa_source"] = sources.pop().value if sources else None
    return part


def _budget_part(part: BudgetPart) -> dict[str, Any]:
    return {
        "source": part.source,
        "sd_of_log": _number(part.sd_of_log),
        "narrows": part.narrows,
    }


def _bounds(key: str, interval: Interval | None) -> dict[str, float | None]:
    return {
        f"{key}_low": _number(interval.low if interval else None),
        f"{key}_high": _number(interval.high if interval else None),
    }


def _estimate_part(key: str, estimate: Estimate | None) -> dict[str, Any]:
    return {
        key: _number(estimate.value if estimate else None),
        **_bounds(key, estimate.interval if estimate else None),
    }


def _interval(d: Mapping[str, Any], key: str, level: float) -> Interval:
    return Interval(d[f"{key}_low"], d[f"{key}_high"], level)


def _estimate_from(d: Mapping[str, Any], key: str, level: float, unit: str) -> Estimate | None:
    return None if d[key] is None else Estimate(d[key], _interval(d, key, level), unit)


def _bsa_from(
    d: Mapping[str, Any], key: str, level: float, convention: Convention
) -> BsaEstimate | None:
    if d[key] is None:
        return None
    source = CalibrationSource(d["bsa_source"])
    return BsaEstimate(d[key], _interval(d, key, level), convention, source)


def _calibration_part(calibration: Calibration) -> dict[str, Any]:
    return {
        "source": calibration.source.value,
        "relative_sd": _number(calibration.relative_sd),
        "hand_area_px": _number(calibration.hand_area_px),
        "marker_corners_px": _numbers(calibration.marker_corners_px),
        "homography": _numbers(calibration.homography),
        "colour_matrix": _numbers(calibration.colour_matrix),
        "details": {name: _plain(value) for name, value in calibration.details.items()},
    }


def _calibration_from(d: Mapping[str, Any]) -> Calibration:
    part = d["calibration"]
    return Calibration(
        source=CalibrationSource(part["source"]),
        mm_per_px=d["mm_per_px"],
        relative_sd=part["relative_sd"],
        homography=_array(part["homography"]),
        marker_corners_px=_array(part["marker_corners_px"]),
        hand_area_px=part["hand_area_px"],
        colour_matrix=_array(part["colour_matrix"]),
        details=dict(part["details"]),
    )


def _suggestion_part(m: Measurement) -> dict[str, Any]:
    by_item = {item: m.suggestion(item) for item in Item}
    levels = {item.value: (s.level if s else None) for item, s in by_item.items()}
    probabilities = {
        item.value: [_number(p) for p in s.probabilities] if s and s.probabilities else None
        for item, s in by_item.items()
    }
    return {
        **levels,
        "subscore_probabilities": probabilities,
        "suggestions": [
            {
                "item": s.item.value,
                "site": s.site.value,
                "level": s.level,
                "probabilities": [_number(p) for p in s.probabilities] or None,
                "reason": s.reason,
            }
            for s in m.suggestions
        ],
    }


def _suggestion_from(part: Mapping[str, Any]) -> SubscoreSuggestion:
    return SubscoreSuggestion(
        item=Item(part["item"]),
        site=Site(part["site"]),
        level=part["level"],
        probabilities=tuple(part["probabilities"] or ()),
        reason=part["reason"],
    )


def _lesion_part(lesion: Lesion) -> dict[str, Any]:
    graded = lesion.probabilities
    return {
        "label": int(lesion.label),
        "area_px": int(lesion.area_px),
        "area_cm2": _number(lesion.area_cm2),
        "centre_px": [_number(c) for c in lesion.centre],
        "box_px": [int(edge) for edge in lesion.box],
        "delta_erythema": _number(lesion.delta_erythema),
        "delta_a_star": _number(lesion.delta_a_star),
        **{item.value: lesion.level(item) for item in Item},
        "probabilities": graded
        and {item.value: [_number(p) for p in graded[item]] for item in Item},
        "not_gradable": lesion.not_gradable,
        "seen": lesion.seen,
        "place": lesion.place,
        "sites": None if lesion.sites is None else [site.value for site in lesion.sites],
    }


def _lesion_from(part: Mapping[str, Any]) -> Lesion:
    row, column = part["centre_px"]
    top, left, bottom, right = part["box_px"]
    graded = part["probabilities"]
    return Lesion(
        label=part["label"],
        area_px=part["area_px"],
        area_cm2=part["area_cm2"],
        centre=(row, column),
        box=(top, left, bottom, right),
        delta_erythema=part["delta_erythema"],
        delta_a_star=part["delta_a_star"],
        probabilities=graded and {Item(item): tuple(levels) for item, levels in graded.items()},
        not_gradable=part["not_gradable"],
        # Older documents say nothing of these.
        seen=part.get("seen", ""),
        place=part.get("place", ""),
        sites=_sites_from(part.get("sites")),
    )


def _finding_part(finding: CaptureFinding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "advice": finding.advice,
        "value": _number(finding.value),
        "unit": finding.unit,
    }


def _finding_from(part: Mapping[str, Any]) -> CaptureFinding:
    return CaptureFinding(
        code=part["code"],
        severity=Severity(part["severity"]),
        message=part["message"],
        advice=part["advice"],
        value=part["value"],
        unit=part["unit"],
    )


def _sites_from(names: Sequence[str] | None) -> tuple[Site, ...] | None:
    return None if names is None else tuple(Site(name) for name in names)
