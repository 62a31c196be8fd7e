"""A cast is found when it is strong, left alone when it is not, and taken out as it came in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.imaging.chart_colours import apply_correction
from lesionscope.imaging.colour import linear_light, srgb_bytes
from lesionscope.imaging.fiducial import marker_cells
from lesionscope.imaging.white_balance import estimate_cast, marker_paper

SKINS = {"light": (205, 160, 140), "brown": (140, 100, 80), "dark": (85, 60, 50)}


def scene(tone: str, wall: tuple[int, int, int] = (200, 200, 200)) -> tuple[np.ndarray, np.ndarray]:
    rgb = np.empty((80, 100, 3), np.uint8)
    rgb[:] = wall
    skin = np.zeros((80, 100), bool)
    skin[20:70, 20:80] = True
    grain = np.random.default_rng(0).normal(0, 3, (*skin.shape, 3))
    rgb[skin] = np.clip(np.array(SKINS[tone]) + grain, 0, 255).astype(np.uint8)[skin]
    return rgb, skin


def under(rgb: np.ndarray, *gain: float) -> np.ndarray:
    return srgb_bytes(linear_light(rgb) * np.array(gain))


@pytest.mark.parametrize("tone", SKINS)
@pytest.mark.parametrize("gain", [(1, 1, 1), (1.06, 1, 0.94), (0.94, 1, 1.06)])
def test_a_balanced_photo_is_left_alone(tone: str, gain: tuple[float, ...]) -> None:
    rgb, skin = scene(tone)
    assert not estimate_cast(under(rgb, *gain), skin).suspected


@pytest.mark.parametrize("tone", SKINS)
@pytest.mark.parametrize("gain", [(1.15, 0.75, 0.25), (0.45, 0.75, 1.25)])
def test_a_strong_cast_is_taken_out(tone: str, gain: tuple[float, ...]) -> None:
    rgb, skin = scene(tone)
    tinted = under(rgb, *gain)
    cast = estimate_cast(tinted, skin)
    assert cast.suspected
    assert cast.strength > 1.5
    balanced = apply_correction(tinted, cast.correction)
    before, after = (
        np.abs(np.log(linear_light(p[skin]).mean(0) / linear_light(rgb[skin]).mean(0)))
        for p in (tinted, balanced)
    )
    assert np.ptp(after) < 0.5 * np.ptp(before) or after.max() < 0.5 * before.max()


def test_a_coloured_wall_alone_is_no_cast() -> None:
    for wall in ((60, 130, 110), (150, 180, 220), (210, 190, 150)):
        assert not estimate_cast(*scene("light", wall)).suspected


@settings(max_examples=25, deadline=None)
@given(st.floats(0.5, 1.0))
def test_exposure_does_not_change_the_cast(light: float) -> None:
    rgb, skin = scene("light")
    tinted = under(rgb, 0.5, 0.7, 1.1)
    whole, less = estimate_cast(tinted, skin), estimate_cast(under(tinted, *[light] * 3), skin)
    assert less.suspected == whole.suspected
    assert np.allclose(less.gain, whole.gain, rtol=0.06)


def test_the_correction_keeps_the_lightness_of_a_grey() -> None:
    rgb, skin = scene("light")
    correction = estimate_cast(under(rgb, 0.5, 0.7, 1.1), skin).correction
    grey = np.array([0.3, 0.3, 0.3]) @ correction[:3]
    assert grey @ [0.2126, 0.7152, 0.0722] == pytest.approx(0.3)


def test_little_skin_tells_nothing() -> None:
    rgb, skin = scene("light")
    few = np.zeros_like(skin)
    few[30:40, 30:40] = True
    cast = estimate_cast(under(rgb, 0.4, 0.7, 1.2), few)
    assert not cast.suspected
    assert cast.strength == 1


def test_masks_of_another_size_are_refused() -> None:
    rgb, skin = scene("light")
    with pytest.raises(ValueError, match="shape"):
        estimate_cast(rgb, skin[1:])


def with_marker(white: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rgb, skin = scene("light", (90, 140, 120))
    cells = np.kron(np.asarray(marker_cells(7), bool), np.ones((3, 3), bool))
    side = cells.shape[0]
    rgb[1 : side + 7, 1 : side + 7] = white
    skin[1 : side + 7, 1 : side + 7] = False
    rgb[4 : side + 4, 4 : side + 4] = np.where(cells[..., None], np.array(white), 15)
    low, high = 3.5, side + 3.5
    return rgb, skin, np.array([[low, low], [high, low], [high, high], [low, high]])


def test_paper_of_a_marker_gives_the_cast_nearly_exactly() -> None:
    rgb, skin, corners = with_marker((220, 220, 220))
    tinted = under(rgb, 0.6, 0.75, 1.05)
    paper = marker_paper(tinted, corners)
    assert paper is not None
    cast = estimate_cast(tinted, skin, paper=paper)
    assert cast.suspected
    assert cast.told_by == "paper"
    assert np.allclose(cast.gain / cast.gain[1], [0.8, 1, 1.4], rtol=0.08)


def test_burnt_out_paper_tells_nothing() -> None:
    rgb, _, corners = with_marker((255, 255, 255))
    assert marker_paper(rgb, corners) is None


def test_paper_out_of_the_frame_tells_nothing() -> None:
    rgb, _, corners = with_marker((220, 220, 220))
    assert marker_paper(rgb, corners - 400) is None
