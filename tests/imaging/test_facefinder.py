from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lesionscope.imaging.facefinder import Face, face_masks, find_faces
from lesionscope.places import samples_folder

FACES = Path(__file__).parent / "data" / "faces"
PHOTOS = samples_folder() / "demo_study" / "photos"


def opened(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


@pytest.mark.parametrize("path", sorted(FACES.glob("*.jpg")), ids=lambda p: p.stem)
def test_a_face_is_found_with_its_eyes_over_its_mouth(path: Path) -> None:
    rgb = opened(path)
    (face,) = find_faces(rgb)
    assert face.eyes[:, 1].max() < face.nose[1] < face.mouth[1]
    assert face.box[0] < face.eyes[:, 0].min() < face.eyes[:, 0].max() < face.box[2]
    # Half the size, half the place: the network sees the same square.
    (small,) = find_faces(np.ascontiguousarray(rgb[::2, ::2]))
    assert small.mouth == pytest.approx([v / 2 for v in face.mouth], abs=0.03 * rgb.shape[1] / 2)


@pytest.mark.parametrize("view", ["back", "abdomen", "hands"])
def test_other_views_hold_no_face(view: str) -> None:
    for path in sorted(PHOTOS.glob(f"*_{view}.jpg"))[:2]:
        assert find_faces(opened(path)) == ()


def drawn() -> Face:
    eyes = np.array([[400.0, 300.0], [500.0, 300.0]])
    return Face(0.9, (350.0, 220.0, 550.0, 460.0), eyes, (450.0, 350.0), (450.0, 400.0))


def test_eyes_and_mouth_are_covered_and_the_nose_bridge_side_is_not() -> None:
    eyes, lower = face_masks((drawn(),), (600, 900))
    assert eyes.top * 600 < 300 < eyes.bottom * 600
    assert eyes.left * 900 < 400
    assert eyes.right * 900 > 500
    assert lower.top * 600 < 400 < lower.bottom * 600
    assert eyes.bottom < lower.top  # the malar area between them stays free


def test_the_upper_lids_stay_free_when_asked() -> None:
    eyes, lower = face_masks((drawn(),), (600, 900), keep_eyelids=True)
    assert 300 <= eyes.top * 600 < 310  # from the middle of the eye downwards
    assert lower == face_masks((drawn(),), (600, 900))[1]


def test_masks_stay_within_the_frame() -> None:
    masks = face_masks((drawn(),), (310, 460))
    assert all(0 <= m.left < m.right <= 1 and 0 <= m.top < m.bottom <= 1 for m in masks)
