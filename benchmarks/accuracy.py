"""Accuracy of the whole measurement against exact or hand-drawn truth, by skin tone and view.

    python benchmarks/accuracy.py [--phantom DIR] [--photos DIR --annotations DIR]
                                  [--method network|classical] [--cache DIR] [--only TEXT]

`--phantom` is a folder of rendered patients: NAME.jpg with NAME.json, NAME_lesion.png,
NAME_skin.png and NAME_hand.png beside it or in ../truth (as in sample_images/demo_study/photos).
`--photos` is a folder of real photos and `--annotations` one of masks drawn on them:
NAME_lesion.png, NAME_lesion_outer.png and NAME_skin.png, with a table annotations.csv (file,
diagnosis, skin tone group, grade of the lesion mask). Each may be given several times.

What was measured is kept in `--cache`, in the public output format, where other scoring scripts can
read it; a photo is measured again when it or the software has changed. `--as-cached` takes what the
cache holds even so, and `--only` prints the figures whose name contains a text: together they print
one figure again in seconds.

Every figure, its target and whether it is met go to benchmarks/results/accuracy.md (with
`--method classical` accuracy_classical.md), the worst ten rendered photos to worst.png there. Real
photos may not be ours to copy, so their sheet stays in the cache.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from contact_sheet import contact_sheet, picture_of, worst
from figures import REAL, RENDERED, Cell, Figure, Target, cell, groups, verdict
from measured import measure_all, software_digest
from rich.console import Console
from rich.table import Table
from scored import Row, found_mask, read_mask, real_row, rendered_row, truth_folder

import lesionscope

RESULTS = Path(__file__).parent / "results"
FLOOR = 1e-3
"""Handprints that stand for nothing found, so that a ratio to it exists."""


@dataclass(frozen=True)
class Photographed:
    """A photo to score: rendered, or real with its row of the table and its masks."""

    photo: Path
    record: dict[str, str] | None = None
    annotations: Path | None = None

    def row(self, cache: Path) -> Row:
        """Score it by what the cache says of it."""
        if self.record is None or self.annotations is None:
            return rendered_row(self.photo, cache / "rendered")
        return real_row(self.photo, self.annotations, self.record, cache / "real")

    def truth(self) -> Path:
        """Return the file of its true lesions."""
        folder = self.annotations or truth_folder(self.photo)
        return folder / f"{self.photo.stem}_lesion.png"


def rendered_photos(folder: Path) -> list[Photographed]:
    """List the photos of a folder that have a truth."""
    photos = [p for p in sorted(folder.glob("*.jpg")) if _has_truth(p)]
    if not photos:
        raise SystemExit(f"{folder} holds no NAME.jpg with a NAME.json beside it or in ../truth")
    return [Photographed(photo) for photo in photos]


def _has_truth(photo: Path) -> bool:
    return (truth_folder(photo) / f"{photo.stem}.json").exists()


def real_photos(folder: Path, annotations: Path) -> list[Photographed]:
    """List the photos of a folder that the table of the annotations names."""
    tables = [annotations / "annotations.csv", annotations.parent / "labels.csv"]
    table = next((path for path in tables if path.exists()), None)
    if table is None:
        raise SystemExit(f"needed {tables[0]} or {tables[1]}, found neither")
    with table.open() as file:
        records = [r for r in csv.DictReader(file) if (folder / r["file"]).exists()]
    return [Photographed(folder / r["file"], r, annotations) for r in records]


def with_change(rows: Sequence[Row]) -> None:
    """Add the error of the change since the first visit to the rows of later visits."""
    first = {(row.person, row.view): row for row in rows if row.visit == 1}
    for row in rows:
        start = first.get((row.person, row.view))
        if row.visit == 1 or start is None:
            continue
        both = (start.values, row.values)
        if any("handprints" not in v or v["true_handprints"] <= 0.01 for v in both):
            continue
        found, true = (
            math.log(max(row.values[key], FLOOR) / max(start.values[key], FLOOR))
            for key in ("handprints", "true_handprints")
        )
        row.values["change_error"] = abs(found - true)
        row.values["change_direction"] = float((found > 0) == (true > 0))


def figures_of(rows: Sequence[Row], figures: Sequence[Figure]) -> list[dict[str, Cell | None]]:
    """Work out every figure for every group."""
    parted = groups(rows)
    return [{name: cell(f, part) for name, part in parted.items()} for f in figures]


def _number(value: float) -> str:
    if math.isnan(value):
        return "-"
    return "inf" if math.isinf(value) else f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"


def _cell_text(found: Cell | None) -> str:
    if found is None:
        return "-"
    return f"{_number(found.value)} ({_number(found.low)}-{_number(found.high)}), n {found.n}"


def table_text(figures: Sequence[Figure], cells: Sequence[dict[str, Cell | None]]) -> list[str]:
    """Write the table as Markdown: a row for each figure, a column for each group."""
    names = list(cells[0])
    lines = [
        "| figure | target | verdict | " + " | ".join(names) + " |",
        "|---" * (3 + len(names)) + "|",
    ]
    for figure, found in zip(figures, cells, strict=True):
        targets = "; ".join(target.text for target in figure.targets) or "-"
        verdicts = "; ".join(verdict(target, found) for target in figure.targets) or "-"
        values = " | ".join(_cell_text(found[name]) for name in names)
        lines.append(f"| {figure.title} | {targets} | {verdicts} | {values} |")
    return lines


SPEED = (Target("<= 1.2 s", high=1.2), Target("<= 700 MB", high=700.0))


def speed_text() -> list[str]:
    """Write the speed that `benchmarks/speed.py` measured, if it did."""
    path = RESULTS / "speed.json"
    if not path.exists():
        return []
    told = json.loads(path.read_text())
    values = (told["median_seconds"]["whole"], told["peak_mb"])
    lines = ["", "| figure | target | verdict | value |", "|---|---|---|---|"]
    for title, target, value in zip(
        ("measure() of 12 megapixels, median", "its peak memory"), SPEED, values, strict=True
    ):
        said = "met" if target.holds(value) else "**missed**"
        lines.append(f"| {title} (`benchmarks/speed.py`) | {target.text} | {said} | {value:.2f} |")
    return lines


def print_summary(
    title: str, figures: Sequence[Figure], cells: Sequence[dict[str, Cell | None]]
) -> None:
    """Print each figure over all photos, its target and whether it is met."""
    table = Table(title=title)
    for heading in ("figure", "all", "target", "verdict"):
        table.add_column(heading)
    for figure, found in zip(figures, cells, strict=True):
        targets = "\n".join(target.text for target in figure.targets)
        verdicts = "\n".join(verdict(t, found).replace("**", "") for t in figure.targets)
        table.add_row(figure.title, _cell_text(found["all"]), targets, verdicts)
    Console(width=150).print(table)


def save_sheet(photos: Sequence[Photographed], rows: Sequence[Row], cache: Path, at: Path) -> None:
    """Save the contact sheet of the photos with the lowest agreement."""
    low = worst(rows)
    pictures = {}
    for row in low:
        shown = next(p for p in photos if p.photo.stem == row.name)
        true = read_mask(shown.truth())
        if true is None:
            raise FileNotFoundError(shown.truth())
        pictures[row.name] = picture_of(shown.photo, true, found_mask(cache, row.name, "lesion"))
    if low:
        contact_sheet(low, pictures).save(at, optimize=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--phantom", type=Path, action="append", default=[])
    parser.add_argument("--photos", type=Path, action="append", default=[])
    parser.add_argument("--annotations", type=Path, action="append", default=[])
    parser.add_argument("--method", choices=("network", "classical"), default="network")
    parser.add_argument("--cache", type=Path, default=RESULTS / "predictions")
    parser.add_argument("--as-cached", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    if len(chosen.photos) != len(chosen.annotations):
        parser.error("each --photos needs its --annotations")
    if not chosen.phantom and not chosen.photos:
        parser.error("needed --phantom, or --photos with --annotations")
    return chosen


def main() -> None:
    """Measure, score and print."""
    chosen = _arguments()
    cache = chosen.cache / chosen.method
    sets: dict[str, list[Photographed]] = {
        "rendered": [p for folder in chosen.phantom for p in rendered_photos(folder)],
        "real": [
            p
            for folder, masks in zip(chosen.photos, chosen.annotations, strict=True)
            for p in real_photos(folder, masks)
        ],
    }
    suffix = "" if chosen.method == "network" else f"_{chosen.method}"
    text = [
        f"# Accuracy, method {chosen.method}",
        "",
        f"`benchmarks/accuracy.py`, {date.today()}, LesionScope {lesionscope.__version__}, "
        f"software digest {software_digest()}. In brackets the 95 % interval: bootstrap over "
        "persons (over photos below five persons); of shares Wilson's.",
    ]
    kept: list[dict[str, object]] = []
    for kind, photos in sets.items():
        if not photos:
            continue
        measure_all(
            [p.photo for p in photos], cache / kind,
            method=chosen.method, workers=chosen.workers, as_cached=chosen.as_cached,
        )  # fmt: skip
        rows = [p.row(cache) for p in photos]
        with_change(rows)
        figures = [f for f in (RENDERED if kind == "rendered" else REAL) if chosen.only in f.title]
        cells = figures_of(rows, figures)
        print_summary(f"{kind} photos, n {len(rows)}, method {chosen.method}", figures, cells)
        if not chosen.only:
            text += ["", f"## {kind} photos, n {len(rows)}", "", *table_text(figures, cells)]
            kept += [row.__dict__ for row in rows]
            sheet = RESULTS / f"worst{suffix}.png" if kind == "rendered" else cache / "worst.png"
            save_sheet(photos, rows, cache / kind, sheet)
    if not chosen.only:
        (RESULTS / f"accuracy{suffix}.md").write_text("\n".join(text + speed_text()) + "\n")
        (RESULTS / f"accuracy{suffix}.json").write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
