"""The expected outline of a hand, from joints drawn by rule."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from lesionscope.imaging.handedge import filled
from lesionscope.imaging.handfinder import FINGERS, palm_scale
from lesionscope.imaging.handshape import HandAxes, expected_outline

# A flat right palm, fingers up, as seen in a photo: thumb on the right (pixels).
PALM = np.array(
    [[200, 380], [250, 350], [290, 310], [325, 280], [350, 255],
     [255, 240], [265, 180], [270, 145], [273, 115],
     [220, 232], [222, 165], [223, 128], [224, 95],
     [187, 240], [180, 178], [177, 142], [175, 112],
     [158, 255], [142, 210], [134, 183], [128, 158]], dtype=float,
)  # fmt: skip


def test_axes_undo_themselves() -> None:
    axes = HandAxes.of(PALM)
    assert np.allclose(axes.to_picture(axes.to_hand(PALM)), PALM)
    in_hand = axes.to_hand(PALM)
    assert np.allclose(in_hand[0], 0)
    assert in_hand[17, 0] > in_hand[5, 0]  # the little finger to the right
    assert (in_hand[[8, 12, 16, 20], 1] < -1).all()  # fingers up


@pytest.mark.parametrize("turn", [0, 37, 90, 200])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_shape_turns_mirrors_and_grows_with_the_joints(turn: float, mirrored: bool) -> None:
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    moved = (PALM * [-1 if mirrored else 1, 1]) @ np.array([[c, s], [-s, c]]) * 1.7 + 50
    one, other = (expected_outline(HandAxes.of(j).to_hand(j)) for j in (PALM, moved))
    assert np.allclose(one.points, other.points, atol=1e-9)
    assert palm_scale(moved) == pytest.approx(1.7 * palm_scale(PALM))


def test_the_joints_lie_inside_and_the_gaps_outside() -> None:
    axes = HandAxes.of(PALM)
    outline = expected_outline(axes.to_hand(PALM))
    mask = filled(axes.to_picture(outline.points), (480, 480))
    x, y = np.rint(PALM).astype(int).T
    assert mask[y, x].all()
    for one, other in pairwise(FINGERS[1:]):
        between = np.rint((PALM[one[3]] + PALM[other[3]]) / 2).astype(int)
        assert not mask[between[1], between[0]]


def test_an_open_hand_has_the_area_of_a_handprint() -> None:
    outline = expected_outline(HandAxes.of(PALM).to_hand(PALM))
    kept = outline.points[outline.points[:, 1] < 0.15]
    area = filled(kept * 100 + 300, (600, 600)).sum() / 1e4
    assert 1.4 < area < 2.1
