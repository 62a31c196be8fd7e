"""The figures of the accuracy table: what each is, what it should reach, and how sure it is.

Intervals are 95 %: of medians, means and the like by bootstrap over persons (over photos where a
group has fewer than five persons), of shares by Wilson's formula, because a bootstrap of ten
successes in ten gives no interval at all.

References
----------
Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13 (percentile interval).
Wilson 1927, J Am Stat Assoc 22:209-12.
McGraw and Wong 1996, Psychol Methods 1:30-46, ICC(A,1): two-way, absolute agreement, one rating.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from scored import Row

TONES = ("very_light", "light", "intermediate", "medium", "tan", "brown", "dark", "unsure")
DRAWS = 1000
FEW_PERSONS = 5

Statistic = Callable[[NDArray[np.float64]], float]


def median(values: NDArray[np.float64]) -> float:
    """Return the median; infinite values count as the largest."""
    return float(np.median(values))


def mean(values: NDArray[np.float64]) -> float:
    """Return the mean."""
    return float(np.mean(values))


def percentile(values: NDArray[np.float64], q: float) -> float:
    """Return a percentile."""
    return float(np.percentile(values, q))


def icc(pairs: NDArray[np.float64]) -> float:
    """Return the intraclass correlation of two columns, absolute agreement, single rating.

    Parameters
    ----------
    pairs : ndarray of shape (n, 2)

    Returns
    -------
    float
        NaN with fewer than three pairs or without spread.

    Examples
    --------
    >>> round(icc(np.array([[1.0, 1], [2, 2], [3, 3]])), 3)
    1.0
    """
    n, k = pairs.shape
    if n < 3 or float(pairs.std()) == 0:
        return math.nan
    whole = float(pairs.mean())
    rows = k * float(((pairs.mean(axis=1) - whole) ** 2).sum()) / (n - 1)
    columns = n * float(((pairs.mean(axis=0) - whole) ** 2).sum()) / (k - 1)
    total = float(((pairs - whole) ** 2).sum())
    rest = (total - rows * (n - 1) - columns * (k - 1)) / ((n - 1) * (k - 1))
    return (rows - rest) / (rows + (k - 1) * rest + k * (columns - rest) / n)


def rank_correlation(pairs: NDArray[np.float64]) -> float:
    """Return Spearman's rank correlation, (n, 2); NaN where one side does not vary."""
    if len(pairs) < 3 or (pairs == pairs[0]).all(axis=0).any():
        return math.nan
    return float(spearmanr(pairs[:, 0], pairs[:, 1]).statistic)


