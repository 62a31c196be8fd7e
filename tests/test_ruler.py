import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lesionscope import read_photo, ruler_findings
from lesionscope.core.body import BodySize, OwnHandprint, PatientBody
from lesionscope.core.measurement import CalibrationSource
from lesionscope.core.photo import Photo, Severity
from lesionscope.imaging.handprint import find_hands, hand_outline
from lesionscope.places import samples_folder
from lesionscope.ruler import find_ruler, palms_beside
from lesionscope.scoring.hand_size import TYPICAL_CM2

DEMO = samples_folder() / "demo_study" / "photos"


def demo(view: str) -> Photo:
    path = next(iter(sorted(DEMO.glob(f"*_{view}.jpg"))))
    return read_photo(path.read_bytes(), path.name)


def with_pixels(photo: Photo, pixels: np.ndarray) -> Photo:
    return Photo(np.ascontiguousarray(pixels), "1" * 64)


@pytest.fixture(scope="module")
def back() -> Photo:
    return demo("back")


def test_the_hand_laid_on_the_body_is_the_ruler(back: Photo) -> None:
    ruler = find_ruler(back, 20.0)
    assert ruler.calibration.source is CalibrationSource.HANDPRINT
    assert ruler.calibration.hand_area_px == pytest.approx(ruler.hand_mask.sum(), rel=0.01)


def test_turning_the_photo_keeps_the_hand(back: Photo) -> None:
    upright = find_ruler(back, 20.0).calibration.hand_area_px
    turned = find_ruler(with_pixels(back, np.rot90(back.pixels)), 20.0).calibration.hand_area_px
    assert upright is not None
    assert turned == pytest.approx(upright, rel=0.06)


def test_a_hand_cut_by_the_frame_is_said_and_not_used(back: Photo) -> None:
    mask = find_ruler(back, 20.0).hand_mask
    columns = np.flatnonzero(mask.any(axis=0))
    cut = back.pixels[:, : int(columns[0] + 0.55 * (columns[-1] - columns[0]))]
    ruler = find_ruler(with_pixels(back, cut), 20.0)
    assert ruler.calibration.source is CalibrationSource.NONE
    assert not ruler.hand_mask.any()
    codes = {f.code for f in ruler.findings}
    assert "no_ruler" in codes
    hand = next((f for f in ruler.findings if f.code == "hand_incomplete"), None)
    assert hand is None or "cannot serve as the ruler" in hand.message


def test_two_hands_side_by_side_are_the_subject() -> None:
    ruler = find_ruler(demo("hands"), 20.0)
    assert "hands_are_subject" in {f.code for f in ruler.findings}
    assert not ruler.hand_mask.any()
    assert ruler.calibration.source is CalibrationSource.MARKER
    assert ruler.calibration.mm_per_px is not None
    assert 0.1 < ruler.calibration.mm_per_px < 1.0


def test_two_hands_laid_apart_give_one_ruler_and_say_so(back: Photo) -> None:
    mask = find_ruler(back, 20.0).hand_mask
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    hand = back.pixels[rows[0] - 20 : rows[-1] + 20, columns[0] - 20 : columns[-1] + 5]
    second = np.ascontiguousarray(hand[::-1])  # upside down, on the other side of the back
    pixels = back.pixels.copy()
    pixels[-second.shape[0] :, : second.shape[1]] = second
    ruler = find_ruler(with_pixels(back, pixels), 20.0)
    assert ruler.calibration.source in (CalibrationSource.HANDPRINT, CalibrationSource.NONE)
    codes = {f.code for f in ruler.findings}
    assert codes & {"two_hands", "hands_are_subject"}


def test_no_ruler_has_advice() -> None:
    plain = Photo(np.full((300, 400, 3), 120, np.uint8), "2" * 64)
    ruler = find_ruler(plain, 20.0)
    assert ruler.calibration.source is CalibrationSource.NONE
    (finding,) = (f for f in ruler.findings if f.code == "no_ruler")
    assert finding.code == "no_ruler"
    assert finding.advice


def test_the_marker_scale_follows_its_stated_size(tmp_path: Path) -> None:
    photo = demo("hands")
    small, large = (find_ruler(photo, mm).calibration.mm_per_px for mm in (20.0, 40.0))
    assert small is not None
    assert large == pytest.approx(2 * small)


OWN = PatientBody(BodySize(170, 75), OwnHandprint(120.0, 0.1))


