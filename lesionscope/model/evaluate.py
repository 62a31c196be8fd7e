"""How well lesions are graded: metrics with intervals, and the rule to beat.

The rule is ordinal regression on three numbers of colour and texture, fitted on the same drawn
examples as the network. A network that does not beat it has learnt nothing worth its size.

References
----------
McCullagh 1980, J R Stat Soc B 42:109: proportional odds.
Cohen 1968, Psychol Bull 70:213: weighted kappa.
Guo et al. 2017, ICML: expected calibration error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize, special, stats

Array = NDArray[np.float64]


def quadratic_kappa(truth: NDArray[np.int64], level: NDArray[np.int64], levels: int) -> float:
    """Return Cohen's kappa with quadratic weights; NaN where truth and levels do not vary.

    Examples
    --------
    >>> quadratic_kappa(np.array([0, 1, 2]), np.array([0, 1, 2]), 3)
    1.0
    """
    seen = np.zeros((levels, levels))
    np.add.at(seen, (truth, level), 1)
    step = np.arange(levels)
    weight = (step[:, None] - step) ** 2
    expected = np.outer(seen.sum(1), seen.sum(0)) / max(seen.sum(), 1)
    chance = float((weight * expected).sum())
    return float("nan") if chance == 0 else 1 - float((weight * seen).sum()) / chance


def roc_area(truth: NDArray[np.int64], probability: Array) -> float:
    """Return the area under the ROC curve by ranks; NaN with one class only."""
    positive = int(truth.sum())
    negative = len(truth) - positive
    if not positive or not negative:
        return float("nan")
    ranks = stats.rankdata(probability)
    return float((ranks[truth == 1].sum() - positive * (positive + 1) / 2) / positive / negative)


def calibration_error(truth: NDArray[np.int64], probabilities: Array, bins: int = 10) -> float:
    """Return the expected calibration error of the most probable level."""
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    box = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = [
        abs(right[box == b].mean() - sure[box == b].mean()) * (box == b).mean()
        for b in range(bins)
        if (box == b).any()
    ]
    return float(sum(gaps))


def interval(
    statistic: Callable[[NDArray[np.int64]], float],
    groups: Sequence[str],
    *,
    draws: int = 400,
    seed: int = 0,
) -> tuple[float, float]:
    """Return a 95 % bootstrap interval that draws whole groups (photos) with replacement.

    Parameters
    ----------
    statistic : callable
        Takes indices of lesions, returns a number.
    groups : sequence of str
        The photo of each lesion: lesions of one photo share light and skin.
    draws, seed : int
        How many, and which.

    Returns
    -------
    tuple of float
        2.5 and 97.5 percentile; NaN draws are left out.
    """
    rng = np.random.default_rng(seed)
    names = np.array(groups)
    members = [np.flatnonzero(names == name) for name in np.unique(names)]
    values = []
    for _ in range(draws):
        pick = rng.integers(0, len(members), len(members))
        values.append(statistic(np.concatenate([members[n] for n in pick])))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def rule_numbers(crops: NDArray[np.float32]) -> Array:
    """Return the three numbers of the rule.

    Parameters
    ----------
    crops : ndarray of shape (N, 5, S, S), float32
        See `lesionscope.imaging.crops.lesion_crop`.

    Returns
    -------
    ndarray of shape (N, 3)
        Mean haemoglobin contrast; fine texture (spread of the green density about its local
        mean); how much brighter than clear skin the brightest tenth is in red. All inside the
        outline, natural log units.
    """
    rows = []
    for crop in crops:
        inside = crop[4] > 0.5
        if not inside.any():
            inside = crop[4] >= crop[4].max()
        fine = crop[1] - ndimage.uniform_filter(crop[1], 7)
        rows.append(
            (crop[3][inside].mean(), fine[inside].std(), -np.quantile(crop[0][inside], 0.1))
        )
    return np.array(rows, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class OrdinalRule:
    """Proportional odds on a few numbers.

    Attributes
    ----------
    centre, spread, slope : ndarray of shape (F,)
        Standardisation and weights of the numbers.
    steps : ndarray of shape (K - 1,)
        Thresholds between levels, rising.
    """

    centre: Array
    spread: Array
    slope: Array
    steps: Array

    @classmethod
    def fit(cls, numbers: Array, truth: NDArray[np.int64], levels: int) -> OrdinalRule:
        """Fit by maximum likelihood with a slight pull to zero."""
        centre, spread = numbers.mean(0), numbers.std(0) + 1e-9
        x = (numbers - centre) / spread

        def rule_of(packed: Array) -> OrdinalRule:
            slope, first, gaps = np.split(packed, [x.shape[1], x.shape[1] + 1])
            steps = np.concatenate([first, first + np.cumsum(np.exp(gaps))])
            return cls(centre, spread, slope, steps)

        def loss(packed: Array) -> float:
            chosen = rule_of(packed).probabilities(numbers)[np.arange(len(truth)), truth]
            return float(-np.log(np.maximum(chosen, 1e-9)).mean() + 1e-4 * (packed**2).sum())

        start = np.zeros(x.shape[1] + levels - 1)
        start[x.shape[1]] = -1.0
        return rule_of(np.asarray(optimize.minimize(loss, start, method="L-BFGS-B").x))

    def probabilities(self, numbers: Array) -> Array:
        """Return the probability of each level, shape (N, K)."""
        score = (numbers - self.centre) / self.spread @ self.slope
        exceed = special.expit(score[:, None] - self.steps)
        edges = np.concatenate([np.ones((len(score), 1)), exceed, np.zeros((len(score), 1))], 1)
        return np.asarray(edges[:, :-1] - edges[:, 1:])

    def document(self) -> dict[str, list[float]]:
        """Return the rule as plain numbers, for JSON."""
        names = ("centre", "spread", "slope", "steps")
        return {name: [float(v) for v in getattr(self, name)] for name in names}

    @classmethod
    def of(cls, document: dict[str, list[float]]) -> OrdinalRule:
        """Return the rule that `document` wrote down."""
        return cls(**{name: np.array(values) for name, values in document.items()})
