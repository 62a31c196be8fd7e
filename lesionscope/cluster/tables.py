"""The results of a batch as Parquet: a row for each photo, and a row for each lesion."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lesionscope.cluster.photo_work import Row

PHOTOS, LESIONS = "photos.parquet", "lesions.parquet"
"""Their files in the folder of the results."""
_GROUP = 2000  # photos a row group: 10 million photos are written with little memory

_ESTIMATES = ("bsa_percent", "bsa_percent_adjusted", "bsa_percent_surface", "handprints",
              "area_cm2", "hand_cm2")  # fmt: skip
_NUMBERS = ("mm_per_px", "ita_deg")
_LEVELS = ("erythema", "scale", "erosion")
_ABOUT_PHOTO: list[tuple[str, pa.DataType]] = [
    ("number", pa.int64()), ("photo", pa.string()), ("site", pa.string()),
    ("marker_mm", pa.float64()), ("end", pa.string()), ("reason", pa.string()),
    ("sha256", pa.string()), ("width_px", pa.int32()), ("height_px", pa.int32()),
]  # fmt: skip
PHOTO_COLUMNS = pa.schema(
    [
        *_ABOUT_PHOTO,
        *((f"{name}{end}", pa.float64()) for name in _ESTIMATES for end in ("", "_low", "_high")),
        *((name, pa.float64()) for name in _NUMBERS),
        *((name, pa.int32()) for name in _LEVELS),
        ("calibration", pa.string()),
        ("skin_tone", pa.string()),
        ("lesions", pa.int32()),
        ("warnings", pa.list_(pa.string())),
        ("drawn_by", pa.string()),
        ("software_version", pa.string()),
        ("model_version", pa.string()),
    ]
)
"""Columns of the table of photos; null is not measurable, never zero. Times of day and durations
are left out: the same photos give the same file, on one worker or on many."""
_LESION_NUMBERS = ("area_cm2", "delta_erythema")
LESION_COLUMNS = pa.schema(
    [
        ("number", pa.int64()),
        ("photo", pa.string()),
        ("sha256", pa.string()),
        ("label", pa.int32()),
        ("area_px", pa.int64()),
        *((name, pa.float64()) for name in _LESION_NUMBERS),
    ]
)
"""Columns of the table of lesions; `number` and `label` name one."""


def write_tables(folder: Path, rows: Iterable[Row]) -> tuple[Path, Path]:
    """Write both tables; a reader sees the old ones or the whole new ones.

    Parameters
    ----------
    folder : Path
        Of the results.
    rows : iterable of Row
        In the order of the list.

    Returns
    -------
    photos, lesions : Path
    """
    parts = [folder / f".{name}.{os.getpid()}" for name in (PHOTOS, LESIONS)]
    try:
        _write(parts[0], parts[1], rows)
        written = [
            part.replace(folder / name) for part, name in zip(parts, (PHOTOS, LESIONS), strict=True)
        ]
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return written[0], written[1]


def _write(photo_file: Path, lesion_file: Path, rows: Iterable[Row]) -> None:
    with (
        pq.ParquetWriter(photo_file, PHOTO_COLUMNS, compression="zstd") as photos,
        pq.ParquetWriter(lesion_file, LESION_COLUMNS, compression="zstd") as lesions,
    ):
        group: list[Row] = []
        for row in rows:
            group.append(row)
            if len(group) == _GROUP:
                _write_group(photos, lesions, group)
                group = []
        _write_group(photos, lesions, group)


def _write_group(photos: pq.ParquetWriter, lesions: pq.ParquetWriter, group: list[Row]) -> None:
    about = [_photo_row(row) for row in group]
    photos.write_table(pa.Table.from_pylist(about, schema=PHOTO_COLUMNS))
    found = [line for row in group for line in _lesion_rows(row)]
    lesions.write_table(pa.Table.from_pylist(found, schema=LESION_COLUMNS))


def _photo_row(row: Row) -> dict[str, Any]:
    found = row.document or {}
    item = row.item
    return {name: found.get(name) for name in PHOTO_COLUMNS.names} | {
        "number": item.number,
        "photo": item.photo.encode(errors="replace").decode(),
        "site": item.site.value,
        "marker_mm": item.marker_mm,
        "end": row.end.value,
        "reason": row.reason or None,
        "calibration": found["calibration"]["source"] if found else None,
        "lesions": len(found["lesions"]) if found else None,
        "warnings": [
            finding["code"] for finding in found.get("findings", ())
            if finding["severity"] != "info"
        ],
    }  # fmt: skip


def _lesion_rows(row: Row) -> list[dict[str, Any]]:
    found = row.document or {"lesions": []}
    return [
        {name: lesion.get(name) for name in LESION_COLUMNS.names}
        | {
            "number": row.item.number,
            "photo": row.item.photo.encode(errors="replace").decode(),
            "sha256": found["sha256"],
        }
        for lesion in found["lesions"]
    ]
