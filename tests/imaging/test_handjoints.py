import numpy as np
import pytest

from lesionscope.imaging.handfinder import Hand
from lesionscope.imaging.handjoints import JointKind, joint_labels, joint_regions


def flat_hand(scale: float = 100.0) -> Hand:
    """A hand drawn by hand: wrist at the bottom, four fingers upwards, the thumb to the left."""
    joints = np.zeros((21, 2))
    joints[0] = (3.0, 9.0)
    for number, x in enumerate((2.0, 2.8, 3.6, 4.4)):
        for step, y in enumerate((5.0, 3.6, 2.7, 2.0)):
            joints[5 + 4 * number + step] = (x, y)
    joints[1:5] = [(2.0, 8.0), (1.2, 7.0), (0.6, 6.2), (0.2, 5.6)]
    box = (0.0, 0.0, 5 * scale, 10 * scale)
    return Hand(0.99, "left", 0.9, joints * scale, 0.01, box)


def test_every_finger_has_its_joints_and_its_nail() -> None:
    regions = joint_regions(flat_hand())
    assert len(regions) == 4 * 4 + 3
    index = {r.kind: r for r in regions if r.finger == "index finger"}
    assert set(index) == {JointKind.MCP, JointKind.PIP, JointKind.DIP, JointKind.NAIL}
    assert index[JointKind.MCP].y > index[JointKind.PIP].y > index[JointKind.DIP].y
    assert index[JointKind.DIP].y > index[JointKind.NAIL].y
    assert index[JointKind.PIP].name == "PIP joint, left index finger"


def test_regions_follow_the_size_of_the_picture() -> None:
    whole, half = (joint_regions(flat_hand(), shrink) for shrink in (1.0, 0.5))
    for large, small in zip(whole, half, strict=True):
        assert small.radius == pytest.approx(large.radius / 2)
        assert small.x == pytest.approx((large.x + 0.5) / 2 - 0.5)


def test_a_pixel_belongs_to_the_nearest_joint() -> None:
    regions = joint_regions(flat_hand())
    labels = joint_labels(regions, (1000, 500))
    for number, region in enumerate(regions, start=1):
        assert labels[round(region.y), round(region.x)] == number
        assert (labels == number).sum() <= np.pi * (region.radius + 1) ** 2
    assert labels[980, 10] == 0


def test_a_hand_half_outside_the_frame_is_cut() -> None:
    regions = joint_regions(flat_hand())
    labels = joint_labels(regions, (300, 260))
    assert labels.shape == (300, 260)
    assert labels.any()
