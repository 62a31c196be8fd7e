from dataclasses import replace

import numpy as np
import pytest

from lesionscope.imaging import colour
from lesionscope.imaging.phantom import (
    ERYTHEMA_STEPS,
    SCALE_COVER,
    Recipe,
    draw_recipe,
    draw_scene,
    imperfect_mask,
)
from lesionscope.imaging.phantom_skin import draw_host, smooth_noise, tone_albedo

PLAIN = Recipe(ita_deg=45.0, contrast=0.0, diameter_mm=20.0, mm_per_px=0.3)


def haemoglobin_contrast(recipe: Recipe, seed: int) -> float:
    scene = draw_scene(recipe, np.random.default_rng(seed))
    density = colour.optical_density(scene.rgb)
    clear = np.median(density[scene.skin & ~scene.lesion], axis=0)
    return float(np.median(colour.chromophores(density[scene.lesion] - clear)[:, 0]))


def median_contrast(recipe: Recipe, seeds: int = 12) -> float:
    return float(np.median([haemoglobin_contrast(recipe, seed) for seed in range(seeds)]))


def test_one_seed_draws_one_picture() -> None:
    first = draw_scene(PLAIN, np.random.default_rng(3))
    again = draw_scene(PLAIN, np.random.default_rng(3))
    other = draw_scene(PLAIN, np.random.default_rng(4))
    assert np.array_equal(first.rgb, again.rgb)
    assert not np.array_equal(first.rgb[:40, :40], other.rgb[:40, :40])


@pytest.mark.parametrize(("contrast", "level"), [(0.0, 0), (0.07, 1), (0.35, 2), (0.9, 3)])
def test_the_level_is_a_step_of_contrast(contrast: float, level: int) -> None:
    assert replace(PLAIN, contrast=contrast).erythema == level


def test_more_blood_gives_more_contrast() -> None:
    measured = [median_contrast(replace(PLAIN, contrast=c)) for c in (0.0, 0.3, 0.6, 1.1)]
    assert measured == sorted(measured)
    assert measured[-1] > 0.5
    assert abs(measured[0]) < 0.1


def test_the_same_blood_shows_less_on_dark_skin() -> None:
    light = median_contrast(replace(PLAIN, contrast=0.9))
    dark = median_contrast(replace(PLAIN, contrast=0.9, ita_deg=-50.0))
    assert 0.1 < dark < 0.85 * light


def test_scale_brightens_the_lesion() -> None:
    def brightness(level: int) -> float:
        red = replace(PLAIN, contrast=0.9, scale=level, ita_deg=-20.0)
        values = []
        for seed in range(10):
            scene = draw_scene(red, np.random.default_rng(seed))
            light = colour.linear_light(scene.rgb)[..., 1]
            values.append(light[scene.lesion].mean() / light[scene.skin & ~scene.lesion].mean())
        return float(np.median(values))

    assert brightness(0) < brightness(1) < brightness(2)


def test_flakes_and_raw_skin_are_where_they_were_asked_for() -> None:
    for scale, erosion in ((0, 0), (1, 0), (2, 0), (0, 1), (2, 1)):
        asked = replace(PLAIN, contrast=0.6, scale=scale, erosion=erosion)
        scenes = [draw_scene(asked, np.random.default_rng(seed)) for seed in range(6)]
        flaky = float(np.mean([scene.flakes[scene.lesion].mean() for scene in scenes]))
        assert flaky == pytest.approx(SCALE_COVER[scale], abs=0.14)
        assert any(scene.raw.any() for scene in scenes) == bool(erosion)
        assert all(scene.flakes.shape == scene.rgb.shape[:2] for scene in scenes)


@pytest.mark.parametrize("ita", [-50.0, -10.0, 20.0, 35.0, 50.0, 60.0])
def test_the_albedo_has_the_angle_asked_for(ita: float) -> None:
    albedo = tone_albedo(np.random.default_rng(0), ita)
    rgb = colour.srgb_bytes(albedo)[None, None]
    lightness, _, b_star = colour.lab(rgb)[0, 0]
    angle = colour.ita_degrees(float(lightness), float(b_star))
    assert angle is not None
    assert angle == pytest.approx(ita, abs=3)


def test_every_level_and_tone_is_drawn() -> None:
    rng = np.random.default_rng(0)
    recipes = [draw_recipe(rng) for _ in range(600)]
    assert {r.erythema for r in recipes} == {0, 1, 2, 3}
    assert {r.scale for r in recipes} == {0, 1, 2}
    assert {r.kind for r in recipes} == {"lesion", "clear", "pigment", "mottled"}
    assert all(r.erythema == r.scale == r.erosion == 0 for r in recipes if r.kind != "lesion")
    tones = {colour.skin_tone(r.ita_deg) for r in recipes}
    assert tones == {"very_light", "light", "intermediate", "tan", "brown", "dark"}
    assert max(r.contrast for r in recipes) > ERYTHEMA_STEPS[-1]


def test_a_spoiled_outline_still_overlaps_and_stays_on_skin() -> None:
    scene = draw_scene(replace(PLAIN, contrast=0.6), np.random.default_rng(5))
    rng = np.random.default_rng(0)
    overlaps = []
    for _ in range(30):
        drawn = imperfect_mask(rng, scene.lesion, scene.skin)
        assert drawn.any()
        assert not (drawn & ~scene.skin).any()
        overlaps.append((drawn & scene.lesion).sum() / (drawn | scene.lesion).sum())
    assert 0.1 < min(overlaps) < 0.9
    assert np.median(overlaps) > 0.55


def test_borrowed_texture_leaves_the_tone_alone() -> None:
    stripes = np.full((64, 64, 3), 60, dtype=np.uint8)
    stripes[::4] = 90
    brighter = colour.srgb_bytes(3 * colour.linear_light(stripes))

    def host(patch: np.ndarray, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return draw_host(rng, (60, 60), ita_deg=40.0, mm_per_px=0.3, patches=[patch]).density

    for seed in range(6):
        assert host(stripes, seed) == pytest.approx(host(brighter, seed), abs=0.05)


def test_noise_has_mean_zero_and_spread_one() -> None:
    noise = smooth_noise(np.random.default_rng(0), (80, 120), 9.0)
    assert noise.shape == (80, 120)
    assert float(noise.mean()) == pytest.approx(0, abs=1e-4)
    assert float(noise.std()) == pytest.approx(1, abs=1e-3)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="kind"):
        Recipe(ita_deg=30.0, kind="psoriasis")
    with pytest.raises(ValueError, match="levels"):
        Recipe(ita_deg=30.0, scale=3)
