"""Area in handprints and in cm2 against exact truth: what geometry adds to a flat pixel ratio.

    python benchmarks/area.py --phantom DIR [--masks perfect|own|both] [--out FILE]

`--phantom` is a folder of rendered patients (NAME.jpg, NAME_lesion.png, NAME_skin.png,
NAME_hand.png, NAME.json). With perfect masks the outlines of lesion, skin and ruler hand are the
truth's, the marker is found by the software, and the border's part is left out of the interval,
because there is no error of the border; with own masks the whole of `measure` runs. Photos with
less than 0.06 handprints of lesion are left out. Brackets are 95 % bootstrap intervals over
photos. The table goes to benchmarks/results/area.md.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from figures import icc
from numpy.typing import NDArray
from PIL import Image

from lesionscope.areas import Areas, areas_of, relief_in
from lesionscope.core.measurement import (
    Calibration,
    CalibrationSource,
    Estimate,
    LesionMap,
    Measurement,
)
from lesionscope.imaging.fiducial import find_marker
from lesionscope.pipeline import measure, read_photo
from lesionscope.scoring.bsa import log_interval
from lesionscope.scoring.hand_size import TYPICAL_CM2

RESULTS = Path(__file__).parent / "results" / "area.md"
LEAST_HANDPRINTS = 0.06
OWN_HAND_SD = 0.10
TONES = ("very_light", "light", "intermediate", "tan", "brown", "dark")
BORDER = "border of the lesions"
Z = 1.6449  # two-sided 90 % of a normal distribution
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """One area of one photo by one ruler."""

    name: str
    ruler: str
    tone: str
    view: str
    true: float
    found: Estimate
    flat: float

    @property
    def error(self) -> float:
        """Relative error."""
        return abs(self.found.value / self.true - 1)

    @property
    def covered(self) -> bool:
        """Whether the interval holds the truth."""
        return self.found.interval.low <= self.true <= self.found.interval.high


def mask_of(path: Path, *values: int) -> Mask:
    """Read a mask: the pixels of these values, or all that are not zero."""
    pixels = np.asarray(Image.open(path))
    return np.asarray(np.isin(pixels, values) if values else pixels > 0)


def perfect(photo: Path) -> tuple[Areas, Calibration, Mask, Mask]:
    """Measure with the true outlines; the marker is the software's own finding."""
    folder, stem = photo.parent, photo.stem
    lesion, skin = mask_of(folder / f"{stem}_lesion.png"), mask_of(folder / f"{stem}_skin.png")
    hand = mask_of(folder / f"{stem}_hand.png", 255)
    marker = find_marker(read_photo(photo.read_bytes()).pixels)
    hand_px = float(hand.sum()) or None
    if marker is None:
        source = CalibrationSource.HANDPRINT if hand_px else CalibrationSource.NONE
        calibration = Calibration(source, hand_area_px=hand_px)
    else:
        calibration = Calibration(
            CalibrationSource.MARKER_AND_HANDPRINT if hand_px else CalibrationSource.MARKER,
            mm_per_px=marker.mm_per_px,
            relative_sd=marker.relative_sd,
            marker_corners_px=marker.corners_px,
            hand_area_px=hand_px,
            details={"mm_per_px_facing": marker.mm_per_px_facing},
        )
    drawn = LesionMap(lesion.astype(np.float32), lesion, "truth")
    found = areas_of(drawn, calibration, relief_in(skin, calibration))
    return without_border(found), calibration, lesion, hand


def without_border(found: Areas) -> Areas:
    """Leave the border's part out of both intervals."""
    border = sum(part.sd_of_log**2 for part in found.budget if part.source == BORDER)
    return replace(
        found,
        handprints=_narrowed(found.handprints, border),
        area_cm2=_narrowed(found.area_cm2, border),
    )


def _narrowed(found: Estimate | None, variance: float) -> Estimate | None:
    if found is None or found.value == 0:
        return found
    sd = math.log(found.interval.high / found.value) / Z
    return Estimate(
        found.value, log_interval(found.value, math.sqrt(max(sd**2 - variance, 0))), found.unit
    )


def own(photo: Path) -> tuple[Measurement, Calibration, Mask, Mask]:
    """Measure with everything the software's own."""
    found = measure(photo)
    return found, found.calibration, found.lesion_map.mask, found.hand_mask


def rows_of(
    photo: Path,
    way: Callable[[Path], tuple[Areas | Measurement, Calibration, Mask, Mask]],
    truth: dict[str, Any],
) -> Iterator[Row]:
    """Judge each ruler of a photo; empty where it has none."""
    found, calibration, lesion, _ = way(photo)
    prints, cm2 = truth["lesion_area_in_handprints"], truth["lesion_visible_area_cm2"]
    about = (truth["skin_tone"], truth["view"])
    pixels = float(lesion.sum())
    if found.handprints is not None and calibration.hand_area_px:
        flat = pixels / calibration.hand_area_px
        yield Row(photo.stem, "hand: handprints", *about, prints, found.handprints, flat)
    if found.area_cm2 is not None and calibration.mm_per_px:
        flat = pixels * calibration.mm_per_px**2 / 100
        by_marker = Row(photo.stem, "marker: cm2", *about, cm2, found.area_cm2, flat)
        yield by_marker
        if not calibration.hand_area_px and found.handprints is not None:
            yield Row(
                photo.stem,
                "marker alone, hand unknown: handprints",
                *about,
                prints,
                found.handprints,
                flat / TYPICAL_CM2,
            )
            if found.area_cm2.value > 0:
                yield with_own_hand(by_marker, truth)


