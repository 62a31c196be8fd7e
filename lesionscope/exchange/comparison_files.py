"""A comparison of two visits as files: JSON, displacement, pictures, mapped points.

The files are described in ``docs/output-format.md``.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lesionscope.core.comparison import Change, Comparison, Fate, LesionChange
from lesionscope.exchange.measurement_json import json_text
from lesionscope.imaging.overlay import jpeg

SCHEMA_VERSION = "1.0"
_DIGITS = 6


def comparison_document(c: Comparison) -> dict[str, Any]:
    """Write a comparison as plain values that JSON can hold.

    Parameters
    ----------
    c : Comparison
        What changed.

    Returns
    -------
    dict
        Keys as in ``docs/output-format.md``; null means not measurable, never zero.
    """
    aligned = c.alignment
    return {
        "schema_version": SCHEMA_VERSION,
        "base_sha256": c.base_sha256,
        "follow_sha256": c.follow_sha256,
        "site": c.site.value,
        "registration": {
            "refused": aligned.refused or None,
            "began_with": aligned.began_with or None,
            "pairs": aligned.pairs,
            "cover": _number(aligned.cover),
            "expected_error_px": _number(aligned.error_px),
            "expected_error_mm": _number(aligned.error_mm),
        },
        "shared_skin": None if aligned.refused else _number(c.shared_skin),
        "area": _change(c.area),
        "erythema": _change(c.erythema),
        "counts": None if aligned.refused else {fate.value: c.count(fate) for fate in Fate},
        "lesions": [_lesion(lesion) for lesion in c.lesions],
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {
        "value": _number(change.value),
        "low": _number(change.interval.low),
        "high": _number(change.interval.high),
        "level": change.interval.level,
        "unit": change.unit,
        "within_measurement_error": change.within_error,
    }


def _lesion(lesion: LesionChange) -> dict[str, Any]:
    return {
        "number": lesion.number,
        "fate": lesion.fate.value,
        "centre_px": [_number(value) for value in lesion.centre],
        "base_px": _number(lesion.base_px),
        "follow_px": _number(lesion.follow_px),
        "ratio": _change(lesion.ratio),
    }


def _number(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def read_points(path: Path) -> NDArray[np.float64]:
    """Read points from a CSV file: two or more numbers in each row, a heading is allowed.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    ndarray of shape (N, M), float64

    Raises
    ------
    ValueError
        If a row holds other than numbers, or not as many as the first.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    if rows and not _is_number(rows[0][0]):
        rows = rows[1:]
    width = len(rows[0]) if rows else 2
    for number, row in enumerate(rows, start=1):
        if len(row) != width or width < 2 or not all(_is_number(cell) for cell in row):
            raise ValueError(
                f"{path.name}: every row must hold the same two or more numbers (x,y); "
                f"row {number} is {','.join(row)!r}"
            )
    return np.array(rows, dtype=np.float64).reshape(len(rows), width)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def points_text(points: NDArray[np.float64]) -> str:
    """Write points as CSV, x and y in each row; nan where there is no map."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("x", "y"))
    writer.writerows([f"{x:.3f}", f"{y:.3f}"] for x, y in points)
    return file.getvalue()


def write_comparison(
    folder: Path, comparison: Comparison, field: NDArray[np.float32], pictures: dict[str, Any]
) -> None:
    """Write a comparison to a folder; files of an earlier run are replaced.

    Parameters
    ----------
    folder : Path
        Where to; created when missing.
    comparison : Comparison
        The numbers, for ``compare.json``, which is written last.
    field : ndarray of shape (H, W, 2), float32
        Where each baseline pixel lies in the follow-up, for ``warp.npy``.
    pictures : dict of str to ndarray of shape (H, W, 3), uint8
        File name (``.jpg`` or ``.png``) to picture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "warp.npy", field)
    for name, picture in pictures.items():
        if name.endswith(".jpg"):
            (folder / name).write_bytes(jpeg(picture, quality=92))
        else:
            Image.fromarray(picture).save(folder / name, "PNG", compress_level=1)
    (folder / "compare.json").write_text(
        json_text(comparison_document(comparison)), encoding="utf-8"
    )
