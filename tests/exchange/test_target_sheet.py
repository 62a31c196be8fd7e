"""The sheet is a sound PDF whose markers have, when read back, the size that they claim."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from lesionscope.exchange.target_sheet import Paper, target_sheet
from lesionscope.imaging.fiducial import find_markers

DPI = 254
PX_PER_POINT = DPI / 72
NUMBER = r"-?\d+\.\d+"


def page_of(pdf: bytes) -> NDArray[np.uint8]:
    """Draw the filled rectangles of the page, as a printer at 10 dots a millimetre would."""
    width, height = (float(n) for n in re.search(rb"MediaBox \[0 0 (\S+) (\S+)\]", pdf).groups())
    page = np.full((round(height * PX_PER_POINT), round(width * PX_PER_POINT), 3), 255, np.uint8)
    text = pdf.decode("ascii")
    for grey, shapes in re.findall(rf"^({NUMBER}) g ((?:{NUMBER} ){{4}}re.*) f$", text, re.M):
        for box in re.findall(rf"({NUMBER}) ({NUMBER}) ({NUMBER}) ({NUMBER}) re", shapes):
            left, bottom, wide, high = (float(n) * PX_PER_POINT for n in box)
            top = page.shape[0] - bottom - high
            rows = slice(round(top), max(round(top) + 1, round(top + high)))
            columns = slice(round(left), max(round(left) + 1, round(left + wide)))
            page[rows, columns] = round(255 * float(grey))
    return page


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


@pytest.mark.parametrize("paper", list(Paper))
@pytest.mark.parametrize("marker_mm", [20.0, 30.0])
def test_markers_have_their_size(paper: Paper, marker_mm: float) -> None:
    page = page_of(target_sheet(paper, marker_mm=marker_mm))
    assert page.shape[0] == pytest.approx(paper.value[1] * DPI / 25.4, abs=1)
    markers = find_markers(page, marker_mm)
    assert len(markers) >= 9
    assert sorted(m.id for m in markers) == list(range(len(markers)))
    for marker in markers:
        assert marker.mm_per_px == pytest.approx(25.4 / DPI, rel=0.005)
        inside = (marker.corners_px > 0) & (marker.corners_px < page.shape[1::-1])
        assert inside.all()


def test_ruler_measures_a_hundred_millimetres() -> None:
    page = page_of(target_sheet())
    row = page[round(43.5 * DPI / 25.4), :, 0]  # through the ticks of whole centimetres
    ticks = np.flatnonzero((row[1:] < 128) & (row[:-1] >= 128))
    ticks = ticks[ticks < 125 * DPI / 25.4]
    assert len(ticks) >= 11
    assert ticks[-1] - ticks[0] == pytest.approx(100 * DPI / 25.4, abs=1)


@pytest.mark.parametrize("marker_mm", [9.9, 61, -1])
def test_size_outside_its_range_is_refused(marker_mm: float) -> None:
    with pytest.raises(ValueError, match="marker_mm must be 10 to 60, got"):
        target_sheet(marker_mm=marker_mm)
