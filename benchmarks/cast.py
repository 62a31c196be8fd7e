"""Strong colour casts, with and without their correction.

    python benchmarks/cast.py --phantom DIR [--every N] [--photos DIR --annotations DIR]

Rendered photos without a colour chart in view are put under tungsten and under blue light and
measured with and without the correction of `lesionscope.cast`. Real photos are only asked whether a
cast is suspected, beside what their annotator said. Prints tables and writes them to
benchmarks/results/cast.md.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections import defaultdict
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track
from scored import read_mask, truth_folder

from lesionscope import measure
from lesionscope.core.measurement import Measurement
from lesionscope.imaging.colour import linear_light, srgb_bytes
from lesionscope.imaging.white_balance import estimate_cast

RESULTS = Path(__file__).parent / "results" / "cast.md"
LAMPS = {"as it is": (1.0, 1.0, 1.0), "tungsten": (1.5, 1.0, 0.5), "blue light": (0.6, 1.0, 1.6)}
LEAST_CLEAR = 3000
"""Pixels of clear skin without which a real photo is judged on all its skin."""


def under(path: Path, gain: tuple[float, float, float]) -> bytes:
    """Photograph a photo again under a lamp that multiplies linear light."""
    rgb = np.asarray(Image.open(path).convert("RGB"))
    buffer = io.BytesIO()
    Image.fromarray(srgb_bytes(linear_light(rgb) * np.array(gain))).save(buffer, "PNG")
    return buffer.getvalue()


def uncorrected(data: bytes) -> Measurement:
    """Measure as if no cast could be taken out."""
    with patch("lesionscope.pipeline.without_cast", lambda ruler, *_: ruler):
        return measure(data)


def overlap(found: NDArray[np.bool_], true: NDArray[np.bool_]) -> tuple[float, float]:
    """Return IoU and Dice of two masks that are not both empty."""
    both, either = float((found & true).sum()), float((found | true).sum())
    return both / either, 2 * both / float(found.sum() + true.sum())


def rendered_table(photos: list[Path]) -> str:
    """Measure every photo under every lamp."""
    values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    tones: dict[str, int] = defaultdict(int)
    for path in track(photos, "measuring"):
        folder = truth_folder(path)
        truth = json.loads((folder / f"{path.stem}.json").read_text())
        skin, lesion = (read_mask(folder / f"{path.stem}_{k}.png") for k in ("skin", "lesion"))
        if skin is None or lesion is None:
            continue
        tones[truth["skin_tone"]] += 1
        for lamp, gain in LAMPS.items():
            data = under(path, gain)
            for way, found in (("without", uncorrected(data)), ("with", measure(data))):
                values[lamp, way, "skin"].append(overlap(found.skin_mask, skin)[0])
                if lesion.any():
                    values[lamp, way, "lesion"].append(overlap(found.lesion_map.mask, lesion)[1])
                if found.ita_deg is not None:
                    error = abs(found.ita_deg - truth["ita_true_albedo"])
                    values[lamp, way, "ita"].append(error)
                said = any(finding.code == "cast_balanced" for finding in found.findings)
                values[lamp, way, "said"].append(float(said))
    counts = ", ".join(f"{tone.replace('_', ' ')} {count}" for tone, count in sorted(tones.items()))
    lines = [
        f"Rendered photos without a chart: {counts}.",
        "",
        "| light | correction | taken for cast | skin IoU, median | lesion Dice, mean "
        "| ITA, median error |",
        "|---|---|---|---|---|---|",
    ]
    for lamp in LAMPS:
        for way in ("without", "with"):
            part = {k: np.array(values[lamp, way, k]) for k in ("said", "skin", "lesion", "ita")}
            lines.append(
                f"| {lamp} | {way} | {part['said'].sum():.0f} of {part['said'].size} "
                f"| {np.median(part['skin']):.2f} | {np.mean(part['lesion']):.2f} "
                f"| {_degrees(part['ita'])} |"
            )
    return "\n".join(lines) + "\n"


def _degrees(errors: NDArray[np.float64]) -> str:
    return f"{np.median(errors):.1f}, n {errors.size}" if errors.size else "no clear skin"


def real_table(photos: Path, annotations: Path) -> str:
    """Ask of every real photo whether it is cast."""
    counts: dict[str, list[bool]] = defaultdict(list)
    with (annotations / "annotations.csv").open() as file:
        records = list(csv.DictReader(file))
    for record in records:
        stem = Path(record["file"]).stem
        skin = read_mask(annotations / f"{stem}_skin.png")
        if skin is None:
            continue
        outer = read_mask(annotations / f"{stem}_lesion_outer.png")
        lesion = outer if outer is not None else read_mask(annotations / f"{stem}_lesion.png")
        if lesion is not None and (skin & ~lesion).sum() > LEAST_CLEAR:
            skin = skin & ~lesion
        rgb = np.asarray(Image.open(photos / record["file"]).convert("RGB"))
        said = "yes" if record["strong_colour_cast"].lower().startswith("yes") else "no"
        counts[said].append(estimate_cast(rgb, skin).suspected)
    return "\n".join(
        [
            "| real photos, strong cast by the annotator | taken for cast |",
            "|---|---|",
            *(f"| {said} | {sum(found)} of {len(found)} |" for said, found in counts.items()),
            "",
        ]
    )


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phantom", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="only every Nth photo")
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--annotations", type=Path)
    chosen = parser.parse_args()
    every = [p for p in sorted(chosen.phantom.glob("*.jpg")) if truth_folder(p).exists()]
    bare = [p for p in every if not _has_chart(p)]
    text = rendered_table(bare[:: chosen.every])
    if chosen.photos and chosen.annotations:
        text += "\n" + real_table(chosen.photos, chosen.annotations)
    print(text)
    RESULTS.write_text(f"# Colour casts\n\n{text}")


def _has_chart(path: Path) -> bool:
    truth = json.loads((truth_folder(path) / f"{path.stem}.json").read_text())
    return "chart" in truth


if __name__ == "__main__":
    main()
