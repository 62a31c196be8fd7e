"""The sheet is a sound PDF whose markers have, when printed and read back, the size they claim."""

from __future__ import annotations

import re

import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray

from lesionscope.exchange.target_sheet import Paper, target_sheet
from lesionscope.imaging.colour import linear_light, srgb_bytes
from lesionscope.imaging.fiducial import find_marker, find_markers
from lesionscope.imaging.white_balance import marker_greys, marker_paper

DPI = 300
PX_PER_MM = DPI / 25.4


def printed(pdf: bytes) -> NDArray[np.uint8]:
    """Draw the only page as a printer would."""
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    page = document[0].render(scale=DPI / 72, rev_byteorder=True).to_numpy()
    return np.ascontiguousarray(page[:, :, :3])


def photographed(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Encode a drawn page as a camera would: half a pixel of ink leaves half of the light."""
    return srgb_bytes(np.arange(256) / np.float32(255))[page]


def ink_mm(line: NDArray[np.uint8]) -> float:
    """Return how many millimetres along a line of pixels are black."""
    return float((255.0 - line).sum() / 255 / PX_PER_MM)


def words(pdf: bytes) -> str:
    return str(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded())


def edges(line: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return where ticks begin along a line of grey values."""
    return np.flatnonzero((line[1:] < 160) & (line[:-1] >= 160))


def test_table_of_contents_of_the_file_is_right() -> None:
    pdf = target_sheet()
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", pdf)[1])
    assert pdf[start:].startswith(b"xref\n0 6\n")
    places = re.findall(rb"^(\d{10}) 00000 n $", pdf[start:], re.MULTILINE)
    for number, place in enumerate(places, start=1):
        assert pdf[int(place) :].startswith(b"%d 0 obj\n" % number)
    length = int(re.search(rb"/Length (\d+)", pdf)[1])
    stream = pdf.split(b"stream\n", 1)[1]
    assert stream[length:].startswith(b"\nendstream")


@pytest.mark.parametrize(
    ("paper", "marker_mm", "count"),
    [
        (Paper.A4, 10, 50),
        (Paper.A4, 20, 25),
        (Paper.A4, 30, 9),
        (Paper.A4, 60, 1),
        (Paper.LETTER, 20, 20),
        (Paper.LETTER, 25.5, 12),
    ],
)
def test_printed_markers_have_their_size(paper: Paper, marker_mm: float, count: int) -> None:
    page = printed(target_sheet(paper, marker_mm=marker_mm))
    assert page.shape[0] == pytest.approx(paper.value[1] * PX_PER_MM, abs=1)
    assert page.shape[1] == pytest.approx(paper.value[0] * PX_PER_MM, abs=1)
    markers = find_markers(photographed(page), marker_mm)
    assert sorted(marker.id for marker in markers) == list(range(count))
    for marker in markers:
        assert marker.mm_per_px == pytest.approx(1 / PX_PER_MM, rel=0.004)
        (left, top), (right, bottom) = marker.corners_px[0], marker.corners_px[2]
        rim = marker_mm / 12 * PX_PER_MM  # the middle of the outermost cells, which are black
        around = slice(round(left - rim), round(right + rim))
        assert ink_mm(page[round(top + rim), around, 0]) == pytest.approx(marker_mm, abs=0.02)
        around = slice(round(top - rim), round(bottom + rim))
        assert ink_mm(page[around, round(left + rim), 0]) == pytest.approx(marker_mm, abs=0.02)
        assert (marker.corners_px > 5 * PX_PER_MM).all()  # what a printer cannot reach
        assert (marker.corners_px < np.array(page.shape[1::-1]) - 5 * PX_PER_MM).all()


def test_every_card_may_bear_one_number() -> None:
    markers = find_markers(photographed(printed(target_sheet(number=17))))
    assert {marker.id for marker in markers} == {17}
    assert len(markers) == 25
    assert "no. 17" in words(target_sheet(number=17))


def test_one_card_cut_out_is_found_and_shows_its_greys() -> None:
    page = printed(target_sheet())
    left, top = round(12 * PX_PER_MM), round(68 * PX_PER_MM)
    card = page[top : top + round(42 * PX_PER_MM), left : left + round(33 * PX_PER_MM)]
    lying = np.full((1500, 1500, 3), (190, 140, 120), np.uint8)
    lying[400 : 400 + card.shape[0], 500 : 500 + card.shape[1]] = card
    marker = find_marker(photographed(lying))
    assert marker is not None
    assert (marker.id, marker.mm_per_px) == (0, pytest.approx(1 / PX_PER_MM, rel=0.003))
    row = round((20 * 10 / 6 + 2) * PX_PER_MM)  # two millimetres below the white rim
    seen = [card[row, round((20 / 3 + 5 * (n + 0.5)) * PX_PER_MM), 0] for n in range(4)]
    assert np.array(seen) / 255 == pytest.approx([0.8, 0.6, 0.4, 0.2], abs=0.01)


@pytest.mark.parametrize("paper", list(Paper))
def test_both_rulers_measure_a_hundred_millimetres(paper: Paper) -> None:
    page = printed(target_sheet(paper))[:, :, 0]
    across = edges(page[round(56 * PX_PER_MM), : round(114 * PX_PER_MM)])
    along = edges(page[:, round((paper.value[0] - 16) * PX_PER_MM)])
    for ticks in (across, along):  # a line through the ticks of whole centimetres alone
        assert len(ticks) == 11
        assert np.diff(ticks) / PX_PER_MM == pytest.approx(10, abs=0.1)
        assert (ticks[-1] - ticks[0]) / PX_PER_MM == pytest.approx(100, abs=0.1)


def test_the_sheet_says_how_to_use_it() -> None:
    said = words(target_sheet())
    for told in (
        "Print at 100 %",
        "Both rulers must measure 100 mm",
        "in the plane of the skin",
        "Not on a wound or broken skin",
        "Research tool, not a medical device",
    ):
        assert told in said
    assert "--marker-mm" not in said
    assert "lesionscope measure --marker-mm 30" in words(target_sheet(marker_mm=30))


@pytest.mark.parametrize("paper", list(Paper))
@pytest.mark.parametrize("marker_mm", [10, 20, 60])
def test_no_word_runs_into_another_or_off_the_sheet(paper: Paper, marker_mm: float) -> None:
    page = pypdfium2.PdfDocument(target_sheet(paper, marker_mm=marker_mm))[0]
    text = page.get_textpage()
    boxes = np.array([text.get_rect(n) for n in range(text.count_rects())])
    assert (boxes[:, 0] > 30).all()
    assert (boxes[:, 2] < page.get_width() - 30).all()
    for number, one in enumerate(boxes):
        others = boxes[number + 1 :]
        apart = (
            (others[:, 0] >= one[2]) | (others[:, 2] <= one[0])
            | (others[:, 1] >= one[3]) | (others[:, 3] <= one[1])
        )  # fmt: skip
        assert apart.all()


@pytest.mark.parametrize("marker_mm", [9.9, 61, -1])
def test_size_outside_its_range_is_refused(marker_mm: float) -> None:
    with pytest.raises(ValueError, match="marker_mm must be 10 to 60, got"):
        target_sheet(marker_mm=marker_mm)


@pytest.mark.parametrize("number", [-1, 50])
def test_number_outside_the_dictionary_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="a marker's number must be 0 to 49, got"):
        target_sheet(number=number)


