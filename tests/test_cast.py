"""A strong cast becomes a correction and a finding; a chart, or a balanced photo, settles it."""

import hashlib

import numpy as np
import pytest

from lesionscope.cast import without_cast
from lesionscope.core.measurement import Calibration, CalibrationSource
from lesionscope.core.photo import Photo
from lesionscope.imaging.colour import linear_light, srgb_bytes
from lesionscope.ruler import Ruler

SIZE = (120, 160)


def scene(*gain: float) -> tuple[Photo, np.ndarray]:
    rgb = np.full((*SIZE, 3), 200, np.uint8)
    clear = np.zeros(SIZE, bool)
    clear[30:100, 30:130] = True
    rgb[clear] = (190, 145, 125)
    tinted = srgb_bytes(linear_light(rgb) * np.array(gain))
    return Photo(tinted, hashlib.sha256(tinted.tobytes()).hexdigest()), clear


def ruler(**details: float) -> Ruler:
    nothing = np.zeros(SIZE, bool)
    return Ruler(Calibration(CalibrationSource.NONE, details=dict(details)), nothing, ())


def test_a_balanced_photo_keeps_its_ruler() -> None:
    photo, clear = scene(1, 1, 1)
    before = ruler()
    assert without_cast(before, photo, photo.pixels, clear) is before


def test_a_strong_cast_is_corrected_and_said() -> None:
    photo, clear = scene(0.5, 0.8, 1.2)
    after = without_cast(ruler(), photo, photo.pixels, clear)
    matrix = after.calibration.colour_matrix
    assert matrix is not None
    assert matrix.shape == (4, 3)
    assert matrix[0, 0] > matrix[1, 1] > matrix[2, 2]
    (finding,) = after.findings
    assert finding.code == "cast_balanced"
    assert finding.value == pytest.approx(after.calibration.details["cast_strength"])
    assert finding.advice


def test_a_chart_has_the_last_word() -> None:
    photo, clear = scene(0.5, 0.8, 1.2)
    before = ruler(chart_delta_e_after=7.0)
    assert without_cast(before, photo, photo.pixels, clear) is before
