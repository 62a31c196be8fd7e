"""Where the camera stood is judged by numbers that are known, and is silent where they are not."""

import numpy as np
import pytest

from lesionscope.imaging.framing import (
    cut_lesion_note,
    cut_skin_note,
    distance_note,
    resolution_note,
    tilt_note,
)


@pytest.mark.parametrize(
    ("side", "scale", "told"),
    [(4000, None, False), (600, None, True), (600, 0.5, False), (4000, 1.5, True)],
)
def test_resolution_goes_by_millimetres_where_they_are_known(
    side: int, scale: float | None, told: bool
) -> None:
    assert (resolution_note(side, scale) is not None) is told


def test_a_near_camera_is_told_by_the_width_of_the_picture() -> None:
    near = distance_note(1000, 0.09)
    assert near is not None
    assert near.value == 90
    assert distance_note(1000, 0.3) is None
    assert distance_note(1000, None) is None


@pytest.mark.parametrize(("degrees", "severity"), [(30, None), (45, "warning"), (65, "serious")])
def test_a_stronger_tilt_is_worse(degrees: float, severity: str | None) -> None:
    note = tilt_note(degrees)
    assert (note and note.severity) == severity


def test_no_marker_no_tilt() -> None:
    assert tilt_note(None) is None


def test_a_mask_in_the_middle_is_not_cut_and_one_that_fills_the_frame_is() -> None:
    inside = np.zeros((50, 60), bool)
    inside[10:40, 10:50] = True
    assert cut_skin_note(inside) is None
    assert cut_lesion_note(inside) is None
    whole = np.ones((50, 60), bool)
    for note in (cut_skin_note(whole), cut_lesion_note(whole)):
        assert note is not None
        assert note.value == 100
        assert note.advice
