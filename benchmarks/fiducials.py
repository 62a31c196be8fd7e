"""How well printed markers and colour charts are found, placed and used.

    python benchmarks/fiducials.py --phantom DIR [--charts DIR] [--others DIR ...]

``--phantom`` holds rendered photos with their truth (``NAME.jpg``, ``NAME.json``, masks);
``--charts`` real photos of charts; ``--others`` folders of photos that show neither marker nor
chart. Prints a table and writes it to benchmarks/results/fiducials.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.chart import Chart, find_chart
from lesionscope.imaging.chart_colours import apply_correction
from lesionscope.imaging.colour import ita_degrees, lab, lab_in_light
from lesionscope.imaging.fiducial import Marker, find_markers
from lesionscope.imaging.plane import homography_of_four, project

RESULTS = Path(__file__).parent / "results" / "fiducials.md"
# The rendered card is 65 x 45 mm; its cells are 10 mm wide and start 2.5 mm from its edge.
CARD_MM = np.array([[0.0, 0.0], [65.0, 0.0], [65.0, 45.0], [0.0, 45.0]])
CELLS_MM = np.array([[2.5, 2.5], [62.5, 2.5], [62.5, 42.5], [2.5, 42.5]])
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


@dataclass
class Tally:
    """What is counted over the photos."""

    markers: int = 0
    markers_found: int = 0
    markers_false: int = 0
    marker_corner_px: list[float] = field(default_factory=list)
    scale_error: list[float] = field(default_factory=list)
    scale_z: list[float] = field(default_factory=list)
    facing_error: list[float] = field(default_factory=list)
    tilt_error: list[float] = field(default_factory=list)
    charts: int = 0
    charts_found: int = 0
    charts_false: list[str] = field(default_factory=list)
    chart_corner_px: list[float] = field(default_factory=list)
    delta_e: list[tuple[float, float, float]] = field(default_factory=list)
    ita: list[tuple[str, float, float]] = field(default_factory=list)
    marker_ms: list[float] = field(default_factory=list)
    no_chart_ms: list[float] = field(default_factory=list)
    photos: int = 0


def read(path: Path) -> NDArray[np.uint8]:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise SystemExit(f"cannot read {path}")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def look(rgb: NDArray[np.uint8], tally: Tally) -> tuple[tuple[Marker, ...], Chart | None]:
    """Search one photo, counting the processor's time: the wall clock depends on neighbours."""
    start = time.process_time()
    markers = find_markers(rgb)
    middle = time.process_time()
    chart = find_chart(rgb)
    end = time.process_time()
    tally.photos += 1
    tally.marker_ms.append(1e3 * (middle - start))
    if chart is None:
        tally.no_chart_ms.append(1e3 * (end - middle))
    return markers, chart


def rendered(folder: Path, tally: Tally) -> None:
    for photo in sorted(folder.glob("*_v*_*.jpg")):
        truth = json.loads(photo.with_suffix(".json").read_text(encoding="utf-8"))
        rgb = read(photo)
        markers, chart = look(rgb, tally)
        judge_markers(markers, truth, photo, tally)
        if truth.get("chart"):
            tally.charts += 1
            if chart is not None:
                judge_chart(chart, truth, photo, rgb, tally)
        elif chart is not None:
            tally.charts_false.append(photo.name)


def judge_markers(
    markers: tuple[Marker, ...], truth: dict[str, Any], photo: Path, tally: Tally
) -> None:
    expected = truth.get("marker")
    tally.markers += bool(expected)
    for marker in markers:
        if not expected or marker.id != expected["id"]:
            tally.markers_false += 1
            continue
        corners = np.array(expected["corners_px"]) - 0.5
        tally.markers_found += 1
        tally.marker_corner_px += np.linalg.norm(marker.corners_px - corners, axis=1).tolist()
        true_scale, tilt = scale_and_tilt(corners, expected["side_mm"])
        error = marker.mm_per_px / true_scale - 1
        tally.scale_error.append(abs(error))
        tally.scale_z.append(error / marker.relative_sd)
        tally.tilt_error.append(abs(marker.tilt_deg - tilt))
        depth = cv2.imread(str(photo.with_name(f"{photo.stem}_depth.png")), cv2.IMREAD_UNCHANGED)
        if depth is not None:
            x, y = (corners.mean(axis=0) / 4).astype(int)
            facing = float(depth[y, x]) / 10 / truth["camera"]["f_px"]
            tally.facing_error.append(abs(marker.mm_per_px_facing / facing - 1))


def scale_and_tilt(corners: NDArray[np.float64], side_mm: float) -> tuple[float, float]:
    to_px = homography_of_four(SQUARE * side_mm, corners)
    centre = np.array([side_mm / 2, side_mm / 2])
    step = 0.01
    moved = project(to_px, centre + step * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]))
    jacobian = np.stack([moved[0] - moved[1], moved[2] - moved[3]]) / (2 * step)
    long, short = np.linalg.svd(jacobian)[1]
    return float(1 / np.sqrt(long * short)), float(np.degrees(np.arccos(min(1, short / long))))