def bootstrapped(values: Sequence[float], of: Callable[[NDArray[np.float64]], float]) -> str:
    """Return a statistic with its 95 % bootstrap interval."""
    sample = np.asarray(values, dtype=float)
    rng = np.random.default_rng(0)
    draws = [of(rng.choice(sample, sample.size)) for _ in range(1000)]
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{100 * of(sample):.0f} % ({100 * low:.0f}-{100 * high:.0f})"


def median(values: NDArray[np.float64]) -> float:
    return float(np.median(values))


def p90(values: NDArray[np.float64]) -> float:
    return float(np.percentile(values, 90))


def line(label: str, rows: Sequence[Row]) -> str:
    """Write one row of the table."""
    flat = [abs(row.flat / row.true - 1) for row in rows]
    bias = median(np.array([row.found.value / row.true - 1 for row in rows]))
    width = [
        row.found.interval.high / row.found.interval.low for row in rows if row.found.interval.low
    ]
    errors = [row.error for row in rows]
    return (
        f"| {label} | {len(rows)} | {100 * median(np.array(flat)):.0f} %, "
        f"{100 * p90(np.array(flat)):.0f} % | {bootstrapped(errors, median)} | "
        f"{bootstrapped(errors, p90)} | {100 * bias:+.0f} % | "
        f"{sum(row.covered for row in rows)} of {len(rows)} | "
        f"{median(np.array(width)) if width else math.nan:.2f} |"
    )


HEAD = (
    "| | n | flat ratio: median, p90 | **error, median** | **error, p90** | bias | interval holds "
    "| high / low |\n|---|---|---|---|---|---|---|---|"
)


def tables(rows: Sequence[Row]) -> Iterator[str]:
    """Write a table for each ruler, by tone and by view, and one for all."""
    rulers = list(dict.fromkeys(row.ruler for row in rows))
    direct = [row for row in rows if not row.ruler.startswith("marker alone")]
    # A photo with both rulers counts once: in its own hand's prints.
    by_hand = {row.name for row in direct if row.ruler.startswith("hand")}
    once = [r for r in direct if r.ruler.startswith("hand") or r.name not in by_hand]
    yield HEAD
    yield line("**each photo once** (hand in view: handprints; else cm2)", once)
    for tone in TONES:
        group = [row for row in once if row.tone == tone]
        if group:
            yield line(tone.replace("_", " "), group)
    for view in sorted({row.view for row in once}):
        yield line(view, [row for row in once if row.view == view])
    for ruler in rulers:
        yield line(f"**{ruler}**", [row for row in rows if row.ruler == ruler])
    pairs = np.array([(r.true, r.found.value) for r in rows if r.ruler == "hand: handprints"])
    yield f"\nICC(A,1) of handprints (%BSA, protocol) with a hand in view: {icc(pairs):.3f}."


def with_own_hand(row: Row, truth: dict[str, Any]) -> Row:
    """Count a photo with a marker alone in the patient's own hand, known to 10 %."""
    own_cm2 = truth["handprint"]["silhouette_cm2"]
    sd = math.hypot(math.log(row.found.interval.high / row.found.value) / Z, OWN_HAND_SD)
    prints = row.found.value / own_cm2
    return replace(
        row,
        ruler="marker alone, own hand on record: handprints",
        true=truth["lesion_area_in_handprints"],
        found=Estimate(prints, log_interval(prints, sd), "handprints"),
        flat=row.flat / own_cm2,
    )


def main() -> None:
    """Print the tables and write them to the results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--phantom", type=Path, required=True)
    parser.add_argument("--masks", choices=("perfect", "own", "both"), default="both")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    photos = [
        photo
        for photo in sorted(asked.phantom.glob("*_v[0-9]_*.jpg"))
        if json.loads(photo.with_suffix(".json").read_text())["lesion_area_in_handprints"]
        >= LEAST_HANDPRINTS
    ]
    ways = {"perfect": perfect, "own": own}
    text = [f"# Area\n\n    python benchmarks/area.py --phantom DIR --masks {asked.masks}\n"]
    for name in ("perfect", "own") if asked.masks == "both" else (asked.masks,):
        rows = [
            row
            for photo in photos
            for row in rows_of(
                photo, ways[name], json.loads(photo.with_suffix(".json").read_text())
            )
        ]
        text += [f"\n## {name.capitalize()} masks\n", *tables(rows)]
        text.append("")
        for row in sorted(rows, key=lambda row: -row.error)[:8]:
            text.append(f"* {row.name}, {row.ruler}: {row.found.value:.2f} for {row.true:.2f}")
    asked.out.write_text("\n".join(text) + "\n")
    print("\n".join(text))


if __name__ == "__main__":
    main()
