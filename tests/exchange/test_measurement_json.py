"""The public document: complete, documented, strict JSON, and the same after a round trip."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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
from lesionscope.exchange.measurement_json import (
    document,
    json_text,
    mask_files,
    measurement_from,
)

DOCS = Path(__file__).parents[2] / "docs" / "output-format.md"
OPEN_MAPS = ("calibration.details", "seconds")

# Asked for by the format's first definition; none may ever be missing.
REQUIRED = {
    *("bsa_percent", "bsa_percent_low", "bsa_percent_high", "bsa_interval_level"),
    *("bsa_percent_adjusted", "bsa_percent_adjusted_low", "bsa_percent_adjusted_high"),
    *("handprints", "area_cm2", "area_cm2_low", "area_cm2_high", "mm_per_px", "calibration"),
    *("erythema", "scale", "erosion", "subscore_probabilities", "lesions", "ita_deg"),
    *("skin_tone", "findings", "software_version", "model_version", "sha256"),
}


@pytest.fixture
def full() -> Measurement:
    """A measurement in which everything could be measured."""
    rng = np.random.default_rng(0)
    lesion = np.zeros((40, 60), bool)
    lesion[10:20, 20:45] = True
    source = CalibrationSource.MARKER_AND_HANDPRINT
    return Measurement(
        photo_sha256="a" * 64,
        site=Site.ABDOMEN,
        findings=(
            CaptureFinding("blur", Severity.WARNING, "Blurred.", "Hold still.", 2.1234567, "px"),
            CaptureFinding("no_chart", Severity.INFO, "No chart."),
        ),
        calibration=Calibration(
            source,
            mm_per_px=0.123456789,
            relative_sd=0.01,
            homography=np.array([[0.12, 1e-5, 3], [2e-5, 0.12, 4], [1.23456789e-7, 2e-6, 1]]),
            marker_corners_px=np.array([[1.5, 2.5], [11.5, 2.5], [11.5, 12.5], [1.5, 12.5]]),
            hand_area_px=9876.5,
            colour_matrix=np.arange(12.0).reshape(4, 3) / 7,
            details={"marker_id": 7, "tilt_deg": np.float64(3.25), "hand_shows": "palm", "x": None},
        ),
        skin_mask=np.ones((40, 60), bool),
        hand_mask=rng.random((40, 60)) < 0.1,
        lesion_map=LesionMap(rng.random((40, 60), dtype=np.float32), lesion, "lesionscope 0.1.0"),
        lesions=(
            Lesion(
                label=1,
                area_px=np.int64(250),
                area_cm2=3.81,
                centre=(14.5, 32.0),
                box=(10, 20, 20, 45),
                delta_erythema=0.4123456789,
                delta_a_star=6.7,
                probabilities={
                    Item.ERYTHEMA: (0.1, 0.2, 0.6, 0.1),
                    Item.SCALE: (0.7, 0.2, 0.1),
                    Item.EROSION: (0.95, 0.05),
                },
            ),
            Lesion(2, 5, None, (1.0, 2.0), (0, 1, 2, 4), 0.1, 1.0, None, "too small"),
        ),
        handprints=Estimate(1.23456789, Interval(1.0, 1.5), "handprints"),
        area_cm2=Estimate(150.0, Interval(120.0, 190.0), "cm2"),
        bsa_protocol=BsaEstimate(1.23456789, Interval(1.0, 1.5), Convention.PROTOCOL, source),
        bsa_adjusted=BsaEstimate(1.07, Interval(0.8, 1.4), Convention.ADJUSTED, source),
        suggestions=(
            SubscoreSuggestion(Item.ERYTHEMA, Site.ABDOMEN, 2, (0.1, 0.2, 0.6, 0.1), "a* +6.7"),
            SubscoreSuggestion(Item.SCALE, Site.ABDOMEN, 0, (0.7, 0.2, 0.1), "smooth"),
            SubscoreSuggestion(Item.EROSION, Site.ABDOMEN, None, (), "too few pixels"),
        ),
        ita_deg=33.123456,
        skin_tone="intermediate",
        software_version="0.1.0",
        model_version="grader abc",
        seconds={"skin": 0.25, "lesion": 0.5},
        budget=(
            BudgetPart("distance of hand and lesion", 0.1, "Lay the hand close by."),
            BudgetPart("bent or tilted hand", 0.06, "Lay the hand flat."),
        ),
        hand_cm2=Estimate(121.5, Interval(100.0, 147.6), "cm2"),
        bsa_surface=BsaEstimate(0.8, Interval(0.6, 1.1), Convention.SURFACE, source),
        hands=((100.5, 200.25), (400.0, 210.0)),
    )


@pytest.fixture
def empty(full: Measurement) -> Measurement:
    """A measurement in which nothing could be measured."""
    return replace(
        full,
        findings=(),
        calibration=Calibration(CalibrationSource.NONE),
        lesion_map=LesionMap(np.zeros((40, 60), np.float32), np.zeros((40, 60), bool), "x"),
        hand_mask=np.zeros((40, 60), bool),
        lesions=(),
        handprints=None,
        area_cm2=None,
        bsa_protocol=None,
        bsa_adjusted=None,
        budget=(),
        hand_cm2=None,
        bsa_surface=None,
        hands=(),
        suggestions=(),
        ita_deg=None,
        skin_tone=None,
        seconds={},
    )


def paths_of(value: Any, path: str = "") -> set[str]:
    """Name every key of a document as the format's description names it."""
    if path in OPEN_MAPS:
        return {path, f"{path}.*"} if value else {path}
    if isinstance(value, dict):
        own = {path} if path and not path.endswith("]") else set()
        return own.union(*(paths_of(v, f"{path}.{k}" if path else k) for k, v in value.items()))
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {path}.union(*(paths_of(entry, f"{path}[]") for entry in value))
    return {path}


