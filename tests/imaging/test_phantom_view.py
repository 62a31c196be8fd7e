import numpy as np
import pytest

from lesionscope.imaging.colour import chromophores, optical_density
from lesionscope.imaging.phantom_body import Body, draw_body
from lesionscope.imaging.phantom_scenery import shading
from lesionscope.imaging.phantom_view import draw_lesions, draw_nail, draw_view
from lesionscope.imaging.warp import turned_crop


def test_one_seed_draws_one_view() -> None:
    first, second = (draw_view(np.random.default_rng(5), 96) for _ in range(2))
    assert np.array_equal(first.rgb, second.rgb)
    assert np.array_equal(first.lesion, second.lesion)
    assert not np.array_equal(first.rgb, draw_view(np.random.default_rng(6), 96).rgb)


@pytest.mark.parametrize("seed", range(12))
def test_truth_is_consistent(seed: int) -> None:
    view = draw_view(np.random.default_rng(seed), 128)
    assert view.rgb.dtype == np.uint8
    assert not (view.lesion & ~view.skin).any()
    assert not (view.lesion & view.doubtful).any()


def test_views_vary_in_what_they_hold() -> None:
    views = [draw_view(np.random.default_rng(seed), 96) for seed in range(40)]
    with_lesion = sum(bool(view.lesion.any()) for view in views)
    assert 12 <= with_lesion <= 36
    shares = [view.skin.mean() for view in views]
    assert min(shares) < 0.3
    assert max(shares) > 0.9


def test_lesions_hold_more_blood_than_the_skin_around_them() -> None:
    more = []
    for seed in range(60):
        view = draw_view(np.random.default_rng(seed), 96)
        clear = view.skin & ~view.lesion & ~view.doubtful
        if view.lesion.sum() < 100 or clear.sum() < 100:
            continue
        density = optical_density(view.rgb)
        around = np.median(density[clear], axis=0)
        blood = chromophores(np.median(density[view.lesion], axis=0) - around)[0]
        more.append(blood > 0)
    assert len(more) > 15
    assert np.mean(more) > 0.75  # flakes and shade hide it on some, as in life


def test_hands_show_lesions_of_the_knuckles_alone_and_healthy_knuckles() -> None:
    small, clear = 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        body = draw_body(rng, (128, 128))
        if not body.joints:
            continue
        strength, _ = draw_lesions(rng, body, (128, 128))
        share = float((strength[body.skin] > 0.5).mean())
        small += 0 < share < 0.15
        clear += share == 0
    assert small > 5
    assert clear > 3


def test_bodies_have_height_where_there_is_skin() -> None:
    for seed in range(20):
        body = draw_body(np.random.default_rng(seed), (96, 96))
        assert (body.height[body.skin] > 0).all()
        assert not (body.skin & body.hair).any()


def test_some_hands_fill_the_frame_and_some_lie_far() -> None:
    widths = []
    for seed in range(80):
        body = draw_body(np.random.default_rng(seed), (128, 128))
        within = [r for x, y, r in body.joints if 0 <= x < 128 and 0 <= y < 128]
        widths += [max(within)] if within else []
    assert min(widths) < 0.02 * 128
    assert max(widths) > 0.04 * 128


def test_a_nail_lies_beyond_the_last_joint_paler_and_redder() -> None:
    skin = np.full((120, 60, 3), 1.5, np.float32)
    drawn = skin.copy()
    draw_nail(drawn, (30.0, 80.0, 8.0), (30.0, 50.0, 8.0), paler=0.5, redder=0.2)
    rows, cols = np.nonzero(np.abs(drawn - skin).max(axis=2) > 0.05)
    assert 15 < rows.min() < rows.max() < 47  # between the joint and the tip
    assert 20 < cols.min() < cols.max() < 40
    blood, pigment = chromophores((drawn - skin)[32, 30])[:2]
    assert blood == pytest.approx(0.2, abs=0.05)
    assert pigment == pytest.approx(-0.5, abs=0.05)


def test_the_edge_of_the_shade_is_redder_than_what_the_lamp_meets() -> None:
    rows = np.mgrid[0:96, 0:96][0].astype(np.float32)
    limb = np.sqrt(np.clip(30**2 - (rows - 48) ** 2, 0, None)).astype(np.float32)
    none = np.zeros((96, 96), np.float32)
    body = Body(limb, limb > 0, none, none, none > 0, ())
    grey = np.full((96, 96, 3), 0.5, np.float32)  # so that all the redness is the light's
    redder, darker = [], []
    for seed in range(40):
        light = shading(np.random.default_rng(seed), body, grey).diffuse[:, 48][limb[:, 48] > 0]
        ratio, brightest = light[:, 0] / light[:, 1], light[:, 1].argmax()
        redder.append(ratio.max() - ratio[brightest])
        darker.append(light[ratio.argmax(), 1] / light[brightest, 1])
    assert np.median(redder) > 0.02
    assert np.median(darker) < 0.8


def test_a_crop_keeps_picture_and_truth_together() -> None:
    bits = np.zeros((80, 120), np.uint8)
    bits[20:60, 30:90] = 3
    rgb = np.repeat((bits > 0).astype(np.uint8)[..., None] * 200, 3, axis=2)
    for seed in range(10):
        picture, truth = turned_crop(np.random.default_rng(seed), rgb, bits, 64)
        assert picture.shape == (64, 64, 3)
        assert set(np.unique(truth)) <= {0, 3}
        assert ((picture[..., 0] > 100) == (truth > 0)).mean() > 0.95
