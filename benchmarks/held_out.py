"""Lesion outlines on photos that a network never saw: ``python benchmarks/held_out.py FOLDER``.

FOLDER holds a network that ``python -m lesionscope.model.train_lesions --fold 0 --out FOLDER``
made; beside it lie the names of the photos that were left out. Skin comes from the shipped
segmenter, which saw these photos: what this measures is the outline of lesions on known skin.
With ``--labels``, a table of the photos with their skin tones, the figures are split by tone.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scored import column

from lesionscope.imaging.border import border_probability, lesion_mask, with_colour
from lesionscope.imaging.lesion import classical_probability, contrast
from lesionscope.imaging.resize import resized, resized_map, resized_mask
from lesionscope.model.lesion_marker import LesionMarker
from lesionscope.model.segmenter import SIDE, Segmenter
from lesionscope.model.train_segmenter import LESION, LESION_UNKNOWN, SKIN, Truth, read_photos
from lesionscope.pipeline import WORK_SIDE
from lesionscope.places import samples_folder


@dataclass(frozen=True)
class Outcome:
    """One photo: Dice where it shows a lesion, share of clear skin called lesion where not."""

    name: str
    dice: float | None
    false_share: float | None


def outlined(
    photo: Truth,
    segmenter: Segmenter,
    marker: LesionMarker | None,
    threshold: float | None = None,
) -> NDArray[np.bool_]:
    """Outline the lesions as the pipeline does, or by the classical rules without a marker.

    With a threshold the border lies at that probability instead, for comparison.
    """
    work = resized(photo.rgb, WORK_SIDE)
    size = (work.shape[0], work.shape[1])
    skin = resized_map(segmenter.segment(resized(work, SIDE)).skin, size)
    bare = np.asarray(skin >= 0.5)
    found = contrast(work, bare)
    if marker is None:
        mask = lesion_mask(classical_probability(found, bare), found, bare, edge_rule=True)
    else:
        said = np.where(bare, marker.mark(work, found.clear_density, skin), np.float32(0))
        probability = said if threshold else with_colour(said, found, bare)
        rough = np.asarray(probability >= (threshold or border_probability(probability, bare)))
        found = contrast(work, bare, lesion=rough)
        mask = rough if threshold else lesion_mask(probability, found, bare, edge_rule=False)
    return resized_mask(mask, photo.bits.shape)  # type: ignore[arg-type]


def outcome_of(photo: Truth, mask: NDArray[np.bool_]) -> Outcome:
    """Compare an outline with the masks; doubtful rims count for neither."""
    known = photo.bits & LESION_UNKNOWN == 0
    true = (photo.bits & LESION > 0) & known
    found = mask & known
    if true.any():
        dice = 2 * float((true & found).sum()) / max(1.0, float(true.sum() + found.sum()))
        return Outcome(photo.name, dice, None)
    skin = photo.bits & SKIN > 0
    return Outcome(photo.name, None, float((found & skin).sum()) / max(1.0, float(skin.sum())))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="+", help="networks of one or more folds")
    parser.add_argument("--classical", action="store_true", help="colour rules on the same photos")
    parser.add_argument("--threshold", type=float, help="one fixed probability for every border")
    parser.add_argument("--labels", type=Path, help="annotations.csv with the tone of each photo")
    chosen = parser.parse_args()
    samples = samples_folder()
    photos = {
        photo.name: photo
        for kind in ("real", "training")
        for photo in read_photos(samples / kind)
        if not (photo.bits & LESION_UNKNOWN).all()
    }
    segmenter = Segmenter.load()
    outcomes = []
    for folder in chosen.folder:
        marker = None if chosen.classical else LesionMarker.load(folder)
        for name in (folder / "held_out.txt").read_text().split():
            if name in photos:
                mask = outlined(photos[name], segmenter, marker, chosen.threshold)
                outcomes.append(outcome_of(photos[name], mask))
    for one in outcomes:
        value = f"Dice {one.dice:.2f}" if one.dice is not None else f"false {one.false_share:.2%}"
        print(f"{one.name:45s} {value}")
    print(summary("all", outcomes))
    if chosen.labels:
        with chosen.labels.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        tones = {Path(column(row, "file")).stem: column(row, "tone") for row in rows}
        for tone in ("light", "medium", "dark"):
            of_tone = [one for one in outcomes if tones.get(Path(one.name).stem) == tone]
            print(summary(tone, of_tone))


def summary(group: str, outcomes: Sequence[Outcome]) -> str:
    """Write the figures of a group of photos as one line."""
    dice = [one.dice for one in outcomes if one.dice is not None]
    false = [one.false_share for one in outcomes if one.false_share is not None]
    parts = [group]
    if dice:
        low = np.quantile(dice, 0.1)
        parts.append(f"Dice: median {np.median(dice):.2f}, tenth {low:.2f}, n {len(dice)}")
    if false:
        parts.append(f"lesion-free skin called lesion: mean {np.mean(false):.2%}, n {len(false)}")
    return "; ".join(parts)


if __name__ == "__main__":
    main()
