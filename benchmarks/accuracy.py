"""Accuracy of the whole measurement against exact or hand-drawn truth, by skin tone and view.

    python benchmarks/accuracy.py [--phantom DIR] [--photos DIR --annotations DIR]
                                  [--predictions DIR] [--workers 2]

`--phantom` is a folder of rendered patients (NAME.jpg with NAME_lesion.png, NAME_skin.png,
NAME_hand.png and NAME.json), `--photos` a folder of real photos and `--annotations` the masks
drawn on them. With `--predictions` the masks and JSON of each photo are kept there, in the
public output format, so that other scoring scripts can read them. Intervals are 95 % bootstrap
intervals over photos. The worst ten photos go to benchmarks/results/worst.jpg.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
Mask = NDArray[np.bool_]


@dataclass
class Row:
    """One photo: what was true and what was found; None where it does not apply."""

    name: str
    kind: str
    tone: str
    view: str
    dice: float | None = None
    false_percent: float | None = None
    skin_iou: float | None = None
    hand_iou: float | None = None
    hand_found: float | None = None
    hand_false: float | None = None
    area_error: float | None = None
    covered: float | None = None
    log_width: float | None = None
    ita_error: float | None = None
    seconds: float = 0.0
    grade: str = "A"


def read_mask(path: Path, threshold: int = 0) -> Mask | None:
    """Read a mask; None when there is no such file."""
    if not path.exists():
        return None
    values = np.asarray(Image.open(path))
    values = values if values.ndim == 2 else values[..., :3].max(axis=2)
    return np.asarray(values > threshold)


def overlap(truth: Mask, found: Mask) -> float:
    """Return intersection over union."""
    union = int((truth | found).sum())
    return float((truth & found).sum() / union) if union else 1.0


def dice(truth: Mask, found: Mask, care: Mask) -> float:
    """Return the Dice coefficient over the pixels that count."""
    truth, found = truth & care, found & care
    return float(2 * (truth & found).sum() / max(1, int(truth.sum() + found.sum())))


def measured(photo: Path, predictions: Path | None) -> tuple[object, float]:
    """Measure a photo and keep the result in the public format if asked."""
    import time

    import cv2

    from lesionscope.exchange.measurement_json import document, mask_files
    from lesionscope.pipeline import measure

    cv2.setNumThreads(1)
    start = time.perf_counter()
    found = measure(photo)
    seconds = time.perf_counter() - start
    if predictions is not None:
        predictions.mkdir(parents=True, exist_ok=True)
        (predictions / f"{photo.stem}.json").write_text(json.dumps(document(found), indent=1))
        for key, data in mask_files(found).items():
            (predictions / f"{photo.stem}_{key}.png").write_bytes(data)
    return found, seconds


def phantom_row(photo: Path, predictions: Path | None) -> Row:
    """Score one rendered photo."""
    from lesionscope.core.measurement import Measurement

    found, seconds = measured(photo, predictions)
    assert isinstance(found, Measurement)
    truth = json.loads(photo.with_suffix(".json").read_text())
    folder, stem = photo.parent, photo.stem
    lesion = read_mask(folder / f"{stem}_lesion.png")
    skin = read_mask(folder / f"{stem}_skin.png")
    hand = np.asarray(Image.open(folder / f"{stem}_hand.png"))
    assert lesion is not None
    assert skin is not None
    row = Row(stem, "rendered", truth["skin_tone"], truth["view"], seconds=seconds)
    row.skin_iou = overlap(skin, found.skin_mask)
    if lesion.any():
        row.dice = dice(lesion, found.lesion_map.mask, np.ones_like(lesion))
    else:
        row.false_percent = 100 * float((found.lesion_map.mask & skin).sum() / skin.sum())
    if truth["hand_present"]:
        row.hand_found = float(found.hand_mask.any())
        if found.hand_mask.any():
            counts = hand != 128
            row.hand_iou = overlap((hand == 255) & counts, found.hand_mask & counts)
    elif not (hand == 128).any():
        row.hand_false = float(found.hand_mask.any())
    true_prints = truth["lesion_area_in_handprints"]
    if found.handprints is not None and true_prints >= 0.06:
        row.area_error = abs(found.handprints.value - true_prints) / true_prints
        interval = found.handprints.interval
        row.covered = float(interval.low <= true_prints <= interval.high)
        if interval.low > 0:
            row.log_width = float(np.log(interval.high / interval.low))
    if found.ita_deg is not None:
        row.ita_error = abs(found.ita_deg - truth["ita_true_albedo"])
    return row


def photo_row(
    photo: Path, annotations: Path, record: dict[str, str], predictions: Path | None
) -> Row:
    """Score one real photo against hand-drawn masks."""
    from lesionscope.core.measurement import Measurement

    found, seconds = measured(photo, predictions)
    assert isinstance(found, Measurement)
    stem = photo.stem
    row = Row(stem, "real", record["skin_tone_group"], record["site"], seconds=seconds)
    row.grade = record["grade_lesion"]
    skin = read_mask(annotations / f"{stem}_skin.png")
    lesion = read_mask(annotations / f"{stem}_lesion.png")
    outer = read_mask(annotations / f"{stem}_lesion_outer.png")
    if skin is not None:
        row.skin_iou = overlap(skin, found.skin_mask)
    # A pigmented mole is not erythema: its photo counts as free of lesions.
    if lesion is not None and skin is not None and (not lesion.any() or "mole" in stem.lower()):
        row.false_percent = 100 * float((found.lesion_map.mask & skin).sum() / skin.sum())
    elif lesion is not None:
        care = np.ones_like(lesion) if outer is None else ~(outer & ~lesion)
        row.dice = dice(lesion, found.lesion_map.mask, care)
    return row


def bootstrap(values: Sequence[float], of: Callable[[NDArray[np.float64]], float]) -> str:
    """Return a statistic with its 95 % bootstrap interval over photos."""
    sample = np.asarray(values, dtype=float)
    if not sample.size:
        return "-"
    rng = np.random.default_rng(0)
    draws = [of(rng.choice(sample, sample.size)) for _ in range(1000)]
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{of(sample):.3f} ({low:.3f}-{high:.3f})"


def median(values: NDArray[np.float64]) -> float:
    """Return the median as a float."""
    return float(np.median(values))


def mean(values: NDArray[np.float64]) -> float:
    """Return the mean as a float."""
    return float(np.mean(values))


COLUMNS: tuple[tuple[str, str, Callable[[NDArray[np.float64]], float]], ...] = (
    ("lesion Dice, median", "dice", median),
    ("clear skin called lesion, mean %", "false_percent", mean),
    ("skin IoU, median", "skin_iou", median),
    ("hand IoU, median", "hand_iou", median),
    ("hand found", "hand_found", mean),
    ("false hand", "hand_false", mean),
    ("area in handprints, median error", "area_error", median),
    ("90 % interval covers", "covered", mean),
    ("ITA error, median", "ita_error", median),
)


def print_table(rows: Sequence[Row], console: Console) -> None:
    """Print every figure, overall and by tone and view."""
    groups: list[tuple[str, list[Row]]] = [("all", list(rows))]
    groups += [
        (f"tone {t}", [r for r in rows if r.tone == t]) for t in sorted({r.tone for r in rows})
    ]
    if len({r.view for r in rows}) <= 10:
        groups += [
            (f"view {v}", [r for r in rows if r.view == v]) for v in sorted({r.view for r in rows})
        ]
    for title, field, statistic in COLUMNS:
        values = {
            name: [float(getattr(r, field)) for r in group if getattr(r, field) is not None]
            for name, group in groups
        }
        if not values["all"]:
            continue
        table = Table(title=title)
        for heading in ("group", "n", "value (95 % interval)", "p10", "p90"):
            table.add_column(heading)
        for name, found in values.items():
            if found:
                ends = (f"{np.percentile(found, q):.3f}" for q in (10, 90))
                table.add_row(name, str(len(found)), bootstrap(found, statistic), *ends)
        console.print(table)


def contact_sheet(rows: Sequence[Row], folders: dict[str, Path], predictions: Path) -> None:
    """Save the ten photos with the lowest Dice, outlines drawn."""
    from lesionscope.imaging.overlay import outline_overlay

    worst = sorted((r for r in rows if r.dice is not None), key=lambda r: r.dice or 0)[:10]
    sheet = Image.new("RGB", (5 * 420, 2 * 440), "black")
    for place, row in enumerate(worst):
        photo = next(folders[row.kind].glob(f"{row.name}.*[gG]"))
        rgb = np.asarray(Image.open(photo).convert("RGB"))
        lesion = read_mask(predictions / f"{row.name}_lesion.png")
        if lesion is None:
            continue
        drawn = Image.fromarray(outline_overlay(rgb, lesion))
        drawn.thumbnail((420, 420))
        at = (420 * (place % 5), 440 * (place // 5))
        sheet.paste(drawn, at)
        ImageDraw.Draw(sheet).text((at[0] + 4, at[1] + 424), f"{row.name} Dice {row.dice:.2f}")
    RESULTS.mkdir(exist_ok=True)
    sheet.save(RESULTS / "worst.jpg", quality=80)


def main() -> None:
    """Measure, score and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phantom", type=Path)
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--annotations", type=Path)
    parser.add_argument("--predictions", type=Path, default=RESULTS / "predictions")
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    chosen = parser.parse_args()
    console = Console(width=110)
    folders: dict[str, Path] = {}
    rows: list[Row] = []
    with ProcessPoolExecutor(chosen.workers) as pool:
        jobs = []
        if chosen.phantom:
            folders["rendered"] = chosen.phantom
            for photo in sorted(chosen.phantom.glob("*_v[0-9]_*.jpg")):
                jobs.append(pool.submit(phantom_row, photo, chosen.predictions / "rendered"))
        if chosen.photos and chosen.annotations:
            folders["real"] = chosen.photos
            with (chosen.annotations / "annotations.csv").open() as file:
                records = list(csv.DictReader(file))
            for record in records:
                photo = chosen.photos / record["file"]
                where = chosen.predictions / "real"
                jobs.append(pool.submit(photo_row, photo, chosen.annotations, record, where))
        rows = [job.result() for job in jobs]
    for kind in folders:
        group = [r for r in rows if r.kind == kind]
        console.rule(f"{kind} photos, n {len(group)}")
        print_table(group, console)
        contact_sheet(group, folders, chosen.predictions / kind)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "accuracy.json").write_text(json.dumps([asdict(r) for r in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
