import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lesionscope import measure, read_photo
from lesionscope.core.measurement import CalibrationSource, Item, Measurement
from lesionscope.core.photo import Photo
from lesionscope.core.sites import Site
from lesionscope.imaging.decode import UnreadableImage
from lesionscope.pipeline import Method
from lesionscope.places import samples_folder
from lesionscope.revise import correct

DEMO = samples_folder() / "demo_study"


def demo_photo(view: str) -> Path:
    return next(iter(sorted(DEMO.rglob(f"*_{view}.jpg"))))


def truth_of(photo: Path, kind: str) -> np.ndarray:
    file = next(iter(DEMO.rglob(f"{photo.stem}_{kind}.png")))
    return np.asarray(Image.open(file)) > 0


@pytest.fixture(scope="module")
def back() -> tuple[Photo, Measurement]:
    photo = read_photo(demo_photo("back").read_bytes(), "back.jpg")
    return photo, measure(photo, site=Site.UPPER_BACK_SHOULDERS)


def test_a_demo_photo_is_measured_close_to_its_truth(back: tuple[Photo, Measurement]) -> None:
    _, found = back
    path = demo_photo("back")
    lesion, skin = truth_of(path, "lesion"), truth_of(path, "skin")
    overlap = (lesion & found.lesion_map.mask).sum()
    assert 2 * overlap / (lesion.sum() + found.lesion_map.mask.sum()) > 0.6
    assert (skin & found.skin_mask).sum() / (skin | found.skin_mask).sum() > 0.93
    assert found.calibration.source is CalibrationSource.HANDPRINT
    assert found.bsa_protocol is not None
    assert found.handprints is not None
    truth = json.loads(next(iter(DEMO.rglob(f"{path.stem}.json"))).read_text())
    true_prints = truth["lesion_area_in_handprints"]
    assert 0.5 * true_prints < found.handprints.value < 2 * true_prints
    assert found.bsa_protocol.percent == pytest.approx(found.handprints.value)


def test_every_item_has_a_suggestion_or_a_reason(back: tuple[Photo, Measurement]) -> None:
    found = back[1]
    for item in Item:
        suggestion = found.suggestion(item)
        assert suggestion is not None
        assert suggestion.reason


def test_the_ruler_hand_is_not_a_lesion_when_it_is_the_palm(
    back: tuple[Photo, Measurement],
) -> None:
    found = back[1]
    assert found.hand_mask.any()
    # Masks meet at the working size; at the photo's size their rims may share a pixel.
    assert (found.lesion_map.mask & found.hand_mask).sum() < 0.002 * found.hand_mask.sum()


def test_measuring_twice_gives_the_same(back: tuple[Photo, Measurement]) -> None:
    photo, found = back
    again = measure(photo, site=Site.UPPER_BACK_SHOULDERS)
    assert np.array_equal(again.lesion_map.mask, found.lesion_map.mask)
    assert again.handprints == found.handprints
    assert again.suggestions == found.suggestions


def test_the_classical_way_stays_open(back: tuple[Photo, Measurement]) -> None:
    found = measure(back[0], method=Method.CLASSICAL)
    assert found.skin_mask.any()
    assert "classical" in found.lesion_map.drawn_by
    assert "skin_and_lesion" not in found.model_version


def test_a_drawn_mask_stands_as_it_is(back: tuple[Photo, Measurement]) -> None:
    photo, found = back
    half = found.lesion_map.mask.copy()
    half[:, : half.shape[1] // 2] = False
    redone = correct(photo, found, half, drawn_by="A Reader")
    assert np.array_equal(redone.lesion_map.mask, half)
    assert redone.lesion_map.drawn_by == "A Reader"
    assert redone.handprints is not None
    assert found.handprints is not None
    # The halves of a back curve away unequally, so the share is not exactly that of the pixels.
    share = half.sum() / found.lesion_map.mask.sum()
    assert redone.handprints.value == pytest.approx(found.handprints.value * share, rel=0.2)
    assert redone.hands == found.hands
    assert redone.calibration is found.calibration


def test_an_emptied_mask_is_zero_percent_and_not_null(back: tuple[Photo, Measurement]) -> None:
    photo, found = back
    redone = correct(photo, found, np.zeros(photo.size, bool), drawn_by="A Reader")
    assert redone.bsa_protocol is not None
    assert redone.bsa_protocol.percent == 0
    assert redone.lesions == ()


def test_corrections_of_another_photo_or_size_are_refused(back: tuple[Photo, Measurement]) -> None:
    photo, found = back
    with pytest.raises(ValueError, match="another photo"):
        correct(
            dataclasses.replace(photo, sha256="0" * 64), found, found.lesion_map.mask, drawn_by="x"
        )
    with pytest.raises(ValueError, match="size of the photo"):
        correct(photo, found, np.zeros((5, 5), bool), drawn_by="x")


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (480, 640)) -> Photo:
    rgb = np.empty((*size, 3), np.uint8)
    rgb[:] = colour
    noise = np.random.default_rng(0).integers(-2, 3, rgb.shape)
    return Photo(np.clip(rgb + noise, 0, 255).astype(np.uint8), "0" * 64)


