"""Let the grading network learn from signed readings: its heads, or all of it.

A recalibration (`lesionscope.scoring.recalibration`) comes first: two numbers an item. With more
readings the heads may be fitted, 96 weights a question, held to those that are shipped by a
penalty; with many more the whole network, on the study's crops and as many drawn ones, so that it
does not forget what no patient of the study has shown. Whatever is learnt is judged on patients it
was not learnt from, and is not written where it does them harm.
"""

from __future__ import annotations

import copy
import json
import logging
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lesionscope import places
from lesionscope.model import dataset, export, train
from lesionscope.model.card import ModelCard, with_hash
from lesionscope.model.dataset import Examples
from lesionscope.model.net import ITEM_LEVELS, LesionNet, corn_probabilities
from lesionscope.model.runtime import NETWORK_NAME, Grader
from lesionscope.model.taught import NOT_SIGNED, Depth, TaughtLesions

log = logging.getLogger(__name__)
FOLDS = 5
"""Patients are left out in so many groups; the network, which takes longer, is judged on one."""
LEARNT = "learnt.json"
"""What was learnt from and how it fared, beside the network; holds no picture and no patient."""
_PRIOR_WEIGHT, _PRIOR_BIAS = 0.1, 0.5
"""Standard deviations of a head's weights and biases around those shipped, features having unit
size: all 96 together may move the log odds by about one before a penalty is felt."""
_RATE = 2e-4
_BATCH = 32
_LEAST_PROBABILITY = 1e-4
_DRAWN, _DRAWN_SEED = (1250, 3000), 2_000_003  # fewer cannot say what is familiar
LEAST = {Depth.HEADS: (150, 15), Depth.NETWORK: (1000, 40)}
"""Fewer signed levels, or fewer patients, say more about themselves than about the next one."""


@dataclass(frozen=True)
class Judged:
    """How one item fares on patients left out.

    Attributes
    ----------
    item : str
        Of the form.
    answers, patients : int
        What it was learnt from and judged on.
    loss_before, loss_after : float or None
        Mean negative log likelihood of the signed level; None where there was too little.
    exact_before, exact_after : float or None
        Share whose most probable level is the signed one.
    refusal : str
        Why it must not be used; empty where it may.
    """

    item: str
    answers: int
    patients: int
    loss_before: float | None = None
    loss_after: float | None = None
    exact_before: float | None = None
    exact_after: float | None = None
    refusal: str = ""


def learn_heads(net: LesionNet, taught: TaughtLesions) -> tuple[LesionNet, tuple[Judged, ...]]:
    """Fit the heads of a network to a study.

    Parameters
    ----------
    net : LesionNet
        In evaluation mode; left as it is.
    taught : TaughtLesions
        Of the study.

    Returns
    -------
    net : LesionNet
        With the heads that help; an item that was refused keeps its own.
    judged : tuple of Judged
        One for each item.
    """
    learnt = copy.deepcopy(net)
    features = _features(net, taught.crops) if len(taught) else torch.zeros(0, 1)
    judged = []
    for column, item in enumerate(ITEM_LEVELS):
        own = np.flatnonzero(taught.levels[:, column] != NOT_SIGNED)
        found, why_not = _counted(item, taught, own, LEAST[Depth.HEADS])
        if why_not:
            judged.append(found)
            continue
        level = torch.from_numpy(taught.levels[own, column])
        seen, head = features[own], net.heads[item]
        assert isinstance(head, nn.Linear)
        warmth = float(net.temperature[column])
        fold = _folds(taught.patients[own])
        after = torch.zeros(len(own), ITEM_LEVELS[item])
        for number in range(FOLDS):
            out = torch.from_numpy(fold == number)
            fitted = _fitted_head(head, seen[~out], level[~out], warmth)
            after[out] = _chances(fitted, seen[out], warmth)
        found = _compared(found, _chances(head, seen, warmth), after, level)
        if not found.refusal:
            learnt.heads[item] = _fitted_head(head, seen, level, warmth)
        judged.append(found)
    return learnt.eval(), tuple(judged)


