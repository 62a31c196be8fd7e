"""The printed target: a sheet of markers of exact size, with a ruler to check the print.

Written as a vector PDF, so that a printer decides nothing about size but its own scaling. Two
rulers show whether it did, one across the paper and one along it: a feed can be off when the width
is right. Photographs of the cut-out markers give millimetres (`lesionscope.imaging.fiducial`).

References
----------
ISO 32000-1:2008, sections 7.5 (file structure) and 8.5 (path construction).
ISO 216 (A4), ANSI/ASME Y14.1 (Letter).
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from lesionscope.imaging.fiducial import marker_cells

_POINTS_PER_MM = 72 / 25.4
_MARGIN_MM = 12.0
_QUIET_CELLS = 2
"""White cells left around a marker; the finder needs one, the other is for crooked scissors."""

_FOOT_MM = 9.0
"""Room under a marker's white rim for its grey patches and its number."""

_RULER_MM = 100
_RULER_STRIP_MM = 16.0
"""Width kept free at the right for the ruler that stands upright."""

_CARDS_TOP_MM = 68.0
_GREYS = (0.8, 0.6, 0.4, 0.2)
"""Between the white of the paper and the black of the marker."""


class Paper(Enum):
    """Sheet sizes, width and height in millimetres."""

    A4 = (210.0, 297.0)
    LETTER = (215.9, 279.4)


class _Page:
    """Marks on a page, placed in millimetres from its top left corner."""

    def __init__(self, paper: Paper) -> None:
        self.width, self.height = paper.value
        self.marks: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, grey: float = 0.0) -> None:
        """Fill a rectangle; its top left corner is at x, y."""
        left, bottom = x * _POINTS_PER_MM, (self.height - y - height) * _POINTS_PER_MM
        wide, high = width * _POINTS_PER_MM, height * _POINTS_PER_MM
        self.marks.append(f"{grey:.3f} g {left:.4f} {bottom:.4f} {wide:.4f} {high:.4f} re f")

    def loops(self, loops: list[list[tuple[float, float]]]) -> None:
        """Fill in black what closed loops of corners enclose an odd number of times."""
        paths = []
        for loop in loops:
            corners = [
                f"{x * _POINTS_PER_MM:.4f} {(self.height - y) * _POINTS_PER_MM:.4f}"
                for x, y in loop
            ]
            paths.append(f"{corners[0]} m {' l '.join(corners[1:])} l h")
        self.marks.append(f"0 g {' '.join(paths)} f*")

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """Draw a thin dashed rectangle to cut along."""
        left, bottom = x * _POINTS_PER_MM, (self.height - y - height) * _POINTS_PER_MM
        wide, high = width * _POINTS_PER_MM, height * _POINTS_PER_MM
        self.marks.append(
            f"q 0.6 G 0.3 w [2 2] 0 d {left:.4f} {bottom:.4f} {wide:.4f} {high:.4f} re S Q"
        )

    def text(self, x: float, y: float, words: str, size: float = 9.0) -> None:
        """Write a line with its left end at x and its foot at y; size in points."""
        safe = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        left, foot = x * _POINTS_PER_MM, (self.height - y) * _POINTS_PER_MM
        self.marks.append(f"BT 0 g /F1 {size:g} Tf {left:.4f} {foot:.4f} Td ({safe}) Tj ET")


def target_sheet(
    paper: Paper = Paper.A4, *, marker_mm: float = 20.0, number: int | None = None
) -> bytes:
    """Draw a sheet of markers to print at actual size and cut out.

    Parameters
    ----------
    paper : Paper
        Size of the sheet.
    marker_mm : float
        Side of a marker's black square, 10 to 60 mm.
    number : int or None
        Number of the marker that every card bears, 0 to 49; None gives each card its own.

    Returns
    -------
    bytes
        A PDF of one page.

    Raises
    ------
    ValueError
        If `marker_mm` or `number` is outside its range.

    Examples
    --------
    >>> target_sheet()[:8]
    b'%PDF-1.4'
    """
    if not 10 <= marker_mm <= 60:
        raise ValueError(f"marker_mm must be 10 to 60, got {marker_mm}")
    page = _Page(paper)
    _heading(page, marker_mm)
    _ruler_across(page, _MARGIN_MM, 60.0)
    _ruler_along(page, page.width - _MARGIN_MM, _CARDS_TOP_MM)
    _cards(page, marker_mm, number)
    return _pdf(page)


def _heading(page: _Page, marker_mm: float) -> None:
    page.text(_MARGIN_MM, 17, "LesionScope target", 14)
    page.text(_MARGIN_MM + 55, 17, "Research tool, not a medical device.", 8)
    lines = (
        "1   Print at 100 % (actual size, not fitted to the page) on matt white paper.",
        "2   Check both rulers with a real one. If either is off, do not use the sheet.",
        "3   Cut out one marker along its dashed lines; keep its white rim and its grey patches.",
        "4   Lay it flat beside the lesion, in the plane of the skin, whole and unshaded. "
        "Not on a wound or broken skin.",
        "5   Take a new one for each patient.",
        f"Black squares of {marker_mm:g} mm. {_told(marker_mm)}",
    )
    for index, line in enumerate(lines):
        page.text(_MARGIN_MM, 23.5 + 4.3 * index, line, 8)


