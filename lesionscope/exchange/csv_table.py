"""A table as CSV that a spreadsheet opens as what it is: text, numbers, and never a formula.

References
----------
RFC 4180 (CSV). OWASP, "CSV Injection": a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or
a carriage return is run by spreadsheets; an apostrophe before it is not.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Spreadsheets skip these before they look for a formula.
_SKIPPED = " \u00a0\ufeff\u200b"

Cell = str | int | float | None
"""None is an empty cell."""


def defused(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Parameters
    ----------
    text : str
        Of a person or a file: whatever it says.

    Returns
    -------
    str
        With an apostrophe before it where it would be run; otherwise as it is.

    Examples
    --------
    >>> defused("=HYPERLINK(1)"), defused("1 = 1")
    ("'=HYPERLINK(1)", '1 = 1')
    """
    return f"'{text}" if text.lstrip(_SKIPPED).startswith(_FORMULA) else text


def csv_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write a table as CSV.

    Parameters
    ----------
    columns : sequence of str
        Names of the columns.
    rows : iterable of sequence of str, int, float or None
        Cells in the order of the columns; only texts can be formulas.

    Returns
    -------
    bytes
        UTF-8 with its mark, which spreadsheets need to show letters beyond ASCII; lines end with
        CR and LF.

    Raises
    ------
    ValueError
        If a row has another number of cells than there are columns.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([defused(name) for name in columns])
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"a row must have {len(columns)} cells, got {len(row)}")
        writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig", "backslashreplace")