def learn_network(
    net: LesionNet,
    taught: TaughtLesions,
    drawn: Callable[[], Examples],
    *,
    epochs: int = 4,
    seed: int = 1,
) -> tuple[LesionNet, tuple[Judged, ...]]:
    """Train the whole network on, with a study's lesions beside drawn ones.

    Parameters
    ----------
    net : LesionNet
        In evaluation mode; left as it is.
    taught : TaughtLesions
        Of the study; every fifth patient is left out and judges.
    drawn : callable
        Returns drawn lesions, which are half of every batch; asked only once they are needed.
    epochs : int
        Passes over the study's lesions.
    seed : int
        Fixes the order.

    Returns
    -------
    net : LesionNet
        The network that was judged: it never saw the patients left out. The one given where an
        item was refused, since parts of it cannot be taken alone.
    judged : tuple of Judged
        One for each item.
    """
    out = _folds(taught.patients) == 0
    counted = [
        _counted(item, taught, np.flatnonzero(taught.levels[:, n] != NOT_SIGNED), (1, 1))[0]
        for n, item in enumerate(ITEM_LEVELS)
    ]
    answers = int((taught.levels != NOT_SIGNED).sum())
    if why := _too_few(answers, len(np.unique(taught.patients)), LEAST[Depth.NETWORK]):
        return net, tuple(replace(each, refusal=why) for each in counted)
    beside = drawn()
    learnt = _trained_on(net, taught, ~out, beside, epochs, seed)
    train.familiarise(learnt, beside)  # its features are others than before
    judged = []
    for column, each in enumerate(counted):
        item = each.item
        own = np.flatnonzero(out & (taught.levels[:, column] != NOT_SIGNED))
        if not len(own):
            judged.append(replace(each, refusal="no patient left out has a signed level"))
            continue
        level = torch.from_numpy(taught.levels[own, column])
        before, after = (
            _chances(
                one.heads[item], _features(one, taught.crops[own]), float(one.temperature[column])
            )
            for one in (net, learnt)
        )
        judged.append(_compared(each, before, after, level))
    kept = net if any(each.refusal for each in judged) else learnt
    return kept, tuple(judged)


def _counted(
    item: str, taught: TaughtLesions, own: NDArray[np.int64], least: tuple[int, int]
) -> tuple[Judged, str]:
    patients = len(np.unique(taught.patients[own]))
    why = _too_few(len(own), patients, least)
    return Judged(item, len(own), patients, refusal=why), why


def _too_few(answers: int, patients: int, least: tuple[int, int]) -> str:
    if answers >= least[0] and patients >= least[1]:
        return ""
    return f"{answers} answers of {patients} patients; {least[0]} of {least[1]} are needed"