def _told(marker_mm: float) -> str:
    """Say who must be told a marker's size: the app takes the usual one for granted."""
    if marker_mm == 20:
        return "The software takes this size for granted."
    return (
        f"Not for the app, which expects 20 mm: lesionscope measure --marker-mm {marker_mm:g} ..."
    )


def _tick_mm(mm: int) -> float:
    return 5.0 if mm % 10 == 0 else 3.5 if mm % 5 == 0 else 2.0


def _ruler_across(page: _Page, x: float, y: float) -> None:
    """Draw millimetre ticks that stand on a line from x to the right."""
    page.text(x + _RULER_MM + 4, y, f"Both rulers must measure {_RULER_MM} mm.", 8)
    for mm in range(_RULER_MM + 1):
        page.box(x + mm - 0.05, y - _tick_mm(mm), 0.1, _tick_mm(mm))
        if mm % 10 == 0:
            page.text(x + mm - 1.0, y + 3, str(mm), 6)
    page.box(x - 0.05, y - 0.1, _RULER_MM + 0.1, 0.1)


def _ruler_along(page: _Page, x: float, y: float) -> None:
    """Draw millimetre ticks that end at a line from y downwards."""
    for mm in range(_RULER_MM + 1):
        page.box(x - _tick_mm(mm), y + mm - 0.05, _tick_mm(mm), 0.1)
        if mm % 10 == 0:
            page.text(x - 9.5, y + mm + 0.8, str(mm), 6)
    page.box(x - 0.1, y - 0.05, 0.1, _RULER_MM + 0.1)


def _cards(page: _Page, marker_mm: float, number: int | None) -> None:
    """Fill the rest of the sheet with cards that share their lines, to be cut once."""
    cell = marker_mm / len(marker_cells(0))
    wide = marker_mm + 2 * _QUIET_CELLS * cell
    tall = wide + _FOOT_MM
    columns = int((page.width - 2 * _MARGIN_MM - _RULER_STRIP_MM) // wide)
    rows = int((page.height - _CARDS_TOP_MM - _MARGIN_MM) // tall)
    for place in range(min(columns * rows, 50)):
        row, column = divmod(place, columns)
        x, y = _MARGIN_MM + column * wide, _CARDS_TOP_MM + row * tall
        page.frame(x, y, wide, tall)
        _card(page, x, y, place if number is None else number, cell)


def _card(page: _Page, x: float, y: float, number: int, cell: float) -> None:
    cells = marker_cells(number)
    side = len(cells) * cell
    left, top = x + _QUIET_CELLS * cell, y + _QUIET_CELLS * cell
    outlines = _outlines({(int(c), int(r)) for r, c in np.argwhere(~cells)})
    page.loops([[(left + c * cell, top + r * cell) for c, r in loop] for loop in outlines])
    foot = top + side + _QUIET_CELLS * cell
    # `lesionscope.imaging.white_balance.marker_greys` reads them where they lie.
    for index, grey in enumerate(_GREYS):
        page.box(left + index * side / len(_GREYS), foot, side / len(_GREYS), 4, grey)
    page.text(left, foot + 7.2, f"{side:g} mm   no. {number}", min(7, 3 + side / 5))


def _outlines(black: set[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Trace the border of black cells as loops of corners (column, row).

    A marker is one shape and not white painted on black, nor cell beside cell: a rectangle alone
    is widened to whole dots by the rule that a dot is painted when it is touched, which made 20 mm
    0.07 mm too large at 300 dots an inch, and cells that only touch show a seam.
    """
    steps: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for column, row in black:
        for (c, r), (towards_c, towards_r), neighbour in (
            ((column, row), (1, 0), (column, row - 1)),
            ((column + 1, row), (0, 1), (column + 1, row)),
            ((column + 1, row + 1), (-1, 0), (column, row + 1)),
            ((column, row + 1), (0, -1), (column - 1, row)),
        ):
            if neighbour not in black:
                steps.setdefault((c, r), []).append((c + towards_c, r + towards_r))
    loops = []
    while steps:
        start = at = next(iter(steps))
        loop: list[tuple[int, int]] = []
        while not loop or at != start:
            loop.append(at)
            following = steps[at].pop()
            if not steps[at]:
                del steps[at]
            at = following
        loops.append(loop)
    return loops


def _pdf(page: _Page) -> bytes:
    """Wrap the marks into a file of one page."""
    size = f"{page.width * _POINTS_PER_MM:.4f} {page.height * _POINTS_PER_MM:.4f}"
    content = "\n".join(page.marks).encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size}] /Contents 4 0 R "
            "/Resources << /Font << /F1 5 0 R >> >> >>"
        ).encode("ascii"),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    file, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return file + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (count, table, count, len(file))
    )
