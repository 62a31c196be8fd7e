"""What one click mends: ``python benchmarks/clicks.py --phantom DIR [--every N]``.

Each rendered photo is measured, and a clinician who knows the truth clicks: once into every lesion
that was missed (less than `MISSED` of it outlined), at its deepest point; once on every patch
outlined on clear skin; and once on clear skin near the lesions. Printed by skin tone and written to
benchmarks/results/clicks.md. The constants of the regions were chosen on photos of this kind.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.progress import track
from scored import Mask, read_mask, truth_folder

from lesionscope import measure, read_photo
from lesionscope.core.measurement import Measurement
from lesionscope.core.photo import Photo
from lesionscope.imaging.grow import grow_clear, grow_lesion
from lesionscope.imaging.resize import resized_mask
from lesionscope.revise import growing_ground, outline_with_reference

RESULTS = Path(__file__).parent / "results" / "clicks.md"
MISSED = 0.3
"""A lesion of which less than this share is outlined was missed."""
LEAST_PX = 350
"""Pixels of the working picture of a lesion or patch that somebody would click on."""
FIGURES = (
    "Dice of a missed lesion after one click into it",
    "Dice of the photo before clicks into what was missed",
    "Dice of the photo after them",
    "share of a false patch that one click removes",
    "lesion-free photos: skin called lesion before, %",
    "lesion-free photos: after one click on clear skin, %",
    "photos with lesions: Dice before",
    "photos with lesions: Dice after one click on clear skin",
)


@dataclass
class Tally:
    """Values of every figure, by skin tone."""

    values: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, figure: int, tone: str, value: float) -> None:
        """Count one value."""
        self.values[FIGURES[figure]][tone].append(value)

    def table(self) -> str:
        """Write medians with their numbers."""
        tones = ("very_light", "light", "intermediate", "tan", "brown", "dark")
        lines = [
            f"| median | all | {' | '.join(t.replace('_', ' ') for t in tones)} |",
            "|---|" + "---|" * (len(tones) + 1),
        ]
        for figure in FIGURES:
            of = self.values[figure]
            cells = [_cell(self._all(figure)), *(_cell(of[tone]) for tone in tones)]
            lines.append(f"| {figure} | {' | '.join(cells)} |")
        tenths = (np.percentile(self._all(FIGURES[n]), 10) for n in (6, 7) if self._all(FIGURES[n]))
        said = " to ".join(f"{tenth:.2f}" for tenth in tenths)
        lines += ["", f"Tenth percentile of Dice before and after one click on clear skin: {said}."]
        return "\n".join(lines) + "\n"

    def _all(self, figure: str) -> list[float]:
        return [value for part in self.values[figure].values() for value in part]


def _cell(values: list[float]) -> str:
    return f"{np.median(values):.2f}, n {len(values)}" if values else "-"


def dice(found: Mask, true: Mask) -> float:
    """Return the overlap of two masks; 1 where both are empty."""
    both = int(found.sum() + true.sum())
    return 2 * float((found & true).sum()) / both if both else 1.0


def deepest(region: Mask) -> tuple[tuple[int, int], float]:
    """Return the (x, y) farthest from the region's edge, and how far that is."""
    depth = cv2.distanceTransform(region.astype(np.uint8), cv2.DIST_L2, 5)
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return (int(column), int(row)), float(depth.max())


def parts(mask: Mask) -> Iterator[Mask]:
    """Take the connected regions of a mask apart, leaving out what nobody would click on."""
    count, label, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] >= LEAST_PX:
            yield np.asarray(label == number)


def click_clear(found: Measurement, truth: Mask, skin: Mask) -> tuple[int, int] | None:
    """Return clear skin near the lesions, not on their rim, in pixels of the photo."""
    rim = cv2.dilate(truth.astype(np.uint8), np.ones((31, 31), np.uint8)) > 0
    clear = found.skin_mask & skin & ~rim & ~found.hand_mask
    wide = cv2.distanceTransform(clear.astype(np.uint8), cv2.DIST_L2, 5)
    if wide.max() < 4:
        return None
    beside = truth if truth.any() else found.lesion_map.mask
    away = cv2.distanceTransform((~beside).astype(np.uint8), cv2.DIST_L2, 5)
    cost: NDArray[np.float32] = np.where(wide >= min(24, 0.9 * wide.max()), away, np.inf)
    row, column = np.unravel_index(int(cost.argmin()), cost.shape)
    return int(column), int(row)


def clicked(photo: Photo, truth: Mask, skin: Mask, tone: str, tally: Tally) -> None:
    """Measure a photo, click, and count."""
    found = measure(photo)
    on = growing_ground(photo, found)
    shape = on.skin.shape
    true, mask = resized_mask(truth, shape), resized_mask(found.lesion_map.mask, shape)
    mended, before = mask.copy(), dice(mask, true)
    for lesion in parts(true):
        at, depth = deepest(lesion & on.skin)
        if depth >= 2 and (mask & lesion).sum() < MISSED * lesion.sum():
            grown = grow_lesion(on, at)
            tally.add(0, tone, dice(grown, lesion))
            mended |= grown
    if (mended != mask).any():
        tally.add(1, tone, before)
        tally.add(2, tone, dice(mended, true))
    for patch in parts(mask):
        if (patch & true).sum() < 0.1 * patch.sum():
            removed = grow_clear(on, mask, deepest(patch)[0])
            tally.add(3, tone, float((removed & patch).sum() / patch.sum()))
    at_clear = click_clear(found, truth, skin)
    if at_clear is None:
        return
    again = resized_mask(outline_with_reference(photo, found, at_clear), shape)
    of_skin = max(1.0, float(on.skin.sum()))
    if true.any():
        tally.add(6, tone, before)
        tally.add(7, tone, dice(again, true))
    else:
        tally.add(4, tone, 100 * float(mask.sum()) / of_skin)
        tally.add(5, tone, 100 * float(again.sum()) / of_skin)


def main() -> None:
    """Measure, click, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phantom", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="only every Nth photo")
    chosen = parser.parse_args()
    photos = [p for p in sorted(chosen.phantom.glob("*.jpg")) if truth_folder(p).exists()]
    tally = Tally()
    for path in track(photos[:: chosen.every], "clicking"):
        folder = truth_folder(path)
        truth, skin = (read_mask(folder / f"{path.stem}_{key}.png") for key in ("lesion", "skin"))
        tone = json.loads((folder / f"{path.stem}.json").read_text())["skin_tone"]
        if truth is not None and skin is not None:
            clicked(read_photo(path.read_bytes(), path.name), truth, skin, tone, tally)
    print(tally.table())
    RESULTS.write_text(f"# Clicks\n\n{len(photos[:: chosen.every])} photos.\n\n{tally.table()}")


if __name__ == "__main__":
    main()
