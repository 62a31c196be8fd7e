"""What each part of the grading network is worth: trained again without it, on the same drawings.

    python benchmarks/ablation.py --phantom DIR [--examples 3000] [--epochs 4] [--only NAME]

Every variant begins from nothing and learns from the same drawn lesions for as long, far shorter
than the network that ships, so that only differences between rows mean something. Judged on
rendered patients, which train none of them. Resumable: a variant that was trained is not trained
again.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lesionscope.model import dataset, evaluate, train
from lesionscope.model.net import ITEM_LEVELS, LesionNet, Seen
from lesionscope.model.rendered import Cutting, GradedLesions, rendered_lesions

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "ablation.md"
ITEMS = tuple(ITEM_LEVELS)
TONES = ("very_light", "light", "intermediate", "tan", "brown", "dark")


class Bloodless(LesionNet):
    """Not told the haemoglobin channel."""

    def look(self, crops: Tensor) -> Seen:
        """Look at crops (N, 5, S, S) without their fourth channel."""
        without = crops.clone()
        without[:, 3] = 0
        return super().look(without)


class Shapeless(LesionNet):
    """Not told where the lesion ends: everything is pooled over the whole crop."""

    def look(self, crops: Tensor) -> Seen:
        """Look at crops (N, 5, S, S) as if all of each were lesion."""
        without = crops.clone()
        without[:, 4] = 1
        return super().look(without)


class Mapless(LesionNet):
    """The shares of the decoder's maps do not go to the heads."""

    def features(self, pooled: Tensor) -> Tensor:
        """Return what the heads read, the last six of the pooled features left out."""
        without = pooled.clone()
        without[:, -6:] = 0
        return super().features(without)


@dataclass(frozen=True)
class Variant:
    """A network, what its drawings are told, and how rendered lesions are cut for it."""

    design: type[LesionNet] = LesionNet
    told: dataset.Told = dataset.EVERYTHING
    cutting: Cutting = field(default_factory=Cutting)
    marked: bool = True


VARIANTS = {
    "everything": Variant(),
    "without the haemoglobin channel": Variant(Bloodless),
    "without the patient's own clear skin": Variant(
        told=dataset.Told(own_skin=False), cutting=Cutting(own_skin=False)
    ),
    "without the scale of the photo": Variant(
        told=dataset.Told(scale=False), cutting=Cutting(calibrated=False)
    ),
    "without the outline": Variant(Shapeless),
    "without the maps' shares": Variant(Mapless),
    "without teaching the maps": Variant(marked=False),
}


def trained(name: str, variant: Variant, asked: argparse.Namespace) -> LesionNet:
    """Train one variant, or go on where it was."""
    plan = train.Plan(examples=asked.examples, held_out=500, epochs=asked.epochs, seed=asked.seed)
    of_told = asked.work / f"drawn_{variant.told.own_skin:d}{variant.told.scale:d}"
    parts = []
    for count, seed in ((plan.examples, plan.seed), (plan.held_out, plan.seed + 7_000_003)):
        made = dataset.build(of_told / str(count), count, seed, told=variant.told)
        parts.append(dataset.load(list(made)))
    folder = asked.work / name.replace(" ", "_").replace("'", "")
    folder.mkdir(parents=True, exist_ok=True)
    weigh = train.MAP_WEIGHTS if variant.marked else (0.0, 0.0)
    return train.fit(plan, parts[0], parts[1], folder, design=variant.design, map_weights=weigh)


def answers(net: LesionNet, crops: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """Return the probabilities of each item."""
    parts = []
    with torch.inference_mode():
        for first in range(0, len(crops), 64):
            parts.append(net(torch.from_numpy(crops[first : first + 64]))[:3])
    return [torch.cat(column).numpy().astype(np.float64) for column in zip(*parts, strict=True)]


def row(name: str, lesions: GradedLesions, chances: list[NDArray[np.float64]]) -> str:
    """Return figures over all lesions with intervals, and the erythema and scale of each tone."""
    photos, tones = list(lesions.photos), np.array(lesions.tones)

    def value(column: int, at: NDArray[np.int64]) -> float:
        truth, chance = lesions.levels[at, column], chances[column][at]
        if ITEMS[column] == "erosion":
            return evaluate.roc_area(truth, chance[:, 1])
        return evaluate.quadratic_kappa(truth, chance.argmax(axis=1), chance.shape[1])

    every = np.arange(len(photos))
    cells = []
    for column in range(3):
        low, high = evaluate.interval(lambda at, c=column: value(c, at), photos)  # type: ignore[misc]
        cells.append(f"{value(column, every):.2f} ({low:.2f}-{high:.2f})")
    for column in range(2):
        split = [value(column, np.flatnonzero(tones == tone)) for tone in TONES]
        cells.append(" ".join("-" if np.isnan(one) else f"{one:.2f}" for one in split))
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phantom", type=Path, required=True, help="folder of rendered patients")
    parser.add_argument("--examples", type=int, default=3000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "ablation")
    parser.add_argument("--only", choices=list(VARIANTS), action="append")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(asked.threads)
    lines = [
        f"{asked.examples} drawn lesions, {asked.epochs} epochs, from nothing; 545 lesions of 8 "
        "rendered patients with true outlines. By tone: " + ", ".join(TONES) + ".",
        "",
        "| trained and told | erythema, kappa | scale, kappa | erosion, AUC | erythema by tone "
        "| scale by tone |",
        "|---|---|---|---|---|---|",
    ]
    for name in asked.only or VARIANTS:
        variant = VARIANTS[name]
        net = trained(name, variant, asked)
        lesions = rendered_lesions(asked.phantom, variant.cutting)
        lines.append(row(name, lesions, answers(net, lesions.crops)))
        print(lines[-1], flush=True)
    if not asked.only:
        RESULT.write_text("# Trained again without one part\n\n" + "\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
