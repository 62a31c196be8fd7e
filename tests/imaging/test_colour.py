import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lesionscope.imaging.colour import (
    HAEMOGLOBIN,
    MELANIN,
    SHADE,
    chromophores,
    ita_degrees,
    lab,
    lab_in_light,
    linear_light,
    optical_density,
    skin_tone,
    srgb_bytes,
)

pixels = arrays(np.uint8, (3, 4, 3))


@given(pixels)
def test_linear_light_and_back_is_the_same_byte(rgb: np.ndarray) -> None:
    assert np.array_equal(srgb_bytes(linear_light(rgb)), rgb)


def test_known_values_of_the_transfer_function() -> None:
    # IEC 61966-2-1: middle grey byte 188 is half of full light; 10 lies on the straight part.
    assert linear_light(np.array([[188, 10, 255]], np.uint8))[0] == pytest.approx(
        [0.5029, 0.003035, 1.0], rel=1e-3
    )


def test_half_the_light_adds_log_two_to_every_band() -> None:
    grey = srgb_bytes(np.full((1, 1, 3), 0.4))
    half = srgb_bytes(np.full((1, 1, 3), 0.2))
    gain = optical_density(half) - optical_density(grey)
    assert gain.ravel() == pytest.approx(np.log(2), abs=0.02)


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2))
def test_chromophores_take_apart_what_was_mixed(blood: float, pigment: float, shade: float) -> None:
    mixed = blood * HAEMOGLOBIN + pigment * MELANIN + shade * SHADE
    assert chromophores(mixed) == pytest.approx([blood, pigment, shade], abs=1e-4)


def test_black_is_dense_but_finite() -> None:
    assert np.isfinite(optical_density(np.zeros((1, 1, 3), np.uint8))).all()


def test_lab_of_white_and_of_a_published_red() -> None:
    found = lab(np.array([[[255, 255, 255], [255, 0, 0]]], np.uint8))[0]
    assert found[0] == pytest.approx([100, 0, 0], abs=0.1)
    assert found[1] == pytest.approx([53.24, 80.09, 67.20], abs=0.2)


@pytest.mark.parametrize(
    ("ita", "tone"),
    [
        (56.0, "very_light"),
        (55.0, "light"),
        (41.0, "intermediate"),
        (28.0, "tan"),
        (10.0, "brown"),
        (-30.0, "dark"),
        (None, None),
    ],
)
def test_tone_classes_are_closed_at_their_upper_bound(ita: float | None, tone: str | None) -> None:
    assert skin_tone(ita) == tone


def test_ita_says_nothing_where_there_is_no_yellow() -> None:
    assert ita_degrees(60, 0) is None
    assert ita_degrees(60, -3) is None
    assert ita_degrees(40, 10) == pytest.approx(-45.0)


@given(st.floats(0.3, 3.0))
def test_more_light_scales_a_colour_as_its_pixels_would(light: float) -> None:
    linear = np.array([0.20, 0.12, 0.08])
    dim, lit = (lab(srgb_bytes(linear * f)[None, None])[0, 0] for f in (1.0, light))
    assert np.allclose(lab_in_light(dim, light), lit, atol=1.2)


def test_light_must_be_positive() -> None:
    with pytest.raises(ValueError, match="light must be positive"):
        lab_in_light(np.array([50.0, 10.0, 10.0]), 0.0)
