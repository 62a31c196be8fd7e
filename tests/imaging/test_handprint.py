"""Outlines of hands against exact truth, and what must not change them."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import pytest

from lesionscope.imaging.colour import HAEMOGLOBIN, linear_light, srgb_bytes
from lesionscope.imaging.handprint import (
    Hand,
    HandOutline,
    choose_ruler,
    find_hands,
    hand_outline,
)
from lesionscope.imaging.handshape import HandAxes

from .hand_photos import overlap, photo, truth

RULERS = ["palm_on_cloth", "dorsum_on_abdomen"]


def outlined(rgb: np.ndarray) -> tuple[HandOutline, ...]:
    return tuple(hand_outline(rgb, hand) for hand in find_hands(rgb))


@lru_cache
def ruler(name: str) -> HandOutline:
    (outline,) = outlined(photo(name))
    return outline


def painted(rgb: np.ndarray, hand: Hand, where: np.ndarray, colour: tuple[int, ...]) -> np.ndarray:
    """Paint a polygon given in hand units."""
    points = HandAxes.of(hand.landmarks_px).to_picture(where)
    picture = rgb.copy()
    cv2.fillPoly(picture, [np.rint(points).astype(np.int32)], colour, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize("name", RULERS)
def test_the_outline_is_the_true_one(name: str) -> None:
    outline = ruler(name)
    assert overlap(outline.mask, truth(name)) > 0.93
    assert outline.area_px == pytest.approx(truth(name).sum(), rel=0.05)
    assert outline.complete
    assert outline.reason == ""
    assert outline.cut_share == 0
    assert not outline.mask.flags.writeable


def test_palm_and_dorsum_are_told_apart() -> None:
    assert ruler("palm_on_cloth").shows == "palm"
    assert ruler("dorsum_on_abdomen").shows == "dorsum"
    assert outlined(photo("open_palm"))[0].shows == "palm"


def test_gaps_between_spread_fingers_are_not_hand() -> None:
    (outline,) = outlined(photo("open_palm"))
    assert outline.spread_deg > 5
    tips = outline.hand.landmarks_px[[8, 12, 16, 20]]
    between = np.rint((tips[1:] + tips[:-1]) / 2).astype(int)
    assert not outline.mask[between[:, 1], between[:, 0]].any()
    x, y = np.rint(outline.hand.landmarks_px).astype(int).T
    assert outline.mask[y, x].mean() > 0.9


@pytest.mark.parametrize("name", RULERS)
@pytest.mark.parametrize("change", ["quarter turn", "half turn", "mirror", "twice", "jpeg"])
def test_the_area_stays(name: str, change: str) -> None:
    rgb = photo(name)
    changed = {
        "quarter turn": lambda: np.rot90(rgb),
        "half turn": lambda: np.rot90(rgb, 2),
        "mirror": lambda: rgb[:, ::-1],
        "twice": lambda: cv2.resize(rgb, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC),
        "jpeg": lambda: cv2.imdecode(cv2.imencode(".jpg", rgb, [1, 60])[1], 1),
    }[change]()
    changed = np.ascontiguousarray(changed)
    (outline,) = outlined(changed)
    grown = changed.size / rgb.size
    assert outline.area_px / grown == pytest.approx(ruler(name).area_px, rel=0.02)


@pytest.mark.parametrize("name", RULERS)
@pytest.mark.parametrize("stops", [-1.0, 0.6])
def test_exposure_moves_the_area_little(name: str, stops: float) -> None:
    exposed = srgb_bytes(linear_light(photo(name)) * 2**stops)
    (outline,) = outlined(exposed)
    assert outline.area_px == pytest.approx(ruler(name).area_px, rel=0.03)


def test_a_red_lesion_does_not_tear_the_hand() -> None:
    rgb, plain = photo("palm_on_cloth"), ruler("palm_on_cloth")
    blood = np.zeros(rgb.shape[:2], np.float32)
    for joint in (0, 6, 10, 13, 17, 2):
        x, y = (int(v) for v in plain.hand.landmarks_px[joint])
        cv2.circle(blood, (x, y), 14, 1.0, -1)
    blood = cv2.GaussianBlur(blood, (0, 0), 1) * plain.mask
    red = srgb_bytes(linear_light(rgb) * np.exp(-0.7 * blood[..., None] * HAEMOGLOBIN))
    outline = hand_outline(red, plain.hand)
    assert outline.area_px == pytest.approx(plain.area_px, rel=0.03)
    assert overlap(outline.mask, plain.mask) > 0.95
    assert outline.complete


@pytest.mark.parametrize("colour", [(235, 235, 235), (40, 60, 120), (120, 120, 120), (200, 50, 50)])
def test_a_sleeve_over_the_wrist_is_noticed(colour: tuple[int, int, int]) -> None:
    plain = ruler("palm_on_cloth")
    cuff = np.array([[-0.6, -0.08], [0.6, -0.12], [0.6, 1.4], [-0.6, 1.4]])
    dressed = painted(photo("palm_on_cloth"), plain.hand, cuff, colour)
    outline = hand_outline(dressed, plain.hand)
    assert outline.flaw is not None
    assert outline.flaw.code == "covered"
    assert "wrist" in outline.reason
    assert outline.area_px < 0.97 * plain.area_px
    assert choose_ruler([outline]) is None


def test_a_lesion_around_the_wrist_is_no_sleeve() -> None:
    rgb, plain = photo("palm_on_cloth"), ruler("palm_on_cloth")
    y, x = np.mgrid[: rgb.shape[0], : rgb.shape[1]]
    down = HandAxes.of(plain.hand.landmarks_px).to_hand(np.stack([x, y], axis=-1))[..., 1]
    blood = cv2.GaussianBlur((down > -0.2).astype(np.float32), (0, 0), 1)
    red = srgb_bytes(linear_light(rgb) * np.exp(-0.7 * blood[..., None] * HAEMOGLOBIN))
    assert hand_outline(red, plain.hand).complete


def test_a_hand_that_is_no_skin_is_a_glove() -> None:
    plain = ruler("palm_on_cloth")
    rgb = photo("palm_on_cloth")
    gloved = hand_outline(rgb, plain.hand, np.zeros(rgb.shape[:2], bool))
    assert "glove" in gloved.reason
    assert hand_outline(rgb, plain.hand, truth("palm_on_cloth")).complete


def test_the_frame_cuts_off_the_fingertips() -> None:
    plain = ruler("palm_on_cloth")
    top = int(plain.hand.landmarks_px[[7, 11, 15], 1].mean())
    cropped = photo("palm_on_cloth")[top:]
    outline = max(outlined(cropped), key=lambda o: o.area_px)
    assert outline.flaw is not None
    assert outline.flaw.code == "cut"
    assert "fingertips" in outline.reason
    assert 0.01 < outline.cut_share < 0.25
    assert outline.whole_area_px == pytest.approx(plain.area_px, rel=0.08)
    assert choose_ruler([outline]) is None
    assert choose_ruler([outline], may_be_cut=0.25) == 0


def test_a_fist_is_no_handprint() -> None:
    plain = ruler("palm_on_cloth")
    joints = plain.hand.landmarks_px.copy()
    for base, middle, end, tip in ((5, 6, 7, 8), (9, 10, 11, 12)):
        joints[end] = joints[base] * 0.5 + joints[middle] * 0.5
        joints[tip] = joints[base]
    fist = Hand(0.99, "left", 0.9, joints, 0.01, plain.hand.box)
    outline = hand_outline(photo("palm_on_cloth"), fist)
    assert outline.flaw is not None
    assert outline.flaw.code == "bent"


def test_a_tiny_hand_is_said_to_be_tiny() -> None:
    small = cv2.resize(photo("palm_on_cloth"), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    hands = find_hands(small)
    assert hands
    assert "too small" in hand_outline(small, hands[0]).reason


def test_the_hand_laid_down_is_the_ruler() -> None:
    assert choose_ruler([ruler("palm_on_cloth")]) == 0
    assert choose_ruler([]) is None


def test_two_hands_side_by_side_are_the_subject() -> None:
    pair = outlined(photo("pair"))
    assert [outline.complete for outline in pair] == [True, True]
    assert choose_ruler(pair) is None
    assert choose_ruler(pair[:1]) == 0


def test_of_two_unlike_hands_the_larger_is_proposed() -> None:
    palm, dorsum = ruler("palm_on_cloth"), ruler("dorsum_on_abdomen")
    assert dorsum.area_px > palm.area_px
    assert choose_ruler([palm, dorsum]) == 1
    assert choose_ruler([dorsum, palm]) == 0


def test_a_hand_beyond_the_frame_has_no_area() -> None:
    plain = ruler("palm_on_cloth").hand
    away = Hand(0.9, "left", 0.9, plain.landmarks_px + 5000.0, 0.01, plain.box)
    outline = hand_outline(photo("palm_on_cloth"), away)
    assert outline.area_px == 0
    assert outline.cut_share == 1
    assert not outline.complete


def test_the_skin_mask_is_of_the_photo() -> None:
    with pytest.raises(ValueError, match=r"skin must be \(480, 640\)"):
        hand_outline(photo("palm_on_cloth"), ruler("palm_on_cloth").hand, np.ones((4, 4), bool))
