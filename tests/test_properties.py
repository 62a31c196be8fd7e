"""What may not change a measurement: turning, scaling, light, compression, a slight tint.

The changes and their bounds are those of `benchmarks/properties.py`, where they are measured on
many photos; here they must hold for one demo photo, with room, because the bounds are of medians.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from lesionscope.places import samples_folder

ROOM = 2.0
"""Times the bound of the median: nine in ten photos stay within it."""
SIDE = 900


@pytest.fixture(scope="module")
def properties() -> ModuleType:
    path = Path(__file__).parent.parent / "benchmarks" / "properties.py"
    spec = importlib.util.spec_from_file_location("benchmarks_properties", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by its name
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    photo = samples_folder() / "demo_study" / "photos" / "D02_v2_vneck.jpg"
    with Image.open(photo) as opened:
        opened.thumbnail((SIDE, SIDE))
        return np.asarray(opened.convert("RGB"))


@pytest.fixture(scope="module")
def before(properties: ModuleType, picture: np.ndarray) -> tuple[float, float | None]:
    return properties.area_and_bsa(properties.encoded(picture, None))


NAMES = (
    "turned by 90 degrees", "turned by 180 degrees", "turned by 270 degrees", "mirrored",
    "scaled by 0.5", "scaled by 0.75", "scaled by 1.25", "scaled by 1.5",
    "1 stop darker", "1 stop lighter",
    "JPEG of quality 95", "JPEG of quality 80", "JPEG of quality 60",
    "slightly warm (red +8 %, blue -8 %)", "slightly cool (red -8 %, blue +8 %)",
)  # fmt: skip


def test_every_change_of_the_benchmark_is_held(properties: ModuleType) -> None:
    assert [change.name for change in properties.CHANGES] == list(NAMES)


def test_the_photo_has_a_lesion_and_a_ruler(before: tuple[float, float | None]) -> None:
    assert before[0] > 0.01
    assert before[1] is not None


@pytest.mark.parametrize("name", NAMES)
def test_area_and_bsa_stay_within_bounds(
    properties: ModuleType,
    picture: np.ndarray,
    before: tuple[float, float | None],
    name: str,
) -> None:
    change = next(c for c in properties.CHANGES if c.name == name)
    changed = change.of(picture)
    assert changed.shape != picture.shape or not np.array_equal(changed, picture) or change.quality
    area, bsa = properties.area_and_bsa(properties.encoded(changed, change.quality))
    assert before[1] is not None
    assert bsa is not None
    assert abs(np.log(area / before[0])) <= ROOM * change.bound
    # The hand is outlined anew, so its own error comes on top.
    assert abs(np.log(bsa / before[1])) <= ROOM * change.bound + 0.1


def test_a_lossless_copy_measures_the_same(
    properties: ModuleType, picture: np.ndarray, before: tuple[float, float | None]
) -> None:
    assert properties.area_and_bsa(properties.encoded(picture.copy(), None)) == before