@pytest.mark.parametrize(
    ("colour", "code"),
    [((120, 125, 130), "no_skin"), ((3, 3, 3), "nearly_black"), ((254, 254, 254), "blown_out")],
    ids=["no skin", "nearly black", "blown out"],
)
def test_a_hopeless_photo_says_why_and_measures_nothing(
    colour: tuple[int, int, int], code: str
) -> None:
    found = measure(plain(colour))
    assert code in {finding.code for finding in found.findings}
    assert found.bsa_protocol is None
    assert not found.lesion_map.mask.any()
    assert all(f.message for f in found.findings)


def test_no_ruler_means_not_measurable_with_advice() -> None:
    photo = next(iter(sorted((samples_folder() / "real" / "photos").glob("*.jpg"))))
    found = measure(photo)
    assert found.calibration.source is CalibrationSource.NONE
    assert (found.handprints, found.area_cm2, found.bsa_protocol) == (None, None, None)
    ruler = next(f for f in found.findings if f.code in {"no_ruler", "hands_are_subject"})
    assert ruler.advice


def test_all_lesion_leaves_little_clear_skin(back: tuple[Photo, Measurement]) -> None:
    photo, found = back
    redone = correct(photo, found, found.skin_mask, drawn_by="A Reader")
    assert "little_clear_skin" in {f.code for f in redone.findings}


def test_a_file_that_is_no_photo_is_refused_with_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "visit.jpg"
    file.write_bytes(b"not an image at all")
    with pytest.raises(UnreadableImage, match=r"\."):
        measure(file)


def test_a_marker_of_no_size_is_refused(back: tuple[Photo, Measurement]) -> None:
    with pytest.raises(ValueError, match="positive"):
        measure(back[0], marker_mm=0)


@pytest.mark.parametrize("spoilt", ["without colour", "dark"])
def test_nothing_found_where_nothing_can_be_seen_is_not_zero(spoilt: str) -> None:
    path = next(iter(sorted((samples_folder() / "demo_study" / "photos").glob("*_arm.jpg"))))
    rgb = read_photo(path.read_bytes()).pixels
    grey = np.repeat(rgb.mean(axis=2, keepdims=True), 3, axis=2)
    pixels = np.ascontiguousarray(
        (grey if spoilt == "without colour" else rgb * 0.04).astype(np.uint8)
    )
    photo = Photo(pixels, "2" * 64)
    found = measure(photo)
    assert not found.lesion_map.mask.any()
    assert (found.handprints, found.area_cm2, found.bsa_protocol) == (None, None, None)
    assert {s.level for s in found.suggestions} == {None}
    if found.calibration.source is not CalibrationSource.NONE:
        # A reader who says that there is none has looked at more than the pixels.
        said = correct(photo, found, np.zeros(photo.size, bool), drawn_by="A Reader")
        assert said.area_cm2 is not None
        assert said.area_cm2.value == 0


def test_a_long_strip_of_a_photo_is_measured(back: tuple[Photo, Measurement]) -> None:
    photo, found = back
    rows = np.flatnonzero(found.lesion_map.mask.any(axis=1))
    middle, height = int(rows.mean()), round(photo.size[1] / 3.003)
    top = max(0, min(middle - height // 2, photo.size[0] - height))
    strip = np.ascontiguousarray(photo.pixels[top : top + height])
    assert measure(Photo(strip, "3" * 64)).lesions


def test_what_a_correction_mends_is_no_longer_said(back: tuple[Photo, Measurement]) -> None:
    photo, found = back
    emptied = correct(photo, found, np.zeros(photo.size, bool), drawn_by="A Reader")
    assert "no_lesion" in {f.code for f in emptied.findings}
    drawn = correct(photo, emptied, found.lesion_map.mask, drawn_by="A Reader")
    assert "no_lesion" not in {f.code for f in drawn.findings}
    scale = {"no_chart", "hand_cut", "two_hands"} & {f.code for f in found.findings}
    assert scale <= {f.code for f in drawn.findings}