def test_a_hand_alone_gives_millimetres_through_the_patients_own_hand(back: Photo) -> None:
    ruler = find_ruler(back, 20.0, body=OWN)
    calibration = ruler.calibration
    assert calibration.source is CalibrationSource.HANDPRINT
    assert calibration.mm_per_px is not None
    assert calibration.hand_area_px is not None
    seen_cm2 = calibration.hand_area_px * calibration.mm_per_px**2 / 100
    assert 0.9 * 120 < seen_cm2 < 120  # a hand laid on a body shows less than its flat outline
    assert calibration.relative_sd == pytest.approx(0.05)
    assert calibration.details["handprint"] == "own handprint"
    assert calibration.details["body_surface_m2"] == pytest.approx(1.882, abs=1e-3)
    assert len(ruler.hands) == 1
    x, y = (round(c) for c in ruler.hands[0])
    assert ruler.hand_mask[y, x]


def test_a_marker_alone_counts_in_the_own_hand_when_it_is_known() -> None:
    known, unknown = (find_ruler(demo("hands"), 20.0, body=body) for body in (OWN, None))
    assert known.calibration.source is unknown.calibration.source is CalibrationSource.MARKER
    assert known.calibration.details["handprint"] == "own handprint"
    assert known.calibration.details["handprint_cm2"] == 120.0
    assert "no_hand" not in {f.code for f in known.findings}
    assert "no_hand" in {f.code for f in unknown.findings}


def test_a_person_may_choose_the_ruler_among_the_hands_in_view() -> None:
    photo = demo("hands")
    hands = find_ruler(photo, 20.0).hands
    assert len(hands) == 2
    areas = []
    for at in hands:
        ruler = find_ruler(photo, 20.0, hand_at=at, body=OWN)
        assert ruler.calibration.source is CalibrationSource.MARKER_AND_HANDPRINT
        x, y = (round(c) for c in at)
        assert ruler.hand_mask[y, x]
        assert "two_hands" in {f.code for f in ruler.findings}
        areas.append(ruler.calibration.hand_area_px)
    assert areas[0] != areas[1]


def test_a_hand_that_is_not_the_patients_own_is_noticed() -> None:
    photo = demo("hands")
    at = find_ruler(photo, 20.0).hands[0]
    seen = find_ruler(photo, 20.0, hand_at=at).calibration.details["hand_cm2"]
    assert isinstance(seen, float)
    for factor, noticed in ((1.05, False), (1.8, True)):
        body = PatientBody(handprint=OwnHandprint(seen * factor, 0.05))
        codes = {f.code for f in find_ruler(photo, 20.0, hand_at=at, body=body).findings}
        assert ("own_hand_disagreement" in codes) is noticed


def test_a_palm_laid_beside_the_lesion_is_spared_though_it_is_no_ruler(back: Photo) -> None:
    palm = replace(hand_outline(back.pixels, find_hands(back.pixels)[0]), shows="palm")
    spared = palms_beside([palm], None)
    assert spared is not None
    assert (spared == palm.mask).all()
    assert palms_beside([replace(palm, shows="dorsum")], None) is None
    assert palms_beside([replace(palm, shows="unknown")], None) is None
    # What the photo is about is not spared: a palm that fills it, or one of two laid side by side.
    assert palms_beside([replace(palm, area_px=palm.mask.size // 2)], None) is None
    assert palms_beside([palm, replace(palm)], None) is None


def test_a_photo_without_a_chart_says_so(back: Photo) -> None:
    missing = [f for f in find_ruler(back, 20.0).findings if f.code == "no_chart"]
    assert [f.severity for f in missing] == [Severity.INFO]


def test_hand_and_marker_that_contradict_each_other_are_both_doubted() -> None:
    photo = read_photo((DEMO / "D02_v2_arm.jpg").read_bytes())
    right, wrong = find_ruler(photo, 20.0), find_ruler(photo, 60.0)
    assert right.hand_mask.any()
    assert not wrong.hand_mask.any()
    (said,) = [f for f in wrong.findings if f.code == "ruler_disagreement"]
    assert said.unit == "cm2"
    assert "size that was stated" in said.message
    assert not {"two_hands", "hand_cut"} & {f.code for f in wrong.findings}
    cm2 = right.calibration.details["hand_cm2"]
    assert said.value == pytest.approx(9 * cm2, rel=0.02)
    # The interval of an area reaches to what the hand says, when it is taken for a typical one.
    assert wrong.calibration.relative_sd is not None
    reach = 2 * 1.645 * wrong.calibration.relative_sd
    assert reach >= np.log(said.value / TYPICAL_CM2)


def test_every_code_of_a_finding_is_listed() -> None:
    source = Path(ruler_findings.__file__).read_text(encoding="utf-8")
    made = re.findall(r'CaptureFinding\(\s+"([a-z_]+)"', source)
    assert set(made) == set(ruler_findings.CODES)