def judge_chart(
    chart: Chart, truth: dict[str, Any], photo: Path, rgb: NDArray[np.uint8], tally: Tally
) -> None:
    tally.charts_found += 1
    corners = np.array(truth["chart"]["corners_px"]) - 0.5
    cells = project(homography_of_four(CARD_MM, corners), CELLS_MM)
    tally.chart_corner_px += np.linalg.norm(chart.corners_px - cells, axis=1).tolist()
    if chart.fit is None:
        return
    fit = chart.fit
    tally.delta_e.append((fit.delta_e_before, fit.delta_e_after, fit.delta_e_held_out))
    clear = clear_skin(photo)
    matrix = chart.colour_matrix
    corrected = rgb if matrix is None else apply_correction(rgb, matrix)
    # As measure() does: half of what the chart says of the exposure is believed.
    without, with_chart = (
        ita_error(picture, clear, truth, light)
        for picture, light in ((rgb, 1.0), (corrected, 1.0 if matrix is None else chart.light))
    )
    tally.ita.append((truth["skin_tone"], without, with_chart))


def clear_skin(photo: Path) -> NDArray[np.bool_]:
    """Return visible skin without lesions, their soft borders, and the ruler hand."""
    masks = {}
    for kind in ("skin", "lesion", "lesionsoft", "hand"):
        mask = cv2.imread(str(photo.with_name(f"{photo.stem}_{kind}.png")), cv2.IMREAD_GRAYSCALE)
        masks[kind] = np.False_ if mask is None else mask > 0
    return np.asarray(masks["skin"] & ~(masks["lesion"] | masks["lesionsoft"] | masks["hand"]))


def ita_error(
    rgb: NDArray[np.uint8], clear: NDArray[np.bool_], truth: dict[str, Any], light: float
) -> float:
    colour = lab_in_light(np.median(lab(rgb)[clear], axis=0), light)
    angle = ita_degrees(float(colour[0]), float(colour[2]))
    return float("nan") if angle is None else abs(angle - truth["ita_true_albedo"])


def pictures(folder: Path) -> Iterable[Path]:
    kinds = {".jpg", ".jpeg", ".png"}
    aside = ("_mask", "_skin", "_labels", "_lesion", "_hand")
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in kinds and not path.stem.endswith(aside):
            yield path


def real_charts(folder: Path, tally: Tally) -> list[str]:
    rows = []
    for path in pictures(folder):
        markers, chart = look(read(path), tally)
        tally.markers_false += len(markers)
        if chart is None or chart.fit is None:
            rows.append(f"| {path.name} | not found | | | | |")
            continue
        fit = chart.fit
        rows.append(
            f"| {path.name} | {chart.usable.sum()} | {fit.delta_e_before:.1f} | "
            f"{fit.delta_e_after:.1f} | {fit.delta_e_held_out:.1f} | {chart.verdict.value} |"
        )
    return rows


def others(folders: list[Path], tally: Tally) -> int:
    count = 0
    for folder in folders:
        for path in pictures(folder):
            markers, chart = look(read(path), tally)
            tally.markers_false += len(markers)
            if chart is not None:
                tally.charts_false.append(path.name)
            count += 1
    return count


def spread(values: list[float], scale: float = 1.0, digits: int = 2) -> str:
    if not values:
        return "-"
    middle, high, top = np.percentile(values, [50, 90, 100]) * scale
    return f"{middle:.{digits}f} | {high:.{digits}f} | {top:.{digits}f}"


def report(tally: Tally, real: list[str], other: int) -> str:
    off_by = np.abs(tally.scale_z).tolist()
    lines = [
        "# Markers and colour charts",
        "",
        f"{tally.photos} photos, {other} of them real ones without marker or chart.",
        f"Markers found {tally.markers_found} of {tally.markers}, false {tally.markers_false}. "
        f"Charts found {tally.charts_found} of {tally.charts}, false {len(tally.charts_false)}"
        f"{': ' + ', '.join(tally.charts_false) if tally.charts_false else ''}.",
        "",
        "| figure | median | p90 | max |",
        "|---|---|---|---|",
        f"| marker corner error, px | {spread(tally.marker_corner_px)} |",
        f"| mm per px on the marker's plane, error % | {spread(tally.scale_error, 100)} |",
        f"| mm per px facing, against depth, error % | {spread(tally.facing_error, 100)} |",
        f"| the first error in its own standard deviations | {spread(off_by)} |",
        f"| tilt error, degrees | {spread(tally.tilt_error, 1, 1)} |",
        f"| chart corner error, px | {spread(tally.chart_corner_px)} |",
        f"| find_markers, ms of one processor | {spread(tally.marker_ms, 1, 0)} |",
        f"| find_chart without a chart, ms of one processor | {spread(tally.no_chart_ms, 1, 0)} |",
        "",
        "| rendered charts, CIE76 | median | p90 | max |",
        "|---|---|---|---|",
    ]
    for index, name in enumerate(("before", "after", "held out")):
        lines.append(f"| {name} | {spread([row[index] for row in tally.delta_e], 1, 1)} |")
    lines += [
        "",
        "| ITA of clear skin | photos | error without chart | with chart |",
        "|---|---|---|---|",
    ]
    for tone in (*sorted({row[0] for row in tally.ita}), "all"):
        rows = [row for row in tally.ita if tone in (row[0], "all")]
        without, with_chart = (float(np.median([row[k] for row in rows])) for k in (1, 2))
        lines.append(f"| {tone} | {len(rows)} | {without:.1f} | {with_chart:.1f} |")
    if real:
        lines += ["", "| real chart | patches | before | after | held out | verdict |"]
        lines += ["|---|---|---|---|---|---|", *real]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--phantom", type=Path, required=True)
    parser.add_argument("--charts", type=Path)
    parser.add_argument("--others", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    cv2.setNumThreads(1)
    tally = Tally()
    rendered(given.phantom, tally)
    real = real_charts(given.charts, tally) if given.charts else []
    table = report(tally, real, others(given.others, tally))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(table, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
