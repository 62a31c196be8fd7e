"""Charts drawn under known light, charts in rendered photos, and pictures that hold none."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lesionscope.imaging.chart import Chart, find_chart
from lesionscope.imaging.chart_colours import (
    Verdict,
    apply_correction,
    fit_correction,
    verdict,
)
from lesionscope.imaging.chart_reference import (
    Edition,
    delta_e_76,
    delta_e_2000,
    lab_of_linear,
    reference_linear,
)
from lesionscope.imaging.colour import linear_light, srgb_bytes
from lesionscope.imaging.plane import homography_of_four, project
from lesionscope.places import samples_folder

SAMPLES = samples_folder()
TRUTHS = {path.stem: path for path in SAMPLES.glob("*/truth/*.json")}
WITH_CHART = sorted(
    name for name, path in TRUTHS.items() if "chart" in json.loads(path.read_text())["scale_mode"]
)
WITHOUT_CHART = sorted(
    path
    for path in (*SAMPLES.glob("*/photos/*.jpg"), *SAMPLES.glob("*/photos/*.png"))
    if path.stem not in WITH_CHART
)
OUTLINE = np.array([[-0.5, -0.5], [5.5, -0.5], [5.5, 3.5], [-0.5, 3.5]])
FLAT = np.array([[60.0, 50.0], [290.0, 50.0], [290.0, 203.3], [60.0, 203.3]])
TILTED = np.array([[75.0, 42.0], [288.0, 71.0], [262.0, 207.0], [58.0, 170.0]])


def load(path) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def draw(
    corners: NDArray[np.float64] = TILTED,
    *,
    colours: NDArray[np.float64] | None = None,
    light: NDArray[np.float64] | None = None,
    patch: float = 0.8,
    size: tuple[int, int] = (260, 350),
    noise: float = 0.002,
) -> NDArray[np.uint8]:
    """Paint a chart in a dark frame; `light` mixes the linear channels of the whole scene."""
    fine, cell = 3, 40
    colours = reference_linear() if colours is None else colours
    page = np.full((5 * cell, 7 * cell, 3), 0.012)
    for index, colour in enumerate(colours):
        row, column = divmod(index, 6)
        low = round(cell * (1 - patch) / 2)
        y, x = cell // 2 + row * cell, cell // 2 + column * cell
        page[y + low : y + cell - low, x + low : x + cell - low] = np.clip(colour, 0, 1)
    # On the page the cell of column c, row r is centred at (c + 1) * cell, in pixel edges.
    source = (OUTLINE + 1) * cell - 0.5
    to_fine = homography_of_four(source, (corners + 0.5) * fine - 0.5)
    shape = (size[1] * fine, size[0] * fine)
    scene = cv2.warpPerspective(
        page.astype(np.float32), to_fine, shape, borderValue=(0.36, 0.20, 0.13)
    )
    seen = cv2.resize(cv2.GaussianBlur(scene, (0, 0), 2), size[::-1], interpolation=cv2.INTER_AREA)
    seen = seen @ (np.eye(3) if light is None else light)
    return srgb_bytes(seen + np.random.default_rng(0).normal(0, noise, seen.shape))


def found_in(rgb: NDArray[np.uint8]) -> Chart:
    chart = find_chart(rgb)
    assert chart is not None
    return chart


WARM = np.array([[1.15, 0.05, 0.0], [0.02, 0.90, 0.04], [0.0, 0.06, 0.60]])


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
@pytest.mark.parametrize("patch", [0.78, 0.92])
def test_corners_are_found_any_way_up(quarter: int, patch: float) -> None:
    rgb = np.ascontiguousarray(np.rot90(draw(patch=patch), quarter))
    corners = found_in(rgb).corners_px
    for _ in range(quarter):  # turn the picture back, clockwise
        corners = np.column_stack([rgb.shape[0] - 1 - corners[:, 1], corners[:, 0]])
        rgb = np.ascontiguousarray(np.rot90(rgb, -1))
    assert np.linalg.norm(corners - TILTED, axis=1).max() < 2.0


@pytest.mark.parametrize("scale", [0.45, 1.0, 2.5])
def test_size_does_not_matter(scale: float) -> None:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    rgb = cv2.resize(draw(), None, fx=scale, fy=scale, interpolation=how)
    corners = (found_in(np.asarray(rgb)).corners_px + 0.5) / scale - 0.5
    assert np.linalg.norm(corners - TILTED, axis=1).max() < 2.5


def test_small_chart_in_a_large_photo() -> None:
    rgb = np.full((1500, 2000, 3), (170, 125, 105), np.uint8)
    rgb[1200:1460, 100:450] = draw()
    corners = found_in(rgb).corners_px - (100, 1200)
    assert np.linalg.norm(corners - TILTED, axis=1).max() < 2.0


def test_known_light_is_undone() -> None:
    # Not so bright that white clips.
    chart = found_in(draw(FLAT, light=0.8 * WARM))
    assert chart.usable.sum() >= 22
    assert chart.fit is not None
    assert chart.fit.delta_e_before > 12
    assert chart.fit.delta_e_after < 1.0
    assert chart.fit.delta_e_held_out < 1.5
    assert chart.fit.delta_e_2000_after < chart.fit.delta_e_2000_before / 5
    assert chart.verdict is Verdict.GOOD
    np.testing.assert_allclose(chart.fit.matrix[:3], np.linalg.inv(0.8 * WARM), atol=0.08)


def test_correction_takes_the_cast_off_and_keeps_the_exposure() -> None:
    rgb = draw(FLAT, light=0.5 * WARM)
    matrix = found_in(rgb).colour_matrix
    assert matrix is not None
    again = found_in(apply_correction(rgb, matrix))
    luminance = np.array([0.2126, 0.7152, 0.0722])
    greys = found_in(rgb).patches[18:] @ luminance
    np.testing.assert_allclose(again.patches[18:] @ luminance, greys, rtol=0.05)
    for grey in again.patches[19:23]:
        assert np.ptp(grey) < 0.06 * grey.mean()


def test_brighter_light_leaves_the_cast_correction_as_it_is() -> None:
    dim, bright = (found_in(draw(FLAT, light=k * WARM)).colour_matrix for k in (0.4, 0.7))
    assert dim is not None
    assert bright is not None
    np.testing.assert_allclose(dim, bright, atol=0.05)


@pytest.mark.parametrize("edition", list(Edition))
def test_edition_is_told_by_its_colours(edition: Edition) -> None:
    chart = found_in(draw(FLAT, colours=reference_linear(edition), light=0.8 * np.eye(3)))
    assert chart.fit is not None
    assert chart.fit.edition is edition


def test_edition_can_be_given() -> None:
    chart = find_chart(draw(FLAT), Edition.BEFORE_2014)
    assert chart is not None
    assert chart.fit is not None
    assert chart.fit.edition is Edition.BEFORE_2014


def test_clipped_patches_are_left_out() -> None:
    chart = found_in(draw(FLAT, light=1.6 * np.eye(3)))
    assert not chart.usable[18]  # white
    assert not chart.usable[15]  # yellow
    assert chart.usable[[0, 2, 3, 7, 20, 21, 22]].all()
    assert chart.fit is not None
    assert chart.fit.delta_e_after < 2.3


def test_hidden_patches_are_left_out() -> None:
    rgb = draw(FLAT)
    rgb[:, 236:] = (90, 140, 190)  # a sleeve over the last column and a half
    chart = found_in(rgb)
    assert not chart.usable[[5, 11, 17]].any()
    assert chart.usable[[0, 1, 6, 7, 12, 13]].all()
    assert np.linalg.norm(chart.corners_px - FLAT, axis=1).max() < 4


def test_chart_cut_by_the_frame() -> None:
    rgb = np.ascontiguousarray(draw(FLAT)[:, 82:])  # two thirds of the first column are lost
    chart = found_in(rgb)
    assert np.isnan(chart.patches[0]).all()
    assert not chart.usable[[0, 6, 12, 18]].any()
    assert np.linalg.norm(chart.corners_px - (FLAT - (82, 0)), axis=1).max() < 4


def test_residual_above_the_gate_gives_no_matrix() -> None:
    colours = reference_linear()
    # Not a cast that any mixing undoes: every other patch has faded.
    faded = np.where((np.arange(24) % 2 == 0)[:, None], 0.55 * colours + 0.15, colours)
    chart = found_in(draw(FLAT, colours=faded))
    assert chart.delta_e_after is not None
    assert chart.delta_e_after > 6
    assert chart.verdict is Verdict.REJECT
    assert chart.colour_matrix is None


def test_too_few_patches_give_no_fit() -> None:
    usable = np.zeros(24, dtype=bool)
    usable[:11] = True
    assert fit_correction(reference_linear(), usable) is None
    usable[:18] = True  # no grey among them
    assert fit_correction(reference_linear(), usable) is None


@pytest.mark.parametrize(("delta_e", "said"), [(0, "good"), (2.31, "fair"), (4.01, "warn")])
def test_gate(delta_e: float, said: str) -> None:
    assert verdict(delta_e) == said


@pytest.mark.parametrize("seed", range(4))
def test_other_colours_on_the_same_lattice_are_no_chart(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(24)
    assert find_chart(draw(FLAT, colours=reference_linear()[order])) is None


def test_mirrored_chart_is_no_chart() -> None:
    assert find_chart(np.ascontiguousarray(draw(FLAT)[:, ::-1])) is None


def test_chessboard_and_grey_tiles_are_no_chart() -> None:
    board = np.kron((np.indices((8, 10)).sum(axis=0) % 2), np.ones((24, 24)))
    assert find_chart(np.repeat((40 + 180 * board)[..., None], 3, 2).astype(np.uint8)) is None
    assert find_chart(draw(FLAT, colours=np.full((24, 3), 0.4))) is None


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 400, 3), (300, 300, 3)])
def test_flat_pictures_hold_no_chart(shape: tuple[int, int, int]) -> None:
    for value in (0, 90, 255):
        assert find_chart(np.full(shape, value, np.uint8)) is None


@pytest.mark.parametrize("photo", WITHOUT_CHART, ids=lambda p: p.stem)
def test_photos_without_a_chart(photo) -> None:
    assert find_chart(load(photo)) is None


@pytest.mark.parametrize("name", WITH_CHART)
def test_charts_in_rendered_photos(name: str) -> None:
    facts = json.loads(TRUTHS[name].read_text(encoding="utf-8"))
    chart = found_in(load(TRUTHS[name].parent.parent / "photos" / f"{name}.jpg"))
    # The rendered card is 65 x 45 mm, its patches 10 mm apart, the first cell from 2.5 mm.
    card = np.array([[0.0, 0.0], [65.0, 0.0], [65.0, 45.0], [0.0, 45.0]])
    to_photo = homography_of_four(card, np.array(facts["chart"]["corners_px"]) - 0.5)
    cells = np.array([[2.5, 2.5], [62.5, 2.5], [62.5, 42.5], [2.5, 42.5]])
    assert np.linalg.norm(chart.corners_px - project(to_photo, cells), axis=1).max() < 3.0
    assert chart.delta_e_after is not None
    assert chart.delta_e_before is not None
    assert chart.delta_e_after < min(4.0, chart.delta_e_before)
    assert chart.colour_matrix is not None


def test_input_is_left_alone() -> None:
    rgb = draw(FLAT)
    before = rgb.copy()
    rgb.flags.writeable = False
    chart = found_in(rgb)
    assert chart.colour_matrix is not None
    apply_correction(rgb, chart.colour_matrix)
    np.testing.assert_array_equal(rgb, before)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # Sharma, Wu, Dalal 2005, table 1, pairs 1, 4, 7, 9, 13, 16, 17, 21, 25, 33.
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
        ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
        ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
        ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
        ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.5, 0.0), (50.0, 3.1736, 0.5854), 1.0000),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ],
)
def test_ciede2000(one, other, expected: float) -> None:
    assert float(delta_e_2000(np.array(one), np.array(other))) == pytest.approx(expected, abs=1e-4)
    assert float(delta_e_2000(np.array(other), np.array(one))) == pytest.approx(expected, abs=1e-4)


def test_reference_colours() -> None:
    # The 2005 values as sRGB bytes, as published for charts made before November 2014.
    published = {0: (116, 81, 67), 1: (199, 147, 129), 12: (35, 63, 147), 21: (121, 121, 122)}
    srgb = srgb_bytes(reference_linear(Edition.BEFORE_2014))
    for patch, expected in published.items():
        assert np.abs(srgb[patch].astype(int) - expected).max() <= 1
    assert reference_linear()[17, 0] < 0  # cyan lies outside sRGB
    lightness = lab_of_linear(reference_linear())[:, 0]
    np.testing.assert_allclose(lightness[18:], [95.2, 81.3, 66.9, 50.8, 35.6, 20.6], atol=0.2)
    assert delta_e_76(lab_of_linear(np.ones(3)), [100, 0, 0]) < 0.02


def test_correction_of_a_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"matrix must have shape \(4, 3\), got \(3, 3\)"):
        apply_correction(np.zeros((2, 2, 3), np.uint8), np.eye(3))


def test_correction_matches_exact_arithmetic() -> None:
    rgb = np.random.default_rng(3).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    matrix = np.vstack([np.linalg.inv(WARM), [0.01, 0.0, -0.01]])
    exact = srgb_bytes(linear_light(rgb).astype(float) @ matrix[:3] + matrix[3])
    assert np.abs(apply_correction(rgb, matrix).astype(int) - exact).max() <= 1


def test_half_of_what_the_chart_says_of_the_light_is_believed() -> None:
    charts = [found_in(draw(FLAT, light=k * np.eye(3))) for k in (0.9, 0.8, 0.3)]
    near, dim, dark = charts
    assert near.fit is not None
    assert dim.fit is not None
    assert near.light == pytest.approx(near.fit.exposure**0.5)
    assert 1 < near.light < dim.light
    # A chart that lies in much less light than the rest of the photo is believed no further.
    assert dark.light == pytest.approx(np.exp(0.15))
