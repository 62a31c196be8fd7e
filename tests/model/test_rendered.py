import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lesionscope.imaging.phantom import Recipe, draw_scene
from lesionscope.model import evaluate
from lesionscope.model.rendered import Cutting, rendered_lesions


def write_patient(folder: Path) -> None:
    scene = draw_scene(
        Recipe(ita_deg=40.0, contrast=0.9, diameter_mm=14, mm_per_px=0.3), np.random.default_rng(2)
    )
    name = "X01_v1_arm"
    Image.fromarray(scene.rgb).save(folder / f"{name}.jpg", quality=95)
    for part, mask in (
        ("lesion", scene.lesion * np.uint8(7)),
        ("skin", scene.skin * np.uint8(255)),
        ("hand", np.zeros_like(scene.lesion, np.uint8)),
    ):
        Image.fromarray(mask).save(folder / f"{name}_{part}.png")
    big = {"id": 7, "kind": "patch", "erythema": 3, "scale": 0, "erosion": 0}
    lesions = [{**big, "visible_area_cm2": 4.0}, {**big, "visible_area_cm2": 0.1}]
    facts = {"name": name, "mm_per_px_at_lesions": scene.mm_per_px, "skin_tone": "light"}
    (folder / f"{name}.json").write_text(json.dumps({**facts, "lesions": lesions}))


def test_lesions_are_read_with_their_truth(tmp_path: Path) -> None:
    write_patient(tmp_path)
    found = rendered_lesions(tmp_path)
    assert found.levels.tolist() == [[3, 0, 0]]
    assert found.tones == ("light",)
    assert found.pictures.shape == (1, 160, 160, 3)
    numbers = evaluate.rule_numbers(found.crops)
    assert numbers.shape == (1, 3)
    assert numbers[0, 0] > 0.4


def test_a_folder_without_patients_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no rendered patients"):
        rendered_lesions(tmp_path)


def test_each_part_can_be_taken_away(tmp_path: Path) -> None:
    write_patient(tmp_path)
    whole = rendered_lesions(tmp_path).crops
    for cutting in (Cutting(calibrated=False), Cutting(own_skin=False), Cutting(longest_px=80)):
        other = rendered_lesions(tmp_path, cutting).crops
        assert other.shape == whole.shape
        assert np.abs(other - whole).mean() > 0.005
