import numpy as np
import pytest

from lesionscope.imaging.skin import skin_mask

from .scenes import DARK, LIGHT, draw


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize("albedo", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("light", [0.6, 1.0, 1.5])
def test_skin_is_found_on_any_tone_and_exposure(albedo: np.ndarray, light: float) -> None:
    rgb, skin, _ = draw(albedo, light=light)
    assert iou(skin_mask(rgb).mask, skin) > 0.95


def test_a_lesion_is_skin() -> None:
    rgb, _, lesion = draw(contrast=1.0)
    assert skin_mask(rgb).mask[lesion].mean() > 0.98


@pytest.mark.parametrize("cloth", [(190, 40, 45), (230, 120, 150), (40, 70, 160), (128, 128, 128)])
def test_red_pink_blue_and_grey_cloth_are_not_skin(cloth: tuple[int, int, int]) -> None:
    rgb, skin, _ = draw(contrast=0)
    rgb[~skin] = cloth
    assert iou(skin_mask(rgb).mask, skin) > 0.93


def test_no_skin_gives_an_empty_mask() -> None:
    assert not skin_mask(np.full((120, 160, 3), 90, np.uint8)).mask.any()
    assert not skin_mask(np.zeros((120, 160, 3), np.uint8)).mask.any()


def test_a_frame_of_nothing_but_skin_is_all_skin() -> None:
    rgb, _, _ = draw(contrast=0, size=(900, 1200))
    middle = np.ascontiguousarray(rgb[300:600, 400:800])
    assert skin_mask(middle).mask.mean() > 0.99


def test_one_photo_gives_one_mask() -> None:
    rgb, _, _ = draw()
    assert np.array_equal(skin_mask(rgb).mask, skin_mask(rgb).mask)


def test_a_strong_cast_is_noticed_and_skin_still_found() -> None:
    rgb, skin, _ = draw(contrast=0)
    magenta = np.clip(rgb * np.array([1.25, 0.45, 1.35]), 0, 255).astype(np.uint8)
    magenta[~skin] = (20, 25, 20)
    found = skin_mask(magenta)
    assert found.cast_suspected
    assert iou(found.mask, skin) > 0.9
