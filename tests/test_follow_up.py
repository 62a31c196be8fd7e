from dataclasses import replace
from hashlib import sha256

import cv2
import numpy as np
import pytest

from lesionscope.core.comparison import Fate
from lesionscope.core.measurement import (
    Calibration,
    CalibrationSource,
    LesionMap,
    Measurement,
)
from lesionscope.core.photo import Photo
from lesionscope.core.sites import Site
from lesionscope.follow_up import Compared, MeasuredPhoto, compare, pictures_of
from tests.imaging.textured_skin import SIZE, disc, field_of, photo, texture, turned

SKIN = texture(1)
FIELD = field_of(turned(4, 1.05), 6.0)
STABLE, SHRINKS, GOES = disc(250, 200, 45), disc(520, 220, 60), disc(300, 420, 30)


def measured(
    rgb: np.ndarray, lesion: np.ndarray, *, mm_per_px: float | None = None
) -> MeasuredPhoto:
    """A photo with a mask as a network would draw it, soft at the border."""
    taken = Photo(rgb, sha256(rgb.tobytes()).hexdigest())
    soft = cv2.GaussianBlur(lesion.astype(np.float32), (0, 0), 1.0)
    calibration = Calibration(CalibrationSource.NONE)
    if mm_per_px is not None:
        calibration = Calibration(CalibrationSource.MARKER, mm_per_px, 0.01)
    return MeasuredPhoto(
        taken,
        Measurement(
            photo_sha256=taken.sha256,
            site=Site.ABDOMEN,
            findings=(),
            calibration=calibration,
            skin_mask=np.ones(SIZE, bool),
            hand_mask=np.zeros(SIZE, bool),
            lesion_map=LesionMap(soft, lesion, "drawn"),
            lesions=(),
            handprints=None,
            area_cm2=None,
            bsa_protocol=None,
            bsa_adjusted=None,
            suggestions=(),
            ita_deg=None,
            skin_tone=None,
            software_version="0",
            model_version="0",
        ),
    )


def seen(lesion: np.ndarray) -> np.ndarray:
    """Lesions of the skin as the follow-up photo shows them."""
    x, y = FIELD[..., 0].copy(), FIELD[..., 1].copy()
    return np.asarray(cv2.remap(lesion.astype(np.uint8), x, y, cv2.INTER_NEAREST) > 0)


BEFORE = STABLE | SHRINKS | GOES
AFTER = STABLE | disc(520, 220, 38) | disc(480, 430, 28)


@pytest.fixture(scope="module")
def base() -> MeasuredPhoto:
    return measured(photo(SKIN, lesion=BEFORE), BEFORE)


@pytest.fixture(scope="module")
def follow() -> MeasuredPhoto:
    rgb = photo(SKIN, FIELD, lesion=AFTER, light=0.8, seed=3)
    return measured(rgb, seen(AFTER), mm_per_px=0.5)


@pytest.fixture(scope="module")
def compared(base: MeasuredPhoto, follow: MeasuredPhoto) -> Compared:
    return compare(base, follow)


def test_each_lesion_meets_its_fate(compared: Compared) -> None:
    fates = {
        name: min(
            compared.comparison.lesions,
            key=lambda each: np.hypot(each.centre[0] - x, each.centre[1] - y),
        ).fate
        for name, x, y in (
            ("stable", 250, 200),
            ("shrinks", 520, 220),
            ("goes", 300, 420),
            ("comes", 480, 430),
        )
    }
    assert fates == {
        "stable": Fate.WITHIN_ERROR,
        "shrinks": Fate.SHRUNK,
        "goes": Fate.RESOLVED,
        "comes": Fate.NEW,
    }
    assert len(compared.comparison.lesions) == 4


def test_the_change_of_area_needs_no_ruler(compared: Compared) -> None:
    area = compared.comparison.area
    assert area is not None
    truth = AFTER.sum() / BEFORE.sum()
    assert area.value == pytest.approx(truth, rel=0.05)
    assert area.interval.low < truth < area.interval.high
    assert not area.within_error


def test_the_error_is_told_in_pixels_and_millimetres(compared: Compared) -> None:
    aligned = compared.comparison.alignment
    assert aligned.error_px is not None
    assert aligned.error_px < 6
    assert aligned.error_mm == pytest.approx(aligned.error_px / 2)
    assert compared.comparison.shared_skin > 0.8


def test_skin_that_pales_has_less_erythema(base: MeasuredPhoto) -> None:
    pale = measured(photo(SKIN, seed=4), BEFORE)
    change = compare(base, pale).comparison.erythema
    assert change is not None
    assert change.value == pytest.approx(-0.5, abs=0.1)
    assert not change.within_error
    same = measured(photo(SKIN, lesion=BEFORE, light=0.7, seed=5), BEFORE)
    change = compare(base, same).comparison.erythema
    assert change is not None
    assert change.within_error


def test_a_photo_compared_with_itself_has_not_changed(base: MeasuredPhoto) -> None:
    found = compare(base, base).comparison
    assert found.area is not None
    assert found.area.value == pytest.approx(1.0, abs=0.01)
    assert {lesion.fate for lesion in found.lesions} == {Fate.WITHIN_ERROR}


def test_other_skin_is_refused_and_nothing_is_said_of_change(base: MeasuredPhoto) -> None:
    other = measured(photo(texture(2), lesion=BEFORE), BEFORE)
    found = compare(base, other)
    assert found.comparison.alignment.refused
    assert found.comparison.area is None
    assert not found.comparison.lesions
    assert pictures_of(base, other, found) == {}
    assert np.isnan(found.field).all()


def test_what_only_one_photo_shows_is_neither_new_nor_gone(base: MeasuredPhoto) -> None:
    left = np.arange(SIZE[1])[None].repeat(SIZE[0], 0) < 400
    half = measured(photo(SKIN, seed=6), BEFORE & left)
    hidden = replace(half.found, skin_mask=left)
    found = compare(base, MeasuredPhoto(half.photo, hidden)).comparison
    fates = {round(lesion.centre[0] / 10): lesion.fate for lesion in found.lesions}
    assert fates[52] is Fate.NOT_IN_BOTH
    assert fates[25] is Fate.WITHIN_ERROR


def test_pictures_lie_in_the_frame_of_the_baseline(
    base: MeasuredPhoto, follow: MeasuredPhoto, compared: Compared
) -> None:
    pictures = pictures_of(base, follow, compared)
    assert set(pictures) == {"aligned.jpg", "change_map.png"}
    assert all(picture.shape == (*SIZE, 3) for picture in pictures.values())


def test_wrong_pairs_are_refused(base: MeasuredPhoto) -> None:
    elsewhere = MeasuredPhoto(base.photo, replace(base.found, site=Site.ARM))
    with pytest.raises(ValueError, match="one site"):
        compare(base, elsewhere)
    with pytest.raises(ValueError, match="another photo"):
        MeasuredPhoto(base.photo, replace(base.found, photo_sha256="0" * 64))
