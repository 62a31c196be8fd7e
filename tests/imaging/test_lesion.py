import numpy as np
import pytest

from lesionscope.imaging.border import lesion_mask
from lesionscope.imaging.lesion import Contrast, classical_probability, contrast
from lesionscope.imaging.regions import regions

from .scenes import DARK, LIGHT, draw


def found_in(rgb: np.ndarray, skin: np.ndarray) -> tuple[np.ndarray, Contrast]:
    against = contrast(rgb, skin)
    probability = classical_probability(against, skin)
    return lesion_mask(probability, against, skin, edge_rule=True), against


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / max(1, a.sum() + b.sum()))


@pytest.mark.parametrize("albedo", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("level", [0.35, 0.6, 1.0])
def test_a_patch_is_outlined_on_any_tone(albedo: np.ndarray, level: float) -> None:
    rgb, skin, lesion = draw(albedo, contrast=level)
    mask, _ = found_in(rgb, skin)
    assert dice(mask, lesion) > 0.9


@pytest.mark.parametrize("albedo", [LIGHT, DARK], ids=["light", "dark"])
def test_clear_skin_under_a_gradient_of_light_is_not_a_lesion(albedo: np.ndarray) -> None:
    rgb, skin, _ = draw(albedo, contrast=0)
    assert not found_in(rgb, skin)[0].any()


def test_contrast_in_density_is_the_same_on_light_and_dark_skin() -> None:
    levels = []
    for albedo in (LIGHT, DARK):
        rgb, skin, lesion = draw(albedo, contrast=0.6)
        parts, _ = regions(rgb, lesion, contrast(rgb, skin, lesion=lesion))
        levels.append(parts[0].delta_erythema)
    assert levels == pytest.approx([0.6, 0.6], abs=0.06)


def test_redder_gives_a_higher_index() -> None:
    indices = []
    for level in (0.1, 0.3, 0.6, 1.0):
        rgb, skin, lesion = draw(contrast=level)
        parts, _ = regions(rgb, lesion, contrast(rgb, skin, lesion=lesion))
        indices.append((parts[0].delta_erythema, parts[0].delta_a_star))
    assert indices == sorted(indices)


def test_turning_the_photo_keeps_the_area() -> None:
    rgb, skin, _ = draw()
    upright = found_in(rgb, skin)[0].sum()
    turned = found_in(np.ascontiguousarray(np.rot90(rgb)), np.ascontiguousarray(np.rot90(skin)))[0]
    assert turned.sum() == pytest.approx(int(upright), rel=0.02)


def test_exposure_keeps_the_area() -> None:
    areas = [found_in(*draw(light=light)[:2])[0].sum() for light in (0.5, 1.0, 1.6)]
    assert max(areas) / min(areas) < 1.05


def test_nothing_outside_skin_is_a_lesion() -> None:
    rgb, skin, _ = draw()
    rgb[~skin] = (200, 30, 30)
    assert not (found_in(rgb, skin)[0] & ~skin).any()


def test_no_skin_has_no_lesion() -> None:
    rgb = np.full((100, 100, 3), 80, np.uint8)
    mask, against = found_in(rgb, np.zeros((100, 100), bool))
    assert not mask.any()
    assert np.isfinite(against.signal).all()


def test_regions_are_numbered_by_size_and_located() -> None:
    rgb, skin, _ = draw(contrast=0)
    mask = np.zeros(skin.shape, bool)
    mask[100:110, 100:110] = True
    mask[150:190, 200:250] = True
    parts, labels = regions(rgb, mask, contrast(rgb, skin, lesion=mask))
    assert [p.area_px for p in parts] == [2000, 100]
    assert parts[0].box == (150, 200, 190, 250)
    assert parts[0].centre == pytest.approx((169.5, 224.5))
    assert (labels == 1).sum() == 2000


def test_the_input_is_not_changed() -> None:
    rgb, skin, _ = draw()
    before = rgb.copy(), skin.copy()
    found_in(rgb, skin)
    assert np.array_equal(rgb, before[0])
    assert np.array_equal(skin, before[1])
