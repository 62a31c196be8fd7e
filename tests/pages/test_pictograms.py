from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from lesionscope.core.schedule import Shot
from lesionscope.core.sites import VIEWS, Side
from lesionscope.pages.pictograms import _ASKED, POSES, WIDTH, pictogram, pictogram_tag

PAIRED = ("thigh", "leg", "arm", "joints")
SHOTS = [Shot(view.id) for view in VIEWS if view.id not in (*PAIRED, "other")]
SHOTS += [Shot(view, side) for view in PAIRED for side in (Side.LEFT, Side.RIGHT)]


@pytest.mark.parametrize("shot", SHOTS, ids=str)
def test_every_view_has_a_drawing_a_name_and_a_pose(shot: Shot) -> None:
    assert ET.fromstring(pictogram(shot)).attrib["viewBox"] == "0 0 120 160"
    assert f'width="90" height="120" alt="Pictogram: {shot.label()}"' in pictogram_tag(shot, 90)
    assert _ASKED in pictogram(shot)
    assert POSES[shot.view]


def test_no_two_pictograms_are_alike() -> None:
    assert len({pictogram(shot) for shot in SHOTS}) == len(SHOTS)


def test_the_patients_left_lies_at_the_right() -> None:
    """The letter stands on the side of the limb, and the drawing is mirrored for the other."""
    for view in PAIRED:
        left, right = pictogram(Shot(view, Side.LEFT)), pictogram(Shot(view, Side.RIGHT))
        assert f'<text x="{WIDTH - 12}"' in left
        assert ">L<" in left
        assert '<text x="12"' in right
        assert ">R<" in right
        assert "scale(-1 1)" in right
        assert "scale(-1 1)" not in left