def _section(text: str) -> str:
    return text.split("## The document")[1].split("\n## ")[0]


def documented() -> set[str]:
    text = DOCS.read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([a-z0-9_.\[\]*]+)` \|", _section(text), re.M))


def test_every_key_is_documented_and_every_documented_key_is_there(full: Measurement) -> None:
    assert documented() == paths_of(document(full))


def test_required_keys_are_there_even_when_nothing_was_measured(empty: Measurement) -> None:
    content = document(empty)
    assert set(content) >= REQUIRED
    for key in ("bsa_percent", "bsa_percent_low", "handprints", "area_cm2", "mm_per_px"):
        assert content[key] is None
    for item in ("erythema", "scale", "erosion"):
        assert content[item] is None
        assert content["subscore_probabilities"][item] is None
    assert content["bsa_interval_level"] == 0.9
    assert content["lesions"] == []


def test_full_and_empty_documents_have_the_same_keys(full: Measurement, empty: Measurement) -> None:
    assert set(document(full)) == set(document(empty))
    assert set(document(full)["calibration"]) == set(document(empty)["calibration"])


def test_numbers_are_those_of_the_measurement(full: Measurement) -> None:
    content = document(full)
    assert content["bsa_percent"] == 1.23457
    assert (content["bsa_percent_low"], content["bsa_percent_high"]) == (1.0, 1.5)
    assert content["bsa_percent_adjusted"] == 1.07
    assert content["mm_per_px"] == 0.123457
    assert content["calibration"]["source"] == "marker and handprint"
    assert content["calibration"]["details"]["marker_id"] == 7
    assert content["erythema"] == 2
    assert content["scale"] == 0
    assert content["erosion"] is None
    assert content["subscore_probabilities"]["erythema"] == [0.1, 0.2, 0.6, 0.1]
    first, second = content["lesions"]
    assert (first["area_px"], first["erythema"], first["erosion"]) == (250, 2, 0)
    assert second["erythema"] is None
    assert second["not_gradable"] == "too small"
    assert (content["width_px"], content["height_px"]) == (60, 40)


@pytest.mark.parametrize("which", ["full", "empty"])
def test_round_trip_through_text_changes_nothing(
    which: str, request: pytest.FixtureRequest
) -> None:
    before: Measurement = request.getfixturevalue(which)
    files = mask_files(before)
    content = json.loads(json_text(document(before)))
    after = measurement_from(content, files)
    assert document(after) == content
    assert mask_files(after) == files
    assert np.array_equal(after.lesion_map.mask, before.lesion_map.mask)
    assert np.array_equal(after.skin_mask, before.skin_mask)
    assert np.array_equal(after.hand_mask, before.hand_mask)
    assert np.abs(after.lesion_map.probability - before.lesion_map.probability).max() <= 1 / 500
    assert after.findings == tuple(
        replace(f, value=None if f.value is None else round(f.value, 5)) for f in before.findings
    )
    assert after.suggestions == before.suggestions
    assert [lesion.probabilities for lesion in after.lesions] == [
        lesion.probabilities for lesion in before.lesions
    ]


def test_homography_keeps_a_twentieth_of_a_pixel_at_the_far_corner(full: Measurement) -> None:
    after = measurement_from(document(full), mask_files(full))
    corner = np.array([4000.0, 3000.0, 1.0])
    before_mm, after_mm = (m.calibration.homography @ corner for m in (full, after))
    assert np.allclose(before_mm, after_mm, rtol=1e-9)


def test_text_is_strict_json(full: Measurement) -> None:
    text = json_text(document(full))
    assert text.isascii()

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_number_that_is_none_is_refused(full: Measurement, bad: float) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        document(replace(full, ita_deg=bad))


def test_intervals_of_two_levels_are_refused(full: Measurement) -> None:
    other = Estimate(1.2, Interval(1.0, 1.5, 0.5), "handprints")
    with pytest.raises(ValueError, match="one level"):
        document(replace(full, handprints=other))


def test_document_of_another_major_version_is_refused(full: Measurement) -> None:
    for version in ("2.0", "10.0", None):
        content = document(full) | {"schema_version": version}
        with pytest.raises(ValueError, match=r"schema_version must be 1\.x"):
            measurement_from(content, mask_files(full))


def test_document_of_a_later_minor_version_is_read(full: Measurement) -> None:
    content = document(full) | {"schema_version": "1.7", "new_key": 3}
    assert measurement_from(content, mask_files(full)).photo_sha256 == full.photo_sha256


@pytest.mark.parametrize("key", ["lesions", "bsa_percent_low", "calibration"])
def test_missing_key_is_named(full: Measurement, key: str) -> None:
    content = document(full)
    del content[key]
    with pytest.raises(ValueError, match=key):
        measurement_from(content, mask_files(full))


def test_mask_of_another_size_is_refused(full: Measurement) -> None:
    small = replace(
        full,
        skin_mask=full.skin_mask[:10],
        hand_mask=full.hand_mask[:10],
        lesion_map=LesionMap(full.lesion_map.probability[:10], full.lesion_map.mask[:10], "x"),
    )
    with pytest.raises(ValueError, match="must have shape"):
        measurement_from(document(full), mask_files(small))


def test_missing_file_is_named(full: Measurement) -> None:
    files = mask_files(full)
    del files["hand"]
    with pytest.raises(ValueError, match="hand"):
        measurement_from(document(full), files)


def test_a_document_of_version_1_0_still_loads(full: Measurement) -> None:
    old = document(full)
    added = ("budget", "hands", "hand_cm2", "bsa_percent_surface")
    old = {key: old[key] for key in old if not key.startswith(added)} | {"schema_version": "1.0"}
    found = measurement_from(old, mask_files(full))
    assert (found.budget, found.hands) == ((), ())
    assert (found.hand_cm2, found.bsa_surface) == (None, None)
    assert found.handprints is not None


def test_what_version_1_1_added_comes_back(full: Measurement) -> None:
    found = measurement_from(document(full), mask_files(full))
    assert found.budget == full.budget
    assert found.hands == full.hands
    assert found.hand_cm2 == full.hand_cm2
    assert found.bsa_surface == full.bsa_surface
