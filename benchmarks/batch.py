"""Print how many photos a second `lesionscope batch` measures against the number of workers.

    python benchmarks/batch.py [--photos 24] [--workers 1 2] [--side 1600]

Photos are those of the demo study, scaled to a long side; each run starts with an empty folder.
The rate is taken twice: over the whole run, and once every worker has finished a photo, since in a
short run loading the networks hides how well more workers scale. Computing time, unlike both, does
not depend on who else uses the machine: if a photo takes no more of it with two workers than with
one, nothing that the two share slows them. The tables of all runs must be the same, byte for byte.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from lesionscope.cluster.manifest import Usual, read_manifest
from lesionscope.cluster.run import Batch, run_batch, settings_of
from lesionscope.cluster.tables import LESIONS, PHOTOS
from lesionscope.pipeline import Method
from lesionscope.places import samples_folder


def make_photos(folder: Path, number: int, side: int) -> None:
    sources = sorted((samples_folder() / "demo_study" / "photos").glob("*.jpg"))
    for turn in range(number):
        image = Image.open(sources[turn % len(sources)])
        scale = side / max(image.size)
        image.resize((round(image.width * scale), round(image.height * scale))).save(
            folder / f"{turn:05d}.jpg", quality=92
        )


@dataclass(frozen=True)
class Run:
    """What a run took: seconds in all, seconds a photo once all run, and computing, in seconds."""

    seconds: float
    each: float
    by_workers: float
    by_parent: float


def timed(batch: Batch, workers: int) -> Run:
    """Measure a batch."""
    ends: list[float] = []
    before, begun = os.times(), time.monotonic()
    run_batch(batch, tell=lambda _count, row: ends.append(time.monotonic()) if row else None)
    seconds, after = time.monotonic() - begun, os.times()
    left = len(ends) - workers
    each = (ends[-1] - ends[workers - 1]) / left if left > 0 else float("nan")
    children = sum(after[2:4]) - sum(before[2:4])
    return Run(seconds, each, children, sum(after[:2]) - sum(before[:2]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--side", type=int, default=1600)
    parser.add_argument("--scheduler", default="", help="a Dask scheduler, measured as well")
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print(f"{asked.photos} photos, {asked.side} px\n")
    print("| workers | photos/s | to one | started: photos/s | to one | computed a photo, s |")
    print("|---|---|---|---|---|---|")
    settings_of(
        Method.NETWORK
    )  # loads this process's networks, before any run and not in the first
    with tempfile.TemporaryDirectory() as scratch:
        photos = Path(scratch) / "photos"
        photos.mkdir()
        make_photos(photos, asked.photos, asked.side)
        items = read_manifest(str(photos), Usual())
        runs = [
            (str(number), number, Batch(items, Path(scratch) / str(number), workers=number))
            for number in asked.workers
        ]
        if asked.scheduler:
            runs.append(("Dask", 1, Batch(items, Path(scratch) / "d", scheduler=asked.scheduler)))
        first, tables = None, set()
        for name, workers, batch in runs:
            run = timed(batch, workers)
            first = first or run
            tables.add(tuple((batch.out / table).read_bytes() for table in (PHOTOS, LESIONS)))
            rates = (f"{asked.photos / run.seconds:.2f}", f"{first.seconds / run.seconds:.2f}",
                     f"{1 / run.each:.2f}", f"{first.each / run.each:.2f}")  # fmt: skip
            computed = [took / asked.photos for took in (run.by_workers, run.by_parent)]
            spent = f"{computed[0]:.2f} by workers, {computed[1]:.3f} beside"
            print(f"| {name} | {' | '.join(rates)} | {spent} |", flush=True)
    print("\nThe tables of all runs are the same." if len(tables) == 1 else "\nTHE TABLES DIFFER.")
    if len(tables) != 1:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
