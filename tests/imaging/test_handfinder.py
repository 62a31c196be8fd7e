"""Hands are found at any turn, size and side; nothing else is taken for one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from lesionscope.imaging import handnets
from lesionscope.imaging.handfinder import Hand, find_hands, palm_scale

from .hand_photos import photo, truth


@pytest.mark.parametrize("name", ["palm_on_cloth", "dorsum_on_abdomen"])
def test_the_joints_lie_on_the_hand(name: str) -> None:
    (hand,) = find_hands(photo(name))
    x, y = np.rint(hand.landmarks_px).astype(int).T
    assert truth(name)[y, x].mean() > 0.95
    assert hand.score > 0.9
    assert hand.box[0] < x.mean() < hand.box[2]


def test_a_real_palm_of_a_hundred_pixels() -> None:
    (hand,) = find_hands(photo("open_palm"))
    assert hand.score > 0.9


def test_two_hands_are_two() -> None:
    hands = find_hands(photo("pair"))
    assert len(hands) == 2
    left, right = sorted(hands, key=lambda hand: hand.box[0])
    assert left.box[2] < right.box[0]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_photo_shows_the_same_hand(turns: int) -> None:
    upright, turned = photo("palm_on_cloth"), np.rot90(photo("palm_on_cloth"), turns)
    (hand,), (found,) = find_hands(upright), find_hands(turned)
    assert palm_scale(found.landmarks_px) == pytest.approx(palm_scale(hand.landmarks_px), rel=0.04)
    assert found.side == hand.side


def test_a_mirrored_right_hand_is_a_left_one() -> None:
    (hand,) = find_hands(photo("palm_on_cloth"))
    (mirrored,) = find_hands(photo("palm_on_cloth")[:, ::-1])
    assert {hand.side, mirrored.side} == {"left", "right"}


def test_a_small_hand_in_a_large_frame() -> None:
    frame = np.full((1200, 1600, 3), 120, dtype=np.uint8)
    frame[100:580, 900:1540] = photo("palm_on_cloth")
    (hand,) = find_hands(frame)
    assert 900 < hand.landmarks_px[:, 0].mean() < 1540


def test_a_hand_that_fills_the_frame() -> None:
    (hand,) = find_hands(photo("palm_on_cloth"))
    x0, y0, x1, y1 = (int(v) for v in hand.box)
    (close,) = find_hands(photo("palm_on_cloth")[max(y0 - 8, 0) : y1 + 8, max(x0 - 8, 0) : x1 + 8])
    assert palm_scale(close.landmarks_px) == pytest.approx(palm_scale(hand.landmarks_px), rel=0.05)


def test_no_hand_in_a_photo_of_a_thigh() -> None:
    assert find_hands(photo("thigh")) == ()


@pytest.mark.parametrize("kind", ["black", "flat", "noise", "stripes"])
def test_no_hand_where_there_is_none(kind: str) -> None:
    rng = np.random.default_rng(0)
    pictures = {
        "black": np.zeros((300, 400, 3), np.uint8),
        "flat": np.full((300, 400, 3), (205, 160, 140), np.uint8),
        "noise": rng.integers(0, 256, (300, 400, 3), dtype=np.uint8),
        "stripes": np.tile((np.arange(400) // 20 % 2 * 90 + 100).astype(np.uint8)[None, :, None],
                           (300, 1, 3)),
    }  # fmt: skip
    assert find_hands(pictures[kind]) == ()


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 500, 3), (500, 2, 3)])
def test_a_sliver_of_a_photo(shape: tuple[int, int, int]) -> None:
    assert find_hands(np.full(shape, 128, np.uint8)) == ()


def test_threads_share_the_networks() -> None:
    names = ["palm_on_cloth", "thigh", "dorsum_on_abdomen", "pair"] * 2
    alone = {name: find_hands(photo(name)) for name in set(names)}
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda name: find_hands(photo(name)), names))
    for name, hands in zip(names, together, strict=True):
        assert len(hands) == len(alone[name])
        for hand, expected in zip(hands, alone[name], strict=True):
            assert np.allclose(hand.landmarks_px, expected.landmarks_px)


def test_the_photo_is_not_changed() -> None:
    rgb = photo("palm_on_cloth").copy()
    find_hands(rgb)
    assert np.array_equal(rgb, photo("palm_on_cloth"))


@pytest.mark.parametrize(
    "picture", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)], ids=["grey", "float"]
)
def test_only_a_photo_is_looked_at(picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="must be"):
        find_hands(picture)


def test_a_hand_has_21_joints() -> None:
    with pytest.raises(ValueError, match=r"\(21, 2\), got \(20, 2\)"):
        Hand(1.0, "left", 1.0, np.zeros((20, 2)), 0.0, (0.0, 0.0, 1.0, 1.0))


def test_a_missing_network_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"elbow\.tflite is needed"):
        handnets.answers_of("elbow.tflite", np.zeros((192, 192, 3), np.uint8))


def test_crops_of_a_shrunk_photo_keep_their_place() -> None:
    rgb = np.zeros((800, 800, 3), np.uint8)
    cv2.circle(rgb, (600, 200), 40, (255, 255, 255), -1)
    step = 800 / 192
    crop = handnets.PhotoPyramid(rgb).crop(
        np.array([[step, 0, step / 2 - 0.5], [0, step, step / 2 - 0.5]]), 192
    )
    y, x = np.nonzero(crop[..., 0] > 127)
    assert (x.mean() + 0.5) * step - 0.5 == pytest.approx(600, abs=1)
    assert (y.mean() + 0.5) * step - 0.5 == pytest.approx(200, abs=1)
