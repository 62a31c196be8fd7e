from __future__ import annotations

import numpy as np
import pytest

from lesionscope.imaging.plane import homography_of_four, project

SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
SEEN = np.array([[1210.0, 804.0], [1302.0, 811.0], [1290.0, 905.0], [1204.0, 889.0]])


def test_four_points_go_where_they_should() -> None:
    np.testing.assert_allclose(project(homography_of_four(SQUARE, SEEN), SQUARE), SEEN, atol=1e-8)


def test_way_back_is_the_inverse() -> None:
    there, back = homography_of_four(SQUARE, SEEN), homography_of_four(SEEN, SQUARE)
    points = np.random.default_rng(0).uniform(0, 1, (5, 7, 2))
    np.testing.assert_allclose(project(back, project(there, points)), points, atol=1e-9)
    both = there @ back
    np.testing.assert_allclose(both / both[2, 2], np.eye(3), atol=1e-7)


def test_lines_stay_lines() -> None:
    along = np.column_stack([np.linspace(0, 1, 9), np.linspace(0.2, 0.7, 9)])
    seen = project(homography_of_four(SQUARE, SEEN), along)
    offset = seen - seen[0]
    direction = offset[-1] / np.linalg.norm(offset[-1])
    np.testing.assert_allclose(offset @ [-direction[1], direction[0]], 0, atol=1e-8)


def test_three_points_on_a_line_have_no_homography() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        homography_of_four(np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]), SEEN)
