"""Filling, steps and the tracing of an edge, on drawn truth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.draw import polygon2mask

from lesionscope.imaging.handedge import (
    ROUGH,
    Outline,
    edge_axes,
    filled,
    spaced,
    step_across,
    trace,
)


def circle(radius: float, points: int = 400) -> np.ndarray:
    """Counterclockwise as a hand's outline is, y down, open at the bottom."""
    angle = np.linspace(np.pi / 2 - 0.05, -3 * np.pi / 2 + 0.05, points)
    return np.stack([200 + radius * np.cos(angle), 200 + radius * np.sin(angle)], axis=1)


def disc(radius: float, inside: tuple[int, int, int], outside: tuple[int, int, int]) -> np.ndarray:
    y, x = np.mgrid[:400, :400]
    cover = np.clip(radius - np.hypot(x - 200, y - 200) + 0.5, 0, 1)[..., None]
    return np.rint(cover * inside + (1 - cover) * np.array(outside)).astype(np.uint8)


def expected(radius: float, reach: float = 0.15) -> Outline:
    points = circle(radius)
    return Outline(points, np.full(400, reach), np.full(400, reach), np.zeros(400))


def on_an_edge(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    near = np.zeros(shape, dtype=bool)
    for (ax, ay), (bx, by) in zip(points, np.roll(points, -1, axis=0), strict=True):
        length = (bx - ax) ** 2 + (by - ay) ** 2
        along = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / max(length, 1e-12), 0, 1)
        near |= np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)) < 1e-9
    return near


@given(st.lists(st.tuples(st.floats(-5, 25), st.floats(-5, 25)), min_size=3, max_size=3))
@settings(max_examples=60, deadline=None)
def test_a_triangle_is_filled_by_pixel_centres(corners: list[tuple[float, float]]) -> None:
    points = np.array(corners) + 0.013
    mask = filled(points, (20, 20))
    reference = polygon2mask((20, 20), points[:, ::-1])
    # Where an edge runs through a centre, to rounding, either answer is right.
    certain = ~on_an_edge(points, (20, 20))
    assert (mask == reference)[certain].all()


def test_overlapping_fingers_stay_filled() -> None:
    loop = np.array([[0, 0], [6, 0], [6, 6], [2, 6], [2, 2], [8, 2], [8, 8], [0, 8]]) + 0.5
    assert filled(loop, (9, 9))[3:5, 3:5].all()


def test_a_line_beyond_the_frame_fills_what_is_in_it() -> None:
    square = np.array([[-9.0, -9.0], [4.5, -9.0], [4.5, 4.5], [-9.0, 4.5]])
    assert filled(square, (8, 8)).sum() == 25


def test_steps_are_seen_where_they_are() -> None:
    band = np.zeros((2, 20, 3), np.float32)
    band[:, 12:] = 1
    step = step_across(band, 2)
    assert step.argmax(axis=1).tolist() == [11, 11]
    assert step.max() == pytest.approx(np.sqrt(3))


@pytest.mark.parametrize("inside", [(150, 110, 95), (70, 48, 40)], ids=["light", "dark"])
@pytest.mark.parametrize("off", [-8, 0, 9])
def test_the_outline_moves_to_the_edge(inside: tuple[int, int, int], off: int) -> None:
    outside = tuple(round(v * 0.85) for v in inside)  # the same skin in a little shade
    density = edge_axes(disc(100, inside, outside))
    ones = np.ones((400, 400), np.float32)
    line = trace(density, ones, expected(100 + off), 100, ROUGH)
    radius = np.hypot(*(line.points - 200).T)
    assert np.abs(radius - 100).max() < 1.0
    assert line.support.mean() > 0.3


def test_a_lesion_does_not_tear_the_outline() -> None:
    rgb = disc(100, (190, 140, 120), (170, 122, 104))
    cv2.circle(rgb, (200, 92), 14, (150, 50, 50), -1)  # across the edge
    cv2.circle(rgb, (285, 200), 12, (150, 50, 50), -1)  # just inside
    line = trace(edge_axes(rgb), np.ones((400, 400), np.float32), expected(100), 100, ROUGH)
    radius = np.hypot(*(line.points - 200).T)
    assert np.abs(radius - 100).mean() < 1.5


def test_where_nothing_is_seen_the_expected_shape_stays() -> None:
    density = edge_axes(np.full((400, 400, 3), 140, np.uint8))
    line = trace(density, np.ones((400, 400), np.float32), expected(100), 100, ROUGH)
    assert np.abs(np.hypot(*(line.points - 200).T) - 100).max() < 1
    assert line.support.max() < 0.1


def test_beyond_the_frame_no_edge_is_believed() -> None:
    density = edge_axes(disc(100, (190, 140, 120), (120, 84, 70)))
    inside = np.ones((400, 400), np.float32)
    inside[:, :200] = 0
    line = trace(density, inside, expected(94), 100, ROUGH)
    left = line.points[:, 0] < 195
    radius = np.hypot(*(line.points - 200).T)
    assert np.abs(radius[~left & (line.points[:, 0] > 215)] - 100).max() < 1
    assert line.support[left].max() == 0
    assert np.abs(radius[line.points[:, 0] < 150] - 94).max() < 1


def test_spacing_is_even() -> None:
    line = spaced(expected(50), 2.0)
    gaps = np.linalg.norm(np.diff(line.points, axis=0), axis=1)
    assert gaps.std() < 0.02 * gaps.mean()
    assert gaps.mean() == pytest.approx(2, rel=0.02)
