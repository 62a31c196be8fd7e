import numpy as np
import pytest

from lesionscope.imaging.phantom_flakes import flake_cover, gathered, lay_flakes

SHAPE = (90, 110)
DISC = (np.hypot(*np.mgrid[-45:45, -55:55]) < 35).astype(np.float32)
FLAT = np.zeros(SHAPE, np.float32)


def skin(red: float, green: float, blue: float) -> np.ndarray:
    return np.full((*SHAPE, 3), (red, green, blue), np.float32)


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_flakes_cover_the_share_asked_for_and_stay_on_the_lesion(share: float) -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        cover = flake_cover(rng, DISC, FLAT, share=share, mm_per_px=0.3)
        assert cover[DISC > 0].mean() == pytest.approx(share, abs=0.1)
        assert not cover[DISC == 0].any()
        assert 0 <= cover.min() <= cover.max() <= 1


def test_no_lesion_no_flakes() -> None:
    cover = flake_cover(np.random.default_rng(0), FLAT, FLAT, share=0.5, mm_per_px=0.3)
    assert not cover.any()


def test_flakes_whiten_without_making_light() -> None:
    cover = np.ones(SHAPE, np.float32)
    for body in (skin(0.5, 0.2, 0.15), skin(0.06, 0.03, 0.02)):
        laid = lay_flakes(np.random.default_rng(1), body, cover, level=2, mm_per_px=0.3)
        assert (laid >= body - 0.02).all()
        assert laid.max() <= 0.95
        # Blood takes green; flakes give it back, so the colour fades.
        assert (laid[..., 1] / laid[..., 0]).mean() > (body[..., 1] / body[..., 0]).mean()


def test_the_same_flakes_stand_out_more_on_dark_skin() -> None:
    cover = np.ones(SHAPE, np.float32)

    def contrast(body: np.ndarray) -> float:
        laid = lay_flakes(np.random.default_rng(2), body, cover, level=1, mm_per_px=0.3)
        return float(np.log(laid / body).mean())

    assert contrast(skin(0.08, 0.05, 0.04)) > 2 * contrast(skin(0.55, 0.4, 0.35))


def test_where_no_flake_lies_the_skin_is_left_alone() -> None:
    body = skin(0.4, 0.2, 0.15)
    laid = lay_flakes(np.random.default_rng(3), body, FLAT, level=2, mm_per_px=0.3)
    assert laid == pytest.approx(body)
    assert np.array_equal(gathered(FLAT, FLAT), FLAT)


def test_single_flakes_stand_out_of_a_lesion_that_they_cover_mostly() -> None:
    # Bright spots on skin, not dark gaps in a white sheet: this is what tells scale from folds.
    body, leans = skin(0.5, 0.25, 0.2), []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        cover = flake_cover(rng, DISC, FLAT, share=0.6, mm_per_px=0.3)
        laid = lay_flakes(rng, body, cover, level=2, mm_per_px=0.3)
        light = np.log(laid[..., 1][DISC > 0])
        leans.append(float(np.mean(((light - light.mean()) / light.std()) ** 3)))
    assert np.median(leans) > 0.5


def test_a_level_is_how_much_is_covered_and_not_how_thick_it_lies() -> None:
    cover = np.ones(SHAPE, np.float32)
    body = skin(0.5, 0.25, 0.2)
    light = {
        level: [
            lay_flakes(np.random.default_rng(n), body, cover, level=level, mm_per_px=0.3).mean()
            for n in range(40)
        ]
        for level in (1, 2)
    }
    low, high = (float(np.mean(light[level])) for level in (1, 2))
    assert low < high < low + 0.5 * float(np.std(light[1]))