@dataclass(frozen=True)
class Target:
    """What a figure should reach.

    Attributes
    ----------
    text : str
        As it stands in the table.
    low, high : float
        Bounds, both included.
    each_tone : bool
        Whether every skin tone must reach it; otherwise all photos together.
    """

    text: str
    low: float = -math.inf
    high: float = math.inf
    each_tone: bool = False

    def holds(self, value: float) -> bool:
        """Say whether a value reaches it."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Figure:
    """One figure of the table.

    Attributes
    ----------
    title : str
        Its name.
    keys : tuple of str
        Names of the values that it is made of; a photo without all of them does not count.
    of : callable
        From an array (n,), or (n, 2) of two keys, to the figure.
    targets : tuple of Target
        Empty where none was set.
    share : bool
        Whether the values are zeros and ones.
    """

    title: str
    keys: tuple[str, ...]
    of: Statistic
    targets: tuple[Target, ...] = ()
    share: bool = False


_P10, _P90 = partial(percentile, q=10), partial(percentile, q=90)
_COVER = (
    Target("85-95 %", 0.85, 0.95),
    Target("85-95 % in each tone", 0.85, 0.95, each_tone=True),
)

RENDERED: tuple[Figure, ...] = (
    Figure(
        "lesion Dice, median",
        ("dice",),
        median,
        (Target(">= 0.88", low=0.88), Target(">= 0.80 in each tone", low=0.80, each_tone=True)),
    ),
    Figure("lesion Dice, p10", ("dice",), _P10, (Target(">= 0.60", low=0.60),)),
    Figure(
        "lesion-free photos: skin called lesion, mean %",
        ("clear_percent",),
        mean,
        (Target("<= 0.5", high=0.5), Target("<= 0.5 in each tone", high=0.5, each_tone=True)),
    ),
    Figure("photos with lesions: clear skin called lesion, mean %", ("outside_percent",), mean),
    Figure("skin IoU, median", ("skin_iou",), median, (Target(">= 0.95", low=0.95),)),
    Figure("skin IoU, p10", ("skin_iou",), _P10),
    Figure("hand IoU, median", ("hand_iou",), median, (Target(">= 0.95", low=0.95),)),
    Figure("ruler hand found", ("hand_found",), mean, (Target(">= 95 %", low=0.95),), True),
    Figure("hand found where none is", ("hand_false",), mean, (Target("<= 2 %", high=0.02),), True),
    Figure(
        "area by the ruler in view (handprints, cm2 with a marker alone), median error",
        ("error_by_ruler",),
        median,
        (Target("<= 10 %", high=0.10),),
    ),
    Figure(
        "area by the ruler in view, p90 of error",
        ("error_by_ruler",),
        _P90,
        (Target("<= 25 %", high=0.25),),
    ),
    Figure("area in handprints, hand in view, median error", ("error_by_hand",), median),
    Figure("area in handprints, hand in view, p90 of error", ("error_by_hand",), _P90),
    Figure("area in cm2, marker in view, median error", ("error_cm2",), median),
    Figure("area in cm2, marker in view, p90 of error", ("error_cm2",), _P90),
    Figure(
        "area in handprints, marker alone (typical hand), median error",
        ("error_by_typical_hand",),
        median,
    ),
    Figure(
        "%BSA protocol against true handprints, ICC(A,1)",
        ("bsa_percent", "true_handprints"),
        icc,
        (Target(">= 0.97", low=0.97),),
    ),
    Figure(
        "90 % interval of handprints holds the truth", ("covered_handprints",), mean, _COVER, True
    ),
    Figure("90 % interval of handprints, median width, high / low", ("width_handprints",), median),
    Figure(
        "%BSA adjusted against the true share of the body, median error",
        ("error_adjusted",),
        median,
    ),
    Figure(
        "%BSA protocol against the true share of the body, median error",
        ("error_protocol",),
        median,
    ),
    Figure(
        "90 % interval of %BSA adjusted holds the true share",
        ("covered_adjusted",),
        mean,
        _COVER,
        True,
    ),
    Figure("90 % interval of cm2 holds the truth", ("covered_area_cm2",), mean, _COVER, True),
    Figure("90 % interval of cm2, median width, high / low", ("width_area_cm2",), median),
    Figure(
        "ITA of clear skin with a chart, median error, degrees",
        ("ita_with_chart",),
        median,
        (Target("<= 4", high=4.0),),
    ),
    Figure(
        "ITA of clear skin without a chart, median error, degrees",
        ("ita_without_chart",),
        median,
        (Target("<= 8", high=8.0),),
    ),
    Figure(
        "change between visits, log ratio of area, median error",
        ("change_error",),
        median,
        (Target("<= 0.12", high=0.12),),
    ),
    Figure("change between visits, direction is right", ("change_direction",), mean, (), True),
)

REAL: tuple[Figure, ...] = (
    Figure(
        "real photos, inflammatory, A and B masks: lesion Dice, median",
        ("dice",),
        median,
        (Target(">= 0.78", low=0.78),),
    ),
    Figure("real photos, inflammatory, A and B masks: lesion Dice, p10", ("dice",), _P10),
    Figure(
        "real photos, inflammatory, vague border (C): lesion Dice, median",
        ("dice_vague_border",),
        median,
    ),
    Figure("real photos, other disease: lesion Dice, median", ("dice_other_disease",), median),
    Figure(
        "real photos free of lesions: skin called lesion, mean %",
        ("clear_percent",),
        mean,
        (Target("<= 0.5", high=0.5),),
    ),
    Figure(
        "real photos: rank correlation of suggested erythema with rough readings",
        ("erythema_told", "erythema_read"),
        rank_correlation,
        (Target(">= 0.6", low=0.6),),
    ),
    Figure("real photos: skin IoU, median", ("skin_iou",), median, (Target(">= 0.90", low=0.90),)),
)


@dataclass(frozen=True)
class Cell:
    """A figure of one group of photos."""

    n: int
    value: float
    low: float
    high: float


def cell(figure: Figure, rows: Sequence[Row]) -> Cell | None:
    """Work out a figure for a group, with its interval; None where no photo counts."""
    counting = [row for row in rows if all(key in row.values for key in figure.keys)]
    if not counting:
        return None
    values = np.array([[row.values[key] for key in figure.keys] for row in counting])
    values = values[:, 0] if len(figure.keys) == 1 else values
    if figure.share:
        return Cell(len(counting), mean(values), *_wilson(int(values.sum()), len(values)))
    persons = [row.person for row in counting]
    return Cell(len(counting), figure.of(values), *_bootstrap(values, persons, figure.of))


def _wilson(successes: int, n: int) -> tuple[float, float]:
    z = 1.96
    share, spread = (
        successes / n,
        z * math.sqrt(successes / n * (1 - successes / n) / n + (z / (2 * n)) ** 2),
    )
    middle, scale = share + z**2 / (2 * n), 1 + z**2 / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _bootstrap(
    values: NDArray[np.float64], persons: Sequence[str], of: Statistic
) -> tuple[float, float]:
    names = sorted(set(persons))
    of_person = [np.flatnonzero(np.array(persons) == name) for name in names]
    clusters = (
        of_person if len(names) >= FEW_PERSONS else [np.array([i]) for i in range(len(values))]
    )
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        chosen = rng.integers(0, len(clusters), len(clusters))
        drawn.append(of(values[np.concatenate([clusters[i] for i in chosen])]))
    known = [value for value in drawn if not math.isnan(value)]
    if not known:
        return math.nan, math.nan
    # "lower" and "higher" take drawn values as they are: an infinite width has no in-between.
    low = float(np.percentile(known, 2.5, method="lower"))
    return low, float(np.percentile(known, 97.5, method="higher"))


def groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Group photos: all, each skin tone, each view."""
    tones = [tone for tone in TONES if any(row.tone == tone for row in rows)]
    views = sorted({row.view for row in rows} - {"real"})
    return (
        {"all": list(rows)}
        | {tone: [row for row in rows if row.tone == tone] for tone in tones}
        | {view: [row for row in rows if row.view == view] for view in views}
    )


def verdict(target: Target, cells: dict[str, Cell | None]) -> str:
    """Say whether a target is met, and by which tones it is missed."""
    if not target.each_tone:
        whole = cells["all"]
        return "-" if whole is None else "met" if target.holds(whole.value) else "**missed**"
    missed = [
        f"{tone} ({found.value:.2f}, n {found.n})"
        for tone in TONES
        if (found := cells.get(tone)) is not None and not target.holds(found.value)
    ]
    return f"**missed**: {', '.join(missed)}" if missed else "met"