@pytest.mark.parametrize(("marker_mm", "turns"), [(20, 0), (10, 1), (40, 2)])
def test_grey_patches_tell_the_light_where_the_paper_is_clipped(
    marker_mm: float, turns: int
) -> None:
    light = np.array([1.5, 1.2, 0.5])
    page = printed(target_sheet(marker_mm=marker_mm))
    photo = np.ascontiguousarray(np.rot90(srgb_bytes(linear_light(page) * light), turns))
    marker = find_marker(photo, marker_mm=marker_mm)
    assert marker is not None
    assert marker_paper(photo, marker.corners_px) is None
    read = marker_greys(photo, marker.corners_px)
    assert read is not None
    assert read / read[1] == pytest.approx(light / light[1], rel=0.04)


def test_what_is_no_row_of_greys_tells_nothing() -> None:
    page = printed(target_sheet())
    marker = find_marker(page, marker_mm=20)
    assert marker is not None
    side = np.linalg.norm(marker.corners_px[1] - marker.corners_px[0])
    down = (marker.corners_px[3] - marker.corners_px[0]) / side
    top = round(float(marker.corners_px[3][1] + down[1] * 0.3 * side))
    cut = page.copy()
    cut[top : top + round(0.3 * side)] = (190, 145, 125)  # cut close and laid on skin
    assert marker_greys(cut, marker.corners_px) is None
    assert marker_greys(page[:top], marker.corners_px) is None
    shaded = srgb_bytes(linear_light(page) * np.linspace(0.4, 1, page.shape[1])[None, :, None])
    read = marker_greys(shaded, marker.corners_px)
    assert read is None or np.ptp(read / read.mean()) < 0.02
