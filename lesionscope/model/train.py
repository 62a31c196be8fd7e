"""Train the network from the repository alone: ``python -m lesionscope.model.train``.

Draws the examples (resumable, by seed), trains (a checkpoint after each epoch), calibrates the
probabilities on drawn examples that training never saw, and exports. A full run takes about
half an hour of one quiet core, and longer the more else that core has to do.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn
from torch.nn import functional

from lesionscope import places
from lesionscope.model import dataset, evaluate, export
from lesionscope.model.dataset import Examples
from lesionscope.model.net import ITEM_LEVELS, LesionNet, corn_loss
from lesionscope.model.runtime import NETWORK_NAME
from lesionscope.model.temper import best_temperature

log = logging.getLogger(__name__)
FLOOR = 0.02
"""Variance added to every direction of feature space, so that directions in which drawn crops
hardly differ do not make every real crop look unfamiliar."""
MAP_WEIGHTS = (2.0, 4.0)
"""What a wrong cell of the maps costs, flakes and raw skin, beside a wrong level."""
HELD_OUT_SEED = 1_000_003
"""Added to the seed for the examples that calibrate: they share no drawing with training."""


@dataclass(frozen=True)
class Plan:
    """How long and on how much to train.

    Attributes
    ----------
    examples, held_out : int
        Drawn crops to train on and to calibrate on.
    epochs, batch : int
        Passes over the examples, and crops in a step.
    rate : float
        Highest learning rate of the one-cycle schedule.
    seed : int
        Fixes data, weights and order.
    """

    examples: int = 10_000
    held_out: int = 1_250
    epochs: int = 7
    batch: int = 32
    rate: float = 2e-3
    seed: int = 1


QUICK = Plan(examples=96, held_out=48, epochs=1, batch=16)
"""Seconds of work that touch every step; its network is of no use."""


def _batches(examples: Examples, batch: int, rng: np.random.Generator) -> Iterator[list[Tensor]]:
    """Yield shuffled, turned and mirrored crops with slightly wrong clear-skin references."""
    order = rng.permutation(len(examples))
    for first in range(0, len(order) - batch + 1, batch):
        yield _batch(examples, np.sort(order[first : first + batch]), rng)


def _batch(examples: Examples, pick: NDArray[np.int64], rng: np.random.Generator) -> list[Tensor]:
    turn = int(rng.integers(4)), rng.random() < 0.5
    stored = _turn(examples.crops[pick], *turn)
    crops = dataset.with_haemoglobin(np.ascontiguousarray(stored) + _off(rng, len(pick)))
    return [
        torch.from_numpy(crops).contiguous(memory_format=torch.channels_last),
        torch.from_numpy(examples.levels[pick]),
        torch.from_numpy(examples.contrast[pick]),
        torch.from_numpy(np.ascontiguousarray(_turn(examples.maps[pick], *turn))).float() / 255,
    ]


def _turn(pictures: NDArray[Any], quarters: int, mirrored: bool) -> NDArray[Any]:
    return np.rot90(pictures, quarters, (2, 3))[..., :: -1 if mirrored else 1]


def turned(crops: NDArray[np.float16], rng: np.random.Generator) -> NDArray[np.float32]:
    """Turn and mirror crops by chance, with slightly wrong clear-skin references.

    Parameters
    ----------
    crops : ndarray of shape (N, 4, S, S), float16
        Density contrast in R, G, B and the outline.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (N, 4, S, S), float32
    """
    one_way = _turn(crops, int(rng.integers(4)), rng.random() < 0.5)
    return np.ascontiguousarray(one_way) + _off(rng, len(crops))


def batch_loss(
    net: LesionNet, examples: Examples, pick: NDArray[np.int64], rng: np.random.Generator
) -> Tensor:
    """Return the loss of some drawn examples, as training weighs it."""
    return _loss(net, *_batch(examples, pick, rng))


def _off(rng: np.random.Generator, batch: int) -> NDArray[np.float32]:
    off = rng.normal(0, 0.02, (batch, 4, 1, 1)) + rng.normal(0, 0.03, (batch, 1, 1, 1))
    off[:, 3] = 0
    return off.astype(np.float32)


def _loss(
    net: LesionNet,
    crops: Tensor,
    levels: Tensor,
    contrast: Tensor,
    maps: Tensor,
    *,
    map_weights: tuple[float, float] = MAP_WEIGHTS,
) -> Tensor:
    logits, seen, marked = net.logits(crops)
    items = [corn_loss(logits[item], levels[:, n]) for n, item in enumerate(ITEM_LEVELS)]
    # The drawn contrast is finer than its level and teaches where between two steps it lies.
    between = 2 * functional.smooth_l1_loss(seen, contrast, beta=0.1)
    # The skin around counts a little: there are no flakes there, however glossy it is.
    weight = functional.avg_pool2d(crops[:, 4:5], dataset.CELL) + 0.1
    wrong = functional.binary_cross_entropy_with_logits(marked, maps, reduction="none")
    flakes, raw = (wrong * weight).sum(dim=(0, 2, 3)) / weight.sum()
    marks = map_weights[0] * flakes + map_weights[1] * raw
    return torch.as_tensor(torch.stack(items).sum() + between + marks)


def normalise(net: LesionNet, examples: Examples) -> None:
    """Set the input normalisation from the first examples."""
    crops = dataset.with_haemoglobin(examples.crops[:1000])
    net.input_mean.copy_(torch.from_numpy(crops.mean(axis=(0, 2, 3))))
    net.input_spread.copy_(torch.from_numpy(crops.std(axis=(0, 2, 3))))


def predict(net: nn.Module, stored: NDArray[np.float16], batch: int = 128) -> list[Tensor]:
    """Return what the network answers for stored crops, concatenated over batches."""
    parts = []
    with torch.inference_mode():
        for first in range(0, len(stored), batch):
            crops = torch.from_numpy(dataset.with_haemoglobin(stored[first : first + batch]))
            parts.append(net(crops))
    return [torch.cat(column) for column in zip(*parts, strict=True)]


def fit(
    plan: Plan,
    examples: Examples,
    held_out: Examples,
    folder: Path,
    *,
    start: Path | None = None,
    design: type[LesionNet] = LesionNet,
    map_weights: tuple[float, float] = MAP_WEIGHTS,
) -> LesionNet:
    """Train, resuming from the folder's checkpoint where there is one of the same plan.

    Parameters
    ----------
    plan : Plan
        How long and on how much.
    examples, held_out : Examples
        To train on, and to watch.
    folder : Path
        Where ``checkpoint.pt`` lies.
    start : Path, optional
        Folder whose trained network to begin from; default: from nothing.
    design : type of LesionNet
        Another design begins from nothing in place of the one that ships.
    map_weights : tuple of float
        See `MAP_WEIGHTS`; changed in ablations only.

    Returns
    -------
    LesionNet
        In evaluation mode, not yet calibrated.
    """
    torch.manual_seed(plan.seed)
    net = design() if start is None else export.load_trained(start)
    net = net.train().to(memory_format=torch.channels_last)
    if start is None:  # a trained network's weights go with its own normalisation
        normalise(net, examples)
    decayed = torch.optim.AdamW(net.parameters(), lr=plan.rate, weight_decay=0.02)
    steps = max(1, len(examples) // plan.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(decayed, plan.rate, plan.epochs * steps)
    file, first = folder / "checkpoint.pt", 0
    if file.exists():
        saved = torch.load(file, weights_only=True)
        if saved["plan"] == repr(plan):
            net.load_state_dict(saved["net"])
            decayed.load_state_dict(saved["optimiser"])
            schedule.load_state_dict(saved["schedule"])
            first = saved["epoch"]
            log.info("resumed after epoch %d", first)
    for epoch in range(first, plan.epochs):
        _epoch(plan, epoch, net, decayed, schedule, examples, map_weights)
        log.info("epoch %d: %s", epoch + 1, _held_out_text(net, held_out))
        state = {"plan": repr(plan), "net": net.state_dict(), "epoch": epoch + 1}
        state |= {"optimiser": decayed.state_dict(), "schedule": schedule.state_dict()}
        torch.save(state, file.with_suffix(".partial"))
        file.with_suffix(".partial").replace(file)
    return net.eval()


def _epoch(
    plan: Plan,
    epoch: int,
    net: LesionNet,
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    examples: Examples,
    map_weights: tuple[float, float] = MAP_WEIGHTS,
) -> None:
    net.train()
    torch.manual_seed(plan.seed * 1000 + epoch)  # dropout repeats after a resume
    rng = np.random.default_rng([plan.seed, epoch])
    steps = max(1, len(examples) // plan.batch)
    start, total = time.monotonic(), 0.0
    named = f"epoch {epoch + 1} of {plan.epochs}"
    for batch in track(_batches(examples, plan.batch, rng), named, total=steps):
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):  # a third faster, no worse
            loss = _loss(net, *batch, map_weights=map_weights)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        total += float(loss.detach())
    log.info("%s: loss %.4f in %.0f s", named, total / steps, time.monotonic() - start)


def _held_out_text(net: LesionNet, held_out: Examples) -> str:
    net.eval()
    answers = predict(net, held_out.crops[:1000])
    exact = [
        float((answers[n].argmax(1).numpy() == held_out.levels[:1000, n]).mean())
        for n in range(len(ITEM_LEVELS))
    ]
    return ", ".join(f"{i} {e:.3f} exact" for i, e in zip(ITEM_LEVELS, exact, strict=True))


def calibrate(net: LesionNet, held_out: Examples) -> None:
    """Set the temperature of each item and the familiar region of feature space.

    Parameters
    ----------
    net : LesionNet
        Trained, in evaluation mode; its buffers change.
    held_out : Examples
        Not trained on.

    References
    ----------
    Guo et al. 2017, ICML; Lee et al. 2018, NeurIPS.
    """
    pooled = _pooled(net, held_out)
    # What is graded has been outlined: probabilities must be right among lesions. The drawings
    # that are none teach the network, but would make it look surer than it is.
    ill = torch.from_numpy(held_out.levels[:, 0] > 0)
    levels = torch.from_numpy(held_out.levels)[ill]
    with torch.inference_mode():
        for number, (item, head) in enumerate(net.heads.items()):
            logits = head(net.features(pooled[ill]))
            net.temperature[number] = best_temperature(logits, levels[:, number])
            log.info("%s: temperature %.2f", item, net.temperature[number])
    _familiarise(net, pooled)


def familiarise(net: LesionNet, examples: Examples) -> None:
    """Set the familiar region of feature space from drawn examples.

    Parameters
    ----------
    net : LesionNet
        In evaluation mode; its buffers change.
    examples : Examples
        Drawn.
    """
    _familiarise(net, _pooled(net, examples))


def _familiarise(net: LesionNet, pooled: Tensor) -> None:
    with torch.inference_mode():
        centre = pooled.mean(dim=0)
        spread = torch.cov((pooled - centre).T) + FLOOR * torch.eye(pooled.shape[1])
        values, vectors = torch.linalg.eigh(spread)
        net.feature_mean.copy_(centre)
        net.feature_whitening.copy_(vectors / torch.sqrt(values))


def _pooled(net: LesionNet, examples: Examples) -> Tensor:
    parts = []
    with torch.inference_mode():
        for first in range(0, len(examples), 128):
            crops = dataset.with_haemoglobin(examples.crops[first : first + 128])
            parts.append(net.look(torch.from_numpy(crops)).pooled)
    return torch.cat(parts)


def _data(plan: Plan, work: Path, workers: int) -> tuple[Examples, Examples]:
    loaded = []
    for count, seed in ((plan.examples, plan.seed), (plan.held_out, plan.seed + HELD_OUT_SEED)):
        folder = work / f"examples_{count}"
        made = dataset.build(folder, count, seed, workers=workers)
        shards = -(-count // dataset.SHARD)
        files = list(track(made, f"drawing {count} examples", total=shards))
        loaded.append(dataset.load(files))
    return loaded[0], loaded[1]


def fit_rule(examples: Examples, models: Path, first: int = 4000) -> Path:
    """Fit the rule that the network has to beat, on the same drawn examples, and write it.

    Parameters
    ----------
    examples : Examples
        The training data.
    models : Path
        Folder for the JSON file; made where missing.
    first : int
        How many examples three numbers need.

    Returns
    -------
    Path
    """
    numbers = evaluate.rule_numbers(dataset.with_haemoglobin(examples.crops[:first]))
    rules = {
        item: evaluate.OrdinalRule.fit(numbers, examples.levels[:first, n], levels).document()
        for n, (item, levels) in enumerate(ITEM_LEVELS.items())
    }
    models.mkdir(parents=True, exist_ok=True)
    file = models / f"{NETWORK_NAME}_rule.json"
    file.write_text(json.dumps(rules, indent=1) + "\n", encoding="utf-8")
    return file


def train(
    plan: Plan, work: Path, models: Path, *, workers: int = 1, start: Path | None = None
) -> Path:
    """Make the data, train, calibrate and export.

    Parameters
    ----------
    plan : Plan
        How long and on how much.
    work : Path
        Where examples, checkpoint and log are kept between runs.
    models : Path
        Where the exported network goes.
    workers : int
        Processes that draw examples.
    start : Path, optional
        Folder whose trained network to begin from; default: from nothing.

    Returns
    -------
    Path
        The ONNX file.
    """
    work.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    examples, held_out = _data(plan, work, workers)
    log.info("%d examples after %.0f s", len(examples), time.monotonic() - began)
    net = fit(plan, examples, held_out, work, start=start)
    calibrate(net, held_out)
    facts = {"examples": plan.examples, "epochs": plan.epochs, "seed": plan.seed}
    fit_rule(examples, models)
    file = export.export(net, models, distances=predict(net, held_out.crops)[3], facts=facts)
    log.info("wrote %s after %.0f s: %s", file, time.monotonic() - began, json.dumps(facts))
    return file


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m lesionscope.model.train", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="seconds; a network of no use")
    parser.add_argument("--work", type=Path, default=Path("build/training"))
    parser.add_argument("--models", type=Path, default=None, help="default: the models folder")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw examples")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--examples", type=int, default=Plan.examples)
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--rate", type=float, default=Plan.rate, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="folder whose trained network to begin from")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    asked.work.mkdir(parents=True, exist_ok=True)
    written = logging.FileHandler(asked.work / "train.log")
    handlers: list[logging.Handler] = [logging.StreamHandler(), written]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers)
    plan = Plan(examples=asked.examples, epochs=asked.epochs, rate=asked.rate, seed=asked.seed)
    models = asked.models or (asked.work if asked.quick else places.models_folder())
    chosen = QUICK if asked.quick else plan
    train(chosen, asked.work, models, workers=asked.workers, start=asked.start)


if __name__ == "__main__":
    main()
