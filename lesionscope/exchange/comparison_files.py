"""A comparison of two visits as files: JSON, displacement, pictures, mapped points.

The files are described in ``docs/output-format.md``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lesionscope.core.comparison import Alignment, Change, Comparison, Fate, LesionChange
from lesionscope.core.measurement import Interval
from lesionscope.core.sites import Site
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
        "area": change_part(c.area),
        "erythema": change_part(c.erythema),
        "counts": None if aligned.refused else {fate.value: c.count(fate) for fate in Fate},
        "lesions": [_lesion(lesion) for lesion in c.lesions],
    }


def change_part(change: Change | None) -> dict[str, Any] | None:
    """Write a change as plain values; None stays None."""
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
        "ratio": change_part(lesion.ratio),
    }


def comparison_from(document: Mapping[str, Any]) -> Comparison:
    """Read a comparison back from its document.

    Parameters
    ----------
    document : mapping
        As written by `comparison_document`.

    Returns
    -------
    Comparison
    """
    found = document["registration"]
    aligned = Alignment(
        refused=found["refused"] or "",
        began_with=found["began_with"] or "",
        pairs=found["pairs"],
        cover=found["cover"],
        error_px=found["expected_error_px"],
        error_mm=found["expected_error_mm"],
    )
    return Comparison(
        document["base_sha256"],
        document["follow_sha256"],
        Site(document["site"]),
        aligned,
        shared_skin=document["shared_skin"] or 0.0,
        area=change_from(document["area"], unchanged=1.0),
        erythema=change_from(document["erythema"], unchanged=0.0),
        lesions=tuple(_lesion_from(lesion) for lesion in document["lesions"]),
    )


def change_from(part: Mapping[str, Any] | None, *, unchanged: float) -> Change | None:
    """Read a change back; None stays None."""
    if part is None:
        return None
    interval = Interval(part["low"], part["high"], part["level"])
    return Change(part["value"], interval, unchanged, part["unit"])


def _lesion_from(part: Mapping[str, Any]) -> LesionChange:
    x, y = part["centre_px"]
    ratio = change_from(part["ratio"], unchanged=1.0)
    areas = part["base_px"], part["follow_px"]
    return LesionChange(part["number"], Fate(part["fate"]), (x, y), *areas, ratio)


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
