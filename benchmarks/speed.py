"""Speed and memory of measuring one 12 MP photo, stage by stage, beside decoding alone.

    python benchmarks/speed.py [--photo FILE] [--repeats 7] [--limit-threads N]

Without --photo a rendered photo of the demo study is enlarged to 4000 x 3000 pixels and saved
as JPEG of quality 92. Each figure is a median; the peak memory is that of a fresh process that
measures the photo once.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


def twelve_megapixels() -> bytes:
    """Return a 4000 x 3000 JPEG made from a rendered photo of the demo study."""
    from lesionscope.places import samples_folder

    source = next(iter(sorted((samples_folder() / "demo_study").rglob("*_back.jpg"))))
    buffer = io.BytesIO()
    picture = Image.open(source).resize((4000, 3000), Image.Resampling.BICUBIC)
    picture.save(buffer, format="JPEG", quality=92)
    return buffer.getvalue()


def once(path: Path) -> dict[str, float]:
    """Measure a photo and return the seconds of each stage."""
    from lesionscope.pipeline import default_grader, measure, read_photo

    grader = default_grader()
    data = path.read_bytes()
    start = time.perf_counter()
    photo = read_photo(data)
    decoded = time.perf_counter()
    found = measure(photo, grader=grader)
    done = time.perf_counter()
    return {"decode": decoded - start, **found.seconds, "whole": done - start}


def peak_megabytes(path: Path) -> float:
    """Return the peak resident memory of a fresh process that measures the photo once."""
    code = (
        "import sys, resource; sys.path.insert(0, '.'); from benchmarks.speed import once; "
        "from pathlib import Path; once(Path(sys.argv[1])); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    root = Path(__file__).resolve().parent.parent
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=root, capture_output=True, text=True, check=True,
    )  # fmt: skip
    kilobytes = float(run.stdout.strip().splitlines()[-1])
    return kilobytes / (1024 * 1024 if platform.system() == "Darwin" else 1024)


def main() -> None:
    """Print the table and write it to benchmarks/results/speed.json."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--repeats", type=int, default=7)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.photo or Path(folder) / "photo.jpg"
        if chosen.photo is None:
            path.write_bytes(twelve_megapixels())
        runs = [once(path) for _ in range(chosen.repeats + 1)][1:]
        peak = peak_megabytes(path)
        width, height = Image.open(path).size
    table = Table(title=f"One photo of {width} x {height}, {os.cpu_count()} cores, n {len(runs)}")
    for column in ("stage", "median s", "min s", "max s"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    medians = {}
    for stage in runs[0]:
        values = [run[stage] for run in runs]
        medians[stage] = statistics.median(values)
        table.add_row(stage, *(f"{v:.3f}" for v in (medians[stage], min(values), max(values))))
    console = Console()
    console.print(table)
    console.print(f"Peak memory of a process that measures it once: {peak:.0f} MB")
    RESULTS.mkdir(exist_ok=True)
    record = {"median_seconds": medians, "peak_mb": peak, "pixels": [width, height]}
    (RESULTS / "speed.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
