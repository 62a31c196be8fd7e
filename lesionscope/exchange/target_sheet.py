"""The printed target: a sheet of markers of exact size, with a ruler to check the print.

Written as a vector PDF, so that a printer decides nothing about size but its own scaling, and
the ruler on the sheet shows whether it did. Photographs of the cut-out markers give millimetres
(`lesionscope.imaging.fiducial`).

References
----------
ISO 32000-1:2008, sections 7.5 (file structure) and 8.5 (path construction).
ISO 216 (A4), ANSI/ASME Y14.1 (Letter).
"""

from __future__ import annotations

from enum import Enum

from lesionscope.imaging.fiducial import marker_cells

_POINTS_PER_MM = 72 / 25.4
_MARGIN_MM = 12.0
_QUIET_CELLS = 2
"""White cells left around a marker; the finder needs one."""

_GREYS = (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)


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
        self.boxes([(x, y, width, height)], grey)

    def boxes(self, places: list[tuple[float, float, float, float]], grey: float) -> None:
        """Fill rectangles as one shape, so that no seam shows where they touch."""
        shapes = (
            f"{x * _POINTS_PER_MM:.4f} {(self.height - y - height) * _POINTS_PER_MM:.4f} "
            f"{width * _POINTS_PER_MM:.4f} {height * _POINTS_PER_MM:.4f} re"
            for x, y, width, height in places
        )
        self.marks.append(f"{grey:.3f} g {' '.join(shapes)} f")

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


def target_sheet(paper: Paper = Paper.A4, *, marker_mm: float = 20.0) -> bytes:
    """Draw a sheet of markers to print at actual size and cut out.

    Parameters
    ----------
    paper : Paper
        Size of the sheet.
    marker_mm : float
        Side of a marker's black square, 10 to 60 mm.

    Returns
    -------
    bytes
        A PDF of one page.

    Raises
    ------
    ValueError
        If `marker_mm` is outside its range.

    Examples
    --------
    >>> target_sheet()[:8]
    b'%PDF-1.4'
    """
    if not 10 <= marker_mm <= 60:
        raise ValueError(f"marker_mm must be 10 to 60, got {marker_mm}")
    page = _Page(paper)
    _heading(page)
    _check_ruler(page, _MARGIN_MM, 46.0)
    _grey_strip(page, 130.0, 38.0)
    _cards(page, top=62.0, marker_mm=marker_mm)
    return _pdf(page)


def _heading(page: _Page) -> None:
    page.text(_MARGIN_MM, 18, "LesionScope target", 14)
    lines = (
        "Print at 100 % (actual size, not fitted to the page) on matt white paper, then check the "
        "ruler below.",
        "Cut out a marker along its dashed line. Lay it flat beside the lesion, in the plane of "
        "the skin, whole and unshaded, never on broken skin.",
    )
    for index, line in enumerate(lines):
        page.text(_MARGIN_MM, 25 + 4.5 * index, line, 8)


def _check_ruler(page: _Page, x: float, y: float, length: int = 100) -> None:
    """Draw millimetre ticks; the whole must measure `length` on paper."""
    page.text(x, y - 7, f"This ruler must measure {length} mm:", 8)
    for mm in range(length + 1):
        tall = 5.0 if mm % 10 == 0 else 3.5 if mm % 5 == 0 else 2.0
        page.box(x + mm - 0.05, y - tall, 0.1, tall)
        if mm % 10 == 0:
            page.text(x + mm - 1.0, y + 3.5, str(mm), 6)
    page.box(x - 0.05, y - 0.1, length + 0.1, 0.1)


def _grey_strip(page: _Page, x: float, y: float) -> None:
    """Draw neutral patches; ink is not calibrated, so they show a cast and do not measure it."""
    for index, grey in enumerate(_GREYS):
        page.box(x + 10 * index, y, 10, 8, grey)
    page.box(x, y, 60, 0.1)
    page.text(x, y + 11.5, "Grey patches show a colour cast; only a colour chart corrects it.", 6)


def _cards(page: _Page, *, top: float, marker_mm: float) -> None:
    """Fill the rest of the sheet with markers of different numbers."""
    cell = marker_mm / len(marker_cells(0))
    side = marker_mm + 2 * _QUIET_CELLS * cell
    tall = side + 5
    columns = int((page.width - 2 * _MARGIN_MM + 4) // (side + 4))
    rows = int((page.height - top - _MARGIN_MM + 4) // (tall + 4))
    for number in range(min(columns * rows, 50)):
        row, column = divmod(number, columns)
        _card(page, _MARGIN_MM + column * (side + 4), top + row * (tall + 4), number, cell)


def _card(page: _Page, x: float, y: float, number: int, cell: float) -> None:
    cells = marker_cells(number)
    side = len(cells) * cell
    quiet = _QUIET_CELLS * cell
    page.frame(x, y, side + 2 * quiet, side + 2 * quiet + 5)
    page.box(x + quiet, y + quiet, side, side)
    white = [
        (x + quiet + column * cell, y + quiet + row * cell, cell, cell)
        for row, line in enumerate(cells)
        for column, is_white in enumerate(line)
        if is_white
    ]
    page.boxes(white, 1.0)
    page.text(x + quiet, y + side + 2 * quiet + 2, f"{side:g} mm   no. {number}", 7)


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
