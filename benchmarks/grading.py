"""How well single lesions and whole photos are graded, on rendered patients with known truth.

    python benchmarks/grading.py --phantom DIR [--write-card] [--ablations]

prints, for the network and for the rule that it has to beat, each item's agreement with the
truth, over all lesions and by skin tone, with 95 % bootstrap intervals over photos; the effect
of not knowing the scale; and the worst lesion of each photo under both ways of combining
lesions. Outlines and clear skin are the true ones: finding lesions is measured elsewhere.
It draws a reliability diagram and the worst answers. `--ablations` also takes one part of what
the network is told away at a time, without training it again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from grading_pictures import gallery, reliability_diagram
from numpy.typing import NDArray

from lesionscope import places
from lesionscope.model import card, evaluate
from lesionscope.model.evaluate import Array
from lesionscope.model.rendered import SMALLEST_CM2, Cutting, GradedLesions, rendered_lesions
from lesionscope.model.runtime import ITEMS, NETWORK_NAME, Grader

RESULTS = Path(__file__).parent / "results"
LEVELS = {"erythema": 4, "scale": 3, "erosion": 2}
TONES = ("very_light", "light", "intermediate", "tan", "brown", "dark")


@dataclass(frozen=True, eq=False)
class Answers:
    """Probabilities of each item for each lesion, and which lesions were graded at all."""

    name: str
    probabilities: dict[str, Array]
    graded: NDArray[np.bool_]


def network_answers(grader: Grader, lesions: GradedLesions, *, abstain: bool) -> Answers:
    grades = grader.grade(lesions.crops)
    graded = np.array([grade.gradable for grade in grades])
    chances = grader.probabilities(lesions.crops)
    if not abstain:
        graded = np.ones_like(graded)
    return Answers("network" + (", may abstain" if abstain else ""), chances, graded)


def rule_answers(folder: Path, lesions: GradedLesions) -> Answers:
    rules = json.loads((folder / f"{NETWORK_NAME}_rule.json").read_text())
    numbers = evaluate.rule_numbers(lesions.crops)
    chances = {i: evaluate.OrdinalRule.of(rules[i]).probabilities(numbers) for i in ITEMS}
    return Answers("rule", chances, np.ones(len(numbers), dtype=bool))


def _bounded(
    statistic: Callable[[NDArray[np.int64]], float], pick: NDArray[np.int64], photos: list[str]
) -> str:
    low, high = evaluate.interval(lambda at: statistic(pick[at]), [photos[n] for n in pick])
    return f"{statistic(pick):.2f} ({low:.2f} to {high:.2f})"


def lesion_table(lesions: GradedLesions, answers: list[Answers]) -> list[str]:
    lines = [
        "| item | who | lesions | quadratic kappa | exact | within one | MAE | AUC any | ECE |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    photos = list(lesions.photos)
    for k, item in enumerate(ITEMS):
        truth = lesions.levels[:, k]
        for answer in answers:
            chances = answer.probabilities[item]
            level = chances.argmax(axis=1)
            pick = np.flatnonzero(answer.graded)

            def kappa(at: NDArray[np.int64], t: NDArray[np.int64] = truth) -> float:
                return evaluate.quadratic_kappa(t[at], level[at], LEVELS[item])  # noqa: B023

            def area(at: NDArray[np.int64], t: NDArray[np.int64] = truth) -> float:
                return evaluate.roc_area((t[at] > 0).astype(int), 1 - chances[at, 0])  # noqa: B023

            off = np.abs(level - truth)[pick]
            auc = "-" if item == "erythema" else _bounded(area, pick, photos)
            lines.append(
                f"| {item} | {answer.name} | {len(pick)} | {_bounded(kappa, pick, photos)} "
                f"| {(off == 0).mean():.3f} | {(off <= 1).mean():.3f} | {off.mean():.2f} | {auc} "
                f"| {evaluate.calibration_error(truth[pick], chances[pick]):.3f} |"
            )
    return lines


def gain_table(lesions: GradedLesions, network: Answers, rule: Answers) -> list[str]:
    lines = ["| network minus rule | gain |", "|---|---|"]
    every = np.arange(len(lesions.levels))
    for k, item in enumerate(ITEMS):

        def value(answer: Answers, at: NDArray[np.int64], k: int = k) -> float:
            truth, chances = lesions.levels[at, k], answer.probabilities[ITEMS[k]][at]
            if ITEMS[k] == "erosion":
                return evaluate.roc_area(truth, chances[:, 1])
            return evaluate.quadratic_kappa(truth, chances.argmax(axis=1), LEVELS[ITEMS[k]])

        def gain(at: NDArray[np.int64], k: int = k) -> float:
            return value(network, at, k) - value(rule, at, k)

        what = "AUC" if item == "erosion" else "quadratic kappa"
        lines.append(f"| {item}, {what} | {_bounded(gain, every, list(lesions.photos))} |")
    return lines


def tone_table(lesions: GradedLesions, answers: list[Answers]) -> list[str]:
    lines = [
        f"| item | who | {' | '.join(TONES)} | worst below mean by |",
        "|---|---|" + "---|" * (len(TONES) + 1),
    ]
    tones = np.array(lesions.tones)
    for k, item in enumerate(ITEMS):
        truth = lesions.levels[:, k]
        for answer in answers:
            level = answer.probabilities[item].argmax(axis=1)
            values = []
            for tone in TONES:
                at = (tones == tone) & answer.graded
                if item == "erosion":
                    value = evaluate.roc_area(truth[at], answer.probabilities[item][at, 1])
                else:
                    value = evaluate.quadratic_kappa(truth[at], level[at], LEVELS[item])
                values.append(value)
            gap = float(np.nanmean(values) - np.nanmin(values))
            shown = " | ".join("-" if np.isnan(v) else f"{v:.2f}" for v in values)
            what = "AUC" if item == "erosion" else "kappa"
            lines.append(f"| {item} ({what}) | {answer.name} | {shown} | {gap:.2f} |")
    return lines


def _combined(chances: Array, how: str) -> Array:
    if how == "worst lesion":
        worst = (chances @ np.arange(chances.shape[1])).argmax()
        return np.asarray(chances[worst])
    below = np.cumsum(chances, axis=1).prod(axis=0)
    return np.diff(below, prepend=0.0)


def photo_table(lesions: GradedLesions, answer: Answers) -> list[str]:
    lines = [
        "| item | lesions combined as | photos | quadratic kappa | exact | mean bias | ECE |",
        "|---|---|---|---|---|---|---|",
    ]
    photos = np.array(lesions.photos)
    names = np.unique(photos)
    for k, item in enumerate(ITEMS):
        truth = np.array([lesions.levels[photos == name, k].max() for name in names])
        for how in ("worst lesion", "independent maximum"):
            chances = np.stack(
                [_combined(answer.probabilities[item][photos == name], how) for name in names]
            )
            level = chances.argmax(axis=1)
            lines.append(
                f"| {item} | {how} | {len(names)} "
                f"| {evaluate.quadratic_kappa(truth, level, LEVELS[item]):.2f} "
                f"| {(level == truth).mean():.3f} | {(level - truth).mean():+.2f} "
                f"| {evaluate.calibration_error(truth, chances):.3f} |"
            )
    return lines


def reliability_table(lesions: GradedLesions, answer: Answers) -> list[str]:
    lines = ["| item: said | lesions | mean probability | share right |", "|---|---|---|---|"]
    for k, item in enumerate(ITEMS):
        chances = answer.probabilities[item]
        sure = chances.max(axis=1)
        right = chances.argmax(axis=1) == lesions.levels[:, k]
        for low, high in ((0.0, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
            at = (sure >= low) & (sure < high)
            if at.any():
                lines.append(
                    f"| {item}: {low:.1f} to {min(high, 1):.1f} | {at.sum()} "
                    f"| {sure[at].mean():.2f} | {right[at].mean():.2f} |"
                )
    return lines


def confusion_tables(lesions: GradedLesions, answer: Answers) -> list[str]:
    """Rows: true level; in each cell, how often levels 0, 1, 2, 3 were suggested."""
    lines = [f"| item | true level | all | {' | '.join(TONES)} |", "|---|---|---|" + "---|" * 6]
    tones = np.array(lesions.tones)
    for k, item in enumerate(ITEMS):
        level = answer.probabilities[item].argmax(axis=1)
        for true in range(LEVELS[item]):
            truly = lesions.levels[:, k] == true
            among = [truly] + [truly & (tones == tone) for tone in TONES]
            cells = [np.bincount(level[at], minlength=LEVELS[item]) for at in among]
            shown = " | ".join(" ".join(map(str, cell)) for cell in cells)
            lines.append(f"| {item} | {true} | {shown} |")
    return lines


def ablation_table(phantom: Path, grader: Grader) -> list[str]:
    """Take away one thing that the network is told; it was trained with all of them."""
    whole = rendered_lesions(phantom)
    bloodless = whole.crops.copy()
    bloodless[:, 3] = 0
    tried = {
        "everything": whole.crops,
        "without the haemoglobin channel": bloodless,
        "without the patient's own clear skin": _cut(phantom, own_skin=False),
        "without the scale of the photo": _cut(phantom, calibrated=False),
        "cut from the working picture (1100 px)": _cut(phantom, longest_px=1100),
    }
    lines = ["| told | erythema, kappa | scale, kappa | erosion, AUC |", "|---|---|---|---|"]
    for name, crops in tried.items():
        chances = grader.probabilities(crops)
        kappas = [
            evaluate.quadratic_kappa(whole.levels[:, k], chances[i].argmax(axis=1), LEVELS[i])
            for k, i in enumerate(ITEMS[:2])
        ]
        area = evaluate.roc_area(whole.levels[:, 2], chances["erosion"][:, 1])
        lines.append(f"| {name} | {kappas[0]:.2f} | {kappas[1]:.2f} | {area:.2f} |")
    return lines


def _cut(
    phantom: Path, *, own_skin: bool = True, calibrated: bool = True, longest_px: int | None = None
) -> NDArray[np.float32]:
    return rendered_lesions(phantom, Cutting(calibrated, own_skin, longest_px)).crops


def pictures(grader: Grader, lesions: GradedLesions, folder: Path) -> None:
    """Draw the reliability diagram and the worst answers."""
    chances = grader.probabilities(lesions.crops)
    folder.mkdir(exist_ok=True)
    reliability_diagram(lesions.levels, chances).save(folder / "grading_reliability.png")
    maps = [grader.attention(crop, item) for crop in lesions.crops for item in ITEMS[1:]]
    shares = np.stack(maps).reshape(len(lesions.crops), 2, *maps[0].shape)
    gallery(lesions, chances, shares).save(folder / "grading_failures.png", optimize=True)


def report(phantom: Path, models: Path, *, ablations: bool) -> str:
    grader = Grader.load(models)
    scaled = rendered_lesions(phantom)
    free = rendered_lesions(phantom, Cutting(calibrated=False))
    pictures(grader, scaled, RESULTS)
    network = network_answers(grader, scaled, abstain=False)
    careful = network_answers(grader, scaled, abstain=True)
    rule = rule_answers(models, scaled)
    unscaled = network_answers(grader, free, abstain=False)
    unscaled_rule = rule_answers(models, free)
    parts = [
        f"Network {grader.version}; {len(scaled.levels)} lesions of at least "
        f"{SMALLEST_CM2} cm2 in {len(set(scaled.photos))} photos of "
        f"{len({name[:3] for name in scaled.photos})} rendered patients; true outlines.",
        "**Each lesion, scale of the photo known**",
        "\n".join(lesion_table(scaled, [network, careful, rule])),
        "\n".join(gain_table(scaled, network, rule)),
        f"The network abstains on {1 - careful.graded.mean():.1%} of these lesions.",
        "**By skin tone, scale known**",
        "\n".join(tone_table(scaled, [network, rule])),
        "**Each lesion, scale of the photo not known**",
        "\n".join(lesion_table(free, [unscaled, unscaled_rule])),
        "**Worst lesion of each photo (network, scale known)**",
        "\n".join(photo_table(scaled, network)),
        "**Reliability (network, scale known)**",
        "\n".join(reliability_table(scaled, network)),
        "**Confusion by tone (network, scale known): how often levels 0, 1, 2, 3 were suggested**",
        "\n".join(confusion_tables(scaled, network)),
    ]
    if ablations:
        parts += ["**Without one part, not trained again**"]
        parts += ["\n".join(ablation_table(phantom, grader))]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phantom", type=Path, required=True, help="folder of rendered patients")
    parser.add_argument("--models", type=Path, default=places.models_folder())
    parser.add_argument("--write-card", action="store_true", help="put the tables in the card")
    parser.add_argument("--ablations", action="store_true", help="take parts away, one at a time")
    asked = parser.parse_args()
    text = report(asked.phantom, asked.models, ablations=asked.ablations)
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "grading.md").write_text("# Grading of lesions\n\n" + text, encoding="utf-8")
    if asked.write_card:
        found = card.ModelCard.load(asked.models)
        file = asked.models / f"{NETWORK_NAME}.md"
        file.write_text(card.with_figures(found, text), encoding="utf-8")


if __name__ == "__main__":
    main()