def _folds(patients: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the group of each patient, the same for all lesions of one."""
    return np.asarray(np.unique(patients, return_inverse=True)[1] % FOLDS)


@torch.no_grad()
def _features(net: LesionNet, stored: NDArray[np.float16]) -> Tensor:
    parts = []
    for first in range(0, len(stored), _BATCH):
        crops = torch.from_numpy(dataset.with_haemoglobin(stored[first : first + _BATCH]))
        parts.append(net.features(net.look(crops).pooled))
    return torch.cat(parts)


@torch.no_grad()
def _chances(head: nn.Module, features: Tensor, temperature: float) -> Tensor:
    return corn_probabilities(head(features) / temperature)


def _fitted_head(head: nn.Linear, seen: Tensor, level: Tensor, temperature: float) -> nn.Linear:
    """Return the head of the highest posterior density around the one that is shipped."""
    own = copy.deepcopy(head).requires_grad_(True)
    size = torch.sqrt((seen * seen).mean(dim=0)) + 1e-6
    start = {name: value.detach().clone() for name, value in own.named_parameters()}
    search = torch.optim.LBFGS(own.parameters(), max_iter=60, line_search_fn="strong_wolfe")
    step = torch.arange(own.out_features)
    applies, above = (level[:, None] >= step).float(), (level[:, None] > step).float()

    def cost() -> Tensor:
        search.zero_grad()
        odds = own(seen) / temperature
        wrong = functional.binary_cross_entropy_with_logits(odds, above, reduction="none")
        moved = (own.weight - start["weight"]) * size / temperature / _PRIOR_WEIGHT
        shifted = (own.bias - start["bias"]) / temperature / _PRIOR_BIAS
        found = (wrong * applies).sum() + 0.5 * ((moved**2).sum() + (shifted**2).sum())
        found.backward()  # type: ignore[no-untyped-call]
        return found

    search.step(cost)  # type: ignore[no-untyped-call]
    return own.requires_grad_(False)


def _compared(found: Judged, before: Tensor, after: Tensor, level: Tensor) -> Judged:
    rows = torch.arange(len(level))
    lost = [
        float(-torch.log(chances[rows, level].clamp_min(_LEAST_PROBABILITY)).mean())
        for chances in (before, after)
    ]
    exact = [float((chances.argmax(1) == level).float().mean()) for chances in (before, after)]
    refusal = ""
    if lost[1] >= lost[0]:
        refusal = "on patients left out the signed level became less probable"
    elif exact[1] < exact[0]:
        refusal = "on patients left out fewer levels were exact"
    return replace(
        found,
        loss_before=round(lost[0], 4),
        loss_after=round(lost[1], 4),
        exact_before=round(exact[0], 4),
        exact_after=round(exact[1], 4),
        refusal=refusal,
    )


def _trained_on(
    net: LesionNet,
    taught: TaughtLesions,
    within: NDArray[np.bool_],
    drawn: Examples,
    epochs: int,
    seed: int,
) -> LesionNet:
    torch.manual_seed(seed)
    learnt = copy.deepcopy(net).requires_grad_(True)
    # The statistics of batch normalisation stay those of training: a batch of a study is small.
    learnt.eval()
    optimiser = torch.optim.AdamW(learnt.parameters(), lr=_RATE, weight_decay=0.02)
    rng = np.random.default_rng(seed)
    own = np.flatnonzero(within)
    half = _BATCH // 2
    for epoch in range(epochs):
        order, total = rng.permutation(own), 0.0
        starts = range(0, len(order), half)
        for first in starts:
            pick = order[first : first + half]
            others = rng.integers(0, len(drawn), half)
            loss = _study_loss(learnt, taught, pick, rng)
            loss = loss + train.batch_loss(learnt, drawn, np.sort(others), rng)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(learnt.parameters(), 2.0)
            optimiser.step()
            total += float(loss.detach())
        log.info("epoch %d of %d: loss %.4f", epoch + 1, epochs, total / max(len(starts), 1))
    return learnt.requires_grad_(False).eval()


def _study_loss(
    net: LesionNet, taught: TaughtLesions, pick: NDArray[np.int64], rng: np.random.Generator
) -> Tensor:
    """Return the ordinal loss of the items that were signed, each at its own temperature."""
    turned = train.turned(taught.crops[pick], rng)
    logits, _, _ = net.logits(torch.from_numpy(dataset.with_haemoglobin(turned)))
    parts = []
    for column, item in enumerate(ITEM_LEVELS):
        level = torch.from_numpy(taught.levels[pick, column])
        odds = logits[item] / net.temperature[column]
        step = torch.arange(odds.shape[1])
        applies = ((level[:, None] >= step) & (level[:, None] != NOT_SIGNED)).float()
        above = (level[:, None] > step).float()
        wrong = functional.binary_cross_entropy_with_logits(odds, above, reduction="none")
        parts.append((wrong * applies).sum() / applies.sum().clamp_min(1.0))
    return torch.stack(parts).sum()


def drawn_beside(work: Path, lesions: int) -> Examples:
    """Draw as many lesions as a study has, within bounds, that training never saw.

    Parameters
    ----------
    work : Path
        Where they are kept between runs.
    lesions : int
        Of the study.

    Returns
    -------
    dataset.Examples
    """
    count = int(np.clip(lesions, *_DRAWN))
    folder = work / f"examples_{count}"
    return dataset.load(list(dataset.build(folder, count, _DRAWN_SEED)))


def counts(taught: TaughtLesions) -> tuple[int, int]:
    """Return how many levels were signed, and how many of them with the suggestion in view."""
    signed = taught.levels != NOT_SIGNED
    return int(signed.sum()), int((signed & taught.seen).sum())


def version_of(file: Path) -> str:
    """Return the version of a grading network, as measurements carry it."""
    return Grader.load(file.parent).version


def usable(judged: Sequence[Judged], depth: Depth) -> bool:
    """Return whether something was learnt that may be used."""
    helped = [not each.refusal for each in judged]
    return any(helped) if depth is Depth.HEADS else all(helped)


def write_learnt(
    net: LesionNet,
    folder: Path,
    judged: Sequence[Judged],
    *,
    facts: Mapping[str, Any],
    drawn: Examples | None = None,
) -> Path:
    """Write a whole folder of networks, with the one that learnt among them.

    Parameters
    ----------
    net : LesionNet
        What was learnt.
    folder : Path
        Made; must not hold anything.
    judged : sequence of Judged
        How it fared.
    facts : mapping of str to object
        Plain JSON: what it was learnt from, without names and pictures.
    drawn : Examples, optional
        Drawn lesions that say how far off a familiar crop may be, where features changed.

    Returns
    -------
    Path
        The grading network, for ``LESIONSCOPE_MODELS`` and ``lesionscope rescore``.

    Raises
    ------
    FileExistsError
        If the folder holds something.
    """
    shipped = places.models_folder()
    before = Grader.load(shipped)
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} holds something already: name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for file in shipped.iterdir():
        if file.is_file():
            shutil.copyfile(file, folder / file.name)
    rules: dict[str, object] = {**before.rules, "learnt_from": before.version}
    rules["learnt"] = dict(facts)
    if drawn is not None:
        distances = train.predict(net, drawn.crops)[3]
        rules["familiar_distance"] = export.familiar_distance(distances)
    file = export.write(net, folder, rules)
    document = {
        **facts,
        "learnt_from": before.version,
        "model_version": Grader.load(folder).version,
        "items": {each.item: asdict(each) for each in judged},
    }
    (folder / LEARNT).write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    card = ModelCard.load(folder)
    note = (
        f"**Learnt on from {before.version} with signed readings ({facts.get('depth', '')}): "
        f"see `{LEARNT}`. The figures below are those of the network before it.**"
    )
    (folder / f"{NETWORK_NAME}.md").write_text(with_hash(card, note), "utf-8")
    return file
