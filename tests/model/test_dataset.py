from pathlib import Path

import numpy as np

from lesionscope.model import dataset


def test_an_example_depends_on_its_seed_and_number_alone() -> None:
    first, again, other = (dataset.example(5, n) for n in (17, 17, 18))
    assert np.array_equal(first.crop, again.crop)
    assert first.recipe == again.recipe
    assert not np.array_equal(first.crop, other.crop)
    assert first.crop.shape == (5, 160, 160)
    assert np.isfinite(first.crop).all()
    assert first.crop[4].max() > 0.5


def test_the_maps_show_what_the_recipe_asks_for() -> None:
    made = [dataset.example(6, n) for n in range(40)]
    for one in made:
        assert one.maps.shape == (2, 40, 40)
        assert one.maps.min() >= 0
        assert one.maps.max() <= 1.001
        if one.recipe.scale == 0:
            assert one.maps[0].max() == 0
        if one.recipe.erosion == 0:
            assert one.maps[1].max() == 0
    shares = {
        level: [one.maps[0].max() for one in made if one.recipe.scale == level] for level in (1, 2)
    }
    assert min(np.median(values) for values in shares.values()) > 0.3
    assert np.median([one.maps[1].max() for one in made if one.recipe.erosion]) > 0.5


def test_building_resumes_and_loads_back(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(dataset, "SHARD", 4)
    files = list(dataset.build(tmp_path, 6, 9))
    times = [file.stat().st_mtime_ns for file in files]
    assert list(dataset.build(tmp_path, 6, 9)) == files
    assert [file.stat().st_mtime_ns for file in files] == times
    examples = dataset.load(files)
    assert len(examples) == 6
    one = dataset.example(9, 5, dataset.skin_patches())
    restored = dataset.with_haemoglobin(examples.crops[5:6])[0]
    assert np.abs(restored - one.crop).max() < 0.01
    assert np.abs(examples.maps[5] / 255 - one.maps).max() < 0.01
    recipe = one.recipe
    assert examples.levels[5].tolist() == [recipe.erythema, recipe.scale, recipe.erosion]


def test_the_shipped_patches_are_there_and_stated() -> None:
    patches = dataset.skin_patches()
    assert len(patches) >= 10
    assert all(patch.ndim == 3 and patch.dtype == np.uint8 for patch in patches)
    folder = dataset.places.samples_folder() / "skin"
    stated = (folder / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert all(file.name.split("_")[0] in stated for file in folder.glob("*.jpg"))
    assert sum(file.stat().st_size for file in folder.iterdir()) < 4_000_000


def test_no_folder_holds_no_patches(tmp_path: Path) -> None:
    assert dataset.skin_patches(tmp_path / "absent") == ()


def test_what_is_left_untold_changes_the_crop_and_not_the_drawing() -> None:
    whole = dataset.example(5, 3)
    alone = dataset.example(5, 3, told=dataset.Told(own_skin=False))
    assert alone.recipe == whole.recipe
    assert np.array_equal(alone.crop[4], whole.crop[4])
    # Compared with an average skin, the crop is as much off everywhere as this skin is.
    off = (alone.crop - whole.crop)[:3]
    inside = whole.crop[4] > 0.5
    assert np.abs(off[:, inside].mean(axis=1)).max() > 0.05
    for number in range(3, 9):
        unscaled = dataset.example(5, number, told=dataset.Told(scale=False))
        assert unscaled.recipe == dataset.example(5, number).recipe
        reach = np.argwhere(unscaled.crop[4] > 0.5)
        assert np.ptp(reach, axis=0).max() > 60  # without a scale the crop follows the lesion
