from __future__ import annotations

import time

import numpy as np
import pytest

from lesionscope.imaging.colour import HAEMOGLOBIN, MELANIN, srgb_bytes
from lesionscope.imaging.grow import Ground, ground, grow_clear, grow_lesion

HEIGHT, WIDTH = 300, 400
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)


def disc(x: float, y: float, radius: float) -> np.ndarray:
    return np.hypot(X - x, Y - y) < radius


def skin_of(haemoglobin: np.ndarray, melanin: float = 0.1) -> np.ndarray:
    """Skin with a gradient of light, patches of pigment, grain, and some extra blood."""
    random = np.random.default_rng(5)
    pigment = melanin + 0.08 * np.sin(X / 31) * np.cos(Y / 23)
    density = pigment[..., None] * MELANIN + haemoglobin[..., None] * HAEMOGLOBIN
    light = 0.75 * np.exp(-density) * (0.8 + 0.2 * X / WIDTH)[..., None] * [1.0, 0.72, 0.6]
    return srgb_bytes(light + random.normal(0, 0.004, light.shape))


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum()))


def ground_of(haemoglobin: np.ndarray, melanin: float = 0.1) -> Ground:
    skin = np.ones((HEIGHT, WIDTH), bool)
    return ground(skin_of(haemoglobin, melanin), skin, haemoglobin < 0.02)


@pytest.mark.parametrize("melanin", [0.05, 0.9])
@pytest.mark.parametrize("radius", [9, 30, 80])
def test_a_click_grows_to_the_edge_of_the_lesion(radius: int, melanin: float) -> None:
    lesion = disc(180, 150, radius)
    grown = grow_lesion(ground_of(0.25 * lesion, melanin), (184, 147))
    assert dice(grown, lesion) > 0.9


def test_a_region_does_not_leak_into_its_neighbour() -> None:
    one, other = disc(150, 150, 30), disc(225, 150, 30)
    grown = grow_lesion(ground_of(0.3 * (one | other)), (150, 150))
    assert dice(grown, one) > 0.9
    assert not (grown & other).any()


def test_a_region_ends_where_the_skin_ends() -> None:
    lesion = disc(180, 150, 40)
    on = ground_of(0.3 * lesion)
    skin = X < 190
    grown = grow_lesion(Ground(on.red_green, on.green_blue, skin, on.clear & skin), (165, 150))
    assert not (grown & ~skin).any()
    assert dice(grown, lesion & skin) > 0.85


def test_nothing_grows_on_even_skin() -> None:
    on = ground_of(np.zeros((HEIGHT, WIDTH)))
    assert grow_lesion(on, (200, 150)).sum() < 0.02 * HEIGHT * WIDTH


def test_a_click_outside_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="400 x 300 pixels, got 400, 3"):
        grow_lesion(ground_of(np.zeros((HEIGHT, WIDTH))), (400, 3))


def test_a_click_takes_out_the_whole_of_what_is_no_lesion() -> None:
    lesion, pigment = disc(100, 150, 30), disc(280, 150, 25)
    on = ground_of(0.3 * lesion)
    gone = grow_clear(on, lesion | pigment, (280, 150))
    assert np.array_equal(gone, pigment)
    assert not grow_clear(on, lesion | pigment, (200, 20)).any()


def test_what_leaked_out_of_a_lesion_is_taken_out_alone() -> None:
    lesion = disc(150, 150, 30)
    leaked = (np.abs(Y - 150) < 12) & (X > 170) & (X < 300)
    gone = grow_clear(ground_of(0.4 * lesion), lesion | leaked, (260, 150))
    assert (gone & leaked & ~lesion).sum() > 0.85 * (leaked & ~lesion).sum()
    assert (gone & lesion).sum() < 0.15 * lesion.sum()


def test_a_click_is_answered_within_a_blink() -> None:
    lesion = disc(180, 150, 60)
    big = np.tile(0.3 * lesion, (3, 3))[:825, :1100]
    picture = np.tile(skin_of(0.3 * lesion), (3, 3, 1))[:825, :1100]
    on = ground(picture, np.ones(big.shape, bool), big < 0.02)
    begun = time.process_time()
    grown = grow_lesion(on, (580, 450))
    seconds = time.process_time() - begun
    assert grown.any()
    assert seconds < 1.0  # 0.08 s of one core; here with slack
