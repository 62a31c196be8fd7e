from pathlib import Path

import numpy as np

from lesionscope.model import dataset


def test_an_example_depends_on_its_seed_and_number_alone() -> None:
    first, recipe = dataset.example(5, 17)
    again, same = dataset.example(5, 17)
    other, _ = dataset.example(5, 18)
    assert np.array_equal(first, again)
    assert recipe == same
    assert not np.array_equal(first, other)
    assert first.shape == (5, 128, 128)
    assert np.isfinite(first).all()
    assert first[4].max() > 0.5


def test_building_resumes_and_loads_back(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(dataset, "SHARD", 4)
    files = list(dataset.build(tmp_path, 6, 9))
    times = [file.stat().st_mtime_ns for file in files]
    assert list(dataset.build(tmp_path, 6, 9)) == files
    assert [file.stat().st_mtime_ns for file in files] == times
    examples = dataset.load(files)
    assert len(examples) == 6
    crop, recipe = dataset.example(9, 5, dataset.skin_patches())
    restored = dataset.with_haemoglobin(examples.crops[5:6])[0]
    assert np.abs(restored - crop).max() < 0.01
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
