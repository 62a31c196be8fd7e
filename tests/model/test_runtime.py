from pathlib import Path

import numpy as np
import pytest

from lesionscope.imaging.crops import clear_skin_density, lesion_crop
from lesionscope.imaging.phantom import Recipe, draw_scene
from lesionscope.model.runtime import Grader, LesionGrade, lesion_detail


@pytest.fixture(scope="module")
def grader() -> Grader:
    return Grader.load()


def drawn(contrast: float, seed: int, **more: float) -> np.ndarray:
    recipe = Recipe(ita_deg=45.0, contrast=contrast, diameter_mm=22.0, mm_per_px=0.25, **more)
    scene = draw_scene(recipe, np.random.default_rng(seed))
    clear = clear_skin_density(scene.rgb, scene.skin & ~scene.lesion, 60)
    return lesion_crop(scene.rgb, scene.lesion, clear, scene.mm_per_px)


def mean_level(grader: Grader, item: str, crops: list[np.ndarray]) -> float:
    chances = grader.probabilities(np.stack(crops))[item]
    return float((chances @ np.arange(chances.shape[1])).mean())


def test_each_lesion_gets_probabilities_or_a_reason(grader: Grader) -> None:
    crops = np.stack([drawn(c, s) for s, c in enumerate((0.2, 0.5, 1.0))])
    grades = grader.grade(crops)
    assert len(grades) == 3
    for grade in grades:
        assert grade.gradable is not bool(grade.reason)
        for item, levels in (("erythema", 4), ("scale", 3), ("erosion", 2)):
            if grade.gradable:
                assert len(grade.probabilities[item]) == levels
                assert sum(grade.probabilities[item]) == pytest.approx(1, abs=1e-6)


def test_redder_is_graded_higher(grader: Grader) -> None:
    levels = [
        mean_level(grader, "erythema", [drawn(c, s) for s in range(6)]) for c in (0.15, 0.55, 1.1)
    ]
    assert levels[0] < levels[1] < levels[2]
    assert levels[2] - levels[0] > 1


def test_flakes_are_graded_higher(grader: Grader) -> None:
    levels = [
        mean_level(grader, "scale", [drawn(0.6, s, scale=k) for s in range(8)]) for k in (0, 1, 2)
    ]
    assert levels[0] < levels[1] < levels[2]


def test_a_lesion_of_a_few_pixels_is_not_graded(grader: Grader) -> None:
    crop = drawn(0.6, 1)
    crop[4] = 0
    crop[4, 60:66, 60:66] = 1
    (grade,) = grader.grade(crop[None])
    assert not grade.gradable
    assert "too small" in grade.reason


def test_a_lesion_out_of_focus_is_not_graded(grader: Grader) -> None:
    crop = drawn(0.6, 1)
    inside = crop[4] > 0.5
    for channel in range(4):
        crop[channel] = np.where(inside, 0.3, 0.0)
    crop[4] = inside
    # A step at the outline is no texture: take the mask one pixel in.
    crop[4, 1:-1, 1:-1] *= (
        inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    )
    (grade,) = grader.grade(crop[None])
    assert not grade.gradable
    assert "out of focus" in grade.reason


def test_something_unlike_skin_is_not_graded(grader: Grader) -> None:
    rng = np.random.default_rng(0)
    crop = drawn(0.6, 1)
    crop[:3] = rng.uniform(-2, 3, crop[:3].shape)
    (grade,) = grader.grade(crop[None])
    assert not grade.gradable
    assert "unlike" in grade.reason


def test_values_that_are_no_numbers_are_not_graded(grader: Grader) -> None:
    crops = np.stack([drawn(0.6, 1), drawn(0.6, 2)])
    crops[0, 1, 5, 5] = np.nan
    bad, good = grader.grade(crops)
    assert "not numbers" in bad.reason
    assert "not numbers" not in good.reason


def test_no_lesion_gives_no_grade(grader: Grader) -> None:
    assert grader.grade(np.zeros((0, 5, 160, 160), np.float32)) == ()


def test_the_version_names_the_file(grader: Grader) -> None:
    name, digest = grader.version.rsplit("-", 1)
    assert name == "lesion_grades"
    assert len(digest) == 8


def test_bad_arguments_are_named(grader: Grader, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="crops must have shape"):
        grader.grade(np.zeros((1, 4, 128, 128), np.float32))
    with pytest.raises(FileNotFoundError, match=r"lesionscope\.model\.train"):
        Grader.load(tmp_path)
    with pytest.raises(ValueError, match="item must be one of"):
        grader.attention(drawn(0.6, 1), "papules")
    with pytest.raises(ValueError, match="reason"):
        LesionGrade({}, gradable=False, reason="")


def test_detail_is_what_blur_takes_away() -> None:
    crop = drawn(0.6, 3, scale=2)
    soft = crop.copy()
    for axis in (1, 2):
        soft[:4] = (np.roll(soft[:4], 1, axis) + soft[:4] + np.roll(soft[:4], -1, axis)) / 3
    sharp_detail, soft_detail = lesion_detail(np.stack([crop, soft]))
    assert soft_detail < sharp_detail


@pytest.mark.parametrize("item", ["erythema", "scale", "erosion"])
def test_the_network_looks_inside_the_outline(grader: Grader, item: str) -> None:
    crop = drawn(0.9, 4, scale=2, erosion=1)
    heat = grader.attention(crop, item)
    assert heat.shape == crop.shape[1:]
    assert heat.dtype == np.float32
    assert heat.min() >= 0
    assert heat.max() <= 1.0001
    assert not heat[crop[4] == 0].any()


def test_hiding_blood_shows_where_it_lies(grader: Grader) -> None:
    crop = drawn(0.9, 5)
    crop[:4, :, :80] = 0  # the left half of the outline is clear skin
    heat = grader.attention(crop, "erythema")
    inside = crop[4] > 0.5
    inside[:, 70:90] = False
    left, right = heat[:, :80][inside[:, :80]], heat[:, 80:][inside[:, 80:]]
    assert right.mean() > 2 * left.mean()


def test_more_flakes_are_seen_over_more_of_the_outline(grader: Grader) -> None:
    shares = []
    for level in (0, 1, 2):
        grades = grader.grade(np.stack([drawn(0.6, s, scale=level) for s in range(10)]))
        shares.append(float(np.mean([grade.flakes for grade in grades])))
    assert shares[0] < shares[1] < shares[2]


def test_what_was_seen_is_said_in_words() -> None:
    grade = LesionGrade({}, gradable=True, reason="", flakes=0.31, raw=0.004)
    assert grade.seen == "flakes over 31%"
    assert LesionGrade({}, gradable=True, reason="").seen == ""
