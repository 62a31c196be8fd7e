"""A small recalibration of the suggested probabilities, learnt from signed readings.

Of every item two numbers are fitted: a slope a and a shift b of the log odds that the level is
higher than k, the same for every k, so that the order of the levels stays:
``logit P'(Y > k) = a logit P(Y > k) + b``. They start from a = 1, b = 0 and are held there by a
penalty that few readings cannot overcome. Patients, not readings, are left out in turn to see
whether it helps those it has not seen.

References
----------
Cox 1958, Biometrika 45:562-5: recalibration by slope and intercept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from lesionscope.core.confirmed import ConfirmedAnswer
from lesionscope.core.measurement import Item
from lesionscope.core.reading import AnswerOrigin

FOLDS = 5
LEAST_PATIENTS = 8
"""Fewer patients say more about themselves than about the next one."""
LEAST_ANSWERS = 40
_PRIOR_SLOPE, _PRIOR_SHIFT = 0.25, 0.5
"""Standard deviations of ln a and b before any reading is seen."""
_LEAST = 1e-4


@dataclass(frozen=True)
class Adjustment:
    """The two numbers of one item.

    Attributes
    ----------
    slope : float
        Positive; below 1 the network was too sure.
    shift : float
        Log odds; above 0 the network said too little.
    """

    slope: float = 1.0
    shift: float = 0.0

    def __post_init__(self) -> None:
        if not (self.slope > 0 and math.isfinite(self.slope) and math.isfinite(self.shift)):
            raise ValueError(f"slope must be positive, got {self.slope} and shift {self.shift}")

    def inverse(self) -> Adjustment:
        """Return what takes this adjustment back."""
        return Adjustment(1 / self.slope, -self.shift / self.slope)

    def apply(self, probabilities: Sequence[float]) -> tuple[float, ...]:
        """Adjust the probabilities of every level.

        Parameters
        ----------
        probabilities : sequence of float
            Of levels 0 to K, together 1.

        Returns
        -------
        tuple of float
            The same length, together 1.

        Examples
        --------
        >>> Adjustment().apply((0.5, 0.3, 0.2))
        (0.5, 0.3, 0.2)
        >>> lifted = Adjustment(1.0, 1.0).apply((0.5, 0.3, 0.2))
        >>> lifted[2] > 0.2
        True
        """
        if self == Adjustment():
            return tuple(probabilities)
        above = np.clip(1 - np.cumsum(probabilities)[:-1], _LEAST, 1 - _LEAST)
        odds = self.slope * np.log(above / (1 - above)) + self.shift
        ends = np.concatenate([[1.0], 1 / (1 + np.exp(-odds)), [0.0]])
        return tuple(float(p) for p in -np.diff(ends))


@dataclass(frozen=True)
class Fit:
    """What was learnt of one item, and whether it helps.

    Attributes
    ----------
    item : Item
        Of the form.
    answers, patients : int
        What it was learnt from.
    adjustment : Adjustment
        Fitted on all.
    loss_before, loss_after : float
        Mean negative log likelihood of the signed level on patients left out.
    exact_before, exact_after : float
        Share of them whose most probable level is the signed one.
    refusal : str
        Why it must not be used; empty where it may.
    """

    item: Item
    answers: int
    patients: int
    adjustment: Adjustment
    loss_before: float
    loss_after: float
    exact_before: float
    exact_after: float
    refusal: str


def learn(
    answers: Sequence[ConfirmedAnswer],
    grader: str,
    adopted: Mapping[str, Mapping[str, Adjustment]],
) -> dict[str, Any]:
    """Learn from all items what the study may adopt.

    Parameters
    ----------
    answers : sequence of ConfirmedAnswer
        From the record.
    grader : str
        Version of the grading network that suggests now; answers to other networks teach
        nothing about it.
    adopted : mapping of str to mapping of str to Adjustment
        Recalibrations by name that had a hand in some of the suggestions: they are taken back
        first, so that the network's own word is what is adjusted.

    Returns
    -------
    dict
        Plain JSON without pictures, patients or names: ``model_version``, ``items`` with slope,
        shift, figures and ``refusal``, and how many answers readers gave without seeing a
        suggestion.
    """
    own = [raw for each in answers if (raw := _own_word(each, grader, adopted)) is not None]
    return {
        "model_version": grader,
        "answers": len(own),
        "unseen": sum(each.origin is AnswerOrigin.ENTERED for each in own),
        "items": {item.value: _part(fit_item(item, own)) for item in Item},
    }


def _own_word(
    answer: ConfirmedAnswer, grader: str, adopted: Mapping[str, Mapping[str, Adjustment]]
) -> ConfirmedAnswer | None:
    """Return an answer beside what the network itself said; None of another network."""
    version, _, name = answer.model_version.rpartition(", ")[2].partition("+")
    if version != grader or (name and name not in adopted):
        return None
    used = adopted[name].get(answer.item.value) if name else None
    if used is None:
        return answer
    return replace(answer, probabilities=used.inverse().apply(answer.probabilities))


def _part(fit: Fit) -> dict[str, Any]:
    def figure(value: float) -> float | None:
        return None if math.isnan(value) else round(value, 4)

    return {
        "slope": round(fit.adjustment.slope, 4),
        "shift": round(fit.adjustment.shift, 4),
        "answers": fit.answers,
        "patients": fit.patients,
        "loss_before": figure(fit.loss_before),
        "loss_after": figure(fit.loss_after),
        "exact_before": figure(fit.exact_before),
        "exact_after": figure(fit.exact_after),
        "refusal": fit.refusal,
    }


def fit_item(item: Item, answers: Sequence[ConfirmedAnswer]) -> Fit:
    """Fit one item, and try it on patients left out.

    Parameters
    ----------
    item : Item
        Of the form.
    answers : sequence of ConfirmedAnswer
        Of any item; others are left out.

    Returns
    -------
    Fit
        Refused where there is too little to learn from, or where it does harm: a higher loss on
        patients left out, or fewer exact levels there.
    """
    own = [each for each in answers if each.item is item]
    patients = sorted({each.patient_id for each in own})
    if len(own) < LEAST_ANSWERS or len(patients) < LEAST_PATIENTS:
        why = (
            f"{len(own)} answers of {len(patients)} patients; "
            f"{LEAST_ANSWERS} of {LEAST_PATIENTS} are needed"
        )
        nothing = float("nan")
        return Fit(
            item, len(own), len(patients), Adjustment(), nothing, nothing, nothing, nothing, why
        )
    before, after = np.empty(len(own)), np.empty(len(own))
    right_before, right_after = np.empty(len(own)), np.empty(len(own))
    fold_of = {patient: number % FOLDS for number, patient in enumerate(patients)}
    for fold in range(FOLDS):
        seen = _fitted([each for each in own if fold_of[each.patient_id] != fold])
        for number, each in enumerate(own):
            if fold_of[each.patient_id] == fold:
                now = seen.apply(each.probabilities)
                before[number], after[number] = _loss(each.probabilities, each), _loss(now, each)
                right_before[number] = each.suggested == each.answer
                right_after[number] = int(np.argmax(now)) == each.answer
    refusal = ""
    if after.mean() >= before.mean():
        refusal = "on patients left out the signed level became less probable"
    elif right_after.mean() < right_before.mean():
        refusal = "on patients left out fewer levels were exact"
    return Fit(
        item,
        len(own),
        len(patients),
        _fitted(own),
        float(before.mean()),
        float(after.mean()),
        float(right_before.mean()),
        float(right_after.mean()),
        refusal,
    )


def _loss(probabilities: Sequence[float], answer: ConfirmedAnswer) -> float:
    return -math.log(max(probabilities[answer.answer], _LEAST))


def _fitted(answers: Sequence[ConfirmedAnswer]) -> Adjustment:
    """Find slope and shift of the highest posterior density."""
    if not answers:
        return Adjustment()
    chances = np.array([each.probabilities for each in answers])
    above = np.clip(1 - np.cumsum(chances, axis=1)[:, :-1], _LEAST, 1 - _LEAST)
    odds = np.log(above / (1 - above))
    signed = np.array([each.answer for each in answers])
    rows = np.arange(len(answers))

    def cost(parameters: NDArray[np.float64]) -> float:
        log_slope, shift = parameters
        higher = 1 / (1 + np.exp(-(math.exp(log_slope) * odds + shift)))
        ends = np.hstack([np.ones((len(rows), 1)), higher, np.zeros((len(rows), 1))])
        likely = np.clip(-np.diff(ends, axis=1)[rows, signed], _LEAST, 1)
        prior = 0.5 * ((log_slope / _PRIOR_SLOPE) ** 2 + (shift / _PRIOR_SHIFT) ** 2)
        return float(prior - np.log(likely).sum())

    best = minimize(cost, np.zeros(2), method="Nelder-Mead").x
    return Adjustment(float(math.exp(best[0])), float(best[1]))
