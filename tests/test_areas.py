"""Areas from masks drawn exactly: what a ruler, a slant and a budget do to them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lesionscope.areas import Areas, areas_of, relief_findings, relief_in
from lesionscope.core.measurement import Calibration, CalibrationSource, LesionMap
from lesionscope.scoring.budget import HAND_AS_LAID, total_sd

SHAPE = (300, 400)
CORNERS = np.array([[190.0, 140.0], [210.0, 140.0], [210.0, 160.0], [190.0, 160.0]])


def marker(tilt_deg: float = 0.0, **details: float | str) -> Calibration:
    """A marker at 0.5 mm per px facing, tilted."""
    facing = 0.5
    return Calibration(
        CalibrationSource.MARKER,
        mm_per_px=facing / math.sqrt(math.cos(math.radians(tilt_deg))),
        relative_sd=0.01,
        marker_corners_px=CORNERS,
        details={"mm_per_px_facing": facing, **details},
    )


def drawn(mask: np.ndarray) -> LesionMap:
    return LesionMap(mask.astype(np.float32), mask, "a reader")


def band(half_width: float) -> np.ndarray:
    rows = np.mgrid[: SHAPE[0], : SHAPE[1]][0] + 0.5
    return np.asarray(np.abs(rows - SHAPE[0] / 2) < half_width)


def found(lesion: np.ndarray, skin: np.ndarray, calibration: Calibration) -> Areas:
    return areas_of(drawn(lesion), calibration, relief_in(skin, calibration))


def test_a_tilted_close_up_is_measured_on_the_markers_plane() -> None:
    skin, lesion = np.ones(SHAPE, bool), np.zeros(SHAPE, bool)
    lesion[100:200, 50:150] = True
    area = found(lesion, skin, marker(tilt_deg=30)).area_cm2
    assert area is not None
    assert area.value == pytest.approx(10_000 * 0.25 / 100 / math.cos(math.radians(30)), rel=1e-6)


def test_a_limb_round_the_marker_is_measured_round() -> None:
    limb = band(90)  # 45 mm
    area = found(limb, limb, marker(tilt_deg=15)).area_cm2
    assert area is not None
    true = math.pi * 45 * SHAPE[1] * 0.5 / 100
    assert area.value == pytest.approx(true, rel=0.10)
    assert area.interval.low < true < area.interval.high


def test_a_hand_as_laid_is_less_than_its_flat_outline() -> None:
    calibration = Calibration(CalibrationSource.HANDPRINT, hand_area_px=10_000.0)
    lesion = np.zeros(SHAPE, bool)
    lesion[100:200, 50:150] = True
    areas = found(lesion, np.ones(SHAPE, bool), calibration)
    assert areas.handprints is not None
    assert areas.handprints.value == pytest.approx(HAND_AS_LAID)
    assert areas.area_cm2 is None
    assert areas.surface is None
    assert areas.protocol is not None
    assert areas.protocol.percent == pytest.approx(HAND_AS_LAID)


def test_the_budget_adds_up_to_the_interval_and_the_largest_comes_first() -> None:
    lesion = band(30)
    areas = found(lesion, band(90), marker())
    assert areas.handprints is not None
    spreads = [part.sd_of_log for part in areas.budget]
    assert spreads == sorted(spreads, reverse=True)
    width = math.log(areas.handprints.interval.high / areas.handprints.value)
    assert width == pytest.approx(1.6449 * total_sd(areas.budget))


def test_the_own_hand_and_the_body_surface_serve_a_marker() -> None:
    lesion = band(30)
    own = marker(
        handprint="own handprint",
        handprint_cm2=100.0,
        handprint_sd=0.1,
        handprint_percent=0.6,
        handprint_percent_sd=0.1,
        body_surface_m2=1.7,
    )
    known, unknown = found(lesion, band(90), own), found(lesion, band(90), marker())
    assert known.handprints is not None
    assert unknown.handprints is not None
    assert known.area_cm2 is not None
    assert known.area_cm2 == unknown.area_cm2
    assert known.handprints.value == pytest.approx(known.area_cm2.value / 100)
    assert known.handprints.interval.high / known.handprints.value < (
        unknown.handprints.interval.high / unknown.handprints.value
    )
    assert known.surface is not None
    assert known.adjusted is not None
    assert known.surface.percent == pytest.approx(known.area_cm2.value / 170)
    assert known.adjusted.percent == pytest.approx(0.6 * known.handprints.value)


def test_without_a_ruler_nothing_is_measured() -> None:
    calibration = Calibration(CalibrationSource.NONE)
    assert relief_in(band(90), calibration) is None
    assert found(band(30), band(90), calibration) == Areas()


def test_nothing_found_is_zero_up_to_what_is_possible() -> None:
    lesion_map = LesionMap(np.full(SHAPE, 0.2, np.float32), np.zeros(SHAPE, bool), "network")
    skin = np.ones(SHAPE, bool)
    areas = areas_of(lesion_map, marker(), relief_in(skin, marker()))
    assert areas.area_cm2 is not None
    assert (areas.area_cm2.value, areas.area_cm2.interval.low) == (0, 0)
    assert areas.area_cm2.interval.high == pytest.approx(skin.sum() * 0.0025)


def test_a_single_view_says_what_it_cannot_see() -> None:
    limb = band(90)

    def codes(lesion: np.ndarray, skin: np.ndarray) -> set[str]:
        return {f.code for f in relief_findings(drawn(lesion), relief_in(skin, marker()))}

    assert codes(band(10), limb) == {"far_side_unseen"}
    assert codes(limb, limb) == {"far_side_unseen", "lesion_curves_away"}
    assert codes(band(10), np.ones(SHAPE, bool)) == set()
    assert relief_findings(drawn(limb), None) == ()


def test_nothing_found_may_hide_the_smallest_lesion_that_is_marked() -> None:
    nothing = LesionMap(np.zeros(SHAPE, np.float32), np.zeros(SHAPE, bool), "network")
    skin = np.ones(SHAPE, bool)
    areas = areas_of(nothing, marker(), relief_in(skin, marker()), skin_px=float(skin.sum()))
    assert areas.area_cm2 is not None
    assert areas.area_cm2.value == 0
    assert areas.area_cm2.interval.high == pytest.approx(1.2e-4 * skin.sum() * 0.0025)
