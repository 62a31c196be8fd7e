"""Print how many photos a second `lesionscope batch` measures against the number of workers.

    python benchmarks/batch.py [--photos 24] [--workers 1 2] [--side 1600]

Photos are those of the demo study, scaled to a long side; each run starts with an empty folder
and includes starting its processes. The tables of all runs must be the same, byte for byte.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

from PIL import Image

from lesionscope.cluster.manifest import Usual, read_manifest
from lesionscope.cluster.run import Batch, run_batch
from lesionscope.cluster.tables import LESIONS, PHOTOS
from lesionscope.places import samples_folder


def make_photos(folder: Path, number: int, side: int) -> None:
    sources = sorted((samples_folder() / "demo_study" / "photos").glob("*.jpg"))
    for turn in range(number):
        image = Image.open(sources[turn % len(sources)])
        scale = side / max(image.size)
        image.resize((round(image.width * scale), round(image.height * scale))).save(
            folder / f"{turn:05d}.jpg", quality=92
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=24)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--side", type=int, default=1600)
    parser.add_argument("--scheduler", default="", help="a Dask scheduler, measured as well")
    asked = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print(f"{asked.photos} photos, {asked.side} px\n\n| workers | photos/s | against one | s |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        photos = Path(scratch) / "photos"
        photos.mkdir()
        make_photos(photos, asked.photos, asked.side)
        items = read_manifest(str(photos), Usual())
        runs = [(f"{number}", Batch(items, Path(scratch) / f"{number}", workers=number))
                for number in asked.workers]  # fmt: skip
        if asked.scheduler:
            out = Path(scratch) / "dask"
            runs.append(("Dask", Batch(items, out, scheduler=asked.scheduler)))
        base, tables = 0.0, set()
        for name, batch in runs:
            begun = time.monotonic()
            run_batch(batch, tell=lambda _count, _row: None)
            seconds = time.monotonic() - begun
            base = base or seconds
            tables.add(tuple((batch.out / table).read_bytes() for table in (PHOTOS, LESIONS)))
            print(
                f"| {name} | {asked.photos / seconds:.2f} | {base / seconds:.2f} | {seconds:.1f} |"
            )
    print("\nThe tables of all runs are the same." if len(tables) == 1 else "\nTHE TABLES DIFFER.")
    if len(tables) != 1:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
